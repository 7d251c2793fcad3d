"""What comes up from a component that has an outbox, and the check of it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeGuard

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_MOST_EVENTS = 10_000
_LONGEST_ID = 4_096
_LONGEST_NOTE = 4_000
_LONGEST_RULE = 40
_LARGEST_INT = 2**53


@dataclass(frozen=True, slots=True)
class GradeEvent:
    """Something a judge did, on the board or on another component that has an outbox.

    (`client_id`, `seq`) is unique and numbers the events of one page load from 1 without a gap. `ts` is the browser's
    clock in milliseconds since 1970: for information only. For an undo, `docid` and `grade` are what the board expects
    to see again (docid "": unknown; grade -1: no label); the server decides what is undone. A skip and a note have no
    grade (-1). `rule`: by which rule the pair came to the judge. Where they are not sent, `rule` and `note` are "".
    """

    client_id: str
    seq: int
    kind: Literal["grade", "undo", "skip", "note"]
    docid: str
    grade: int
    ts: int
    qid: str
    outbox_key: str
    rule: str = ""
    note: str = ""


def parse_outbox(raw: object) -> list[GradeEvent]:
    """Read the events of an outbox that a browser sent; never raises.

    Clients come in the order of their first event, the events of each by seq. Doubled ones are dropped. A malformed one
    stops its client: what comes behind it is left out as well, as an acknowledgement covers all that is before it.
    """
    if not isinstance(raw, Sequence) or isinstance(raw, str | bytes):
        return []
    events: dict[tuple[str, int], GradeEvent] = {}
    clients: dict[str, int] = {}
    stops: dict[str, int] = {}
    for item in raw[:_MOST_EVENTS]:
        event = _event(item)
        if event is not None:
            clients.setdefault(event.client_id, len(clients))
            events.setdefault((event.client_id, event.seq), event)
        elif client := _client(item):
            last = max((seq for name, seq in events if name == client), default=0)
            stops[client] = min(_seq(item) or last + 1, stops.get(client, _LARGEST_INT))
    whole = [event for event in events.values() if event.seq < stops.get(event.client_id, _LARGEST_INT + 1)]
    return sorted(whole, key=lambda event: (clients[event.client_id], event.seq))


def _client(item: object) -> str:
    """Whose event a malformed one is; "" where that is not known."""
    named = item.get("client_id") if isinstance(item, Mapping) else None
    return named.lower() if isinstance(named, str) and _UUID.fullmatch(named) else ""


def _seq(item: object) -> int:
    """The number of a malformed event; 0 where it has none."""
    number = item.get("seq") if isinstance(item, Mapping) else None
    return number if _is_int(number, 1) else 0


def _event(item: object) -> GradeEvent | None:
    if not isinstance(item, Mapping):
        return None
    client_id, seq, kind, docid = item.get("client_id"), item.get("seq"), item.get("kind"), item.get("docid")
    grade, ts, qid, outbox_key = item.get("grade"), item.get("ts"), item.get("qid"), item.get("outbox_key")
    rule, note = item.get("rule", ""), item.get("note", "")
    if not (isinstance(client_id, str) and _UUID.fullmatch(client_id)):
        return None
    if not all(map(_is_text, (docid, qid, outbox_key))) or not _is_text(rule, _LONGEST_RULE):
        return None
    if not _is_int(seq, 1) or not _is_int(grade, -1) or not _is_int(ts, 0) or not _is_text(note, _LONGEST_NOTE):
        return None
    if kind == "undo" or (kind == "grade" and docid and grade >= 0) or (kind in ("skip", "note") and docid):
        return GradeEvent(client_id.lower(), seq, kind, docid, grade, ts, qid, outbox_key, rule, note)
    return None


def _is_text(value: Any, longest: int = _LONGEST_ID) -> TypeGuard[str]:
    # A lone surrogate cannot be stored in SQLite.
    return isinstance(value, str) and len(value) <= longest and not any("\ud800" <= c <= "\udfff" for c in value)


def _is_int(value: object, least: int) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= _LARGEST_INT
