"""The report: all that a reader needs to believe a verdict, to doubt it, and to repeat it. Its renderings are views."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rerank_core.evaluation.pareto import Front, Point
from rerank_core.evaluation.slices import SliceDelta, query_slices, slice_deltas
from rerank_core.experiment.efficiency import Efficiency
from rerank_core.experiment.losses import SystemLoss
from rerank_core.experiment.pareto import system_front, system_points
from rerank_core.experiment.stories import Story, sentence, tell
from rerank_core.experiment.summary import Summary, SystemSummary, own_passages_sentence, verdicts
from rerank_core.experiment.whole_set import WholeSet
from rerank_core.reports.configuration import Asked, Configuration, configuration
from rerank_core.reports.limits import Labels, label_facts, limits
from rerank_core.retrieval.settings import RetrievalSettings
from rerank_core.store import datasets
from rerank_core.store.datasets import DatasetRow
from rerank_core.store.workspace import Workspace, now
from rerank_core.systems.systems import System
from rerank_core.text import shortened
from rerank_core.types import Doc, Query

LONGEST = 90
"""Characters of a passage that stand for it where it has no title."""


@dataclass(frozen=True, slots=True)
class Card:
    """One query before and after; `moved`: what moved, in a sentence."""

    story: Story
    moved: str


@dataclass(frozen=True, slots=True)
class SystemStory:
    """One system against the baseline. `wins`, `losses`: the largest ones, the largest first; `slices`: worst first."""

    system: str
    label: str
    wins: tuple[Card, ...]
    losses: tuple[Card, ...]
    slices: tuple[SliceDelta, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that the report says, before it is laid out.

    `made_at`: ISO 8601 in UTC. `summary`, `efficiency` (by system id), `losses` (by system id): the page's own objects,
    so that every number is the page's. `queries`: qid -> query. `price`: of the machine's hour in US dollars, None: not
    known. `only`: the slices whose queries alone were compared, () for all. `verdicts`: (system id, sentence), the best
    system first. `stories`: of each compared system. `points`, `front`: quality against time and, where all costs are
    known, cost. `titles`: docid -> what names the passages of the stories. `limits`: sentences on what the figures do
    not say.
    """

    dataset: DatasetRow
    made_at: str
    summary: Summary
    efficiency: Mapping[str, Efficiency]
    losses: Mapping[str, SystemLoss]
    queries: Mapping[str, Query]
    price: float | None
    only: tuple[str, ...]
    verdicts: tuple[tuple[str, str], ...]
    stories: tuple[SystemStory, ...]
    points: tuple[Point, ...]
    front: Front
    titles: Mapping[str, str]
    labels: Labels
    limits: tuple[str, ...]
    configuration: Configuration

    @property
    def baseline(self) -> str:
        """The baseline's name for people."""
        return next(one.label for one in self.summary.systems if one.system == self.summary.baseline)


def build_report(
    workspace: Workspace,
    dataset: DatasetRow,
    settings: RetrievalSettings,
    systems: Sequence[System],
    whole: WholeSet,
    summary: Summary,
    efficiency: Mapping[str, Efficiency],
    losses: Mapping[str, SystemLoss],
    *,
    only: Sequence[str] = (),
    level: int = 1,
    price: float | None = None,
    ignore_identical_ids: bool = False,
    most: int = 3,
) -> Report:
    """Put the report together; no model is loaded and nothing is measured again.

    All figures must be of the same view; `only` names the slices where they are not over all queries, and
    `ignore_identical_ids` that `whole` is without its own passages. `most`: how many
    wins, and how many losses, are told of each system.
    """
    told = {one.system: _told(whole, summary, one, most) for one in _compared(summary)}
    docs = _passages(workspace, dataset, told)
    stories = tuple(_story(whole, one, told[one.system], docs, dataset) for one in _compared(summary))
    points = system_points(summary, efficiency, price)
    labels = label_facts(workspace, dataset, whole)
    return Report(
        dataset=dataset,
        made_at=now(),
        summary=summary,
        efficiency=efficiency,
        losses=losses,
        queries=whole.queries,
        price=price,
        only=tuple(only),
        verdicts=tuple((one.system, said) for one, said in verdicts(summary)),
        stories=stories,
        points=points,
        front=system_front(points),
        titles={docid: doc.title or _start(doc.text) or docid for docid, doc in docs.items()},
        labels=labels,
        limits=limits(summary, efficiency, losses, labels, only, own_passages_sentence(whole.own_passages, dataset)),
        configuration=configuration(
            workspace,
            dataset,
            settings,
            systems,
            whole,
            summary,
            efficiency,
            Asked(tuple(only), level, price, ignore_identical_ids),
        ),
    )


def _compared(summary: Summary) -> list[SystemSummary]:
    return [one for one in summary.systems if one.comparison is not None and one.comparison.n]


def _told(
    whole: WholeSet, summary: Summary, one: SystemSummary, most: int
) -> tuple[tuple[Story, ...], tuple[Story, ...]]:
    """The largest wins and the largest losses; equal ones by qid."""
    deltas = one.comparison.deltas if one.comparison is not None else {}
    up = sorted((qid for qid in deltas if deltas[qid] > 0), key=lambda qid: (-deltas[qid], qid))
    down = sorted((qid for qid in deltas if deltas[qid] < 0), key=lambda qid: (deltas[qid], qid))
    wins, losses = (tuple(tell(whole, summary, one.system, qid) for qid in own[:most]) for own in (up, down))
    return wins, losses


def _passages(
    workspace: Workspace, dataset: DatasetRow, told: Mapping[str, tuple[tuple[Story, ...], tuple[Story, ...]]]
) -> dict[str, Doc]:
    stories = [story for sides in told.values() for side in sides for story in side]
    docids = {place.docid for story in stories for place in (*story.before, *story.after)}
    docids |= {story.told for story in stories if story.told}
    with workspace.open() as db:
        return datasets.get_docs(db, dataset.id, sorted(docids))


def _story(
    whole: WholeSet,
    one: SystemSummary,
    told: tuple[tuple[Story, ...], tuple[Story, ...]],
    docs: Mapping[str, Doc],
    dataset: DatasetRow,
) -> SystemStory:
    wins, losses = (tuple(Card(story, sentence(story, docs, dataset.scale)) for story in side) for side in told)
    deltas = one.comparison.deltas if one.comparison is not None else {}
    slices = slice_deltas(deltas, query_slices(whole.queries.values()))
    return SystemStory(one.system, one.label, wins, losses, tuple(each for each in slices if each.n))


def _start(text: str) -> str:
    return shortened(" ".join(text.split()), LONGEST)
