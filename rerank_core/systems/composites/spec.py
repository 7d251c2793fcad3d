"""What a composite is: frozen values that are checked when they are made. Members are named by their system ids."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any, Literal, get_args

import regex

from rerank_core.errors import SettingsError
from rerank_core.retrieval.first_stage_signals import SIGNALS
from rerank_core.retrieval.settings import RetrievalSettings
from rerank_core.systems.learned.spec import Learned

BlendBy = Literal["rank", "zscore", "minmax"]
Base = Literal["minmax", "rank"]
Combine = Literal["multiply", "add"]
MOST = 1e6
"""The largest weight: far above any use, and safe to add and multiply."""


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage of a cascade. `keep`: how many passages go on to the next stage; None: all (the last stage only)."""

    system: str
    keep: int | None = None

    def __post_init__(self) -> None:
        _check_id("a stage's system", self.system)
        if self.keep is not None:
            _check_whole("keep", self.keep, 1)


@dataclass(frozen=True, slots=True)
class Cascade:
    """Each stage reorders what the stage before kept. Every stage but the last keeps fewer than it was given."""

    stages: tuple[Stage, ...]

    def __post_init__(self) -> None:
        _check_some("A cascade", "stage", self.stages)
        _check_once([stage.system for stage in self.stages])
        *early, last = [stage.keep for stage in self.stages]
        if last is not None:
            raise SettingsError("The last stage of a cascade keeps all that it is given: leave its keep out.")
        if None in early:
            raise SettingsError("Every stage of a cascade but the last must say how many passages it keeps.")
        keeps = [keep for keep in early if keep is not None]
        for before, keep in pairwise(keeps):
            if keep >= before:
                raise SettingsError(
                    f"A stage cannot keep {keep} of the {before} passages that it is given: keep fewer."
                )


@dataclass(frozen=True, slots=True)
class Member:
    """One system of a blend. `weight` 0 or more; only the shares matter (2 and 2 is 1 and 1)."""

    system: str
    weight: float = 1.0

    def __post_init__(self) -> None:
        _check_id("a member's system", self.system)
        _store_number(self, "weight", 0.0, MOST)


@dataclass(frozen=True, slots=True)
class Blend:
    """The weighted sum of what the members say: their ranks (`rrf_k` is read then only) or their scaled scores."""

    members: tuple[Member, ...]
    by: BlendBy = "rank"
    rrf_k: int = 60

    def __post_init__(self) -> None:
        _check_some("A blend", "member", self.members)
        _check_once([member.system for member in self.members])
        _check_choice("by", self.by, get_args(BlendBy))
        _check_whole("rrf_k", self.rrf_k, 1)
        if not any(member.weight for member in self.members):
            raise SettingsError("One weight of a blend must be above 0.")


@dataclass(frozen=True, slots=True)
class Recency:
    """Newer counts more: 0.5 ^ (age / half-life), from 1 at `reference` (ISO 8601, UTC where it has no zone) on down.

    `field`: the metadata field with the date. `weight`: how much the signal counts, see `Signals`.
    """

    field: str
    half_life_days: float
    reference: str
    weight: float = 0.5

    def __post_init__(self) -> None:
        _check_id("recency's field", self.field)
        _store_number(self, "half_life_days", 0.0, 1e9)
        if not self.half_life_days:
            raise SettingsError("half_life_days must be above 0.")
        _store_number(self, "weight", 0.0, MOST)
        self.reference_time()

    def reference_time(self) -> datetime:
        """`reference` as a moment in UTC."""
        try:
            moment = datetime.fromisoformat(self.reference)
            return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
        except (TypeError, ValueError, OverflowError):
            message = f"recency's reference must be a date such as 2026-01-31, not {self.reference!r}"
            raise SettingsError(message) from None


