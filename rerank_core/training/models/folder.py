"""Where a trained model lies, and the card that lies with it."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rerank_core.store.trained_folders import folder_beside
from rerank_core.store.workspace import Workspace


def folder_of(workspace: Workspace, kind: str, made_of: Mapping[str, Any]) -> Path:
    """Where the model of this kind lies, whether it is there yet or not: beside the workspace.

    `made_of`: plain JSON that says all that the model depends on; with other facts it is another folder.
    """
    text = json.dumps(made_of, sort_keys=True)
    name = hashlib.sha256(text.encode()).hexdigest()[:16]
    return folder_beside(workspace.path) / f"{workspace.path.stem}-{kind}-{name}"


def model_card(found: Mapping[str, Any]) -> str:
    """README.md of the folder, in Markdown; `found`: as `models.record` writes it."""
    rows = "\n".join(f"| {_cell(row['name'])} | {row['value']:.4f} |" for row in found["rows"])
    training = "\n".join(f"- {name}: {value}" for name, value in found["training"].items())
    start, licence = found["start"], found["licence"]
    facts = f"license: {licence.lower() or 'unknown'}\n"
    if re.fullmatch(r"[\w.-]+/[\w.-]+", start):
        facts += f"base_model: {start}\n"
    return (
        f"---\nlibrary_name: sentence-transformers\npipeline_tag: {found['task']}\n{facts}---\n\n"
        f"# {found['name'].capitalize()}, made by Rerank Lens\n\n{found['sentence']}\n\n"
        f"Continued from {start} (licence: {licence or 'not known'}). The licence of your own texts and grades is "
        "yours to say.\n\n"
        f"## Data\n\n{found['data']['sentence']} Hash of the data: `{found['data']['data_hash']}`. {found['read']}\n\n"
        f"## Settings\n\n{training}\n\n## {found['measure']} on {found['held']:,} queries that it did not see\n\n"
        f"| | {found['measure']} |\n|---|---|\n{rows}\n"
    )


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
