"""Building a system out of systems: a cascade, a blend, signals from metadata, a router; saved by name."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from pages.ui import state
from pages.ui.markdown import plain
from rerank_core.errors import RerankLensError
from rerank_core.store.workspace import Workspace
from rerank_core.systems.composites.spec import (
    Authority,
    Blend,
    Cascade,
    Condition,
    Diversity,
    Member,
    Recency,
    Router,
    Rule,
    Signals,
    Spec,
    Stage,
)
from rerank_core.systems.systems import add_composite, all_systems

KINDS = {
    "Cascade": "A cheap system keeps the best n passages, a better one orders them.",
    "Blend": "Several systems vote: a weighted sum of their ranks or scaled scores.",
    "Signals": "One system, corrected by recency, by the source, or against near duplicates.",
    "Router": "A rule on the query picks the system.",
}
CONDITIONS = {
    "max_words": "has at most … words",
    "min_words": "has at least … words",
    "has_code": "has a code (letters and digits)",
    "has_digits": "has digits",
    "is_question": "is a question",
    "regex": "matches the pattern …",
}
BY = {"rank": "ranks (RRF)", "zscore": "z-scores", "minmax": "min–max scores"}


def build(space: Workspace) -> None:
    """The form of the chosen kind, and what came of saving it."""
    st.subheader("Build a system")
    labels = {system.id: system.label for system in all_systems(space)}
    kind = st.segmented_control("Kind", list(KINDS), default="Cascade", required=True, key=state.KIND)
    st.caption(KINDS[kind])
    spec = _FORMS[kind](labels)
    left, right = st.columns([4, 1], vertical_alignment="bottom")
    name = left.text_input("Name", placeholder="fast-then-good")
    # not a callback: its arguments would be those of the run before, without what was typed last
    if right.button("Save", type="primary", width="stretch"):
        _save(space, name.strip(), spec)
        st.rerun()
    message = state.pop(state.SAVED)
    if message is not None:
        ok, line = message
        (st.success if ok else st.error)(line)


def _save(space: Workspace, name: str, spec: Callable[[], Spec]) -> None:
    try:
        add_composite(space, name, spec())
    except RerankLensError as error:
        state.put(state.SAVED, (False, str(error)))
        return
    state.put(state.SAVED, (True, f"'{name}' is saved. It can be chosen on Compare like any other system."))


def _pick(label: str, labels: dict[str, str], key: str, index: int = 0) -> str:
    return st.selectbox(label, list(labels), index, labels.get, key=key)


def _cascade(labels: dict[str, str]) -> Callable[[], Spec]:
    count = int(st.number_input("Stages", 2, 4, 2))
    stages = []
    for place in range(count):
        left, right = st.columns([3, 1])
        with left:
            system = _pick(f"Stage {place + 1}", labels, f"cascade{place}", min(place + 1, len(labels) - 1))
        last = place == count - 1
        keep = right.number_input("Keeps", 1, 199, max(1, 20 - 5 * place), key=f"keep{place}", disabled=last)
        stages.append((system, None if last else int(keep)))
    return lambda: Cascade(tuple(Stage(system, keep) for system, keep in stages))


def _blend(labels: dict[str, str]) -> Callable[[], Spec]:
    chosen = st.multiselect("Members", list(labels), list(labels)[:2], format_func=labels.get)
    by = st.segmented_control("Sum of", list(BY), default="rank", required=True, format_func=BY.get)
    weights = [
        column.number_input(plain(labels[system]), 0.0, 100.0, 1.0, 0.1, key=f"weight-{system}")
        for column, system in zip(st.columns(max(1, len(chosen))), chosen, strict=False)
    ]
    pairs = list(zip(chosen, weights, strict=True))
    return lambda: Blend(tuple(Member(system, weight) for system, weight in pairs), by)


def _signals(labels: dict[str, str]) -> Callable[[], Spec]:
    member = _pick("System", labels, "signals-member")
    recency, authority, diversity = st.columns(3)
    with recency.container(border=True):
        parts = {"recency": _recency()}
    with authority.container(border=True):
        parts["authority"] = _authority()
    with diversity.container(border=True):
        parts["diversity"] = _diversity()
    return lambda: Signals(member, **{name: make() for name, make in parts.items() if make is not None})


def _recency() -> Callable[[], Recency] | None:
    on = st.checkbox("Newer counts more")
    field = st.text_input("Metadata field with the date", "date", disabled=not on)
    days = st.number_input("Weight halves every … days", 1.0, 10_000.0, 365.0, disabled=not on)
    today = st.date_input("Age measured on", disabled=not on)
    weight = st.slider("Weight", 0.0, 1.0, 0.3, 0.05, key="recency-weight", disabled=not on)
    return (lambda: Recency(field, days, today.isoformat(), weight)) if on else None


def _authority() -> Callable[[], Authority] | None:
    on = st.checkbox("Some sources count more")
    field = st.text_input("Metadata field with the source", "kind", disabled=not on)
    table = st.text_area("Weights, one line each", "policy = 2\nsupport = 0.5", disabled=not on)
    weight = st.slider("Weight", 0.0, 1.0, 0.3, 0.05, key="authority-weight", disabled=not on)
    return (lambda: Authority(field, _table(table), weight)) if on else None


def _table(text: str) -> tuple[tuple[str, float], ...]:
    rows = []
    for number, line in enumerate(text.splitlines(), 1):
        name, sign, value = line.rpartition("=")
        if not line.strip():
            continue
        try:
            rows.append((name.strip(), float(value)))
        except ValueError:
            sign = ""
        if not sign:
            raise RerankLensError(f"Weights, line {number}: write 'policy = 2', not '{line.strip()[:60]}'.")
    return tuple(rows)


def _diversity() -> Callable[[], Diversity] | None:
    on = st.checkbox("Near duplicates count less")
    share = st.slider("Relevance against novelty (λ)", 0.05, 1.0, 0.7, 0.05, disabled=not on)
    shingle = st.number_input("Length of the word sequences that are compared", 1, 10, 3, disabled=not on)
    return (lambda: Diversity(share, int(shingle))) if on else None


def _router(labels: dict[str, str]) -> Callable[[], Spec]:
    count = int(st.number_input("Rules", 1, 5, 1))
    rows = []
    for place in range(count):
        first, second, third = st.columns(3)
        feature = first.selectbox("If the query", list(CONDITIONS), 0, CONDITIONS.get, key=f"if{place}")
        takes = "…" in CONDITIONS[feature]
        value = second.text_input("…", "1" if takes else "", key=f"value{place}", disabled=not takes)
        with third:
            system = _pick("then", labels, f"then{place}")
        rows.append((feature, value, system))
    default = _pick("Else", labels, "router-else")
    return lambda: Router(tuple(Rule((_condition(f, v),), system) for f, v, system in rows), default)


def _condition(feature: str, value: str) -> Condition:
    if feature in ("min_words", "max_words"):
        return Condition(feature, int(value) if value.strip().isdigit() else value)
    return Condition(feature, value.strip() if feature == "regex" else True)


_FORMS: dict[str, Callable[[dict[str, str]], Callable[[], Spec]]] = {
    "Cascade": _cascade,
    "Blend": _blend,
    "Signals": _signals,
    "Router": _router,
}
