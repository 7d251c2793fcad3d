"""Uploaded files, laid into a folder where the importer finds them as it finds files on disk."""

from __future__ import annotations

import io
import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from rerank_core.corpus.formats.own_export import unpack_own_export
from rerank_core.errors import SettingsError
from rerank_core.store.uploads import make_upload_folder
from rerank_core.store.workspace import Workspace


class Uploaded(Protocol):
    """What `st.file_uploader` gives."""

    name: str

    def getbuffer(self) -> memoryview:
        """The bytes."""


@dataclass(frozen=True, slots=True)
class Upload:
    """Files as they were laid down. `source`: what to import, the one file or the folder. `names`: of its files.

    `notes`: what a person should know of their names, a sentence each.
    """

    source: Path
    names: tuple[str, ...]
    notes: tuple[str, ...] = ()


def save(space: Workspace, files: Sequence[Uploaded]) -> Upload:
    """Write the files into a fresh folder beside the workspace.

    Names are kept, since those of texts become ids, but for folders and control characters. Of two files that have one
    name the second gets a number, or is left out where its content is the same; a note says so. Raises SettingsError
    where the disk does not take them, and BadInputError for an export of ours that is too large; then nothing is left.
    """
    with _disk_in_words():
        folder = make_upload_folder(space)
        try:
            return _lay_into(folder, files)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise


def _lay_into(folder: Path, files: Sequence[Uploaded]) -> Upload:
    first = _plain(files[0].name)
    packed = len(files) == 1 and first.lower().endswith(".zip")
    if packed and unpack_own_export(io.BytesIO(files[0].getbuffer()), folder):
        note = f"'{first}' is a dataset that was exported here: its grades come with their judges and history."
        return Upload(folder, (first,), (note,))
    kept: dict[str, Uploaded] = {}
    notes = []
    for file in files:
        name = _plain(file.name)
        if name in kept and kept[name].getbuffer() == file.getbuffer():
            notes.append(f"'{name}' was chosen twice; it is read once.")
            continue
        free = _free(name, kept)
        if free != name:
            notes.append(f"Two different files are called '{name}'. The second one is shown as '{free}'.")
        kept[free] = file
        (folder / free).touch(mode=0o600)
        (folder / free).write_bytes(file.getbuffer())
    names = tuple(kept)
    return Upload(folder / names[0] if len(names) == 1 else folder, names, tuple(notes))


def _free(name: str, taken: dict[str, Uploaded]) -> str:
    """The name, with a number before its ending where it is taken: it comes behind the other one in their order."""
    path = Path(name)
    number = 1
    while name in taken:
        number += 1
        name = f"{path.stem}_{number}{path.suffix}"
    return name


@contextmanager
def _disk_in_words() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise SettingsError(f"The files could not be kept for their import: {error.strerror}.") from error


def _plain(name: str) -> str:
    """The last part of the name, without what could lead elsewhere."""
    return re.sub(r"[\x00-\x1f\x7f]", "_", Path(name.replace("\\", "/")).name).lstrip(".") or "file"
