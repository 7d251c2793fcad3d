"""From a row and its settings to a loaded scorer. Never downloads."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from rerank_core.errors import NotReadyError
from rerank_core.inference.device import best_device
from rerank_core.rerankers.catalogue.local_folder import folder_of
from rerank_core.rerankers.catalogue.model import Model
from rerank_core.rerankers.catalogue.state import state
from rerank_core.rerankers.family import Reranker
from rerank_core.rerankers.local.passage_memory import Kept

# family -> the module that has `open_model(family, folder, settings, device) -> Scorer`
_LOCAL_FAMILIES = {
    "bi-encoder": "local.bi_encoder",
    "late-interaction": "local.late_interaction",
    "cross-encoder": "local.cross_encoder",
    "yes-no": "local.yes_no",
    "sparse": "local.sparse",
    "flag": "flag.flag_embedding",
    "flag-llm": "flag.flag_embedding",
    "flag-layerwise": "flag.layered",
    "flag-lightweight": "flag.layered",
}

# those that make something of a passage alone, and take a fifth argument: where it is kept
_KEEPING = ("bi-encoder", "late-interaction", "sparse")

# family -> the module that has `open_api(source, settings) -> Reranker`
_API_FAMILIES = {
    "cohere": "services.cohere",
    "voyage": "services.voyage",
    "jina-api": "services.jina",
    "contextual": "services.contextual",
    "http": "services.rerank_http",
    "nvidia": "services.nvidia",
    "llm-pointwise": "services.llm.pointwise",
    "llm-listwise": "services.llm.listwise",
    "langchain": "frameworks.langchain",
    "llama-index": "frameworks.llama_index",
}


def load(
    model: Model, settings: Mapping[str, Any] | None = None, device: str | None = None, kept: Kept | None = None
) -> Reranker | None:
    """A reranker that is ready to work; None for "first-stage", which `rerank` takes as "leave the order".

    `device` None takes the best one. A model that needs a GPU loads without one only when a device is named. Takes
    seconds to minutes, and as much memory as the row says: call it in the worker. `kept` None: what a model makes of a
    passage alone stays in this process's memory.

    Raises SettingsError for settings that the model does not take, NotReadyError with what is missing.
    """
    checked = model.checked(settings or {})
    if model.family == "first-stage":
        return None
    now = state(model, checked)
    if not now.ready and not (now.kind == "needs-gpu" and device is not None):
        raise NotReadyError(f"{model.label}: {now.detail}")
    if model.trust_remote_code and not checked["trust_remote_code"]:
        raise NotReadyError(f"{model.label} brings its own Python code: set trust_remote_code to allow it.")
    if model.family in _API_FAMILIES:
        return _open(_API_FAMILIES[model.family], "open_api", model.source, checked)
    folder = folder_of(model)
    if folder is None or model.family not in _LOCAL_FAMILIES:
        raise NotReadyError(f"{model.label}: {now.detail}")
    arguments = (model.family, folder, checked, device or best_device())
    shelf = (kept,) if model.family in _KEEPING else ()
    return _open(_LOCAL_FAMILIES[model.family], "open_model", *arguments, *shelf)


def _open(module: str, function: str, *arguments: Any) -> Reranker:
    reranker: Reranker = getattr(import_module(f"rerank_core.rerankers.{module}"), function)(*arguments)
    return reranker
