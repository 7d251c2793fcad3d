"""Adding a query variant to choose from: which language model writes what, by which prompt."""

from __future__ import annotations

import streamlit as st

from pages.ui import roles, state
from pages.ui.markdown import plain
from pages.ui.rerankers import removal
from rerank_core.errors import RerankLensError
from rerank_core.rerankers.catalogue.pricing import chat_price
from rerank_core.retrieval.query_variants.prompts import COUNT, EXPAND, HYDE, PROMPTS, REWRITE, SEVERAL
from rerank_core.retrieval.query_variants.query_variant import MOST_QUERIES, OPENAI, OPENAI_KEY, QueryVariant
from rerank_core.store.query_variants import drop_query_variant, get_query_variants
from rerank_core.store.workspace import Workspace
from rerank_core.systems.query_variants import add_query_variant

KINDS = {
    HYDE: "HyDE: a made-up answer is searched beside the query",
    REWRITE: "Rewriting: a clearer query in its place",
    SEVERAL: "Several queries: others beside it, fused",
    EXPAND: "Expansion: more words are added to it",
}


def add(space: Workspace) -> None:
    """The form, and what came of it."""
    st.subheader("Add a query variant")
    st.caption(
        "A language model writes what is searched for. Choose it on any page, under *How candidates are found*, or in "
        "a system with its own first stage. Nothing is sent before you have seen what it costs."
    )
    kind = st.selectbox("What it writes", list(KINDS), format_func=KINDS.get, key="variant-kind")
    left, right = st.columns(2)
    model = left.text_input("Language model", placeholder="gpt-4o-mini", key="variant-model").strip()
    address, variable = OPENAI, ""
    if roles.may_set_servers():
        address = right.text_input("Address of the model", OPENAI, key="variant-address").strip()
        variable = st.text_input(
            "Variable that holds the key of the model",
            key="variant-variable",
            help=f"Empty: {OPENAI_KEY} for OpenAI's own address, and no key for a server of your own.",
        ).strip()
    queries = 3
    if kind == SEVERAL:
        queries = int(st.number_input("Other queries", 1, MOST_QUERIES, 3, 1, key="variant-queries"))
    prompt = st.text_area(
        "Prompt",
        PROMPTS[kind],
        height=200,
        key=f"variant-prompt-{kind}",
        help=f"The query follows in a message of its own. {COUNT} stands for the number of queries.",
    )
    name = st.text_input("Name", placeholder="as it says what it does", key="variant-name").strip()
    price = chat_price("api.openai.com", model) if address == OPENAI and model else None
    st.caption(plain(f"{price.text}." if price else "What a query costs is not known for this model and address."))
    if st.button("Add the variant", key="add-variant", disabled=bool(space.why_only_read())):
        _put(space, kind, model, address, variable, "" if prompt.strip() == PROMPTS[kind] else prompt, queries, name)
    if said := state.take(state.VARIANT_SAID):
        good, line = said
        (st.success if good else st.error)(plain(line))
    _offer_removal(space)


def _put(
    space: Workspace, kind: str, model: str, address: str, variable: str, prompt: str, queries: int, name: str
) -> None:
    try:
        variant = QueryVariant(kind, model, address, variable, prompt, queries)
        kept = add_query_variant(space, variant, name)
    except RerankLensError as error:
        state.put(state.VARIANT_SAID, (False, str(error)))
        return
    state.put(state.VARIANT_SAID, (True, f"'{kept}' can be chosen under How candidates are found."))


def _offer_removal(space: Workspace) -> None:
    with space.open() as db:
        added = list(get_query_variants(db))
    removal.offer(
        space,
        "Query variants added by you",
        added,
        ("variants-added", "remove-variant"),
        state.VARIANT_SAID,
        drop_query_variant,
    )
