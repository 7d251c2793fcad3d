"""What the server of app.py does beside running pages."""

from __future__ import annotations

import asyncio
import sqlite3
import sys
import threading
import time
import webbrowser
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack, asynccontextmanager, suppress
from pathlib import Path

import streamlit as st
from streamlit.runtime.pages_manager import PagesManager

from pages.ui.outbox import side_route
from rerank_core.errors import RerankLensError
from rerank_core.inference.free_memory import few_arenas, free_memory
from rerank_core.store.uploads import LONGEST_WAIT, discard_read_uploads
from rerank_core.store.workspace import Workspace

TURN = 0.0005
"""Seconds that one thread of Python's may keep the others waiting, for 0.005 otherwise. A grade asks the disk, SQLite
and a socket some fifty times, and stands in line again after each, behind every page that is being drawn."""
SWEEP = 30.0
"""Seconds between two collections: in half an hour's work event loops (three open descriptors each) and memory of ended
work were seen to pile up, as Streamlit's collection after each run is off."""
REST = 20.0  # seconds without a write, after which SQLite's log is written back


def show_own_pages_only() -> None:
    """Have no page shown before `menu.run` has said which there are.

    Streamlit takes the folder `pages` for an older kind of app until its first navigation: a link to a page would show
    the bare script on a server that has just started.
    """
    PagesManager.uses_pages_directory = False


@asynccontextmanager
async def running(_: st.App) -> AsyncIterator[None]:
    """Around the server's life: offer the side route, keep the workspace's log open, show the app in a browser."""
    # its caches are made as it is imported, and Streamlit complains of those that are made before it runs
    from pages.ui.server import ahead

    space = Workspace()
    sys.setswitchinterval(TURN)
    few_arenas()
    with ExitStack() as stack:
        # The last connection to close writes SQLite's log back and removes it: several writes to the disk more, at
        # every grade. While the server runs, this one stays. A workspace that cannot be opened is a page's to tell.
        with suppress(RerankLensError, OSError):
            stack.enter_context(space.open())
        stack.callback(asyncio.create_task(_write_back_at_rest(space)).cancel)
        stack.callback(asyncio.create_task(_discard_uploads(space)).cancel)
        stack.callback(asyncio.create_task(_sweep()).cancel)
        stack.callback(asyncio.create_task(asyncio.to_thread(_quietly, ahead.begin, space)).cancel)
        side_route.serve(True)
        stack.callback(side_route.serve, False)
        # `streamlit run` does so for a script, and leaves it to an app with routes of its own
        if not st.get_option("server.headless"):
            threading.Thread(target=webbrowser.open, args=(_address(),), daemon=True).start()
        yield


def _quietly(begin: Callable[[Workspace], None], space: Workspace) -> None:
    with suppress(Exception):
        begin(space)


async def _write_back_at_rest(space: Workspace) -> None:
    """Leave no log lying there: it would be read into whatever file takes the workspace's place."""
    log = Path(f"{space.path}-wal")
    while True:
        await asyncio.sleep(REST / 4)
        with suppress(OSError):
            facts = log.stat()
            if facts.st_size and time.time() - facts.st_mtime > REST:
                await asyncio.to_thread(_write_back, space)


async def _discard_uploads(space: Workspace) -> None:
    """Keep no upload longer than its import needs it, and none that an earlier server left without one."""
    longest_wait = 0.0
    while True:
        with suppress(RerankLensError, OSError):
            await asyncio.to_thread(discard_read_uploads, space, longest_wait)
        longest_wait = LONGEST_WAIT
        await asyncio.sleep(REST)


async def _sweep() -> None:
    """Collect what no page uses any more, now and then; after each run of a page it would cost each run 40 ms."""
    while True:
        await asyncio.sleep(SWEEP)
        await asyncio.to_thread(free_memory)


def _write_back(space: Workspace) -> None:
    with suppress(RerankLensError, sqlite3.Error), space.open() as db:
        db.execute("PRAGMA busy_timeout = 0")  # whoever reads or writes goes first
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()


def _address() -> str:
    host = st.get_option("browser.serverAddress") or "localhost"
    scheme = "https" if st.get_option("server.sslCertFile") else "http"
    base = str(st.get_option("server.baseUrlPath") or "").strip("/")
    return f"{scheme}://{host}:{st.get_option('server.port')}/{base}"
