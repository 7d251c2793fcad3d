"""Building a system: a cascade, a blend, signals, a router, a first stage of its own; saved by name."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from pages.ui import state
from pages.ui.markdown import plain
from pages.ui.rerankers import own_first_stage
from pages.ui.rerankers.saving import save_as
from pages.ui.sidebar import name_in_menu
from rerank_core.errors import RerankLensError
from rerank_core.retrieval.first_stage_signals import WORDS
from rerank_core.store.workspace import Workspace
from rerank_core.systems.composites.spec import (
    BELOW,
    FROM,
    Authority,
    Blend,
    Cascade,
    Condition,
    Diversity,
    Member,
    OwnFirstStage,
    Recency,
    Router,
    Rule,
    Signals,
    Spec,
    Stage,
    signal_of,
)
from rerank_core.systems.finding import to_choose_from
from rerank_core.systems.systems import ALWAYS_READY, add_composite, all_systems

OWN = "Own first stage"
KINDS = {
    "Cascade": "Step 1 picks the best n passages quickly; step 2 orders them carefully.",
    "Blend": "Several systems vote: a weighted sum of their ranks or scaled scores.",
    "Signals": "One system, corrected by recency, by the source, or against near duplicates.",
    "Router": "A rule on the query, or on how sure the first stage is, picks the system. Evaluate, When to rerank, "
    "fits such a rule to your grades.",
    OWN: "A system with a first stage of its own: it finds its candidates itself, whatever the sidebar says.",
}
EXAMPLES = {OWN: "BM25, then L6"}
CONDITIONS = {
    "max_words": "has at most … words",
    "min_words": "has at least … words",
    "has_code": "has a code (letters and digits)",
    "has_digits": "has digits",
    "is_question": "is a question",
    "regex": "matches the pattern …",
    **{f"{signal}{BELOW}": f"finds a {words} below …" for signal, words in WORDS.items()},
    **{f"{signal}{FROM}": f"finds a {words} of … or more" for signal, words in WORDS.items()},
}
BY = {"rank": "ranks (RRF)", "zscore": "z-scores", "minmax": "min–max scores"}


def build(space: Workspace) -> None:
    """The form of the chosen kind, and what came of saving it."""
    st.subheader("Build a system")
    systems = {system.id: system for system in to_choose_from(all_systems(space))}
    labels = {one: name_in_menu(system.label, system.state.kind) for one, system in systems.items()}
    kind = st.segmented_control("Kind", list(KINDS), default="Cascade", required=True, key=state.KIND)
    st.caption(KINDS[kind])
    if kind == OWN:
        # what finds its own candidates cannot be given any by another system
        parts = {one: label for one, label in labels.items() if not isinstance(systems[one].spec, OwnFirstStage)}
        spec: Callable[[], Spec] = own_first_stage.form(space, parts)
    else:
        spec = _FORMS[kind](labels)

    def save(name: str, replace: bool) -> str:
        return add_composite(space, name, spec(), replace)

    def what_is_there(name: str) -> str:
        wanted = " ".join(name.split()).casefold()
        return next((one.model.note for one in systems.values() if one.id.casefold() == wanted), "")

    save_as(kind, EXAMPLES.get(kind, "fast-then-good"), save, what_is_there)


def _pick(label: str, labels: dict[str, str], key: str, usual: str = ALWAYS_READY[1]) -> str:
    ids = list(labels)
    return st.selectbox(label, ids, ids.index(usual) if usual in ids else 0, labels.get, key=key)


def _cascade(labels: dict[str, str]) -> Callable[[], Spec]:
    count = int(st.number_input("Steps", 2, 4, 2))
    stages = []
    for place in range(count):
        left, right = st.columns([3, 1])
        with left:
            usual = ALWAYS_READY[min(place + 1, len(ALWAYS_READY) - 1)]
            system = _pick(f"Step {place + 1}", labels, f"cascade{place}", usual)
        last = place == count - 1
        keep = right.number_input("Keeps", 1, 199, max(1, 20 - 5 * place), key=f"keep{place}", disabled=last)
        stages.append((system, None if last else int(keep)))
    return lambda: Cascade(tuple(Stage(system, keep) for system, keep in stages))


def _blend(labels: dict[str, str]) -> Callable[[], Spec]:
    chosen = st.multiselect("Members", list(labels), ALWAYS_READY[:2], format_func=labels.get)
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
    if signal_of(feature) is not None:
        try:
            return Condition(feature, float(value))
        except ValueError:
            raise RerankLensError(f"Write a number such as 0.2 for the {CONDITIONS[feature]}, not '{value}'.") from None
    return Condition(feature, value.strip() if feature == "regex" else True)


_FORMS: dict[str, Callable[[dict[str, str]], Callable[[], Spec]]] = {
    "Cascade": _cascade,
    "Blend": _blend,
    "Signals": _signals,
    "Router": _router,
}
