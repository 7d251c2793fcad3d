"""The folder of an index that is being built: it goes with its builder, whatever ends that."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

try:
    import fcntl
except ImportError:  # a system without such locks: age alone says that a builder died
    fcntl = None  # type: ignore[assignment]

_PREFIX = ".unfinished-"
_STALE_SECONDS = 24 * 3600.0


@contextmanager
def unfinished(folder: Path) -> Iterator[Path]:
    """A new folder beside `folder`, to be given its name; removed at the end where it was not.

    Its builder holds a lock on it, which the system gives back when the process dies. Raises OSError.
    """
    temporary, lock = _new_and_locked(folder)
    try:
        yield temporary
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
        if lock is not None:
            os.close(lock)


def remove_unfinished(parent: Path) -> None:
    """Remove what builders that died left behind: at once where locks tell, else after a day."""
    for folder in parent.glob(f"{_PREFIX}*"):
        try:
            old = time.time() - folder.stat().st_mtime > _STALE_SECONDS
            lock = _lock(folder)
        except BlockingIOError:  # its builder lives
            continue
        except OSError:  # another process was faster
            continue
        if lock is not None or old:
            shutil.rmtree(folder, ignore_errors=True)
        if lock is not None:
            os.close(lock)


def _new_and_locked(folder: Path) -> tuple[Path, int | None]:
    while True:
        temporary = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{folder.name}-", dir=folder.parent))
        try:
            lock = _lock(temporary)
        except OSError:  # another builder is about to remove it: it was there before it was locked
            continue
        if lock is None or temporary.is_dir():
            return temporary, lock
        os.close(lock)


def _lock(folder: Path) -> int | None:
    """Hold the folder's lock; None where this system or disk has none.

    Raises BlockingIOError where another one holds it, FileNotFoundError where the folder is gone.
    """
    if fcntl is None:
        return None
    held = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(held)
        raise
    except OSError:  # such as a disk of the network
        os.close(held)
        return None
    return held
