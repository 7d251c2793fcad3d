"""The sidebar's settings of the first stage: how candidates are found, and how many."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from pages.ui import address, asked, cache, state
from pages.ui.markdown import plain
from pages.ui.search import query_variant
from pages.ui.search.dense import choose_dense, make_ready
from pages.ui.search.names import FUSION_NAMES, retriever_name, texts, weighed_retriever, weights_of
from pages.ui.search.query_variant import choose_variant
from rerank_core.errors import RerankLensError, SettingsError, WorkspaceError
from rerank_core.experiment.connected import Connection, connection_of
from rerank_core.experiment.dataset_language import dense_note, found_language, how_words_are_read, language_of
from rerank_core.experiment.experiment import DEPTH as DEFAULT_DEPTH
from rerank_core.retrieval.dense_model import DenseModel
from rerank_core.retrieval.dictionaries import DICTIONARY, PAIRS, WITH_DICTIONARY
from rerank_core.retrieval.languages import AUTO, LANGUAGES, NONE
from rerank_core.retrieval.settings import ENGINE_PREFIX, FUSIONS, RETRIEVERS, RetrievalSettings
from rerank_core.store.datasets import DatasetRow
from rerank_core.store.workspace import Workspace
from rerank_core.systems.run_lists import runs_of

DEPTHS = (10, 20, 30, 50, 75, 100, 150, 200, 300, 500, 1000)
WEIGHTS = tuple(round(step * 0.05, 2) for step in range(21))
HALF = 0.5
CUTTING_NAMES = {PAIRS: "Pairs of characters", DICTIONARY: "Words by a dictionary"}


def choose_search(space: Workspace, dataset: DatasetRow) -> RetrievalSettings:
    """Draw the settings of the first stage in the sidebar; stops the page where they contradict each other."""
    asked.offer(state.DEPTH, DEPTHS, DEFAULT_DEPTH, "number of candidates")
    depth = st.sidebar.select_slider(
        "Candidates per query", DEPTHS, key=state.DEPTH, help="All candidates are reranked."
    )
    address.hold_unless(state.DEPTH, depth, DEFAULT_DEPTH)
    connection = _connection(space, dataset)
    if connection is not None:
        return _choose_templates(space, dataset, connection, depth)
    with st.sidebar.expander("How candidates are found"):
        retrievers, fusion, weights = _choose_retrievers(runs_of(space, dataset.name))
        dense = choose_dense(space) if "dense" in retrievers else DenseModel()
        variant = choose_variant(space)
        language = _choose_language()
        cutting = _choose_cutting(found_language(space, dataset) if language == AUTO else language)
        filters = _choose_filter(space, dataset)
    try:
        settings = RetrievalSettings(
            retrievers,
            fusion,
            weights,
            depth=depth,
            language=language,
            cutting=cutting,
            filters=filters,
            dense_model=dense.name,
            dense_address=dense.address,
            dense_key=dense.key_variable,
            query_prefix=dense.query_prefix,
            passage_prefix=dense.passage_prefix,
            variant=variant,
        )
    except SettingsError as error:
        st.warning(plain(str(error)))
        st.stop()
    with st.sidebar:
        _show_language(space, dataset, settings)
    make_ready(space, dataset, settings)
    query_variant.make_ready(space, dataset, settings.variant if settings.asks_variant else None)
    return settings


def _connection(space: Workspace, dataset: DatasetRow) -> Connection | None:
    """Where the dataset is searched; None: here. Stops the page where this version does not know its source."""
    try:
        with space.open() as db:
            return connection_of(db, dataset)
    except WorkspaceError:
        raise
    except RerankLensError as error:
        st.warning(plain(str(error)))
        st.stop()


def _choose_templates(space: Workspace, dataset: DatasetRow, connection: Connection, depth: int) -> RetrievalSettings:
    """The templates of a connected search engine: one, or several fused here."""
    every = list(connection.retrievers)
    names = {one: one.removeprefix(ENGINE_PREFIX) for one in every}
    missing = asked.offer_several(state.RETRIEVERS, every, every[:1], "retriever", lambda one: (one, names[one]))
    with st.sidebar.expander("How candidates are found"):
        if missing:
            asked.not_here(state.RETRIEVERS, "retriever", missing, names)
        st.caption(f"By {plain(connection.source.label)}")
        chosen = st.multiselect("Retrievers", every, format_func=lambda one: plain(names[one]), key=state.RETRIEVERS)
        address.hold(state.RETRIEVERS, [] if chosen == every[:1] else chosen)
        fusion = FUSIONS[0]
        if len(chosen) > 1:
            asked.offer(state.FUSION, FUSIONS, fusion, "fusion", lambda one: (one, FUSION_NAMES.get(one, one)))
            fusion = st.selectbox("Fusion", FUSIONS, format_func=FUSION_NAMES.get, key=state.FUSION)
            address.hold_unless(state.FUSION, fusion, FUSIONS[0])
        variant = choose_variant(space)
    try:
        settings = RetrievalSettings(tuple(chosen), fusion, depth=depth, variant=variant)
    except SettingsError as error:
        st.warning(plain(str(error)))
        st.stop()
    query_variant.make_ready(space, dataset, variant)
    return settings


def _choose_retrievers(runs: Sequence[str]) -> tuple[tuple[str, ...], str, tuple[float, ...]]:
    """(retrievers, how they are fused, their weights). `runs`: of the dataset, as retrievers."""
    usual, every, first = list(RETRIEVERS), [*RETRIEVERS, *runs], FUSIONS[0]
    missing = asked.offer_several(state.RETRIEVERS, every, usual, "retriever", texts)
    if missing:
        asked.not_here(state.RETRIEVERS, "retriever", missing, {one: retriever_name(one) for one in every})
    retrievers = st.multiselect(
        "Retrievers",
        every,
        format_func=retriever_name,
        key=state.RETRIEVERS,
        help="An imported run can be one of them: its lists are then the candidates." if runs else None,
    )
    address.hold(state.RETRIEVERS, [] if retrievers == usual else retrievers)
    asked.offer(state.FUSION, FUSIONS, first, "fusion", lambda one: (one, FUSION_NAMES.get(one, one)))
    fusion = st.selectbox("Fusion", FUSIONS, format_func=FUSION_NAMES.get, key=state.FUSION)
    address.hold_unless(state.FUSION, fusion, first)
    asked.offer(state.DENSE_WEIGHT, WEIGHTS, HALF, "weight", lambda one: (f"{one:g}", str(one)))
    weighed = weighed_retriever(retrievers)
    weight = st.slider(f"Weight of {plain(weighed)}", 0.0, 1.0, step=0.05, key=state.DENSE_WEIGHT)
    address.hold(state.DENSE_WEIGHT, [] if weight == HALF else [f"{weight:g}"])
    return tuple(retrievers), fusion, weights_of(retrievers, fusion, weight)


def _choose_language() -> str:
    """Whose stemmer and stop words BM25 uses."""
    names = {AUTO: "That of the passages", NONE: "None: words as they are"}
    names |= {code: language.name for code, language in LANGUAGES.items()}
    asked.offer(state.LANGUAGE, list(names), AUTO, "language", lambda code: (code, names[code]))
    language = st.selectbox(
        "Language of the words",
        list(names),
        format_func=names.get,
        key=state.LANGUAGE,
        help="The language whose stems and stop words BM25 uses. That of the passages is detected from a sample.",
    )
    address.hold_unless(state.LANGUAGE, language, AUTO)
    return language


def _choose_cutting(code: str) -> str:
    """How words are found where there are no spaces: asked only where a dictionary is an answer."""
    if code not in WITH_DICTIONARY:
        return PAIRS
    ways = tuple(CUTTING_NAMES)
    asked.offer(state.CUTTING, ways, ways[0], "way to cut words", lambda one: (one, CUTTING_NAMES[one]))
    cutting = st.selectbox(
        "Words without spaces",
        ways,
        format_func=CUTTING_NAMES.get,
        key=state.CUTTING,
        help="The dictionary needs the extra 'words': pip install 'rerank-lens[words]'.",
    )
    address.hold_unless(state.CUTTING, cutting, ways[0])
    return cutting


def _show_language(space: Workspace, dataset: DatasetRow, settings: RetrievalSettings) -> None:
    """Say how BM25 reads words, and where the dense model is none for this language."""
    code = language_of(space, dataset, settings)
    if "bm25" in settings.retrievers:
        st.caption(how_words_are_read(code, settings))
    if note := dense_note(code, settings):
        st.warning(note)


def _choose_filter(space: Workspace, dataset: DatasetRow) -> tuple:
    fields = cache.filter_fields(space.path, dataset.name, dataset.fingerprint)
    asked.offer(state.FILTER_FIELD, list(fields), None, "field to filter by")
    if not fields:
        return ()
    field = st.selectbox("Only passages where", list(fields), None, key=state.FILTER_FIELD, placeholder="no filter")
    address.hold(state.FILTER_FIELD, [field] if field is not None else [])
    if field is None:
        address.hold(state.FILTER_VALUES, [])
        return ()
    counts = dict(fields[field])
    missing = asked.offer_several(state.FILTER_VALUES, list(counts), [], "value to filter by")
    if missing:
        asked.not_here(state.FILTER_VALUES, "value to filter by", missing, {str(one): str(one) for one in counts})
    # the link keeps what is shown of a value: no counts in it, they change with the data
    values = st.multiselect("is one of", list(counts), format_func=str, key=state.FILTER_VALUES)
    address.hold(state.FILTER_VALUES, [str(value) for value in values])
    if values:
        st.caption(" · ".join(f"{plain(str(value))}: {counts[value]:,} passages" for value in values))
    return ((field, tuple(values)),) if values else ()
