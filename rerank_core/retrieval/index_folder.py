"""An index on disk: a folder that is either whole or not there."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rerank_core.retrieval.disk_room import full_disk_in_words
from rerank_core.retrieval.unfinished import remove_unfinished, unfinished

FORMAT = 3
"""Counts up when a reader of this version could not use what an earlier one wrote."""

_ABOUT = "about.json"


@contextmanager
def writing(folder: Path) -> Iterator[Path]:
    """Yield a temporary folder beside `folder`; it takes that name when the block ends well, else it is removed.

    The files are flushed to the disk before the rename, and about.json in it lists them with their sizes. Where
    another process has made the same index in the meantime, that one stays. Raises RerankLensError where the disk is
    full.
    """
    with full_disk_in_words(folder.parent):
        folder.parent.mkdir(parents=True, exist_ok=True)
        remove_unfinished(folder.parent)
        with unfinished(folder) as temporary:
            yield temporary
            files = sorted(file for file in temporary.rglob("*") if file.is_file())
            sizes = {file.relative_to(temporary).as_posix(): file.stat().st_size for file in files}
            (temporary / _ABOUT).write_text(json.dumps({"format": FORMAT, "files": sizes}), encoding="utf-8")
            for file in [*files, temporary / _ABOUT]:
                _flush(file)
            if not is_whole(folder):
                shutil.rmtree(folder, ignore_errors=True)
                _take_name(temporary, folder)


def is_whole(folder: Path) -> bool:
    """Whether an index of this version stands there with all its files, each of the size it was written with."""
    try:
        about = json.loads((folder / _ABOUT).read_text(encoding="utf-8"))
        return about["format"] == FORMAT and all(
            (folder / name).stat().st_size == size for name, size in about["files"].items()
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False


def share(folder: Path, target: Path) -> None:
    """Give the files of `folder` (not of folders in it) to `target` as well: as hard links where the disk can."""
    for file in folder.iterdir():
        if file.is_file() and file.name != _ABOUT:
            try:
                os.link(file, target / file.name)
            except OSError:
                shutil.copyfile(file, target / file.name)


def _take_name(temporary: Path, folder: Path) -> None:
    try:
        os.replace(temporary, folder)
    except OSError:
        if not is_whole(folder):  # lost a race against another builder otherwise, and its index is as good
            raise


def _flush(file: Path) -> None:
    with file.open("rb+") as handle:
        os.fsync(handle.fileno())
