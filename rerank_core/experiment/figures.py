"""What an experiment says over all its queries: the figures of the page Evaluate, of the report and of the shell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from rerank_core.errors import SettingsError
from rerank_core.evaluation.names import Measure, parse_measure
from rerank_core.evaluation.slices import in_slices, query_slices
from rerank_core.evaluation.verdict import is_sure, outcome
from rerank_core.experiment import summary as sums
from rerank_core.experiment.chosen_on import chosen_on_queries, chosen_on_sentence, trained_systems
from rerank_core.experiment.efficiency import Efficiency, efficiencies
from rerank_core.experiment.experiment import Experiment
from rerank_core.experiment.losses import SystemLoss, system_losses
from rerank_core.experiment.margin import margin_of
from rerank_core.experiment.notebook_html import notebook_html
from rerank_core.experiment.summary import (
    Summary,
    SystemSummary,
    not_compared_alike,
    own_passages_sentence,
    summarise,
)
from rerank_core.experiment.whole_set import WholeSet, load_whole_set

if TYPE_CHECKING:
    from pandas import DataFrame


@dataclass(frozen=True, slots=True)
class Figures:
    """All figures of an experiment, over the same queries and rankings.

    `everything`: the whole set, whatever was chosen; `whole`: the part of it that the figures are over. `only`: the
    names of the slices that it is, () for all queries. `chosen_on`: system id -> on how many of these queries a search
    chose its settings, if any. `own_left_out`: `whole` is without the passages that have their
    query's own id. `losses` and `efficiency`: by system id. `stamp`: names what they were read from, for a cache: equal
    stamps have equal figures; () where nobody keeps them.
    """

    experiment: Experiment
    everything: WholeSet
    whole: WholeSet
    summary: Summary
    losses: Mapping[str, SystemLoss]
    efficiency: Mapping[str, Efficiency]
    only: tuple[str, ...] = ()
    own_left_out: bool = False
    stamp: tuple[object, ...] = ()
    chosen_on: Mapping[str, int] = field(default_factory=dict)

    @property
    def only_qids(self) -> tuple[str, ...] | None:
        """The queries of the chosen slices; None: all."""
        return tuple(self.whole.queries) if self.only else None

    @property
    def graded(self) -> int:
        """How many queries have a grade, chosen or not."""
        return sum(bool(self.everything.qrels.get(qid)) for qid in self.everything.queries)

    @property
    def left_out(self) -> int:
        """Graded queries that are in no figure, as a system failed on them or has not ranked them."""
        return self.summary.graded - len(self.summary.qids)

    @property
    def verdicts(self) -> tuple[str, ...]:
        """One sentence per system other than the baseline, the largest difference first."""
        return tuple(sentence for _, sentence in sums.verdicts(self.summary))

    def rows(self) -> list[dict[str, Any]]:
        """One row per system, in their order: its id, its means, and its difference from the baseline on the headline.

        The difference is delta, its 95 % interval from low to high, p (corrected for all systems), the queries won,
        tied and lost, whether it is sure, and the outcome in a word (see `evaluation.verdict`). None: the baseline has
        none, and what ranked nothing has no figure.
        """
        return [self._row(system) for system in self.summary.systems]

    def _row(self, system: SystemSummary) -> dict[str, Any]:
        comparison = system.comparison
        interval = comparison.interval if comparison is not None else None
        return {
            "system": system.system,
            **{str(measure): system.values[measure] if system.values else None for measure in self.summary.measures},
            "delta": comparison.mean if comparison is not None else None,
            "low": interval.low if interval is not None else None,
            "high": interval.high if interval is not None else None,
            "p": comparison.p_holm if comparison is not None else None,
            "won": comparison.wins if comparison is not None else None,
            "tied": comparison.ties if comparison is not None else None,
            "lost": comparison.losses if comparison is not None else None,
            "sure": is_sure(comparison) if comparison is not None else None,
            "outcome": outcome(comparison) if comparison is not None else None,
        }

    def table(self) -> DataFrame:
        """`rows` as a data frame."""
        from pandas import DataFrame

        counts = dict.fromkeys(("won", "tied", "lost"), "Int64")
        return DataFrame(self.rows()).astype(counts | {"sure": "boolean"})

    def __str__(self) -> str:
        return "\n".join([*self.verdicts, *self.remarks(), self.table().to_string(index=False)])

    def _repr_html_(self) -> str:
        return notebook_html([*self.verdicts, *self.remarks()], self.table())

    def remarks(self) -> list[str]:
        """What a reader of the figures has to know of single systems: failures, empty answers, other candidates."""
        lines = []
        for system in self.summary.systems:
            lines += not_compared_alike(system)
            if count := self.chosen_on.get(system.system):
                by_training = system.system in trained_systems(self.experiment)
                lines.append(chosen_on_sentence(system.label, count, len(self.summary.qids), by_training))
            if system.empty:
                lines.append(f"{system.label} returned nothing on {system.empty:,} queries, which count 0.")
        if self.left_out:
            lines.append(f"{self.left_out:,} graded queries are left out: a system has not ranked them, or failed.")
        own_passages = [qid for qid in self.everything.own_passages if qid in self.whole.queries]
        if sentence := own_passages_sentence(own_passages, self.experiment.dataset, self.own_left_out):
            lines.append(sentence)
        return lines


def figures(
    experiment: Experiment,
    measures: Sequence[Measure | str],
    only: Sequence[str] = (),
    own_left_out: bool = False,
    margin: float | None = None,
) -> Figures:
    """Read the figures of what is ranked and graded by now; nothing is computed by a model.

    `measures`: names or aliases; systems are compared on the first. `only`: the slices whose queries count, () for all.
    `own_left_out`: without the passages that have their query's own id, as BEIR does. `margin`: the smallest difference
    that matters, None: the dataset's. Raises SettingsError for a slice that is not there, for a baseline that is not
    among the systems and for a margin that is none, BadInputError for what is no measure.

    >>> import rerank_core as rl
    >>> experiment = rl.Experiment.of(rl.Workspace(), "birds", ["first-stage", "minilm-maxsim"], depth=10)
    >>> failed = rl.run(experiment, bar=False)
    >>> found = rl.figures(experiment, ["nDCG@10", "RR@10"])
    >>> list(found.table()["system"])
    ['first-stage', 'minilm-maxsim']
    >>> len(found.verdicts)  # one sentence per system other than the baseline
    1
    """
    experiment.check_baseline()
    parsed = [parse_measure(measure) if isinstance(measure, str) else measure for measure in measures]
    everything = load_whole_set(experiment)
    whole = of_slices(everything, only)
    whole = whole.without_own_passages() if own_left_out else whole
    dataset = experiment.dataset
    kept = margin_of(experiment.workspace, dataset) if margin is None else margin
    summary = summarise(whole, parsed, experiment.baseline, max(dataset.scale), experiment.level, margin=kept)
    losses = system_losses(whole, summary.qids, summary.k)
    efficiency = efficiencies(experiment, whole)
    return Figures(
        experiment,
        everything,
        whole,
        summary,
        losses,
        efficiency,
        tuple(only),
        own_left_out,
        chosen_on=chosen_on_queries(experiment, [whole.queries[qid] for qid in summary.qids]),
    )


def of_slices(whole: WholeSet, only: Sequence[str]) -> WholeSet:
    """The part of a whole set that lies in these slices; () all of it. Raises SettingsError for an unknown one."""
    if not only:
        return whole
    slices = query_slices(whole.queries.values())
    if unknown := [name for name in only if name not in slices]:
        raise SettingsError(f"There is no slice '{unknown[0]}'. Known: {', '.join(slices) or 'none'}.")
    return whole.only(in_slices(slices, only))
