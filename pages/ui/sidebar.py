"""The sidebar: dataset, systems, how candidates are found, who judges. All of it is in the link."""

from __future__ import annotations

import streamlit as st

from pages.ui import cache, state
from pages.ui.judge import name_field
from pages.ui.markdown import plain
from pages.ui.view import View
from rerank_core.errors import SettingsError
from rerank_core.experiment import job_requests
from rerank_core.experiment.dataset_language import dense_note, found_language, how_words_are_read, language_of
from rerank_core.experiment.experiment import Experiment
from rerank_core.experiment.job_requests import RecallRequest
from rerank_core.retrieval.dictionaries import DICTIONARY, PAIRS, WITH_DICTIONARY
from rerank_core.retrieval.index import search_facts
from rerank_core.retrieval.languages import AUTO, LANGUAGES, NONE
from rerank_core.retrieval.settings import FUSIONS, RETRIEVERS, RetrievalSettings
from rerank_core.retrieval.vector_search import ANN_FROM
from rerank_core.store import datasets
from rerank_core.store.datasets import DatasetRow
from rerank_core.store.workspace import Workspace
from rerank_core.systems.systems import ALWAYS_READY, FIRST_STAGE, System, all_systems

DEPTHS = (10, 20, 30, 50, 75, 100, 150, 200)


RETRIEVER_NAMES = {"bm25": "BM25 (words)", "dense": "Dense (MiniLM)"}


CUTTING_NAMES = {PAIRS: "Pairs of characters", DICTIONARY: "Words by a dictionary"}


FUSION_NAMES = {"rrf": "RRF (k = 60)", "minmax": "Weighted, min–max", "zscore": "Weighted, z-score", "union": "Union"}


def choose_view(space: Workspace) -> View:
    """Draw the sidebar and return what is chosen; stops the page where nothing can be shown."""
    with space.open() as db:
        rows = datasets.list_datasets(db)
    if not rows:
        st.info("No dataset yet. Open **Data** and import one.")
        st.stop()
    with st.sidebar:
        names = [row.name for row in rows]
        name = st.selectbox("Dataset", names, key=state.DATASET, bind="query-params")
        dataset = next(row for row in rows if row.name == name)
        systems = _choose_systems(space)
        labels = {system.id: system.label for system in systems}
        first = list(labels).index(FIRST_STAGE) if FIRST_STAGE in labels else 0
        baseline = st.selectbox(
            "Compare against", list(labels), first, labels.get, key=state.BASELINE, bind="query-params"
        )
        level, shown = _choose_reading(dataset)
        settings = _choose_retrieval(space, dataset)
        experiment = Experiment(space, dataset, settings, systems, baseline, level)
        _show_search(space, dataset, settings)
        _show_recall(experiment)
    judge = name_field("Kept with each grade.", state.NOBODY)
    state.remember_view()
    language = language_of(space, dataset, settings)
    return View(experiment, shown, judge, language)


def _choose_systems(space: Workspace) -> tuple[System, ...]:
    known = {system.id: system for system in all_systems(space)}
    # a state is looked up on the disk: once for each system, not for each time that its name is drawn
    kinds = {system_id: system.state.kind for system_id, system in known.items()}
    usable = [system_id for system_id, kind in kinds.items() if kind == "ready"]
    others = [system_id for system_id in known if system_id not in usable]
    chosen = st.multiselect(
        "Systems",
        usable + others,
        [system_id for system_id in ALWAYS_READY if system_id in usable],
        format_func=lambda system_id: _named(known[system_id], kinds[system_id]),
        key=state.SYSTEMS,
        bind="query-params",
        help="A system that needs a download or a key shows so; for details, open the page Rerankers.",
    )
    if not chosen:
        st.info("Choose at least one system.")
        st.stop()
    return tuple(known[system_id] for system_id in chosen)


def _named(system: System, kind: str) -> str:
    return system.label if kind == "ready" else f"{system.label} ({kind.replace('-', ' ')})"


def _choose_reading(dataset: DatasetRow) -> tuple[int, int]:
    left, right = st.columns(2)
    grades = [grade for grade in dataset.scale if grade > 0]
    level = left.selectbox(
        "Relevant from",
        grades,
        key=state.LEVEL,
        bind="query-params",
        format_func=lambda grade: f"grade {grade}",
        help="For RR, P and R. nDCG uses every grade.",
    )
    shown = right.selectbox("Passages shown", [10, 15, 25, 50], 2, key=state.SHOWN, bind="query-params")
    return level, shown


