"""The verb `invite`: links for judges, voters and readers; which there are; and closing one."""

from __future__ import annotations

import os
from typing import Any

from rerank_core.errors import NotFoundError
from rerank_core.judging import invitations
from rerank_core.judging.invitations import ComparisonTask, GradingTask, Made
from rerank_core.judging.plan import load_plan, proposed_plan
from rerank_core.shell.answer import Call, VerbResult, rows_result
from rerank_core.shell.option_groups import experiment_of
from rerank_core.store import datasets
from rerank_core.store import invitations as rows
from rerank_core.store.datasets import DatasetRow
from rerank_core.store.invitations import InvitationRow

ADDRESS = "RERANK_LENS_ADDRESS"
LOCAL = "http://localhost:8501"
ONCE = "The link is shown once. Whoever has it can use it: to close it, `rerank-lens invite withdraw {}`."


def invite(call: Call) -> VerbResult:
    """What the chosen part answers: the new link, the invitations that there are, or the one that was closed."""
    parts = {"judge": _judge, "voter": _voter, "reader": _reader, "list": _list, "withdraw": _withdraw}
    return parts[call.options.what](call)


def _judge(call: Call) -> VerbResult:
    options = call.options
    dataset = _dataset(call)
    plan = load_plan(call.workspace, dataset) or proposed_plan(call.workspace, dataset)
    if plan is None:
        raise NotFoundError(f"Nothing of '{dataset.name}' is ranked yet, so there is nothing to grade: `run` first.")
    made = invitations.invite_judge(call.workspace, dataset, options.name, GradingTask(plan, options.goal))
    return _made(call, made)


def _voter(call: Call) -> VerbResult:
    options = call.options
    experiment = experiment_of(call.workspace, options, options.systems, options.systems[0])
    task = invitations.comparison_of(experiment, questions=options.questions)
    return _made(call, invitations.invite_voter(call.workspace, experiment.dataset, task))


def _reader(call: Call) -> VerbResult:
    options = call.options
    experiment = experiment_of(call.workspace, options, options.systems, options.baseline)
    experiment.check_baseline()
    names = tuple(str(measure) for measure in options.measures)
    task: ComparisonTask = invitations.comparison_of(
        experiment,
        measures=names,
        price=options.price,
        only=tuple(options.only),
        own_left_out=options.ignore_identical_ids,
    )
    return _made(call, invitations.invite_reader(call.workspace, experiment.dataset, task))


def _list(call: Call) -> VerbResult:
    dataset = _dataset(call).id if call.options.dataset else None
    with call.workspace.open() as db:
        found = rows.listed(db, dataset)
    return rows_result([_row(row) for row in found])


def _withdraw(call: Call) -> VerbResult:
    invitations.withdraw(call.workspace, call.options.id)
    with call.workspace.open() as db:
        row = rows.find(db, call.options.id)
    assert row is not None
    return rows_result([_row(row)])


def _made(call: Call, made: Made) -> VerbResult:
    named = next((one.strip() for one in os.environ.get(ADDRESS, "").split(",") if one.strip()), LOCAL)
    link = invitations.link(call.options.address or named, made.code)
    facts = {"id": made.row.id, "kind": made.row.kind, "dataset": made.row.dataset, "name": made.row.name, "link": link}
    return VerbResult(facts, (link, ONCE.format(made.row.id)))


def _row(row: InvitationRow) -> dict[str, Any]:
    return {
        "id": row.id,
        "kind": row.kind,
        "dataset": row.dataset,
        "name": row.name or None,
        "made": row.made,
        "used": row.used or None,
        "withdrawn": row.withdrawn or None,
    }


def _dataset(call: Call) -> DatasetRow:
    with call.workspace.open() as db:
        return datasets.get_dataset(db, call.options.dataset)
