"""Judges side by side: who graded how much, how far each two agree, and the history as a table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from rerank_core.judging.agreement import Agreement
from rerank_core.judging.agreement_report import RELIABLE, TENTATIVE, AgreementReport, TwoJudges
from rerank_core.judging.history import LabelEvent
from rerank_core.store.judges import JudgeRow
from rerank_core.store.judgments import RULES
from rerank_core.views import palette
from rerank_core.views.sizes import height_of_rows, readable

if TYPE_CHECKING:
    import altair as alt
    import pandas as pd

ALL = "all together (alpha)"


def judges_frame(rows: Iterable[JudgeRow]) -> pd.DataFrame:
    """One row per judge: what they graded, skipped and settled, where their grades come from, and when."""
    import pandas as pd

    columns = ["Judge", "Grades", "Skipped", "Settled", "From", "First", "Last"]
    values = [
        [row.judge, row.grades, row.skipped, row.adjudicated, ", ".join(row.sources), _when(row.first), _when(row.last)]
        for row in rows
    ]
    return pd.DataFrame(values, columns=columns)


def twos_frame(twos: Iterable[TwoJudges]) -> pd.DataFrame:
    """One row per pair of judges: pairs in common, the share with the same grade, and both kappas with intervals."""
    import pandas as pd

    columns = ["Judges", "In common", "Same grade", "Kappa", "Kappa 95 %", "Weighted kappa", "Weighted kappa 95 %"]
    values = [
        [f"{two.one} · {two.other}", two.pairs, two.same / two.pairs, *_interval(two.kappa), *_interval(two.weighted)]
        for two in twos
    ]
    return pd.DataFrame(values, columns=columns)


def agreement_chart(report: AgreementReport) -> alt.LayerChart:
    """All judges together and every two of them, with intervals, against the limits that alpha is read by."""
    import altair as alt
    import pandas as pd

    agreements = {ALL: report.alpha, **{f"{two.one} · {two.other}": two.weighted for two in report.twos}}
    rows = [
        [name, order, agreement.value, agreement.low, agreement.high, agreement.units]
        for order, (name, agreement) in enumerate(agreements.items())
        if agreement is not None
    ]
    frame = pd.DataFrame(rows, columns=["judges", "order", "agreement", "low", "high", "in common"])
    scale = alt.Scale(domain=[min([0.0, *frame["low"]]), 1.0])
    base = alt.Chart(frame).encode(
        y=alt.Y("judges:N", sort=alt.SortField("order"), title=None, axis=alt.Axis(labelLimit=240)),
        tooltip=["judges:N", *[alt.Tooltip(f"{name}:Q", format=".3f") for name in ("agreement", "low", "high")],
                 alt.Tooltip("in common:Q")],
    )  # fmt: skip
    spans = base.mark_rule(color=palette.BLUE, strokeWidth=2).encode(x=alt.X("low:Q", scale=scale), x2="high:Q")
    points = base.mark_point(color=palette.BLUE, filled=True, size=90, opacity=1).encode(
        x=alt.X("agreement:Q", title="agreement beyond chance", scale=scale)
    )
    limits = pd.DataFrame({"limit": [TENTATIVE, RELIABLE]})
    rules = alt.Chart(limits).mark_rule(strokeDash=[4, 4], color=palette.GREY).encode(x="limit:Q")
    return readable(alt.LayerChart(layer=[rules, spans, points], height=height_of_rows(len(frame), 30)))


def opinions_frame(opinions: Iterable[tuple[str, int, str]], scale: Mapping[int, str]) -> pd.DataFrame:
    """One row per judge: their grade with its name, and their note."""
    import pandas as pd

    rows = [[judge, f"{grade} {scale.get(grade, '')}".strip(), note] for judge, grade, note in opinions]
    return pd.DataFrame(rows, columns=["Judge", "Grade", "Note"])


def history_frame(events: Sequence[LabelEvent]) -> pd.DataFrame:
    """One row per event, the newest first."""
    import pandas as pd

    columns = ["When", "Judge", "What", "Old", "New", "Query", "Passage", "Note", "Source", "How it came"]
    values = [
        [_when(event.at), event.judge, event.kind, event.old_grade, event.new_grade, event.query or event.qid,
         event.docid, event.note, event.source, RULES.get(event.rule, event.rule)]
        for event in reversed(events)
    ]  # fmt: skip
    return pd.DataFrame(values, columns=columns).astype({"Old": "Int64", "New": "Int64"})


def _interval(agreement: Agreement | None) -> tuple[float | None, str]:
    return (None, "") if agreement is None else (agreement.value, f"{agreement.low:.2f} … {agreement.high:.2f}")


def _when(at: str) -> str:
    return at[:16].replace("T", " ")
