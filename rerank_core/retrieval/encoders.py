"""The encoder of a dense model, and whether that can be used here and now."""

from __future__ import annotations

import os
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Literal

from rerank_core.errors import NotReadyError
from rerank_core.retrieval.dense_model import COHERE, DenseModel
from rerank_core.retrieval.encoder import Encoder, SentenceEncoder, find_model


@dataclass(frozen=True, slots=True)
class Missing:
    """What a dense model needs first."""

    kind: Literal["needs-download", "needs-key", "needs-extra", "not-found"]
    detail: str


def open_encoder(model: DenseModel) -> Encoder:
    """The encoder; its weights are read, or its service is asked, at the first text.

    Raises NotReadyError where a local model is not on this machine.
    """
    if model.service:
        from rerank_core.retrieval.embedding_services.service_encoder import ServiceEncoder

        return ServiceEncoder(model)
    query, passage = model.prefixes
    return SentenceEncoder(model.name, query_prefix=query, passage_prefix=passage)


def what_is_missing(model: DenseModel) -> Missing | None:
    """What stands between a person and this model; None: nothing. Loads no model and asks nobody."""
    if model.service:
        library = "cohere" if model.service == COHERE else "httpx"
        if find_spec(library) is None:
            extra = "cohere" if library == "cohere" else "api"
            return Missing("needs-extra", f'It needs a library: pip install "rerank-lens[{extra}]".')
        if model.keys and not any(os.environ.get(key, "").strip() for key in model.keys):
            return Missing("needs-key", f"It needs a key: set {' or '.join(model.keys)}.")
        return None
    try:
        if find_model(model.name) is not None:
            return None
    except NotReadyError as missing:
        return Missing("needs-extra", str(missing))
    if is_hub_name(model.name):
        return Missing("needs-download", f"It needs a download from the hub: {model.name}.")
    return Missing("not-found", f"There is no folder {model.name} on this machine.")


def is_hub_name(name: str) -> bool:
    """Whether it can be a model of the hub, "name" or "org/name"."""
    from huggingface_hub.errors import HFValidationError
    from huggingface_hub.utils import validate_repo_id  # type: ignore[attr-defined]

    try:
        validate_repo_id(name)
    except HFValidationError:
        return False
    return not name.startswith((".", "~"))
