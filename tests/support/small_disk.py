"""Work on a disk that is full: tried with ever more room until it goes well; in a process of its own.

`python -m tests.support.small_disk KIND WORKSPACE WORK ARGUMENT...` prints a JSON list with one entry per attempt. KIND
is "disk", a disk of memory that is filled up for real, or "limit", where no file may grow beyond a size: the kernel
then refuses each write with another number, as it does for a quota that is used up.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Sequence
from contextlib import closing, suppress
from functools import cache
from pathlib import Path
from typing import Any

from rerank_core.errors import RerankLensError
from rerank_core.types import no_progress

ROOT = Path(__file__).resolve().parents[2]
SIZE = 64 * 2**20
ROOMS = [int(room * 2**20) for room in (0, 1 / 64, 1 / 16, 1 / 8, 1 / 2, 1, 4, 8.5, 9, 24)]
"""Bytes; an import holds 8 MiB while it works."""
_OWN_MOUNTS = ("unshare", "--mount", "--map-root-user")


@cache
def kinds() -> list[str]:
    """The kinds of full disks that this system can make; root is not needed, but some containers forbid the first."""
    if shutil.which("unshare") is None:
        return ["limit"]
    with tempfile.TemporaryDirectory() as folder:
        command = [*_OWN_MOUNTS, "mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder]
        done = subprocess.run(command, capture_output=True, check=False)
    return ["disk", "limit"] if done.returncode == 0 else ["limit"]


def attempts(kind: str, space: Path, work: str, *arguments: str) -> list[dict[str, Any]]:
    """What became of each attempt: "room" in bytes, "said" (the error, "" at the last one) and "state" after it.

    `state`: what `tests.support.small_disk.state` gives. The workspace at `space` is copied onto the disk.
    """
    command = [sys.executable, "-m", "tests.support.small_disk", kind, str(space), work, *arguments]
    prefix = _OWN_MOUNTS if kind == "disk" else ()
    done = subprocess.run(
        [*prefix, *command],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"},
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, f"ended with {done.returncode}: {done.stderr[-3000:]}"
    found: list[dict[str, Any]] = json.loads(done.stdout.splitlines()[-1])
    return found


class Disk:
    """The place for the workspace, with as much room as `leave` says; None: all there is."""

    def __init__(self, kind: str) -> None:
        self._is_real, self.folder = kind == "disk", Path(tempfile.mkdtemp(prefix="small-disk-"))
        if self._is_real:
            subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(self.folder)], check=True)
        self._ballast = self.folder / "ballast"

    def leave(self, room: int | None) -> None:
        if not self._is_real:
            hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
            resource.setrlimit(resource.RLIMIT_FSIZE, (hard if room is None else room, hard))
            return
        self._ballast.unlink(missing_ok=True)
        if room is None:
            return
        with self._ballast.open("wb", buffering=0) as file:
            with suppress(OSError):
                while True:
                    file.write(b"\0" * 65_536)
            file.truncate(max(0, file.seek(0, os.SEEK_END) - room))

    def remove(self) -> None:
        self.leave(None)
        if self._is_real:
            subprocess.run(["umount", "--lazy", str(self.folder)], check=True)
        shutil.rmtree(self.folder, ignore_errors=True)


def state(path: Path) -> dict[str, Any]:
    """The file as it is without our own code, and the files beside it that are not SQLite's or locks.

    "rows": table -> how many; "check": what SQLite says of it; "version" of its schema; "failed" rankings.
    """
    with closing(sqlite3.connect(path)) as connection:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        rows = {table: connection.execute(f'SELECT count(*) FROM "{table}"').fetchone()[0] for table in tables}
        check = connection.execute("PRAGMA integrity_check").fetchone()[0]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        failed = connection.execute("SELECT count(*) FROM ranking WHERE state = 'failed'").fetchone()[0]
    beside = sorted(
        file.relative_to(path.parent).as_posix()
        for file in path.parent.rglob("*")
        if file.is_file()
        and not file.name.endswith(("-wal", "-shm", ".lock"))
        and file.name not in ("ballast", path.name)
    )
    return {"rows": rows, "check": check, "version": version, "failed": failed, "beside": beside}


def _try(disk: Disk, path: Path, work: str, arguments: Sequence[str]) -> list[dict[str, Any]]:
    from tests.support import works

    found: list[dict[str, Any]] = []
    for room in [*ROOMS, None]:
        disk.leave(room)
        said = wrong = ""
        try:
            works.WORKS[work](no_progress, str(path), *arguments)
        except RerankLensError as error:
            said = str(error)
        except Exception:
            wrong = traceback.format_exc()
        disk.leave(None)
        found.append({"room": room, "said": said, "wrong": wrong, "state": state(path)})
        if not said and not wrong:
            break
    return found


def main(kind: str, space: str, work: str, *arguments: str) -> None:
    """Copy the workspace onto the disk, with its indexes, and try the work there."""
    disk = Disk(kind)
    try:
        path = disk.folder / "workspace.db"
        for ending in ("", "-wal"):
            if Path(f"{space}{ending}").exists():
                shutil.copyfile(f"{space}{ending}", f"{path}{ending}")
        if Path(f"{space}.index").exists():
            shutil.copytree(f"{space}.index", f"{path}.index")
        print(json.dumps(_try(disk, path, work, arguments)))
    finally:
        disk.remove()


if __name__ == "__main__":
    main(*sys.argv[1:])
