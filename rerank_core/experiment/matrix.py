"""First stages against rerankers: what each pair reaches, what it could reach at most, and how long a query takes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import fsum
from typing import TYPE_CHECKING, Any, Literal

from rerank_core.evaluation.measures import evaluate
from rerank_core.evaluation.names import Measure
from rerank_core.evaluation.numbers import counted
from rerank_core.evaluation.oracle import ideal_order, recall_ceiling
from rerank_core.experiment.connected import connection_of
from rerank_core.experiment.efficiency import efficiencies
from rerank_core.experiment.experiment import Experiment
from rerank_core.experiment.notebook_html import notebook_html
from rerank_core.experiment.whole_set import WholeSet, load_whole_set
from rerank_core.retrieval.settings import RETRIEVERS, RetrievalSettings
from rerank_core.systems.composites.spec import OwnFirstStage
from rerank_core.systems.imported import IMPORTED
from rerank_core.systems.run_lists import runs_of
from rerank_core.systems.systems import System, all_systems

if TYPE_CHECKING:
    from pandas import DataFrame

CellState = Literal["ranked", "partly", "not ranked", "failed", "other candidates"]


@dataclass(frozen=True, slots=True)
class Cell:
    """One first stage under one system.

    `value`: the measure's mean over the matrix's queries, None where `state` is not "ranked". `ranked`: so many of them
    it has ranked. `reason`: why it failed, the first time. `p95`: seconds for a whole query, search and reranking; None
    where either was not timed. `rough`: of so many queries the time was taken while the machine was busy.
    """

    state: CellState
    value: float | None
    ranked: int
    reason: str = ""
    p95: float | None = None
    rough: int = 0


@dataclass(frozen=True, slots=True)
class Row:
    """One first stage.

    `best`: the measure's mean if each query's candidates stood in their best order. `recall`: the share of the relevant
    passages that they hold. Both bound every reranker, and are None until all queries are searched. `cells`: system id
    -> its cell. `searched`: of so many of the queries the candidates are there.
    """

    settings: RetrievalSettings
    label: str
    best: float | None
    recall: float | None
    cells: Mapping[str, Cell]
    searched: int


@dataclass(frozen=True, slots=True)
class Matrix:
    """`measure`: its name. `qids`: the graded queries that all figures are over. `labels`: system id -> its label."""

    measure: str
    qids: tuple[str, ...]
    labels: Mapping[str, str]
    rows: tuple[Row, ...]

    def missing(self) -> list[tuple[Row, list[str]]]:
        """The rows with the ids of those systems that have not ranked all of its queries yet; [] where none is."""
        waiting = [(row, [one for one, cell in row.cells.items() if _waits(cell)]) for row in self.rows]
        return [(row, systems) for row, systems in waiting if systems]

    def cell_rows(self) -> list[dict[str, Any]]:
        """One row per cell, for a table and for programs; times in milliseconds."""
        return [
            {
                "first_stage": row.label,
                "system": system,
                self.measure: cell.value,
                "best_possible": row.best,
                "recall": row.recall,
                "p95_ms": cell.p95 * 1000 if cell.p95 is not None else None,
                "queries": len(self.qids) if cell.value is not None else cell.ranked,
                "state": cell.state,
            }
            for row in self.rows
            for system, cell in row.cells.items()
        ]

    def table(self) -> DataFrame:
        """`cell_rows` as a data frame."""
        from pandas import DataFrame

        return DataFrame(self.cell_rows())

    def __str__(self) -> str:
        return "\n".join([*self._remarks(), self.table().to_string(index=False)])

    def _repr_html_(self) -> str:
        return notebook_html([*self._remarks()], self.table())

    def _remarks(self) -> list[str]:
        over = f"{self.measure} over {counted(len(self.qids), 'query', 'queries')} with a relevant passage."
        waiting = sum(len(systems) for _, systems in self.missing())
        return [over, f"{counted(waiting, 'cell is', 'cells are')} not ranked by all of them."] if waiting else [over]


def first_stages(experiment: Experiment) -> list[RetrievalSettings]:
    """What can stand in the rows: that of the experiment, with its query variant and without, and others.

    The others: each retriever alone, own first stages, imported runs. Of a connected dataset the retrievers are its
    templates.
    """
    now, dataset = experiment.settings, experiment.dataset
    with experiment.workspace.open() as db:
        connection = connection_of(db, dataset)
    names = (
        *(RETRIEVERS if connection is None else connection.retrievers),
        *runs_of(experiment.workspace, dataset.name),
    )
    alone = [replace(now, retrievers=(name,), fusion="rrf", weights=()) for name in names]
    as_typed = replace(now, variant=None)
    specs = [system.spec for system in all_systems(experiment.workspace)]
    own = [replace(spec.settings, filters=now.filters) for spec in specs if isinstance(spec, OwnFirstStage)]
    here = [one for one in own if set(one.retrievers) <= set(names)]
    return list({one.key(): one for one in (now, as_typed, *alone, *here)}.values())


def columns(systems: Sequence[System]) -> tuple[System, ...]:
    """Those of the systems that can stand in the columns: what finds its own candidates is a cell, not a column."""
    return tuple(system for system in systems if not isinstance(system.spec, OwnFirstStage))


def matrix(
    experiment: Experiment,
    measure: Measure,
    stages: Sequence[RetrievalSettings] = (),
    only: Sequence[str] | None = None,
    own_left_out: bool = False,
    load: Callable[[Experiment], WholeSet] = load_whole_set,
) -> Matrix:
    """Read the matrix of the experiment's systems over several first stages; nothing is computed by a model.

    `stages`: the rows, () for `first_stages`. `only`: the qids to look at, None: all. `own_left_out`: without the
    passages that have their query's own id. All figures are over the same queries: those with a relevant passage. A
    system that has not ranked all of them has no figure, and says how far it is. An imported run has a figure in the
    row whose candidates it reorders, and nowhere else.
    """
    asked = experiment.with_systems(columns(experiment.systems))
    measure = measure.at_level(experiment.level)
    wholes = []
    for settings in stages or first_stages(experiment):
        row = replace(asked, settings=settings)
        whole = load(row)
        wholes.append((row, whole.without_own_passages() if own_left_out else whole))
    qids = _judged(wholes[0][1], experiment.level, only)
    rows = tuple(_row(row, whole, measure, qids) for row, whole in wholes)
    return Matrix(str(measure), qids, {system.id: system.label for system in asked.systems}, rows)


def _judged(whole: WholeSet, level: int, only: Sequence[str] | None) -> tuple[str, ...]:
    wanted = whole.queries if only is None else set(only)
    return tuple(
        qid
        for qid in whole.queries
        if qid in wanted and any(grade >= level for grade in whole.qrels.get(qid, {}).values())
    )


def _row(experiment: Experiment, whole: WholeSet, measure: Measure, qids: Sequence[str]) -> Row:
    part = whole.only(qids)
    times = efficiencies(experiment, whole)  # a query without grades takes its time too
    cells = {}
    for system in experiment.systems:
        cell = _cell(part, system, measure, qids, experiment.level)
        total = times[system.id].whole if cell.value is not None and system.model.family != IMPORTED else None
        cells[system.id] = replace(cell, p95=total.p95 if total else None, rough=times[system.id].rough)
    best = recall = None
    if qids and len(part.candidates) == len(qids):
        ideal = {qid: ideal_order(part.candidates[qid], part.qrels[qid]) for qid in qids}
        best = _mean(evaluate(ideal, part.qrels, [measure], experiment.level)[measure], qids)
        deep = max(map(len, part.candidates.values()), default=0)
        shares = {
            qid: recall_ceiling(part.candidates[qid], part.qrels[qid], [deep], experiment.level) or {deep: 0.0}
            for qid in qids
        }
        recall = fsum(share[deep] for share in shares.values()) / len(qids)
    return Row(experiment.settings, experiment.settings.label(), best, recall, cells, len(part.candidates))


def _cell(whole: WholeSet, system: System, measure: Measure, qids: Sequence[str], level: int) -> Cell:
    rankings, failures = whole.rankings(system.id), whole.failures(system.id)
    if failures:
        return Cell("failed", None, len(rankings), next(iter(failures.values())))
    if len(rankings) < len(qids) or not qids:
        return Cell("partly" if rankings else "not ranked", None, len(rankings))
    if system.model.family == IMPORTED and not _reorders(whole, system.id):
        return Cell("other candidates", None, len(rankings))
    orders = {qid: ranking.docids for qid, ranking in rankings.items()}
    values = evaluate(orders, whole.qrels, [measure], level)[measure]
    return Cell("ranked", _mean(values, qids), len(rankings))


def _reorders(whole: WholeSet, system: str) -> bool:
    """Whether a run made elsewhere ranks just these candidates, in whatever order, for every query."""
    return all(
        qid in whole.candidates and set(ranking.docids) == set(whole.candidates[qid])
        for qid, ranking in whole.rankings(system).items()
    )


def _waits(cell: Cell) -> bool:
    return cell.state in ("partly", "not ranked", "failed")


def _mean(values: Mapping[str, float], qids: Sequence[str]) -> float:
    return fsum(values.get(qid, 0.0) for qid in qids) / len(qids)
