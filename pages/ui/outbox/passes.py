"""Who may use the side route: the passes that live sessions hold, and the checks of one that is shown."""

from __future__ import annotations

import hmac
import secrets
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pages.ui.outbox.events import GradeEvent
from pages.ui.outbox.writer import before_the_first_foreign

Reply = Callable[[list[GradeEvent]], Mapping[str, Any]]
"""Commits events, in their order, and returns what a component is to be sent; its "ack" says what was committed."""

PARTING_SECONDS = 20.0
"""How long after its session a pass still holds: what a closing tab sends may come after the end of its connection."""
IDLE_SECONDS = 12 * 3600.0  # a pass that nobody used for so long is void; its session gets a new one when it runs


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who a browser says it is: the origin of its page, and a digest of what it is logged in with ("": nothing)."""

    origin: str
    login: str

    def is_same(self, other: Visitor) -> bool:
        """Compared in constant time; a visitor without an origin is nobody."""
        same = [_equal(self.origin, other.origin), _equal(self.login, other.login)]
        return self.origin != "" and all(same)


@dataclass(slots=True)
class Pass:
    """One component's way in. `outbox_keys`: what its session was shown, shared by its components."""

    token: str
    visitor: Visitor
    reply: Reply
    outbox_keys: set[str]
    used: float

    def admits(self, events: Sequence[GradeEvent]) -> list[GradeEvent]:
        """Those that may come in: of each client, what stands before its first event for something never shown."""
        return before_the_first_foreign(events, self.outbox_keys.__contains__)


@dataclass(slots=True)
class _Session:
    visitor: Visitor
    passes: dict[str, Pass] = field(default_factory=dict)
    outbox_keys: set[str] = field(default_factory=set)


class Gate:
    """The passes of one server. Safe for several threads.

    A pass holds while its session is connected: `is_live` is asked each time. It goes PARTING_SECONDS after the session
    ended, at once when another visitor takes the session up, and when it was idle for IDLE_SECONDS. `is_open`: whether
    there is a way in.
    """

    def __init__(self, is_live: Callable[[str], bool], clock: Callable[[], float] = time.monotonic) -> None:
        self.is_open = False
        self._is_live, self._clock = is_live, clock
        self._lock = threading.Lock()
        self._sessions: dict[str, _Session] = {}
        self._parted: list[tuple[float, _Session]] = []

    def grant(self, session_id: str, component: str, visitor: Visitor, outbox_key: str, reply: Reply) -> str:
        """The token of a session's component. From now on, `reply` answers for it, and `outbox_key` may be written."""
        with self._lock:
            self._forget_parted()
            session = self._sessions.get(session_id)
            if session is None or not session.visitor.is_same(visitor):
                session = self._sessions[session_id] = _Session(visitor)
            session.outbox_keys.add(outbox_key)
            known, now = session.passes.get(component), self._clock()
            token = secrets.token_urlsafe(32) if known is None or self._is_idle(known, now) else known.token
            session.passes[component] = Pass(token, visitor, reply, session.outbox_keys, now)
            return token

    def find(self, token: str, visitor: Visitor) -> Pass | None:
        """The pass of this token, if it still holds and this visitor is the one that it was granted to."""
        with self._lock:
            self._forget_parted()
            now = self._clock()
            sessions = [*self._sessions.items(), *((None, session) for _, session in self._parted)]
            # no early end: how long it takes says nothing about the tokens that there are
            found = [
                (session_id, one)
                for session_id, session in sessions
                for one in session.passes.values()
                if _equal(one.token, token)
            ]
            for session_id, one in found:
                is_held = session_id is None or self._is_live(session_id)
                if one.visitor.is_same(visitor) and not self._is_idle(one, now) and is_held:
                    one.used = now
                    return one
            return None

    def end(self, session_id: str) -> None:
        """Take back all that this session holds, as soon as what its browser sent last may have arrived."""
        with self._lock:
            self._forget_parted()
            if (session := self._sessions.pop(session_id, None)) is not None:
                self._parted.append((self._clock() + PARTING_SECONDS, session))

    def _forget_parted(self) -> None:
        now = self._clock()
        self._parted = [(until, session) for until, session in self._parted if now < until]

    def _is_idle(self, one: Pass, now: float) -> bool:
        return now - one.used > IDLE_SECONDS


def _equal(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode("utf-8", "replace"), other.encode("utf-8", "replace"))