@dataclass(frozen=True, slots=True)
class Authority:
    """Some sources count more: `table` gives a weight (0 or more, 1 is neutral) to values of the metadata `field`.

    `weight`: how much the signal counts, see `Signals`.
    """

    field: str
    table: tuple[tuple[str, float], ...]
    weight: float = 0.5

    def __post_init__(self) -> None:
        _check_id("authority's field", self.field)
        _check_some("Authority", "value", self.table)
        pairs = []
        for value, number in self.table:
            if not isinstance(value, str):
                raise SettingsError(f"authority's table is by texts, not {value!r}.")
            pairs.append((value, _number(f"authority's weight of {value!r}", number, 0.0, MOST)))
        if len({value for value, _ in pairs}) != len(pairs):
            raise SettingsError("authority's table names a value twice.")
        object.__setattr__(self, "table", tuple(pairs))
        _store_number(self, "weight", 0.0, MOST)


@dataclass(frozen=True, slots=True)
class Diversity:
    """Near-duplicates count less (MMR). `mmr_lambda` from above 0 to 1: 1 is relevance alone.

    `shingle`: how many words in a row are compared: 1 compares the words that texts use, 3 and more their wording.
    """

    mmr_lambda: float = 0.7
    shingle: int = 3

    def __post_init__(self) -> None:
        _store_number(self, "mmr_lambda", 0.0, 1.0)
        if self.mmr_lambda < 0.01:
            raise SettingsError(f"mmr_lambda must lie from 0.01 to 1, not {self.mmr_lambda!r}.")
        _check_whole("shingle", self.shingle, 1, 10)


@dataclass(frozen=True, slots=True)
class Signals:
    """A member's relevance, corrected by what metadata and the other passages say. At least one signal.

    `base` brings the member's answer to 0 to 1: "minmax" of its scores, or "rank" (1 for the first, 1/n for the last).
    `combine`: "multiply" by (1 - weight) + weight * signal, with weights up to 1; or "add" weight * signal.
    """

    member: str
    recency: Recency | None = None
    authority: Authority | None = None
    diversity: Diversity | None = None
    base: Base = "minmax"
    combine: Combine = "multiply"

    def __post_init__(self) -> None:
        _check_id("the member", self.member)
        _check_choice("base", self.base, get_args(Base))
        _check_choice("combine", self.combine, get_args(Combine))
        if self.recency is None and self.authority is None and self.diversity is None:
            raise SettingsError("Signals need one signal: recency, authority or diversity.")
        for name, signal in (("recency", self.recency), ("authority", self.authority)):
            if self.combine == "multiply" and signal is not None and signal.weight > 1:
                raise SettingsError(f"The weight of {name} must lie from 0 to 1 where it multiplies.")


Feature = Literal[
    "min_words",
    "max_words",
    "has_digits",
    "has_code",
    "is_question",
    "tag",
    "regex",
    "lead_2_below",
    "lead_2_from",
    "lead_3_below",
    "lead_3_from",
    "spread_below",
    "spread_from",
    "overlap_below",
    "overlap_from",
]
BELOW, FROM = "_below", "_from"


def signal_of(feature: str) -> str | None:
    """The signal of the first stage that a condition reads, see `first_stage_signals`; None for the query's own."""
    name = feature.removesuffix(BELOW).removesuffix(FROM)
    return name if name in SIGNALS else None


@dataclass(frozen=True, slots=True)
class Condition:
    """Something that a query, or what the first stage found for it, has or has not.

    `min_words` and `max_words` take a number; `has_digits`, `has_code` and `is_question` true or false; `tag` a tag of
    the query; `regex` a Python pattern that is searched in the query's text, as typed ("(?i)" ignores case). A signal
    of the first stage with `_below` or `_from` behind it takes a number: the signal lies below it, or at it and above.
    A signal that cannot be read meets neither.
    """

    feature: Feature
    value: int | float | bool | str

    def __post_init__(self) -> None:
        _check_choice("a rule's condition", self.feature, get_args(Feature))
        if self.feature in ("min_words", "max_words"):
            _check_whole(self.feature, self.value, 0)
        elif self.feature in ("tag", "regex"):
            _check_id(self.feature, self.value)
        elif signal_of(self.feature) is not None:
            _store_number(self, "value", 0.0, MOST)
        elif type(self.value) is not bool:
            raise SettingsError(f"{self.feature} must be true or false, not {self.value!r}.")
        if self.feature == "regex":
            try:
                re.compile(str(self.value))
                regex.compile(str(self.value))
            except (re.error, regex.error) as error:
                raise SettingsError(f"{self.value!r} is not a pattern: {error}.") from error


