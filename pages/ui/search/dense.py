"""The dense model of the view: chosen in the sidebar, and made ready before anything is sent or downloaded."""

from __future__ import annotations

import streamlit as st

from pages.ui import address, asked, state, work
from pages.ui.doors import page_link
from pages.ui.markdown import plain
from rerank_core.experiment.job_requests import DenseDownloadRequest, IndexRequest
from rerank_core.retrieval.dense_model import BUNDLED, DenseModel
from rerank_core.retrieval.embedding_services.cost import IndexCost, index_cost
from rerank_core.retrieval.encoders import open_encoder, what_is_missing
from rerank_core.retrieval.index import needs_build
from rerank_core.retrieval.settings import RetrievalSettings
from rerank_core.store.datasets import DatasetRow, StoredCorpus
from rerank_core.store.vectors import StoredVectors
from rerank_core.store.workspace import Workspace
from rerank_core.systems.dense_models import dense_models


def choose_dense(space: Workspace) -> DenseModel:
    """Draw the menu of dense models; where there is none but the bundled one, the way to add others."""
    models = dense_models(space)
    asked.offer(state.DENSE_MODEL, list(models), BUNDLED, "dense model", lambda name: (name, models[name].label))
    name = st.selectbox(
        "Dense model", list(models), format_func=lambda one: menu_name(one, models), key=state.DENSE_MODEL
    )
    address.hold_unless(state.DENSE_MODEL, name, BUNDLED)
    page_link("Rerankers", "Add a dense model", icon=":material/add:")
    return models[name]


def menu_name(name: str, models: dict[str, DenseModel]) -> str:
    """A model in a menu, with what it needs first."""
    missing = what_is_missing(models[name])
    label = models[name].label if name == BUNDLED else name
    return f"{label} ({missing.kind.replace('-', ' ')})" if missing else label


def make_ready(space: Workspace, dataset: DatasetRow, settings: RetrievalSettings) -> None:
    """Stop the page where the dense model cannot be used yet, with the next step: a download, a key, or the cost."""
    if "dense" not in settings.retrievers:
        return
    model = settings.dense()
    missing = what_is_missing(model)
    if missing is not None:
        st.warning(f"The dense model **{plain(model.label)}** is not ready. {plain(missing.detail)}")
        if missing.kind == "needs-download":
            _offer(space, DenseDownloadRequest(model=model.name), "Download")
        st.caption("Or choose another one in the sidebar, under *How candidates are found*.")
        st.stop()
    if model.service:
        _offer_to_pay(space, dataset, settings)


def _offer_to_pay(space: Workspace, dataset: DatasetRow, settings: RetrievalSettings) -> None:
    """Where a service has to embed passages first: what that costs, and the button that has it done."""
    encoder = open_encoder(settings.dense())
    if "dense" not in needs_build(space.index_folder, dataset.fingerprint, settings, encoder):
        return
    request = IndexRequest(dataset=dataset.name, settings=settings.to_json(), pay=True, fingerprint=dataset.fingerprint)
    job = work.latest(space, request)
    stamp = (str(space.path), dataset.name, dataset.fingerprint, encoder.key, job and (job.id, job.state))
    cost = _cost(stamp, encoder.key, space, dataset, settings)
    if not cost.texts:
        return
    model = settings.dense()
    st.markdown(f"#### {plain(model.label)} has not read {plain(dataset.name)} yet")
    st.markdown(plain(cost.sentence()))
    st.caption(plain(f"Passages are sent to {model.base_url}. Stopped halfway, what was paid for is kept."))
    _offer(space, request, "Have them embedded")
    st.stop()


def _offer(space: Workspace, request: DenseDownloadRequest | IndexRequest, label: str) -> None:
    """The button, or the bar of its job, or why that failed with the button again."""
    job = work.latest(space, request)
    if job is not None and job.is_open:
        work.watch(space, [job.id], lambda: None)
        return
    if job is not None and job.state == "failed":
        st.error(plain(job.message))
    if not space.why_only_read():
        st.button(label, type="primary", on_click=work.ask, args=(space, request, True))


# what begins with an underscore does not name the result: the stamp says all of it
@st.cache_data(show_spinner="Counting what there is to embed…", max_entries=16, ttl=600)
def _cost(
    stamp: tuple[object, ...],
    key: str,
    _space: Workspace,
    _dataset: DatasetRow,
    _settings: RetrievalSettings,
) -> IndexCost:
    return index_cost(StoredCorpus(_space, _dataset), _settings.dense(), key, StoredVectors(_space))
