"""Where the files come from: an upload, a path on this machine, or rows that were pasted."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from pages.ui import state
from pages.ui.datasets import local_paths
from pages.ui.datasets.dropping import HELP, keep, kept
from pages.ui.datasets.uploads import Upload, Uploaded, save
from pages.ui.markdown import plain
from rerank_core.corpus.import_roots import named_path
from rerank_core.errors import RerankLensError, SettingsError
from rerank_core.store.workspace import Workspace

UPLOADED, PATH, PASTED = "Upload files", "A path on this machine", "Paste rows"


@dataclass(frozen=True, slots=True)
class Chosen:
    """Files that were chosen.

    `source`: the file or folder that is read. `title`: a name for their dataset. `is_upload`: they were brought here.
    """

    source: Path
    title: str
    notes: tuple[str, ...] = ()
    is_upload: bool = True


def choose(space: Workspace, key: str) -> Chosen | None:
    """The inputs, and what was chosen with them; None: nothing yet. `key`: the form's own. Problems are shown."""
    ways = [UPLOADED, *([PATH] if local_paths.are_open() else []), PASTED]
    way = st.radio("Where the files are", ways, horizontal=True, key=f"{key}_way", label_visibility="collapsed")
    if way == PATH:
        return _from_path(key)
    return _from_upload(space, key) if way == UPLOADED else _from_paste(space, key)


def empty(space: Workspace, key: str) -> None:
    """Take out of the form what was chosen: it was imported."""
    keep(space, key, None)
    state.put(state.ROUND, {**(state.take(state.ROUND) or {}), key: _round(key) + 1})
    _note(key, None)


def _round(key: str) -> int:
    return int((state.take(state.ROUND) or {}).get(key, 0))


def _field(key: str, name: str) -> str:
    """The key of an input: another one once the form was emptied."""
    return f"{key}_{name}{_round(key) or ''}"


def _noted(key: str) -> object:
    """What stood in the form when its upload was laid down."""
    return (state.take(state.UPLOADED) or {}).get(key)


def _note(key: str, what: object) -> None:
    state.put(state.UPLOADED, {**(state.take(state.UPLOADED) or {}), key: what})


def _from_path(key: str) -> Chosen | None:
    path = local_paths.field("/data/my-corpus", _field(key, "path"))
    if not path:
        return None
    try:
        source = named_path(path)
    except SettingsError as error:
        st.error(plain(str(error)))
        return None
    return Chosen(source, title_of(source.name), is_upload=False)


def _from_upload(space: Workspace, key: str) -> Chosen | None:
    files = st.file_uploader("Files", accept_multiple_files=True, key=_field(key, "files"), help=HELP)
    if files:
        _lay_down(space, key, tuple(file.file_id for file in files), files)
    elif _noted(key) is not None:  # they were taken out of the field again
        keep(space, key, None)
        _note(key, None)
    return _chosen(kept(key))


def _from_paste(space: Workspace, key: str) -> Chosen | None:
    text = st.text_area(
        "Rows, copied from a spreadsheet or a file",
        key=_field(key, "pasted"),
        height=160,
        placeholder="id\ttitle\ttext\n1\tReturns\tYou can send it back within 30 days.",
    )
    st.button("Look at these rows", key=f"{key}_look")  # a click takes the focus out of the field, which sends it
    if not text.strip():
        return None
    _lay_down(space, key, text, [_Pasted(text)])
    return _chosen(kept(key))


def _lay_down(space: Workspace, key: str, what: object, files: Sequence[Uploaded]) -> None:
    """Save the files, unless they lie there already."""
    if _noted(key) == what and kept(key) is not None:
        return
    try:
        keep(space, key, save(space, files))
        _note(key, what)
    except RerankLensError as error:
        keep(space, key, None)
        st.error(plain(str(error)))


def _chosen(upload: Upload | None) -> Chosen | None:
    return Chosen(upload.source, title_of(upload.names[0]), upload.notes) if upload is not None else None


class _Pasted:
    """Rows that were pasted, as a file whose name says what they look like."""

    def __init__(self, text: str) -> None:
        self.name = f"pasted{_ending(text)}"
        self._bytes = io.BytesIO(text.encode("utf-8", "replace"))

    def getbuffer(self) -> memoryview:
        """The bytes."""
        return self._bytes.getbuffer()


def _ending(text: str) -> str:
    lines = [line for line in text.strip().splitlines()[:20] if line.strip()]
    if lines[0].lstrip().startswith("{"):
        return ".jsonl"
    if all("\t" in line for line in lines):
        return ".tsv"
    is_table = any(all(line.count(sign) >= 1 for line in lines) for sign in (",", ";", "|")) and len(lines) > 1
    return ".csv" if is_table else ".txt"


def title_of(name: str) -> str:
    """A name for a dataset: that of a file without its folder and its endings."""
    base = name.rpartition("/")[2]
    head, dot, ending = base.rpartition(".")
    while dot and 1 <= len(ending) <= 8 and re.fullmatch(r"\w+", ending):
        base = head
        head, dot, ending = base.rpartition(".")
    return base[:60]
