"""People at work: each compares and grades in a tab of their own, query after query, until the time is over."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any
from urllib.parse import urlencode

from tests.bench.sessions.page import Tab

GRADES_A_QUERY = 8
BY_STATE_EVERY = 10
"""One in so many grades goes the other way, through the page's websocket."""


class Shift:
    """The time in which all grade: it begins when `sessions` tabs are open, and lasts `seconds`."""

    def __init__(self, sessions: int, seconds: float) -> None:
        self._missing, self._seconds = sessions, seconds
        self._end = 0.0
        self.begun = asyncio.Event()

    def is_here(self) -> None:
        """One more is ready, or will never be."""
        self._missing -= 1
        if not self._missing:
            self._end = time.monotonic() + self._seconds
            self.begun.set()

    @property
    def left(self) -> float:
        """Seconds until the end; all of them while it has not begun."""
        return self._end - time.monotonic() if self.begun.is_set() else self._seconds


@dataclass
class Seen:
    """What one person saw. `sent` and `kept`: (seq, qid, docid, grade), given and acknowledged; times in seconds."""

    judge: str
    client: str
    sent: list[tuple[int, str, str, int]] = field(default_factory=list)
    kept: list[tuple[int, str, str, int]] = field(default_factory=list)
    posts: list[float] = field(default_factory=list)
    by_state: list[float] = field(default_factory=list)
    queries: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


async def judge(
    url: str, link: Mapping[str, str], number: int, qids: list[str], pause: float, patience: float, shift: Shift
) -> Seen:
    """Compare and grade until the end of the shift, `pause` seconds between two grades in the mean; ten at least.

    `link`: the query parameters of the page, but for the query and the judge. `patience`: seconds that the tab waits
    for each thing, such as a query that nobody has ranked yet.
    """
    draw = Random(number)
    seen = Seen(f"judge {number}", str(uuid.UUID(int=draw.getrandbits(128), version=4)))
    address = urlencode({**link, "q": qids[number % len(qids)], "judge": seen.judge})
    try:
        async with Tab(url, address, patience) as tab:
            await _passages_are_shown(tab)
            shift.is_here()
            await shift.begun.wait()
            while _goes_on(seen, shift):
                await _grade_query(tab, seen, draw, pause, shift)
                started = time.monotonic()
                before = tab.board["query"]["qid"]
                await tab.click("forth" if before != qids[-1] else "back")
                await tab.until(lambda shown=before: tab.board["query"]["qid"] != shown)
                seen.queries.append(time.monotonic() - started)
            seen.errors += tab.errors
    except Exception as error:
        if not shift.begun.is_set():
            shift.is_here()
        seen.errors.append(f"the tab broke: {type(error).__name__}: {error}")
    return seen


def _goes_on(seen: Seen, shift: Shift) -> bool:
    return shift.left > 0 or len(seen.sent) < BY_STATE_EVERY


async def _passages_are_shown(tab: Tab) -> None:
    await tab.until(lambda: _docids(tab) and tab.sync.get("qid") == tab.board["query"]["qid"])


async def _grade_query(tab: Tab, seen: Seen, draw: Random, pause: float, shift: Shift) -> None:
    await _passages_are_shown(tab)
    qid, grades = tab.board["query"]["qid"], [one["grade"] for one in tab.board["scale"]]
    docids = _docids(tab)
    for docid in draw.sample(docids, min(GRADES_A_QUERY, len(docids))):
        await asyncio.sleep(draw.uniform(0.5, 1.5) * pause)
        if not _goes_on(seen, shift):
            return
        await _grade(tab, seen, qid, docid, draw.choice(grades))


async def _grade(tab: Tab, seen: Seen, qid: str, docid: str, grade: int) -> None:
    seq = len(seen.sent) + 1
    event: dict[str, Any] = {"client_id": seen.client, "seq": seq, "kind": "grade", "docid": docid, "grade": grade}
    event |= {"ts": int(time.time() * 1000), "qid": qid, "outbox_key": tab.sync["outbox_key"]}
    seen.sent.append((seq, qid, docid, grade))
    started = time.monotonic()
    by_state = seq % BY_STATE_EVERY == 0
    ack = await (tab.send_by_state([event]) if by_state else tab.post([event]))
    if ack.get(seen.client, 0) >= seq:
        seen.kept.append(seen.sent[-1])
        (seen.by_state if by_state else seen.posts).append(time.monotonic() - started)
    else:
        seen.errors.append(f"grade {seq} was not acknowledged")


def _docids(tab: Tab) -> list[str]:
    """Those of the first column that has passages."""
    columns = tab.board.get("columns", [])
    return next(([row["docid"] for row in column["rows"]] for column in columns if column["rows"]), [])
