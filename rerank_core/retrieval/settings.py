"""What a person can set about the first stage, checked once, here."""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import asdict, dataclass, fields
from typing import Any

from rerank_core.errors import SettingsError
from rerank_core.retrieval.analysis import ANALYSIS
from rerank_core.retrieval.dense_model import BUNDLED, DenseModel
from rerank_core.retrieval.dictionaries import DICTIONARY, PAIRS
from rerank_core.retrieval.languages import AUTO, LANGUAGES, NONE
from rerank_core.retrieval.query_variants.query_variant import QueryVariant

Scalar = str | int | float | bool
Filters = tuple[tuple[str, tuple[Scalar, ...]], ...]
"""(field, allowed values) pairs: a passage must pass every field, and passes one with any of its values."""

RETRIEVERS = ("bm25", "dense")
RUN = "run:"
"""What stands before the name of an imported run, where its lists are those of a retriever."""
ENGINE_PREFIX = "engine:"
"""Before the name of a template of a search engine that lives elsewhere (`retrieval/engines/`)."""
FUSIONS = ("rrf", "minmax", "zscore", "dbsf", "union")

MIN_DEPTH, MAX_DEPTH = 10, 1000
WEIGHTED = ("minmax", "zscore", "dbsf")
"""The fusions that read `weights`."""


_LATER = {"dense_address": "", "dense_key": "", "query_prefix": None, "passage_prefix": None, "variant": None}


