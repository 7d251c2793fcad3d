"""Inviting judges, voters and readers by a link that opens one thing, and finding out what a link opens."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import secrets
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta

from rerank_core.errors import BadInputError, InvitationError, NotFoundError, SettingsError
from rerank_core.evaluation.names import parse_measure
from rerank_core.experiment.experiment import Experiment
from rerank_core.judging.plan import LabelPlan
from rerank_core.retrieval.settings import RetrievalSettings
from rerank_core.store import datasets, invitations, row_values
from rerank_core.store.datasets import DatasetRow
from rerank_core.store.invitations import InvitationRow
from rerank_core.store.workspace import Workspace
from rerank_core.text import same_text

PAGE = "Invited"
"""The page that a link opens. What opens it stands behind a #, which browsers send to no server and name to no site."""
LONGEST_NAME = 80
MOST_GOAL = 10_000
_CODE = re.compile(r"([0-9a-f]{8})\.([0-9a-f]{48})")
_NOBODY = hashlib.sha256(b"").hexdigest()  # compared with where there is no such invitation: it takes as long
_USE_NOTED_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class GradingTask:
    """What a judge's link opens: this list as it was set then. `goal`: grades for a day, 0 for none."""

    plan: LabelPlan
    goal: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.goal <= MOST_GOAL:
            raise SettingsError(f"The goal for a day must lie from 0 to {MOST_GOAL:,}, not {self.goal!r}.")

    def to_json(self) -> str:
        """A JSON object that `task_of` reads back."""
        return json.dumps({"plan": self.plan.to_json(), "goal": self.goal}, ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class ComparisonTask:
    """What a voter's and a reader's link open: systems over their candidates; a vote is between exactly two.

    `systems`: ids. `settings`: RetrievalSettings as JSON. `questions`: the most that one voter is asked, 0 for all.
    `measures` (systems are compared on the first), `price` of the machine's hour in US dollars (None: not known),
    `only` (the slices) and `own_left_out`: the reader's figures, see `experiment.figures`.
    """

    systems: tuple[str, ...]
    baseline: str
    settings: str
    level: int = 1
    questions: int = 0
    measures: tuple[str, ...] = ("nDCG@10",)
    price: float | None = None
    only: tuple[str, ...] = ()
    own_left_out: bool = False

    def experiment(self, workspace: Workspace, dataset: str) -> Experiment:
        """The experiment of this comparison. Raises what `Experiment.of` does."""
        settings = RetrievalSettings.from_json(self.settings)
        return Experiment.of(
            workspace, dataset, self.systems, baseline=self.baseline, level=self.level, settings=settings
        )

    def to_json(self) -> str:
        """A JSON object that `task_of` reads back."""
        return json.dumps(asdict(self), ensure_ascii=False)


def comparison_of(experiment: Experiment, **more: object) -> ComparisonTask:
    """The task of an experiment as it is now; `more`: the other fields."""
    settings, level = experiment.settings.to_json(), experiment.level
    return ComparisonTask(experiment.ids, experiment.baseline, settings, level, **more)  # type: ignore[arg-type]


def task_of(row: InvitationRow) -> GradingTask | ComparisonTask:
    """What an invitation opens. Raises SettingsError where this version cannot read it."""
    try:
        values = row_values.mapping(row.opens)
        if row.kind == "judge":
            return GradingTask(LabelPlan.from_json(values["plan"]), row_values.whole(values["goal"]))
        lists = {name: tuple(map(row_values.own_text, values[name])) for name in ("systems", "measures", "only")}
        texts = {name: row_values.own_text(values[name]) for name in ("baseline", "settings")}
        numbers = {name: row_values.whole(values[name]) for name in ("level", "questions")}
        task = ComparisonTask(
            **{**values, **lists, **texts, **numbers, "price": row_values.number_or_none(values["price"])}
        )
        for measure in task.measures:
            parse_measure(measure)
        RetrievalSettings.from_json(task.settings)
        return task
    except row_values.UNREADABLE as error:
        raise SettingsError(f"What this invitation opens cannot be read: {type(error).__name__}.") from error


@dataclass(frozen=True, slots=True)
class Made:
    """A new invitation, and its `code`: what stands behind the # of its link. The code cannot be had a second time."""

    row: InvitationRow
    code: str


def invite_judge(workspace: Workspace, dataset: DatasetRow, name: str, task: GradingTask) -> Made:
    """Make a link with which this judge grades this list, and nothing else. Raises BadInputError without a name."""
    tidy = same_text(name)[:LONGEST_NAME].strip()
    if not tidy:
        raise BadInputError("name", None, "a judge needs a name", "the name that others know the judge by")
    return _make(workspace, dataset, "judge", tidy, task.to_json())


def invite_voter(workspace: Workspace, dataset: DatasetRow, task: ComparisonTask) -> Made:
    """Make a link with which an audience votes. Raises SettingsError unless it is between two systems."""
    if len(task.systems) != 2:
        raise SettingsError("A vote is between two systems.")
    return _make(workspace, dataset, "voter", "", task.to_json())


def invite_reader(workspace: Workspace, dataset: DatasetRow, task: ComparisonTask) -> Made:
    """Make a link to the report of this comparison, which follows the grades. Raises BadInputError for no measure."""
    for measure in task.measures:
        parse_measure(measure)
    return _make(workspace, dataset, "reader", "", task.to_json())


def _make(workspace: Workspace, dataset: DatasetRow, kind: str, name: str, opens: str) -> Made:
    invitation_id, token = secrets.token_hex(4), secrets.token_hex(24)
    with workspace.write() as db:
        while invitations.find(db, invitation_id) is not None:
            invitation_id = secrets.token_hex(4)
        invitations.add(db, invitation_id, _hash(token), kind, dataset.id, name, opens)
        row = invitations.find(db, invitation_id)
    assert row is not None
    return Made(row, f"{invitation_id}.{token}")


def redeem(workspace: Workspace, code: str) -> InvitationRow:
    """The invitation that this code opens, and note that it was used. Raises InvitationError where it opens nothing.

    Compared in constant time; a wrong secret is answered as one that never was.
    """
    match = _CODE.fullmatch(code.strip())
    with workspace.open() as db:
        row = None if match is None else invitations.find(db, match[1])
    is_right = hmac.compare_digest(_NOBODY if row is None else row.token_hash, _hash(match[2] if match else ""))
    if row is None or not is_right or match is None:
        raise InvitationError("This link opens nothing here. Perhaps a part of it is missing: copy the whole link.")
    _refuse_withdrawn(row)
    _note_use(workspace, row)
    return row


def check_open(workspace: Workspace, invitation_id: str) -> InvitationRow:
    """The invitation as it is now. Raises InvitationError once it was withdrawn, or its dataset is gone."""
    with workspace.open() as db:
        row = invitations.find(db, invitation_id)
    if row is None:
        raise InvitationError("What this link opened is no longer here.")
    _refuse_withdrawn(row)
    return row


def withdraw(workspace: Workspace, invitation_id: str) -> None:
    """Close a link for good: at once for whoever uses it. What came by it stays. Raises NotFoundError."""
    with workspace.write() as db:
        invitations.withdraw(db, invitation_id)


def dataset_of(workspace: Workspace, row: InvitationRow) -> DatasetRow:
    """The dataset of an invitation, by its id: it may have been renamed. Raises InvitationError where it is gone."""
    try:
        with workspace.open() as db:
            return datasets.get_dataset(db, row.dataset)
    except NotFoundError as error:
        raise InvitationError("What this link opened is no longer here.") from error


def link(address: str, code: str) -> str:
    """The link of a code; `address`: where people open the app, with or without a "/" at its end."""
    return f"{address.rstrip('/')}/{PAGE}#{code}"


def open_ones(rows: Sequence[InvitationRow]) -> list[InvitationRow]:
    """Those that were not withdrawn."""
    return [row for row in rows if not row.withdrawn]


def _refuse_withdrawn(row: InvitationRow) -> None:
    if row.withdrawn:
        raise InvitationError("This invitation was withdrawn. Ask whoever sent you the link for a new one.")


def _note_use(workspace: Workspace, row: InvitationRow) -> None:
    if _was_noted(row):
        return
    if not workspace.why_only_read():
        with workspace.write() as db:
            invitations.note_use(db, row.id)


def _was_noted(row: InvitationRow) -> bool:
    """Whether its use was noted a moment ago; never where the time cannot be read."""
    try:
        return datetime.now(UTC) - datetime.fromisoformat(row.used) < _USE_NOTED_EVERY
    except (ValueError, TypeError):
        return False


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
