"""The name under which scores are kept: it changes whenever a score may change."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from rerank_core.rerankers.catalogue.local_folder import folder_of, weight_files
from rerank_core.rerankers.catalogue.model import Model

# raised whenever a family's own code comes to give other numbers, or keeps what it makes of passages in other bytes
_SCORING = {
    "bi-encoder": 2,
    "late-interaction": 3,
    "sparse": 2,
    "yes-no": 2,
    "flag": 2,
    "flag-llm": 2,
    "llm-pointwise": 3,
    "llm-listwise": 3,
}

# what a key that leaves a setting out stands for, where that is not the default of every row of the family
_UNSAID: dict[str, dict[str, Any]] = {"cross-encoder": {"cut": "longest_first", "max_length": None}}

# settings that a service's row did not always have: at their default they are left out, so that old scores are found
_ADDED = frozenset({"truncate_prompt_tokens"})


def model_key(model: Model, settings: Mapping[str, Any]) -> str:
    """Such as "cross-encoder BAAI/bge-reranker-v2-m3@953dc6f6 {...settings...} v1": equal keys give equal scores.

    It holds family, source, all settings that may change a score and are not at their default, or at what `_UNSAID` has
    for them (for a service: all of them, its address too), and what tells the weights apart: the hub's revision, or for
    a folder a hash over its configuration files and its weights' sizes and times of change. The device is left out: it
    changes a score by rounding only. Raises SettingsError for settings that the model does not take.
    """
    checked = model.checked(settings)
    unsaid = {setting.name: setting.default for setting in model.settings} | _UNSAID.get(model.family, {})
    scoring = {setting.name for setting in model.settings if setting.scores} - {"trust_remote_code"}
    facts = {
        name: value
        for name, value in checked.items()
        if name in scoring and (value != unsaid[name] or (model.hosting == "api" and name not in _ADDED))
    }
    # the default is the model's own and may differ between rows of a family: name what a row sets
    facts |= {name: value for name, value in checked.items() if name in ("template", "instruction")}
    folder = folder_of(model) if model.source and model.hosting == "local" else None
    revision = f"@{_revision(folder)}" if folder is not None else ""
    version = _SCORING.get(model.family, 1)
    return f"{model.family} {model.source or model.id}{revision} {json.dumps(facts, sort_keys=True)} v{version}"


def _revision(folder: Path) -> str:
    if folder.parent.name == "snapshots":
        return folder.name
    files = [*sorted(folder.rglob("*.json")), *weight_files(folder)]
    return _digest(folder, tuple((path, (facts := path.stat()).st_size, facts.st_mtime_ns) for path in files))


@lru_cache(maxsize=64)
def _digest(folder: Path, files: tuple[tuple[Path, int, int], ...]) -> str:
    """Over a folder's (file, size, time of change in ns): of configurations their text, of weights the two numbers."""
    digest = hashlib.sha256()
    for path, size, changed in files:
        if path.suffix == ".json":
            digest.update(f"{path.relative_to(folder)}\0".encode() + path.read_bytes())
        else:
            digest.update(f"{path.name}\0{size}\0{changed}\0".encode())
    return digest.hexdigest()[:12]
