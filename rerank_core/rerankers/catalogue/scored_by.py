"""Which code scores a local cross-encoder: the fast engine, or the model's library. Imports no library of models."""

from __future__ import annotations

import json

from rerank_core.inference.pair_models import shape_problem
from rerank_core.rerankers.catalogue.local_folder import folder_of
from rerank_core.rerankers.catalogue.model import Model

ENGINE = "the fast engine"


def scored_by(model: Model) -> str:
    """ENGINE, or "its library: " and the reason; "" for other families and for a model that is not on this machine.

    It goes by the name of the architecture: a model that turns out to be special within it falls back when it is
    loaded, and its rankings say so.
    """
    folder = folder_of(model) if model.family == "cross-encoder" else None
    if folder is None:
        return ""
    modules = folder / "modules.json"
    try:
        parts = json.loads(modules.read_text("utf-8")) if modules.is_file() else []
        names = [str(part.get("type", "")).rpartition(".")[2] for part in parts[1:]]
        kinds = json.loads((folder / "config.json").read_text("utf-8")).get("architectures") or ["?"]
    except (OSError, ValueError, AttributeError, TypeError):
        return ""
    problem = shape_problem(str(kinds[0]), names)
    return f"its library: {problem}" if problem else ENGINE
