"""What is loaded, with the time when it was last asked for, so that what nobody needs any more can be let go."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Iterator, MutableMapping
from typing import TypeVar

HELD_SECONDS = 1800.0
"""What nobody asked for in so long is let go: it is read again in seconds, and takes up to gigabytes until then."""
Name = TypeVar("Name", bound=Hashable)
Thing = TypeVar("Thing")


class Loaded(MutableMapping[Name, Thing]):
    """A dict whose reads and writes note the time; to walk over its names notes nothing."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._things: dict[Name, Thing] = {}
        self._asked: dict[Name, float] = {}

    def __getitem__(self, name: Name) -> Thing:
        thing = self._things[name]
        self._asked[name] = self._clock()
        return thing

    def __setitem__(self, name: Name, thing: Thing) -> None:
        self._things[name] = thing
        self._asked[name] = self._clock()

    def __delitem__(self, name: Name) -> None:
        del self._things[name], self._asked[name]

    def __iter__(self) -> Iterator[Name]:
        return iter(list(self._things))

    def __len__(self) -> int:
        return len(self._things)

    def let_go(self, seconds: float = HELD_SECONDS) -> int:
        """Drop what nobody asked for in so many seconds; return how many things that were.

        Who holds one still, in the middle of its work, keeps it to the end.
        """
        last = self._clock() - seconds
        old = [name for name, asked in self._asked.items() if asked <= last]
        for name in old:
            del self[name]
        return len(old)
