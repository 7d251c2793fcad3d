"""What the figures of a report do not say: who graded, what is not graded, what a number of queries can show."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from rerank_core.evaluation.verdict import is_sure
from rerank_core.experiment.chosen_on import chosen_on_sentence, search_sentences, trained_systems
from rerank_core.experiment.efficiency import Efficiency
from rerank_core.experiment.figures import Figures
from rerank_core.experiment.summary import Summary, SystemSummary, not_compared_alike, own_passages_sentence
from rerank_core.judging.agreement_report import agreement_report, in_words
from rerank_core.store import datasets, judgments


@dataclass(frozen=True, slots=True)
class Labels:
    """The grades that count. `judges`: (name, source, how many), most first; `pairs`: all of them.

    `stale`: of passages that changed since. `unknown`: grades whose judge saw a text that nobody kept, so that they
    cannot be checked. `agreement`: how far people agree, a sentence each, () with fewer than two of them.
    """

    judges: tuple[tuple[str, str, int], ...]
    pairs: int
    stale: int
    unknown: int
    agreement: tuple[str, ...] = ()


def label_facts(figures: Figures) -> Labels:
    """Who gave the grades in force to the queries of the figures, and which of them belong to an older text."""
    workspace, dataset = figures.experiment.workspace, figures.experiment.dataset
    with workspace.open() as db:
        labels = [label for label in judgments.in_force(db, dataset.id) if label.qid in figures.whole.queries]
        hashes = datasets.text_hashes(db, dataset.id, sorted({label.docid for label in labels}))
    counts = Counter((label.judge, label.source) for label in labels)
    judges = sorted(((judge, source, n) for (judge, source), n in counts.items()), key=lambda row: (-row[2], row))
    stale = sum(judgments.is_stale(label.text_hash, hashes.get(label.docid)) for label in labels)
    agreed = agreement_report(workspace, dataset)
    sentences = tuple(in_words(agreed)[:2]) if len(agreed.compared) > 1 else ()
    return Labels(tuple(judges), len(labels), stale, sum(not label.text_hash for label in labels), sentences)


def limits(figures: Figures, labels: Labels) -> tuple[str, ...]:
    """Sentences for a sceptical reader, the weightiest first; each is true of this very set."""
    summary, only = figures.summary, figures.only
    own_passages = own_passages_sentence(figures.whole.own_passages, figures.experiment.dataset)
    lines = [f"Only the queries of these slices were compared: {'; '.join(only)}."] if only else []
    lines += [line for row in summary.systems for line in _of_system(row)]
    lines += _chosen_here(figures)
    lines += [own_passages] if own_passages else []
    left_out = summary.graded - len(summary.qids)
    if left_out:
        lines.append(
            f"{left_out:,} of {summary.graded:,} graded queries are in no figure, because a system failed on them or "
            "has not ranked them."
        )
    lines += _power(summary)
    holes = sum(row.unjudged.holes for row in summary.systems if row.unjudged)
    if holes:
        lines.append(
            f"{holes:,} places in the first {summary.k} of the systems hold an ungraded passage. They count "
            "as not relevant; the table below says how far the means could move."
        )
    lines += _grades(labels)
    lines += _times(figures.efficiency)
    if any(loss.off_candidates for loss in figures.losses.values()):
        lines.append("Loss by retrieval and by ordering leaves out queries with other candidates.")
    if sum(row.comparison is not None for row in summary.systems) > 1:
        lines.append(
            "Several systems are compared: the p-values are corrected for that (Holm), the intervals are not, and the "
            "best of several looks a little better here than it will on new queries."
        )
    return tuple(lines)


def _chosen_here(figures: Figures) -> list[str]:
    """Systems whose settings a search chose on these very queries, with what it reached on others."""
    labels = {row.system: row.label for row in figures.summary.systems}
    said = search_sentences(figures.experiment) if figures.chosen_on else {}
    trained = trained_systems(figures.experiment) if figures.chosen_on else frozenset()
    lines = []
    for system, count in figures.chosen_on.items():
        line = chosen_on_sentence(labels[system], count, len(figures.summary.qids), system in trained)
        who = "training" if system in trained else "search"
        lines.append(f"{line} The {who} said: {said[system]}" if system in said else line)
    return lines


def _of_system(row: SystemSummary) -> list[str]:
    lines = not_compared_alike(row)
    if row.waiting:
        lines.append(f"{row.label} has not ranked {row.waiting:,} queries.")
    if row.empty:
        lines.append(f"{row.label} returned nothing on {row.empty:,} queries, which count 0.")
    return lines


def _power(summary: Summary) -> list[str]:
    lines = []
    for row in summary.systems:
        comparison = row.comparison
        if comparison is None or comparison.detectable is None or not comparison.spread:
            continue
        line = (
            f"{row.label}: with {comparison.n:,} queries a true difference of about {comparison.detectable:.3f} in "
            f"{comparison.measure} would be shown in 8 of 10 cases; a smaller one may stay unseen."
        )
        if not is_sure(comparison) and comparison.needed is not None and comparison.needed > comparison.n:
            line += f" To show the difference seen here would take about {comparison.needed:,} queries."
        lines.append(line)
    return lines


def _grades(labels: Labels) -> list[str]:
    lines = []
    if labels.stale:
        lines.append(f"{labels.stale:,} of {labels.pairs:,} grades belong to an older text of their passage.")
    if labels.unknown:
        lines.append(
            f"For {labels.unknown:,} grades it is not known which text the judge saw: they were imported without their "
            "passages."
        )
    lines += labels.agreement
    if len(labels.judges) == 1 and labels.pairs and not labels.agreement:
        lines.append(
            f"All {labels.pairs:,} grades are from one judge or one file: how far people would agree is not known."
        )
    return lines


def _times(efficiency: Mapping[str, Efficiency]) -> list[str]:
    lines = [f"{system.label}: its times are stale. {system.stale}" for system in efficiency.values() if system.stale]
    unknown = [system.label for system in efficiency.values() if system.whole is None]
    if unknown:
        lines.append(f"Not timed: {', '.join(unknown)}.")
    single = [
        system.label
        for system in efficiency.values()
        if system.whole is not None and system.whole.warmth == "not known"
    ]
    if single:
        lines.append(
            f"The times of {', '.join(single)} are of single rankings: it is not known which of them began cold."
        )
    return lines
