"""Uploaded files, laid into a folder where the importer finds them as it finds files on disk."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from rerank_core.errors import SettingsError
from rerank_core.store.uploads import make_upload_folder
from rerank_core.store.workspace import Workspace


class Uploaded(Protocol):
    """What `st.file_uploader` gives."""

    name: str

    def getbuffer(self) -> memoryview:
        """The bytes."""


def save(space: Workspace, files: Sequence[Uploaded]) -> Path:
    """Write the files into a fresh folder beside the workspace and return what to import: the one file, or the folder.

    Names are kept, since those of texts become ids, but for folders and control characters. Raises SettingsError where
    two files have one name.
    """
    names = [_plain(file.name) for file in files]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise SettingsError(f"Two of the files are called '{twice}'. Name the path of their folder instead.")
    folder = make_upload_folder(space)
    for name, file in zip(names, files, strict=True):
        (folder / name).touch(mode=0o600)
        (folder / name).write_bytes(file.getbuffer())
    return folder / names[0] if len(files) == 1 else folder


def _plain(name: str) -> str:
    """The last part of the name, without what could lead elsewhere."""
    return re.sub(r"[\x00-\x1f\x7f]", "_", Path(name.replace("\\", "/")).name).lstrip(".") or "file"
