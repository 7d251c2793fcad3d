"""What is searched: every combination of first stage and reranking that a person would try by hand."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from itertools import product
from typing import Any

from rerank_core.errors import SettingsError
from rerank_core.retrieval.query_variants.query_variant import QueryVariant
from rerank_core.retrieval.settings import FUSIONS, RETRIEVERS, WEIGHTED
from rerank_core.tuning.variant_lists import split_name, variant_of, with_variant

STEP = 0.05
MOST_DEPTH = 1000
MOST_SETTINGS = 1000
SCALES = ("minmax", "zscore")


@dataclass(frozen=True, slots=True)
class FirstStage:
    """How candidates are found: one list, or two fused. `fusion` and what belongs to it are not read for one list.

    `lists`: names of ranked lists, such as ("bm25", "dense"), see `variant_lists`. `weight`: the second list's share of
    a weighted fusion, 0 to 1. `depth`: how many candidates each list gives and how many go on.
    """

    lists: tuple[str, ...] = RETRIEVERS
    fusion: str = "rrf"
    rrf_k: int = 60
    weight: float = 0.5
    depth: int = 50

    def label(self) -> str:
        """In a few words, for a table and a sentence."""
        names = [split_name(name)[0] for name in self.lists]
        if len(names) == 1:
            how = names[0]
        elif self.fusion == "rrf":
            how = f"{' + '.join(names)}, RRF k = {self.rrf_k}"
        else:
            how = f"{' + '.join(names)}, {self.fusion} with {self.weight:.2f} {names[1]}"
        variant = variant_of(self.lists)
        return f"{how}, {self.depth} candidates" if variant is None else f"{how}, {self.depth} candidates, {variant}"


@dataclass(frozen=True, slots=True)
class Reranking:
    """What a reranker does with the candidates.

    `share`: its part of a blend with the first stage's score, both scaled by `scale` over a query's candidates; 1.0:
    the reranker alone. `keep`: how many candidates the cheap first step of a cascade passes on; None: no cascade.
    `floor`: passages with a lower raw score, or none, are not returned; None: all are.
    """

    share: float = 1.0
    scale: str = "minmax"
    keep: int | None = None
    floor: float | None = None

    def label(self) -> str:
        """In a few words; "" for the reranker alone."""
        parts = []
        if self.keep is not None:
            parts.append(f"first step keeps {self.keep}")
        if self.share < 1.0:
            parts.append(f"{self.share:.2f} reranker + {1 - self.share:.2f} first stage, {self.scale}")
        if self.floor is not None:
            parts.append(f"nothing below {self.floor:.3g}")
        return ", ".join(parts)


@dataclass(frozen=True, slots=True)
class Setting:
    """One point of the search; `reranking` None: the first stage as it is."""

    first: FirstStage
    reranking: Reranking | None = None

    def label(self) -> str:
        """In a few words, for a table and a sentence."""
        more = self.reranking.label() if self.reranking is not None else ""
        return f"{self.first.label()}; {more}" if more else self.first.label()


@dataclass(frozen=True, slots=True)
class SearchSpace:
    """The values that are tried, each combination of them once; more than `most` combinations are drawn at random.

    A random draw finds as good a setting as a grid of the same size where few dimensions matter (Bergstra and Bengio
    2012, JMLR 13:281-305). `lists`: single lists and pairs. `floors`: raw scores, None for no floor; by most measures a
    floor can only lose, see `tuning.afterwards.floor`. `precision`: a floor is fitted to the best setting, so that this
    share of the graded passages that it shows is relevant; None: none is. `variants`: by their names, what else a
    query is searched with than the settings say, None for the query as it was typed: every list and pair that is not an
    imported run is tried with each of them. Raises SettingsError for a value that cannot be.

    >>> import rerank_core as rl
    >>> rl.SearchSpace(fusions=("rrf",), rrf_ks=(1, 60), depths=(10, 50)).deepest
    50
    """

    lists: tuple[tuple[str, ...], ...] = (("bm25",), ("dense",), ("bm25", "dense"))
    rrf_ks: tuple[int, ...] = tuple(range(1, 101))
    fusions: tuple[str, ...] = ("rrf", *WEIGHTED)
    weights: tuple[float, ...] = tuple(round(step * STEP, 2) for step in range(21))
    depths: tuple[int, ...] = (10, 20, 30, 50, 100)
    shares: tuple[float, ...] = tuple(round(step * STEP, 2) for step in range(1, 21))
    scales: tuple[str, ...] = SCALES
    keeps: tuple[int, ...] = (5, 10, 20, 30, 50)
    floors: tuple[float | None, ...] = (None,)
    precision: float | None = None
    most: int = MOST_SETTINGS
    variants: tuple[tuple[str, QueryVariant | None], ...] = ()

    def __post_init__(self) -> None:
        if not self.lists or any(len(names) not in (1, 2) or len(set(names)) != len(names) for names in self.lists):
            raise SettingsError("A first stage is one list or two different ones.")
        _check_some("fusion", self.fusions, lambda name: name in FUSIONS and name != "union")
        _check_some("RRF's k", self.rrf_ks, lambda k: type(k) is int and k >= 1)
        _check_some("weight", self.weights, lambda weight: 0 <= weight <= 1)
        _check_some("depth", self.depths, lambda depth: type(depth) is int and 1 <= depth <= MOST_DEPTH)
        _check_some("share", self.shares, lambda share: 0 < share <= 1)
        _check_some("scale", self.scales, lambda name: name in SCALES)
        _check_some("keep", self.keeps, lambda keep: type(keep) is int and keep >= 1)
        if not self.floors or self.most < 1:
            raise SettingsError("Try at least one setting.")
        if self.precision is not None and not 0 < self.precision <= 1:
            raise SettingsError(f"A precision lies above 0 and up to 1, not at {self.precision!r}.")
        if len(dict(self.variants)) != len(self.variants) or not all(name for name, _ in self.variants):
            raise SettingsError("Each query variant of a search needs a name of its own.")

    @property
    def deepest(self) -> int:
        """The largest depth."""
        return max(self.depths)

    @property
    def list_names(self) -> tuple[str, ...]:
        """The lists that are read, each once."""
        return tuple(dict.fromkeys(name for names in self.all_lists for name in names))

    @property
    def all_lists(self) -> tuple[tuple[str, ...], ...]:
        """The single lists and pairs as the settings say, then with each variant."""
        more = (with_variant(names, variant) for variant, _ in self.variants for names in self.lists)
        return tuple(dict.fromkeys((*self.lists, *more)))

    def first_stages(self, default: FirstStage, seed: int = 0) -> tuple[Setting, ...]:
        """The settings without a reranker: `default` first, then the others, at most `most` in all."""
        settings = [Setting(first) for first in self._fused()]
        return _drawn(Setting(default), settings, self.most, seed)

    def reranked(self, default: FirstStage, cascade: bool = False, seed: int = 0) -> tuple[Setting, ...]:
        """The settings with a reranker: over `default` and alone first, then the others, at most `most` in all.

        `cascade`: the reranker has a cheap first step, so that `keeps` are tried, and no blend.
        """
        keeps: tuple[int | None, ...] = tuple(sorted(self.keeps)) if cascade else (None,)
        shares = (1.0,) if cascade else self.shares
        rerankings = [
            Reranking(share, scale, keep, floor)
            for share, scale, keep, floor in product(shares, self.scales, keeps, self.floors)
            if share < 1.0 or scale == self.scales[0]
        ]
        settings = [
            Setting(first, reranking)
            for first, reranking in product(self._fused(), rerankings)
            if reranking.keep is None or reranking.keep < first.depth
        ]
        plain = Setting(default, Reranking(keep=keeps[-1] if cascade and keeps[-1] is not None else None))
        return _drawn(plain, settings, self.most, seed)

    def shallower(self, most: int) -> SearchSpace:
        """The same with depths up to `most` only. Raises SettingsError where none is left."""
        return replace(self, depths=tuple(depth for depth in self.depths if depth <= most))

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> SearchSpace:
        """The space of the values that are given by name, lists for tuples; the others have their defaults.

        Raises SettingsError for a name that is not there and for a value that cannot be.
        """
        if unknown := sorted(set(values) - {each.name for each in fields(cls)}):
            raise SettingsError(
                f"A search has no {unknown[0]!r}; it has {', '.join(each.name for each in fields(cls))}."
            )
        given: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list | tuple) else value for name, value in values.items()
        }
        if "lists" in given:
            given["lists"] = tuple(tuple(names) for names in given["lists"])
        if "variants" in given:
            given["variants"] = variants_from_json(given["variants"])
        try:
            return cls(**given)
        except TypeError as error:
            raise SettingsError(f"The search's values are of the wrong kind: {error}.") from error

    def _fused(self) -> Iterator[FirstStage]:
        for names, depth in product(self.all_lists, sorted(self.depths)):
            if len(names) == 1:
                yield FirstStage(names, depth=depth)
                continue
            for fusion in self.fusions:
                if fusion == "rrf":
                    yield from (FirstStage(names, fusion, rrf_k=k, depth=depth) for k in self.rrf_ks)
                else:
                    yield from (FirstStage(names, fusion, weight=weight, depth=depth) for weight in self.weights)


def variants_from_json(values: object) -> tuple[tuple[str, QueryVariant | None], ...]:
    """Variants by name, as a request says them: name -> the values of `QueryVariant.to_dict`, None for none.

    Raises SettingsError for what is not that.
    """
    if not isinstance(values, Mapping):
        raise SettingsError("A search's query variants are a JSON object, by name.")
    return tuple((name, None if one is None else QueryVariant.from_dict(one)) for name, one in values.items())


def variants_to_json(variants: Sequence[tuple[str, QueryVariant | None]]) -> dict[str, Any]:
    """What `variants_from_json` reads back."""
    return {name: None if one is None else one.to_dict() for name, one in variants}


def _drawn(first: Setting, settings: Sequence[Setting], most: int, seed: int) -> tuple[Setting, ...]:
    """`first`, then at most `most` - 1 of the others, in their order."""
    others = [setting for setting in dict.fromkeys(settings) if setting != first]
    if len(others) >= most:
        chosen = sorted(random.Random(seed).sample(range(len(others)), most - 1))
        others = [others[place] for place in chosen]
    return (first, *others)


def _check_some(name: str, values: Sequence[Any], holds: Callable[[Any], bool]) -> None:
    if not values:
        raise SettingsError(f"Try at least one {name}.")
    for value in values:
        if not holds(value):
            raise SettingsError(f"{value!r} is no {name} that can be tried.")
