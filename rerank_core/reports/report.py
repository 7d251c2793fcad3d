"""The report: all that a reader needs to believe a verdict, to doubt it, and to repeat it. Its renderings are views."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rerank_core.evaluation.pareto import Front, Point
from rerank_core.evaluation.slices import SliceDelta, query_slices, slice_deltas
from rerank_core.experiment.efficiency import Efficiency
from rerank_core.experiment.experiment import Experiment
from rerank_core.experiment.figures import Figures
from rerank_core.experiment.losses import SystemLoss
from rerank_core.experiment.pareto import system_front, system_points
from rerank_core.experiment.stories import Story, sentence, tell
from rerank_core.experiment.summary import Summary, SystemSummary, verdicts
from rerank_core.experiment.whole_set import WholeSet
from rerank_core.reports.configuration import Configuration, configuration
from rerank_core.reports.limits import Labels, label_facts, limits
from rerank_core.store import datasets
from rerank_core.store.datasets import DatasetRow
from rerank_core.store.workspace import now
from rerank_core.text import shortened
from rerank_core.types import Doc, Query

MOST_TOLD = 3
"""The number of wins, and of losses, that the report shows per system."""
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
        return next(row.label for row in self.summary.systems if row.system == self.summary.baseline)


def build_report(figures: Figures, price: float | None = None) -> Report:
    """Put the report together; no model is loaded and nothing is measured again.

    `price`: of the machine's hour in US dollars, None: not known.
    """
    dataset, whole, summary = figures.experiment.dataset, figures.whole, figures.summary
    stories_of = {row.system: _stories_of(whole, summary, row) for row in _compared(summary)}
    docs = _passages(figures.experiment, stories_of)
    stories = tuple(_story(whole, row, stories_of[row.system], docs, dataset) for row in _compared(summary))
    points = system_points(summary, figures.efficiency, price)
    labels = label_facts(figures)
    return Report(
        dataset=dataset,
        made_at=now(),
        summary=summary,
        efficiency=figures.efficiency,
        losses=figures.losses,
        queries=whole.queries,
        price=price,
        only=figures.only,
        verdicts=tuple((row.system, sentence) for row, sentence in verdicts(summary)),
        stories=stories,
        points=points,
        front=system_front(points),
        titles={docid: doc.title or _start(doc.text) or docid for docid, doc in docs.items()},
        labels=labels,
        limits=limits(figures, labels),
        configuration=configuration(figures, price),
    )


def _compared(summary: Summary) -> list[SystemSummary]:
    return [row for row in summary.systems if row.comparison is not None and row.comparison.n]


def _stories_of(whole: WholeSet, summary: Summary, row: SystemSummary) -> tuple[tuple[Story, ...], tuple[Story, ...]]:
    """The largest wins and the largest losses; equal ones by qid."""
    deltas = row.comparison.deltas if row.comparison is not None else {}
    up = sorted((qid for qid in deltas if deltas[qid] > 0), key=lambda qid: (-deltas[qid], qid))
    down = sorted((qid for qid in deltas if deltas[qid] < 0), key=lambda qid: (deltas[qid], qid))
    wins, losses = (tuple(tell(whole, summary, row.system, qid) for qid in qids[:MOST_TOLD]) for qids in (up, down))
    return wins, losses


def _passages(
    experiment: Experiment, stories_of: Mapping[str, tuple[tuple[Story, ...], tuple[Story, ...]]]
) -> dict[str, Doc]:
    stories = [story for sides in stories_of.values() for side in sides for story in side]
    docids = {place.docid for story in stories for place in (*story.before, *story.after)}
    docids |= {story.subject for story in stories if story.subject}
    with experiment.workspace.open() as db:
        return datasets.get_docs(db, experiment.dataset.id, sorted(docids))


def _story(
    whole: WholeSet,
    row: SystemSummary,
    stories_of: tuple[tuple[Story, ...], tuple[Story, ...]],
    docs: Mapping[str, Doc],
    dataset: DatasetRow,
) -> SystemStory:
    wins, losses = (tuple(Card(story, sentence(story, docs, dataset.scale)) for story in side) for side in stories_of)
    deltas = row.comparison.deltas if row.comparison is not None else {}
    slices = slice_deltas(deltas, query_slices(whole.queries.values()))
    return SystemStory(row.system, row.label, wins, losses, tuple(slice_ for slice_ in slices if slice_.n))


def _start(text: str) -> str:
    return shortened(" ".join(text.split()), LONGEST)