@dataclass(frozen=True, slots=True)
class RetrievalSettings:
    """How candidates are found.

    `retrievers`: "bm25", "dense", and "run:" with the name of an imported run, whose lists are taken as they are; or
    templates of a connected search engine, "engine:" before their names.
    `depth` is how many candidates go on to the rerankers. `weights` has one number for each of `retrievers`, in their
    order (empty: all alike), and is read by the weighted fusions minmax, zscore and dbsf only. `dense_model`,
    `dense_address`, `dense_key`, `query_prefix` and `passage_prefix` say which model is "dense": see `DenseModel`.
    `k1` and `b` are BM25's. `language` says whose stemmer and stop words: a code of `LANGUAGES`, "auto" for that of
    most passages, "none". `cutting`: "pairs" of characters, or words by a "dictionary" where a language has no spaces
    and there is one. `variant`: what a language model makes of a query first, None for nothing. Raises
    SettingsError for what cannot work.

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
    dense_address: str = ""
    dense_key: str = ""
    query_prefix: str | None = None
    passage_prefix: str | None = None
    variant: QueryVariant | None = None

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
            matters["dense"] = self.dense().matters()
        if len(self.retrievers) > 1:
            matters["fusion"] = self.fusion
            if self.fusion == "rrf":
                matters["rrf_k"] = self.rrf_k
            if self.fusion in WEIGHTED:
                matters["weights"] = self.shares()
        if self.asks_variant and self.variant is not None:
            matters["variant"] = self.variant.matters()
        return _digest(matters)

    def dense(self) -> DenseModel:
        """The model of "dense", whether that is asked or not."""
        return DenseModel(self.dense_model, self.dense_address, self.dense_key, self.query_prefix, self.passage_prefix)

    def label(self) -> str:
        """In a few words, for a table: "BM25 + dense, RRF, 50 candidates"; what is at its default is not said."""
        names = {"bm25": "BM25", "dense": "dense"}
        parts = [" + ".join(names.get(name, name.removeprefix(RUN)) for name in self.retrievers)]
        if len(self.retrievers) > 1:
            parts.append(self._fusion_label())
        if "dense" in self.retrievers and self.dense_model != BUNDLED:
            parts.append(self.dense().label)
        if "bm25" in self.retrievers and (self.k1, self.b) != (0.9, 0.4):
            parts.append(f"k1 {self.k1:g}, b {self.b:g}")
        if self.asks_variant and self.variant is not None:
            parts.append(self.variant.label)
        return ", ".join([*parts, f"{self.depth:,} candidates"])

    def _fusion_label(self) -> str:
        if self.fusion == "rrf":
            return "RRF" if self.rrf_k == 60 else f"RRF k = {self.rrf_k}"
        if self.fusion in WEIGHTED:
            return f"{self.fusion} {' : '.join(f'{share:.2f}' for share in self.shares())}"
        return self.fusion

    def runs(self) -> tuple[str, ...]:
        """The names of the imported runs that are asked, in their order."""
        return tuple(name.removeprefix(RUN) for name in self.retrievers if name.startswith(RUN))

    @property
    def asks_variant(self) -> bool:
        """Whether something is searched with what the variant makes: imported runs have their lists already."""
        return self.variant is not None and len(self.runs()) < len(self.retrievers)

    @property
    def is_elsewhere(self) -> bool:
        """Whether a search engine that lives elsewhere is asked."""
        return self.retrievers[0].startswith(ENGINE_PREFIX)

    def bm25_key(self) -> str:
        """16 hex digits over what a BM25 index is built with."""
        return _digest(self._bm25_parts())

    def shares(self) -> tuple[float, ...]:
        """The weights as shares that sum to 1, one for each retriever, in their order."""
        weights = self.weights or (1.0,) * len(self.retrievers)
        return tuple(weight / math.fsum(weights) for weight in weights)

    def to_json(self) -> str:
        """A JSON object that `from_json` reads back to an equal value."""
        # what came later is left out at its default: a job is found again by this text
        values = {name: value for name, value in asdict(self).items() if name not in _LATER or value != _LATER[name]}
        if self.variant is not None:
            values["variant"] = self.variant.to_dict()
        return json.dumps(values, ensure_ascii=False)

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
            if (variant := values.get("variant")) is not None:
                values["variant"] = QueryVariant.from_dict(variant)
            return cls(**values)
        except (TypeError, ValueError) as error:
            raise SettingsError(f"Retrieval settings have a value of the wrong kind: {error}.") from error

    def _bm25_parts(self) -> list[Any]:
        # "auto" says as much as a code: candidates and indexes are kept under the passages' fingerprint too
        return [float(self.k1), float(self.b), self.stemming, self.stop_words, self.language, self.cutting, ANALYSIS]

    def _check_retrievers(self) -> None:
        if not self.retrievers or len(set(self.retrievers)) != len(self.retrievers):
            raise SettingsError("Choose at least one retriever, and each only once.")
        elsewhere = [name for name in self.retrievers if name.startswith(ENGINE_PREFIX)]
        if elsewhere and (len(elsewhere) < len(self.retrievers) or self.filters):
            raise SettingsError("What a search engine finds is neither filtered here nor mixed with our own indexes.")
        unknown = [name for name in self.retrievers if name not in (*RETRIEVERS, *elsewhere) and not _is_run(name)]
        if unknown:
            known = ", ".join(RETRIEVERS)
            raise SettingsError(f"Unknown retriever {unknown[0]!r}; known: {known}, and {RUN}NAME for an imported run.")
        if self.fusion not in FUSIONS:
            raise SettingsError(f"Unknown fusion {self.fusion!r}; known: {', '.join(FUSIONS)}.")
        self.dense()
        if self.variant is not None and not isinstance(self.variant, QueryVariant):
            raise SettingsError("A query variant is a QueryVariant, or None.")

    def _check_numbers(self) -> None:
        if type(self.depth) is not int or not MIN_DEPTH <= self.depth <= MAX_DEPTH:
            raise SettingsError(f"Depth must be a whole number from {MIN_DEPTH} to {MAX_DEPTH:,}, not {self.depth!r}.")
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


def _is_run(name: object) -> bool:
    return isinstance(name, str) and name.startswith(RUN) and bool(name.removeprefix(RUN).strip())


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _digest(parts: Any) -> str:
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]