@dataclass(frozen=True, slots=True)
class Rule:
    """Queries that meet all conditions go to `system`."""

    when: tuple[Condition, ...]
    system: str

    def __post_init__(self) -> None:
        _check_some("A rule", "condition", self.when)
        if len({condition.feature for condition in self.when}) != len(self.when):
            raise SettingsError("A rule names a condition twice.")
        _check_id("a rule's system", self.system)


@dataclass(frozen=True, slots=True)
class Router:
    """The first rule that a query meets picks its system; `default` takes the others."""

    rules: tuple[Rule, ...]
    default: str

    def __post_init__(self) -> None:
        _check_some("A router", "rule", self.rules)
        _check_id("the default", self.default)


@dataclass(frozen=True, slots=True)
class OwnFirstStage:
    """A system over candidates of its own, whatever first stage the others are compared over.

    `settings` find the candidates; they have no filters: those of the view are used, as they are part of the question.
    `system` ranks them; "first-stage" leaves them as they are.
    """

    system: str
    settings: RetrievalSettings

    def __post_init__(self) -> None:
        _check_id("the system over its own first stage", self.system)
        if self.settings.filters:
            raise SettingsError("A system's own first stage has no filters: those of the view are used.")


@dataclass(frozen=True, slots=True)
class Floor:
    """A system that leaves passages out: those whose raw score is below `floor`, or that have none.

    `system` says the order. `by`: the part of it whose raw scores are read, where the order is not by them, as that of
    a blend; "": `system` itself. A query on which nothing reaches the floor gets an empty answer.
    """

    system: str
    floor: float
    by: str = ""

    def __post_init__(self) -> None:
        _check_id("the system that a floor is put under", self.system)
        _store_number(self, "floor", -MOST, MOST)
        if not isinstance(self.by, str):
            raise SettingsError(f"by must be the id of a system, not {self.by!r}.")


Spec = Cascade | Blend | Signals | Router | OwnFirstStage | Floor | Learned


def _check_id(name: str, value: object) -> None:
    if not isinstance(value, str) or not value.strip():
        raise SettingsError(f"{name} must be a text that is not empty, not {value!r}.")


def _check_some(whole: str, part: str, parts: object) -> None:
    if not isinstance(parts, tuple) or not parts:
        raise SettingsError(f"{whole} needs at least one {part}.")


def _check_once(systems: list[str]) -> None:
    for system in systems:
        if systems.count(system) > 1:
            raise SettingsError(f"The system '{system}' is in it twice.")


def _check_choice(name: str, value: object, choices: tuple[Any, ...]) -> None:
    if value not in choices:
        raise SettingsError(f"{name} must be one of {', '.join(choices)}, not {value!r}.")


def _check_whole(name: str, value: object, low: int, high: int = 10**6) -> None:
    if type(value) is not int or not low <= value <= high:
        raise SettingsError(f"{name} must be a whole number from {low} to {high}, not {value!r}.")


def _number(name: str, value: object, low: float, high: float) -> float:
    if type(value) not in (int, float) or not low <= value <= high:  # type: ignore[operator]
        raise SettingsError(f"{name} must be a number from {low:g} to {high:g}, not {value!r}.")
    return float(value)  # type: ignore[arg-type]


def _store_number(spec: object, name: str, low: float, high: float) -> None:
    # 1 and 1.0 must give the same key
    object.__setattr__(spec, name, _number(name, getattr(spec, name), low, high))
