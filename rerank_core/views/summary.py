"""The summary as tables: one row per system."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rerank_core.evaluation.compare import PairedComparison
from rerank_core.evaluation.numbers import signed
from rerank_core.evaluation.verdict import outcome
from rerank_core.experiment.summary import Summary, SystemSummary

if TYPE_CHECKING:
    import pandas as pd

VERDICT, DIFFERENCE, INTERVAL, COUNTS, P = "Verdict", "Δ", "95 % interval", "Won / tied / lost", "p, corrected"
BASELINE, BETTER, WORSE, EQUAL = "baseline", "▲ better", "▼ worse", "≈ equal"
OPEN, NONE = "? too close", "– not compared"
_WORDS = {"better": BETTER, "worse": WORSE, "equal": EQUAL, "same": EQUAL, "open": OPEN, "nothing": NONE}


def summary_frame(summary: Summary) -> pd.DataFrame:
    """One row per system, in the order of choice.

    Columns: System, `VERDICT` (`says`), each measure's mean, `DIFFERENCE` of the headline, `INTERVAL` (95 %, as text;
    missing where all differences are equal: resampling shows no spread), `COUNTS` (of queries, as text), `P` (Holm-
    corrected), Judged@k, and counts of queries: Queries, Nothing returned, Failed, Not ranked. Values are 0 to 1;
    missing where there is none.
    """
    import pandas as pd

    rows = []
    for system in summary.systems:
        comparison = system.comparison
        interval = comparison.interval if comparison is not None else None
        if interval is not None and interval.method == "constant":
            interval = None
        row: dict[str, object] = {"System": system.label, VERDICT: says(system, summary.baseline)}
        row |= {str(measure): system.values[measure] if system.values else None for measure in summary.measures}
        row |= {
            DIFFERENCE: comparison.mean if comparison else None,
            INTERVAL: f"{signed(interval.low)} … {signed(interval.high)}" if interval else None,
            COUNTS: f"{comparison.wins} / {comparison.ties} / {comparison.losses}" if comparison else None,
            P: comparison.p_holm if comparison else None,
            f"Judged@{summary.k}": system.unjudged.judged if system.unjudged else None,
            "Queries": len(summary.qids) if system.values else 0,
            "Nothing returned": system.empty,
            "Failed": system.failed,
            "Not ranked": system.waiting,
        }
        rows.append(row)
    return pd.DataFrame(rows)


def unjudged_frame(summary: Summary) -> pd.DataFrame:
    """One row per system that ranked anything: what the ungraded passages leave open.

    Columns: System, nDCG@k (ungraded counts 0), Lowest and Highest (if the holes were graded as badly, as well, as can
    be), Condensed nDCG@k and Bpref (ungraded left out), Judged@k, Holes (ungraded passages in the first k).
    """
    import pandas as pd

    k = summary.k
    columns = ["System", f"nDCG@{k}", "Lowest", "Highest", f"Condensed nDCG@{k}", "Bpref", f"Judged@{k}", "Holes"]
    rows = [
        [system.label, left.ndcg, left.low, left.high, left.condensed, left.bpref, left.judged, left.holes]
        for system in summary.systems
        if (left := system.unjudged) is not None
    ]
    return pd.DataFrame(rows, columns=columns)


def says(system: SystemSummary, baseline: str) -> str:
    """In a word or two and a sign what the system is, against the baseline."""
    return BASELINE if system.system == baseline else word(system.comparison)


def word(comparison: PairedComparison | None) -> str:
    """A comparison in one word and a sign; None: there was nothing to compare."""
    return NONE if comparison is None else _WORDS[outcome(comparison)]
