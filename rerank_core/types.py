"""The nouns that every layer shares. Standard library only; frozen, so that a value can be trusted across threads."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol


def text_hash(text: str) -> str:
    """The first 32 hex digits of SHA-256 over the UTF-8 bytes: names a text in labels and in caches."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class Doc:
    """A passage. `docid` is the user's own id, always text ("007" stays "007")."""

    docid: str
    text: str
    title: str = ""
    metadata: Mapping[str, Any] = field(default_factory=dict)

    @property
    def content(self) -> str:
        """What retrievers and rerankers read: the title, a line break, the text; the text alone without a title."""
        return f"{self.title}\n{self.text}" if self.title else self.text

    def name(self, longest: int = 60) -> str:
        """What people know it by: its title; without one, at most `longest` characters from the start of its text."""
        return self.title or self.text[:longest]

    @property
    def text_hash(self) -> str:
        """The hash of `content`: a label or a cached score belongs to this text and to no other."""
        return text_hash(self.content)


@dataclass(frozen=True, slots=True)
class Query:
    """A query as typed. `note` says what the person wants (shown to judges); `tags` name slices."""

    qid: str
    text: str
    note: str = ""
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ScoredDoc:
    """A place in a ranking.

    `rank` counts from 1. `score` is raw, higher is better, and comparable only within its own ranking; None where the
    system gives an order and no scores. `found_by` maps a retriever's name to the rank it gave (first stage only).
    `tokens_cut` counts the tokens of this passage that the model did not see. `parts` says what made the score of a
    composite, by name (a member's weighted share, a signal's factor, the stage of a cascade that placed it).
    """

    docid: str
    score: float | None
    rank: int
    found_by: Mapping[str, int] = field(default_factory=dict)
    tokens_cut: int = 0
    parts: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Ranking:
    """What a system answered to one query, best first. Candidates are a Ranking: a role, not a type.

    `seconds` is the wall time of the system's own work for this query (None: not measured). `usage` counts what it
    used, by name: search_units, tokens, requests, retries, repaired ids; empty where nothing is counted. `notes` are
    for people: what happened on the way, a line each (the reason of a router, a part that failed). `busy`: the share of
    this machine's processors, 0 to 1, that other programs had while `seconds` was measured (None: not known).
    """

    qid: str
    system: str
    docs: tuple[ScoredDoc, ...]
    seconds: float | None = None
    usage: Mapping[str, float] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    busy: float | None = None

    @property
    def docids(self) -> tuple[str, ...]:
        """The docids, best first."""
        return tuple(doc.docid for doc in self.docs)


@dataclass(frozen=True, slots=True)
class Judgment:
    """A grade that somebody gave to a passage for a query. Unjudged is absence, never 0.

    `source` is one of human, import, llm, adjudication. `at` is ISO 8601 in UTC. `text_hash` names the text that the
    judge saw ("" for imported grades whose text was not there).
    """

    qid: str
    docid: str
    grade: int
    judge: str
    source: str
    note: str
    at: str
    text_hash: str


Qrels = Mapping[str, Mapping[str, int]]
"""qid -> docid -> grade. A pair that is not there is unjudged."""


class Corpus(Protocol):
    """Passages that can be walked more than once, in a stable order, without holding them all in memory."""

    def __len__(self) -> int:
        """How many passages."""

    def docs(self) -> Iterable[Doc]:
        """All passages, in their order of import."""


class Progress(Protocol):
    """How long work tells where it stands; raises CancelledError when a person asked to stop."""

    def __call__(self, done: int, total: int, message: str = "") -> None:
        """Report `done` of `total` steps (total 0: unknown)."""


def no_progress(done: int, total: int, message: str = "") -> None:
    """A Progress that tells nobody."""
