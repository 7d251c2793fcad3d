"""Mounts the board and its sync in a page, and reads what the judge did.

The sync is one tiny file, because Streamlit sends a component's script again with every change of its data.
"""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from pages.ui.board.payload import BoardData, SyncData
from pages.ui.outbox.events import GradeEvent, parse_outbox
from pages.ui.outbox.script import one_module

_HERE = Path(__file__).parent
_FILES = ("reducer.js", "layout.js", "card.js", "drag.js", "head.js", "keys.js", "summary.js", "board.js")


def _read(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")


def board_script() -> str:
    """The board's JavaScript as one ES module with a default export and no imports."""
    return one_module(_HERE / name for name in _FILES)


_mount_board = st.components.v2.component("rerank_lens_board", css=_read("board.css"), js=board_script())
_mount_sync = st.components.v2.component("rerank_lens_board_sync", js=_read("sync.js"))


def board(data: BoardData, key: str) -> tuple[str, str] | None:
    """Show the columns of one query. Call it in the page body, outside of any fragment.

    Nothing is drawn again, and scroll and focus stay, until `data.version` changes. Returns (system id, docid) in the
    run after somebody asked why a passage stands where it does, else None.
    """
    shown = _mount_board(
        key=f"{key}_board", data={"key": key, **data.to_json()}, on_woken_change=_noted, on_why_change=_noted
    )
    asked = shown.get("why")
    named = [asked.get(name) for name in ("system", "docid")] if isinstance(asked, dict) else []
    return (named[0], named[1]) if named and all(isinstance(name, str) for name in named) else None


def sync(down: SyncData, key: str) -> None:
    """Send labels, figures and acknowledgements to the board of the same key. Call it in an `st.fragment`."""
    _mount_sync(
        key=key, data={"key": key, **down.to_json()}, default={"outbox": []}, on_outbox_change=_noted, height="content"
    )


def read_outbox(key: str) -> list[GradeEvent]:
    """The events that the board of this key has sent, committed ones included. Call it in the fragment before `sync`.

    Apply, in order, what is newer than the last committed seq of its client, then acknowledge it through `sync`.
    """
    state = st.session_state.get(key)
    return parse_outbox(state.get("outbox") if isinstance(state, dict) else None)


def _noted() -> None:
    """State needs a callback to exist; the outbox is read in the script body, and a wake only runs the page."""