def _choose_retrieval(space: Workspace, dataset: DatasetRow) -> RetrievalSettings:
    depth = st.select_slider(
        "Candidates per query", DEPTHS, 50, key=state.DEPTH, bind="query-params", help="All candidates are reranked."
    )
    with st.expander("How candidates are found"):
        retrievers = st.multiselect(
            "Retrievers", RETRIEVERS, RETRIEVERS, RETRIEVER_NAMES.get, key=state.RETRIEVERS, bind="query-params"
        )
        fusion = st.selectbox("Fusion", FUSIONS, 0, FUSION_NAMES.get, key=state.FUSION, bind="query-params")
        weight = st.slider("Weight of dense", 0.0, 1.0, 0.5, 0.05, key=state.DENSE_WEIGHT, bind="query-params")
        language = _choose_language()
        cutting = _choose_cutting(found_language(space, dataset) if language == AUTO else language)
        filters = _choose_filter(space, dataset)
    shares = {"bm25": 1 - weight, "dense": weight}
    weights = tuple(shares[name] for name in retrievers) if fusion in ("minmax", "zscore") else ()
    try:
        settings = RetrievalSettings(
            tuple(retrievers), fusion, weights, depth=depth, language=language, cutting=cutting, filters=filters
        )
    except SettingsError as error:
        st.warning(plain(str(error)))
        st.stop()
    _show_language(space, dataset, settings)
    return settings


def _choose_language() -> str:
    """Whose stemmer and stop words BM25 uses."""
    names = {AUTO: "That of the passages", NONE: "None: words as they are"}
    return st.selectbox(
        "Language of the words",
        (AUTO, NONE, *LANGUAGES),
        0,
        lambda code: names.get(code) or LANGUAGES[code].name,
        key=state.LANGUAGE,
        bind="query-params",
        help="The language whose stems and stop words BM25 uses. That of the passages is detected from a sample.",
    )


def _choose_cutting(code: str) -> str:
    """How words are found where there are no spaces: asked only where a dictionary is an answer."""
    if code not in WITH_DICTIONARY:
        return PAIRS
    return st.selectbox(
        "Words without spaces",
        tuple(CUTTING_NAMES),
        0,
        CUTTING_NAMES.get,
        key=state.CUTTING,
        bind="query-params",
        help="The dictionary needs the extra 'words': pip install 'rerank-lens[words]'.",
    )


def _show_language(space: Workspace, dataset: DatasetRow, settings: RetrievalSettings) -> None:
    """Say how BM25 reads words, and where the dense model is none for this language."""
    code = language_of(space, dataset, settings)
    if "bm25" in settings.retrievers:
        st.caption(how_words_are_read(code, settings))
    if note := dense_note(code, settings):
        st.warning(note)


def _choose_filter(space: Workspace, dataset: DatasetRow) -> tuple:
    fields = cache.filter_fields(space.path, dataset.name, dataset.fingerprint)
    if not fields:
        return ()
    field = st.selectbox(
        "Only passages where",
        list(fields),
        None,
        key=state.FILTER_FIELD,
        bind="query-params",
        placeholder="no filter",
    )
    if field is None:
        return ()
    counts = dict(fields[field])
    # the link keeps what is shown of a value: no counts in it, they change with the data
    values = st.multiselect("is one of", list(counts), format_func=str, key=state.FILTER_VALUES, bind="query-params")
    if values:
        st.caption(" · ".join(f"{plain(str(value))}: {counts[value]:,} passages" for value in values))
    return ((field, tuple(values)),) if values else ()


def _show_search(space: Workspace, dataset: DatasetRow, settings: RetrievalSettings) -> None:
    """Say where dense search does not look at all passages, and what it finds of those that it should."""
    facts = search_facts(space.index_folder, dataset.fingerprint, settings) if dataset.n_docs >= ANN_FROM else None
    if facts is not None and facts.recall is not None:
        st.caption(f"Dense: {facts.sentence()}.")


def _show_recall(experiment: Experiment) -> None:
    with experiment.workspace.open() as db:
        made = job_requests.latest(db, RecallRequest.of(experiment))
    curve, queries = cache.recall_curve(experiment, made.state if made else "")
    if not curve:
        st.caption("Recall of the candidates: shown once there are grades and all queries have been searched.")
        return
    parts = [f"{depth}: {recall:.3f}" for depth, recall in curve.items()]
    st.caption(
        f"Recall at each depth, {queries} queries: {' · '.join(parts)}. "
        "A reranker cannot bring back what is not among the candidates."
    )
