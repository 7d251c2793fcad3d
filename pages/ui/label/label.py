"""Mounts the Label page's component and its sync, and reads what the judge did and which texts the browser lacks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import streamlit as st

from pages.ui import state
from pages.ui.label.answer import Wish
from pages.ui.label.page_data import LabelData
from pages.ui.outbox.events import GradeEvent, parse_outbox
from pages.ui.outbox.script import one_module

_HERE = Path(__file__).parent
_FILES = (
    "tape.js", "desk.js", "words.js", "keys.js", "grades.js", "note.js", "stage.js", "bars.js", "rest.js", "telling.js",
    "view.js", "below.js", "mine.js", "decision.js", "label.js",
)  # fmt: skip
_MOST_WANTED = 200
_MOST_PASSED = 5_000
_LONGEST_ID = 4_096


def label_script() -> str:
    """The page's JavaScript as one ES module with a default export and no imports."""
    return one_module(_HERE / name for name in _FILES)


def _read(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")


_mount_label = st.components.v2.component("rerank_lens_label", css=_read("label.css"), js=label_script())
_mount_sync = st.components.v2.component("rerank_lens_label_sync", js=_read("sync.js"))


def label(data: LabelData, key: str) -> None:
    """Show the page's desk. Call it in the page body, outside of any fragment.

    It is built again only when `data` changes, and keeps the passage at hand then.
    """
    _mount_label(key=f"{key}_desk", data={"key": key, **data.to_json()}, on_woken_change=_noted)


def sync(answer: Mapping[str, Any], route: Mapping[str, str] | None, key: str) -> None:
    """Send what the server knows to the desk of the same key. Call it in an `st.fragment`.

    `answer`: an `LabelUpdate` as JSON. `route`: the way on which grades go without a rerun, None where there is none.
    """
    _mount_sync(
        key=key,
        data={"key": key, "route": route, **answer},
        default={"outbox": [], "want": None},
        on_outbox_change=_noted,
        on_want_change=_noted,
        height="content",
    )


def read_outbox(key: str) -> list[GradeEvent]:
    """The events that the desk has sent, committed ones included."""
    return parse_outbox(_sent(key).get("outbox"))


def read_wish(key: str) -> Wish:
    """What the desk lacks and asks for."""
    return parse_wish(_sent(key).get("want"))


def parse_wish(raw: object) -> Wish:
    """Read what a browser asks for; never raises. What is malformed is left out."""
    if not isinstance(raw, Mapping):
        return Wish()
    pairs, passed = raw.get("texts"), raw.get("passed")
    if not isinstance(pairs, Sequence) or isinstance(pairs, str | bytes):
        pairs = []
    whole = [item for item in pairs[:_MOST_WANTED] if isinstance(item, list | tuple) and len(item) == 2]
    texts = tuple((qid, docid) for qid, docid in whole if _is_id(qid) and _is_id(docid))
    words = raw.get("mine")
    is_count = isinstance(passed, int) and not isinstance(passed, bool) and passed >= 0
    return Wish(texts, min(passed, _MOST_PASSED) if is_count else 0, words if _is_id(words) else None)


def _is_id(value: object) -> bool:
    # a lone surrogate cannot be given to SQLite
    return isinstance(value, str) and len(value) <= _LONGEST_ID and not any("\ud800" <= c <= "\udfff" for c in value)


def _sent(key: str) -> Mapping[str, Any]:
    sent = state.take(key)
    return sent if isinstance(sent, Mapping) else {}


def _noted() -> None:
    """State needs a callback to exist; it is read in the script body, and a wake only runs the page."""
