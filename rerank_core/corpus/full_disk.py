"""A disk that fills up while files are read: one clear error, and room to take away what had come in."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from rerank_core.errors import RerankLensError
from rerank_core.store.workspace import Workspace

SPARE_BYTES = 8 * 2**20
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@contextmanager
def explained(workspace: Workspace) -> Iterator[None]:
    """Have what a full disk raises beside the workspace as a RerankLensError that says where room is wanted.

    What SQLite says of a full disk, the workspace has put into words already.
    """
    try:
        yield
    except OSError as error:
        if error.errno not in _NO_ROOM:
            raise
        raise RerankLensError(
            f"The disk is full: {workspace.path.parent}, or the folder of temporary files. Nothing was changed. Make "
            "room, and try again."
        ) from error


class Spare:
    """Room on the disk that is held until it is needed: to remove rows takes some."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            with path.open("wb") as file:
                os.fchmod(file.fileno(), 0o600)
                file.write(b"\0" * SPARE_BYTES)
                file.flush()
                os.fsync(file.fileno())
        except BaseException:
            self.release()
            raise

    def release(self) -> None:
        """Give the room back; again is no matter."""
        with suppress(OSError):
            self._path.unlink(missing_ok=True)


@contextmanager
def spare_room(workspace: Workspace) -> Iterator[Spare]:
    """Hold 8 MiB beside the workspace. Raises OSError where there is not so much."""
    workspace.path.parent.mkdir(parents=True, exist_ok=True)
    spare = Spare(workspace.path.with_name(workspace.path.name + ".spare"))
    try:
        yield spare
    finally:
        spare.release()
