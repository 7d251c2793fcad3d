"""Whose grades a session may send, and as long as what: asked at each post and at each run of the page."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pages.ui import roles, state
from pages.ui.outbox.events import GradeEvent


def always() -> None:
    """The check of who may send as long as the session lives."""


@dataclass(frozen=True, slots=True)
class Writer:
    """Who sends grades from a session.

    `name`: under which grades are kept that were given before anybody said a name; "": those wait. `owns`: whether
    events with this outbox key may come from this session. `check` raises PermissionError, with a sentence for the
    judge, once they may not send any more; called in any thread, without a script.
    """

    name: str
    owns: Callable[[str], bool]
    check: Callable[[], None] = always

    def admits(self, events: Sequence[GradeEvent]) -> list[GradeEvent]:
        """Those that may come in now; see `before_the_first_foreign`."""
        return before_the_first_foreign(
            events, lambda key: self.owns(key) and (self.name != "" or not is_nameless(key))
        )


def of_session(name: str, component: str) -> Writer:
    """Whoever uses a page: anybody on one's own machine; where there are roles, each person under their own login."""
    if not roles.there_are_roles():
        return Writer(name, lambda key: True)
    login, board = roles.login_name(), component == state.BOARD

    def check() -> None:
        if not roles.may_write(login, board):
            raise PermissionError("This login has no role that may grade here.")

    if not login and roles.may_write("", board):
        return Writer(name, lambda key: True, check)
    return Writer(login, lambda key: login != "" and judge_of(key) in (login, ""), check)


def judge_of(key: str) -> str | None:
    """The judge that an outbox key names; None where it is no such key."""
    try:
        _, judge = json.loads(key)
    except (ValueError, TypeError, RecursionError):
        return None
    return judge if isinstance(judge, str) else None


def is_nameless(key: str) -> bool:
    """Whether it is the key of grades that were given before anybody said a name."""
    return judge_of(key) == ""


def before_the_first_foreign(events: Sequence[GradeEvent], owns: Callable[[str], bool]) -> list[GradeEvent]:
    """Of each client, what stands before its first event with an outbox key that `owns` refuses.

    What follows such an event waits with it: an acknowledgement covers all that is before it.
    """
    admitted: list[GradeEvent] = []
    stopped: set[str] = set()
    for event in events:
        if not owns(event.outbox_key):
            stopped.add(event.client_id)
        if event.client_id not in stopped:
            admitted.append(event)
    return admitted
