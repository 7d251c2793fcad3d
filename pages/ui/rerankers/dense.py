"""Adding a dense model to choose from: of the hub, a folder, or a service that makes vectors."""

from __future__ import annotations

import streamlit as st

from pages.ui import roles, state
from pages.ui.markdown import plain
from pages.ui.rerankers import removal
from rerank_core.corpus.import_roots import refuse_folder
from rerank_core.errors import RerankLensError
from rerank_core.retrieval.dense_model import COHERE, KEYS, OPENAI, VOYAGE, DenseModel
from rerank_core.retrieval.embedding_services.prices import PRICES, price_of
from rerank_core.retrieval.encoders import what_is_missing
from rerank_core.retrieval.known_prefixes import known_prefixes
from rerank_core.store.dense_models import drop_dense_model, get_dense_models
from rerank_core.store.trained_folders import left_by
from rerank_core.store.workspace import Workspace
from rerank_core.systems.dense_models import add_dense_model

HERE, SERVER = "Hub or folder", "Server (OpenAI-compatible)"
KINDS = {HERE: "", SERVER: OPENAI, "OpenAI": OPENAI, "Cohere": COHERE, "Voyage": VOYAGE}
_EXAMPLES = {HERE: "BAAI/bge-small-en-v1.5, or /path/to/model", SERVER: "the name that the server knows it by"}


def add(space: Workspace) -> None:
    """The form, and what came of it."""
    st.subheader("Add a dense model")
    st.caption("It finds candidates by meaning. Choose it on any page, under *How candidates are found*.")
    kinds = [kind for kind in KINDS if kind != SERVER or roles.may_set_servers()]
    kind = st.segmented_control("Where it runs", kinds, default=HERE, required=True, key=state.DENSE_KIND)
    service = KINDS[kind]
    name = _model_name(kind, service)
    address = variable = ""
    if kind == SERVER:
        left, right = st.columns([3, 2])
        address = left.text_input("Address of the server", placeholder="http://gpu-1:8080/v1", key="dense-address")
        variable = right.text_input(
            "Variable that holds the key", key="dense-variable", help="Empty: the server asks for no key."
        )
    query, passage = _prefixes(name)
    if service and kind != SERVER:
        st.caption(plain(f"Its key is read from {' or '.join(KEYS[service])}. {_price(service, name)}"))
    if st.button("Add", key="add-dense", disabled=bool(space.why_only_read())):
        _put(space, f"{service}:{name}" if service else name, address, variable, query, passage)
    if said := state.take(state.DENSE_SAID):
        good, line = said
        (st.success if good else st.error)(plain(line))
    _offer_removal(space)


def _model_name(kind: str, service: str) -> str:
    known = [model for vendor, model in PRICES if vendor == service and kind != SERVER]
    if known:
        chosen = st.selectbox("Model", known, accept_new_options=True, key=f"dense-model-{kind}")
        return str(chosen or "").strip()
    return st.text_input("Model", placeholder=_EXAMPLES.get(kind, ""), key=f"dense-model-{kind}").strip()


def _prefixes(name: str) -> tuple[str | None, str | None]:
    """What goes before a query and a passage; None: what is known of the model, or its own files say."""
    known = known_prefixes(name) if name else None
    before = {"query": known.query if known else "", "passage": known.passage if known else ""}
    given = {}
    for side, column in zip(before, st.columns(2), strict=True):
        given[side] = column.text_area(
            f"Before each {side}",
            before[side],
            height=80,
            key=f"dense-{side}-{name}",
            help="A prefix or an instruction, with the space or the new line at its end. Empty: nothing is added.",
        )
    if known is not None:
        st.caption(f"Known of this model, from {plain(known.source)}.")
    else:
        st.caption("Nothing is known of this model: empty leaves it to the prompts in its own files, if it has any.")
    return tuple(None if text == before[side] else text for side, text in given.items())  # type: ignore[return-value]


def _price(service: str, name: str) -> str:
    price = price_of(DenseModel(f"{service}:{name}")) if name else None
    return f"{price.text}; {price.source}." if price else "Its price is not known here."


def _put(space: Workspace, name: str, address: str, variable: str, query: str | None, passage: str | None) -> None:
    try:
        refuse_folder(name, () if not roles.may_set_servers() else None)
        model = DenseModel(name, address.strip(), variable.strip(), query, passage)
        kept = add_dense_model(space, model)
    except (RerankLensError, OSError) as error:
        state.put(state.DENSE_SAID, (False, str(error)))
        return
    missing = what_is_missing(model)
    more = f" {missing.detail}" if missing else ""
    state.put(state.DENSE_SAID, (True, f"'{kept}' can be chosen under How candidates are found.{more}"))


def _offer_removal(space: Workspace) -> None:
    with space.open() as db:
        added = list(get_dense_models(db))
    removal.offer(
        space,
        "Dense models added by you",
        added,
        ("dense-added", "remove-dense"),
        state.DENSE_SAID,
        drop_dense_model,
        lambda db, name: left_by(db, space.path, dense_model=name),
    )
