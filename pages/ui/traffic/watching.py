"""Alerts of the newest traffic against a reference, and how it went over time."""

from __future__ import annotations

import streamlit as st

from pages.ui import cache, state
from pages.ui.markdown import plain
from pages.ui.tables import written_table
from rerank_core.errors import SettingsError
from rerank_core.evaluation.numbers import figure
from rerank_core.monitoring.alerts import RATE, Watched, parse_budget
from rerank_core.monitoring.drift import score_drift
from rerank_core.monitoring.over_time import over_time
from rerank_core.monitoring.traffic import LAST, Traffic, moment, split
from rerank_core.store.traffic_requests import SERVED
from rerank_core.store.workspace import Workspace
from rerank_core.views.traffic import checks_frame, latency_chart, outcomes_chart, scores_chart

_HOW = (
    "Scores: Wasserstein-1 distance in standard deviations of the reference, against shuffles of whole requests. "
    "Times: how many lie above the reference's percentile, or the budget. Shares: Fisher's exact test. The rate of "
    "false alarms is shared out evenly over all checks. Requests are taken as independent, of each other and of the "
    "hour."
)


def show(space: Workspace, traffic: Traffic) -> None:
    """The settings, a line per alert, and the charts."""
    one, two, three, four = st.columns(4)
    last = one.text_input("Newest", LAST, key=state.TRAFFIC_LAST, help="A number of requests, or a time: 500, 1h, 7d.")
    reference = two.text_input(
        "Reference",
        key=state.TRAFFIC_REFERENCE,
        placeholder="all before",
        help="FROM..TO in UTC, such as 2026-11-01..2026-11-08. Empty: what is before, 20,000 requests at most.",
    )
    budget_text = three.text_input(
        "Budget", key=state.TRAFFIC_BUDGET, placeholder="p95=200,p99=400", help="Milliseconds of p50, p95, p99."
    )
    rate = four.number_input(
        "False alarms", 0.0005, 0.5, RATE, 0.005, format="%.4f", key=state.TRAFFIC_RATE,
        help="Where nothing changed, at most this share of all looks has an alert.",
    )  # fmt: skip
    try:
        windows = split(traffic, last, reference.strip() or None)
        budget = parse_budget(budget_text)
        with st.spinner("Checking…"):
            watched = cache.watched(space, traffic, last, reference.strip() or None, budget, rate)
    except SettingsError as error:
        st.error(plain(str(error)))
        return
    now, held = windows.now, windows.reference
    said = f"{len(held):,} before ({_span(held)})" if len(held) else "nothing: no request lies in the reference"
    st.caption(f"The newest {len(now):,} requests ({_span(now)}, UTC) against {said}.")
    _alerts(watched)
    _over_time(traffic, windows.now, windows.reference, budget)


def _span(part: Traffic) -> str:
    return f"{moment(part.at[0])} to {moment(part.at[-1])}" if len(part) else "none"


def _alerts(watched: Watched) -> None:
    for alert in watched.alerts:
        st.error(f"**{plain(alert.what)}** · {plain(alert.sentence)}", icon=":material/warning:")
    if watched.checks and not watched.alerts:
        st.success("No alert.", icon=":material/check:")
    for sentence in watched.silent:
        st.info(plain(sentence))
    if watched.checks:
        with st.expander("All checks"):
            how = {
                **dict.fromkeys(("Before", "Now"), lambda value: figure(value, 3)),
                **dict.fromkeys(("p", "Alert from"), lambda value: f"{value:.2g}"),
            }
            st.dataframe(written_table(checks_frame(watched.checks), how), hide_index=True, width="stretch")
            st.caption(_HOW)


def _over_time(traffic: Traffic, now: Traffic, reference: Traffic, budget: dict[str, float]) -> None:
    pairs = traffic.systems()
    names = [f"{system}{'' if role == SERVED else ' (shadow)'}" for system, role in pairs]
    place = 0
    if len(names) > 1:
        chosen = st.selectbox("System", names, key=state.TRAFFIC_SYSTEM)
        place = names.index(chosen) if chosen in names else 0
    pair = pairs[place]
    steps = over_time(traffic.of(*pair))
    drift = score_drift(reference.of(*pair).scores, now.of(*pair).scores, 0.5, stop_early=True)
    left, right = st.columns(2)
    with left:
        st.markdown("##### Time of a request")
        chart = latency_chart(steps, budget)
        st.altair_chart(chart, width="stretch") if chart is not None else st.caption("The log has no times.")
    with right:
        st.markdown("##### Scores: level and spread")
        scores = scores_chart(steps, drift)
        st.altair_chart(scores, width="stretch") if scores is not None else st.caption("The log has no scores.")
        st.caption("Line: mean. Band: one standard deviation. Dashed: the reference.")
    st.markdown("##### What became of the requests")
    st.altair_chart(outcomes_chart(steps), width="stretch")
