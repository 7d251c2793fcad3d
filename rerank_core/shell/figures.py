"""The figures that a verb decides on: the whole set as some systems answered it, and its summary."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rerank_core.errors import SettingsError
from rerank_core.evaluation.names import Measure
from rerank_core.evaluation.slices import in_slices, query_slices
from rerank_core.experiment.summary import Summary, own_passages_sentence, summarise
from rerank_core.experiment.whole_set import WholeSet, load_whole_set
from rerank_core.retrieval.settings import RetrievalSettings
from rerank_core.shell.answer import Call
from rerank_core.shell.option_groups import settings_of
from rerank_core.shell.working import rank_all
from rerank_core.store import datasets
from rerank_core.store.datasets import DatasetRow
from rerank_core.systems.systems import System, get_system

NOTHING_YET = "Nothing to compare: no graded query is ranked by every system with these settings."


@dataclass(frozen=True, slots=True)
class Figures:
    """What the page Evaluate shows of the same choice.

    `own`: queries for which a system ranks the passage with the query's own id; `ignored`: whether these are left out
    of `whole` and of all figures.
    """

    dataset: DatasetRow
    settings: RetrievalSettings
    systems: tuple[System, ...]
    whole: WholeSet
    summary: Summary
    own: tuple[str, ...] = ()
    ignored: bool = False

    @property
    def left_out(self) -> int:
        """Graded queries that are in no figure, as a system has not ranked them."""
        return self.summary.graded - len(self.summary.qids)

    def remarks(self) -> list[str]:
        """What a reader of the figures has to know of single systems: failures, empty answers, other candidates."""
        lines = []
        for one in self.summary.systems:
            if one.failed:
                lines.append(f"{one.label} failed on {one.failed:,} queries: {one.reason}")
            if one.empty:
                lines.append(f"{one.label} returned nothing on {one.empty:,} queries, which count 0.")
            if one.off_candidates:
                lines.append(
                    f"{one.label} ranked passages that are not among the candidates, on {one.off_candidates:,} queries."
                )
        if self.left_out:
            lines.append(f"{self.left_out:,} graded queries are left out: a system has not ranked them, or failed.")
        if sentence := own_passages_sentence(self.own, self.dataset, self.ignored):
            lines.append(sentence)
        return lines


def figures(call: Call, ids: Sequence[str], measures: Sequence[Measure], baseline: str) -> Figures:
    """Read the figures, after ranking where --run asks for it.

    Raises NotFoundError, and SettingsError for a baseline that is not among `ids`.
    """
    if baseline not in ids:
        raise SettingsError(f"The baseline '{baseline}' is not among the systems.")
    settings = settings_of(call.options)
    with call.workspace.open() as db:
        dataset = datasets.get_dataset(db, call.options.dataset)
    systems = [get_system(call.workspace, one) for one in ids]
    if getattr(call.options, "run", False):
        rank_all(call, dataset, settings, systems)
    whole = _of_slices(load_whole_set(call.workspace, dataset, settings, systems), call.options.only)
    own, ignored = whole.own_passages, call.options.ignore_identical_ids
    whole = whole.without_own_passages() if ignored else whole
    summary = summarise(whole, measures, baseline, max(dataset.scale), call.options.level)
    return Figures(dataset, settings, tuple(systems), whole, summary, own, ignored)


def _of_slices(whole: WholeSet, only: Sequence[str]) -> WholeSet:
    if not only:
        return whole
    slices = query_slices(whole.queries.values())
    if unknown := [name for name in only if name not in slices]:
        raise SettingsError(f"There is no slice '{unknown[0]}'. Known: {', '.join(slices) or 'none'}.")
    return whole.only(in_slices(slices, only))
