"""A bell beside the workspace: whoever asks for work rings it, so that the worker need not look for work by the clock.

The worker listens on a UDP port of this machine alone, and writes the port and a secret into `<workspace>.bell`; to
ring is to send the secret there. A ring says nothing but "look": what there is to do stands in the workspace. A lost
ring, such as one from another machine or container, costs no more than the listener's patience.
"""

from __future__ import annotations

import os
import secrets
import socket
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self
from weakref import WeakSet

from sqlite_utils import Database

from rerank_core.store.file_place import beside

WITHOUT_SECONDS = 0.03
"""Where no bell can be hung, its listener looks so often by the clock."""
_HERE = "127.0.0.1"
_LONGEST = 64
_PROOF_SECONDS = 0.5
_to_ring: WeakSet[Database] = WeakSet()


def ring_after(db: Database) -> None:
    """Have the bell rung when the transaction of `Workspace.write` that `db` is in has been committed."""
    _to_ring.add(db)


def ring_if_due(db: Database, path: Path) -> None:
    """Ring the bell of the workspace at `path` where somebody said `ring_after`."""
    if db in _to_ring:
        _to_ring.discard(db)
        ring(path)


def ring(path: Path) -> None:
    """Wake the worker of the workspace at `path`. Nothing happens where none listens; never raises, never waits."""
    with suppress(OSError, ValueError, OverflowError):
        port, secret = _file(path).read_text("ascii").split()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.setblocking(False)
            sender.sendto(secret.encode("ascii"), (_HERE, int(port)))


def _file(path: Path) -> Path:
    return beside(path, ".bell")


class Bell:
    """The listener's side, for one thread; `ring` is safe from all. Used in a `with` block, hung at its start.

    `hangs` False: this system or folder does not let one be hung, and `wait` waits by the clock.
    """

    def __init__(self, path: Path) -> None:
        """`path`: the workspace's file."""
        self._path, self._secret = path, secrets.token_hex(16)
        self._socket: socket.socket | None = None

    @property
    def hangs(self) -> bool:
        """Whether rings are heard."""
        return self._socket is not None

    def __enter__(self) -> Self:
        with suppress(OSError):
            self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self._socket.bind((_HERE, 0))
            self._write()
        ring(self._path)
        if self._socket is not None and not self._heard(_PROOF_SECONDS):
            self._take_down()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with suppress(OSError):
            if self._is_ours():
                _file(self._path).unlink()
        self._take_down()

    def ring(self) -> None:
        """Wake the listener, from a thread of its own process: also where the file has gone."""
        if self._socket is not None:
            with suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
                sender.sendto(self._secret.encode("ascii"), self._socket.getsockname())

    def wait(self, seconds: float) -> bool:
        """Return True as soon as the bell is rung, or was since the last `wait`; False after so many seconds."""
        if self._socket is None:
            time.sleep(min(seconds, WITHOUT_SECONDS))
            return False
        if self._heard(seconds):
            while self._heard(0.0):
                pass  # ten rings are one
            return True
        with suppress(OSError):
            if not self._is_ours():  # the folder was cleared, or another one was put in its place
                self._write()
        return False

    def _heard(self, seconds: float) -> bool:
        last = time.monotonic() + seconds
        while self._socket is not None:
            left = last - time.monotonic()
            self._socket.settimeout(max(left, 0.0))
            try:
                if secrets.compare_digest(self._socket.recv(_LONGEST), self._secret.encode("ascii")):
                    return True
            except (TimeoutError, BlockingIOError):
                return False
            except OSError:  # what Windows says of a datagram that was too long, or that another socket refused
                pass
            if left <= 0:
                return False
        return False

    def _write(self) -> None:
        if self._socket is None:
            return
        # whole or not at all: somebody may ring in this moment
        new = beside(self._path, ".bell.new")
        new.unlink(missing_ok=True)
        with open(os.open(new, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w", encoding="ascii") as file:
            file.write(self._line())
        new.replace(_file(self._path))

    def _is_ours(self) -> bool:
        try:
            return self._socket is not None and _file(self._path).read_text("ascii") == self._line()
        except (FileNotFoundError, ValueError):
            return False

    def _line(self) -> str:
        return f"{self._socket.getsockname()[1]} {self._secret}\n" if self._socket is not None else ""

    def _take_down(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None
