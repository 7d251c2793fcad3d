"""Building a system with a first stage of its own: how it finds its candidates, and what orders them."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from pages.ui.markdown import plain
from pages.ui.search.dense import menu_name
from pages.ui.search.names import FUSION_NAMES, retriever_name, weighed_retriever, weights_of
from rerank_core.retrieval.dense_model import DenseModel
from rerank_core.retrieval.settings import FUSIONS, MAX_DEPTH, MIN_DEPTH, RETRIEVERS, RUN, WEIGHTED, RetrievalSettings
from rerank_core.store.imported_runs import list_imported
from rerank_core.store.workspace import Workspace
from rerank_core.systems.composites.spec import OwnFirstStage
from rerank_core.systems.dense_models import dense_models
from rerank_core.systems.query_variants import NO_VARIANT, query_variants
from rerank_core.systems.systems import FIRST_STAGE

DEPTH = 50


def form(space: Workspace, labels: dict[str, str]) -> Callable[[], OwnFirstStage]:
    """Draw the fields; what is returned makes the spec of what they hold. `labels`: of the systems to choose from."""
    runs = _runs(space)
    retrievers = st.multiselect(
        "Retrievers",
        [*RETRIEVERS, *runs],
        RETRIEVERS[:1],
        format_func=lambda one: _name(one, runs),
        key="own-retrievers",
    )
    fusion, rrf_k, weight = _fusion(retrievers)
    left, right = st.columns(2)
    depth = int(left.number_input("Candidates per query", MIN_DEPTH, MAX_DEPTH, DEPTH, 10, key="own-depth"))
    models = dense_models(space)
    dense = right.selectbox(
        "Dense model",
        list(models),
        format_func=lambda one: menu_name(one, models),
        key="own-dense",
        disabled="dense" not in retrievers,
        help="Add others under *Download or add a model*.",
    )
    variants = query_variants(space)
    variant = st.selectbox(
        "Query variant",
        [NO_VARIANT, *variants],
        format_func=lambda one: "None: queries as they are" if one == NO_VARIANT else one,
        key="own-variant",
    )
    ids = [FIRST_STAGE, *(one for one in labels if one != FIRST_STAGE)]
    system = st.selectbox("Ordered by", ids, format_func=labels.get, key="own-system")
    datasets = dict.fromkeys(runs[one] for one in retrievers if one in runs)
    if datasets:
        st.caption(f"It works on {plain(', '.join(datasets))} alone: an imported run is over one dataset.")
    model = models[dense] if "dense" in retrievers else DenseModel()

    def spec() -> OwnFirstStage:
        settings = RetrievalSettings(
            tuple(retrievers),
            fusion,
            weights_of(retrievers, fusion, weight),
            rrf_k,
            depth,
            dense_model=model.name,
            dense_address=model.address,
            dense_key=model.key_variable,
            query_prefix=model.query_prefix,
            passage_prefix=model.passage_prefix,
            variant=variants.get(variant),
        )
        return OwnFirstStage(system, settings)

    return spec


def _fusion(retrievers: list[str]) -> tuple[str, int, float]:
    """(fusion, RRF's k, the weight of one of two lists); asked only where there is something to fuse."""
    if len(retrievers) < 2:
        return FUSIONS[0], 60, 0.5
    left, right = st.columns(2)
    # with a k of its own to choose, the name says none
    names = FUSION_NAMES | {"rrf": "RRF"}
    fusion = left.selectbox("Fusion", FUSIONS, format_func=names.get, key="own-fusion")
    if fusion == "rrf":
        return fusion, int(right.number_input("k of RRF", 1, 1000, 60, key="own-k")), 0.5
    if fusion in WEIGHTED and len(retrievers) == 2:
        label = f"Weight of {plain(weighed_retriever(retrievers))}"
        return fusion, 60, right.slider(label, 0.0, 1.0, 0.5, 0.05, key="own-weight")
    return fusion, 60, 0.5


def _runs(space: Workspace) -> dict[str, str]:
    """Each imported run as a retriever -> its dataset."""
    with space.open() as db:
        return {RUN + run.name: run.dataset for run in list_imported(db)}


def _name(retriever: str, runs: dict[str, str]) -> str:
    return f"{retriever_name(retriever)} of {runs[retriever]}" if retriever in runs else retriever_name(retriever)
