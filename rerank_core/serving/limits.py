"""How much a caller may ask for, and how many may wait."""

from __future__ import annotations

from dataclasses import dataclass

from rerank_core.errors import SettingsError

MIB = 2**20


@dataclass(frozen=True, slots=True)
class Limits:
    """`body`: bytes of a request. `documents`: of one request. `tokens`: of its query and documents, before any cut.

    `at_once`: requests that are worked on side by side. `waiting`: those that may wait for them; one more is told to
    come again. `body_seconds`: so long may the body of a request take to arrive; `idle_seconds`: so long may it take
    until the head of a connection's next request is there.
    """

    body: int = 4 * MIB
    documents: int = 1000
    tokens: int = 500_000
    at_once: int = 16
    waiting: int = 64
    body_seconds: float = 15.0
    idle_seconds: int = 75

    def __post_init__(self) -> None:
        if min(self.body, self.documents, self.tokens, self.at_once) < 1 or self.waiting < 0:
            raise SettingsError("Limits begin at 1; how many may wait, at 0.")


class Admission:
    """Counts the requests that are in; for one event loop, so it needs no lock.

    `taken` and `answered` count since the start: they are equal when nothing is under way.
    """

    def __init__(self, limits: Limits) -> None:
        self._most, self._at_once = limits.at_once + limits.waiting, limits.at_once
        self.inside, self.taken, self.answered = 0, 0, 0
        self._usual = 0.1

    def enter(self) -> bool:
        """Whether there is room for one more, which is then in."""
        if self.inside >= self._most:
            return False
        self.inside, self.taken = self.inside + 1, self.taken + 1
        return True

    def leave(self, seconds: float) -> None:
        """One is answered, `seconds` after it came."""
        self.inside, self.answered = self.inside - 1, self.answered + 1
        self._usual += 0.1 * (seconds - self._usual)

    @property
    def retry_after(self) -> int:
        """Whole seconds after which half of those that wait are likely done; 1 to 60."""
        return min(60, max(1, round(self._usual / 2)))
