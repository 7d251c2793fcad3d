"""Queries by how often they are asked, those that are nearly the same merged, and some of them drawn by frequency."""

from __future__ import annotations

import math
import random
import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from rerank_core.store.traffic_requests import AskedQuery
from rerank_core.text import words

ALIKE = 0.7
"""From this likeness on two queries are offered as one; a person sees the pairs before anything is merged."""
_SIZE = 3
_LONGEST = 300
_MOST_QUERIES = 20_000


@dataclass(frozen=True, slots=True)
class QueryGroup:
    """Queries that count as one: `asked`, the one asked most first, stands for all of them."""

    asked: tuple[AskedQuery, ...]

    @property
    def text(self) -> str:
        """How it was asked."""
        return self.asked[0].text

    @property
    def key(self) -> str:
        """The key of the one that stands for all."""
        return self.asked[0].key

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys of all."""
        return tuple(one.key for one in self.asked)

    @property
    def count(self) -> int:
        """How often any of them was asked."""
        return sum(one.count for one in self.asked)


def merge_near_duplicates(asked: Sequence[AskedQuery], alike: float = ALIKE) -> list[QueryGroup]:
    """Groups of queries that are nearly the same, those asked most first; the 20,000 most frequent are looked at.

    Two are alike by the Jaccard coefficient of their runs of three characters, over words in their order and sorted,
    whichever is higher; each is compared with the query that stands for a group, so that no chain grows. Queries that
    differ in a number are never alike ("iphone 14", "iphone 15"), nor are those of which one denies ("without",
    "not" and the same in German and French). Queries without a text stay alone.
    """
    ordered = sorted(asked, key=lambda one: (-one.count, one.key))
    groups: list[list[AskedQuery]] = []
    leaders: list[tuple[frozenset[str], frozenset[str]]] = []
    by_part: dict[tuple[str, tuple[str, ...]], list[int]] = defaultdict(list)
    for place, query in enumerate(ordered):
        if not query.text or place >= _MOST_QUERIES:
            groups.append([query])
            leaders.append((frozenset(), frozenset()))
            continue
        own, never = _parts(query.key), _must_agree(query.key)
        shared = Counter(group for part in own[0] | own[1] for group in by_part[part, never])
        # the best of those that share the most parts
        near = [(_likeness(own, leaders[group]), -group) for group, _ in shared.most_common(20)]
        best, found = max(near, default=(0.0, 0))
        if best >= alike:
            groups[-found].append(query)
            continue
        for part in own[0] | own[1]:
            by_part[part, never].append(len(groups))
        groups.append([query])
        leaders.append(own)
    return sorted((QueryGroup(tuple(group)) for group in groups), key=lambda group: (-group.count, group.key))


def _parts(key: str) -> tuple[frozenset[str], frozenset[str]]:
    """Runs of three characters of the query as it stands, and of its words in sorted order."""
    found = words(key[:_LONGEST])
    return _runs(" ".join(found)), _runs(" ".join(sorted(found)))


def _runs(text: str) -> frozenset[str]:
    padded = f" {text} "
    return frozenset(padded[start : start + _SIZE] for start in range(max(1, len(padded) - _SIZE + 1)))


def _likeness(one: tuple[frozenset[str], frozenset[str]], other: tuple[frozenset[str], frozenset[str]]) -> float:
    return max(len(a & b) / len(a | b) if a and b else 0.0 for a, b in zip(one, other, strict=True))


_NUMBER = re.compile(r"\d+")
_DENIES = frozenset(
    ("not", "no", "non", "never", "without", "nicht", "kein", "keine", "keinen", "ohne", "nie", "sans", "pas", "jamais")
)


def _must_agree(key: str) -> tuple[str, ...]:
    """What two queries that are one have both: their numbers, and the words that deny."""
    return (*sorted(_NUMBER.findall(key)), *sorted(_DENIES.intersection(words(key))))


def draw(groups: Sequence[QueryGroup], n: int, seed: int = 0) -> list[QueryGroup]:
    """`n` groups drawn without putting back, each by how often it is asked; in the order of `groups`.

    All where `n` is not less than there are.
    What is asked more often is more likely drawn, and what is rare has its chance too: the set looks like the traffic.
    Weighted reservoir sampling by keys u^(1/w): Efraimidis and Spirakis 2006, doi 10.1016/j.ipl.2005.11.003.
    """
    dice = random.Random(seed)
    keys = [math.log(1.0 - dice.random()) / group.count for group in groups]
    chosen = sorted(range(len(groups)), key=lambda place: -keys[place])[: max(0, n)]
    return [groups[place] for place in sorted(chosen)]
