"""Specs as JSON: what is stored, and what a person may write by hand."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import MISSING, asdict, fields
from typing import Any

from rerank_core.errors import SettingsError
from rerank_core.retrieval.settings import RetrievalSettings
from rerank_core.systems.composites.spec import (
    Authority,
    Blend,
    Cascade,
    Condition,
    Diversity,
    Floor,
    Member,
    OwnFirstStage,
    Recency,
    Router,
    Rule,
    Signals,
    Spec,
    Stage,
)
from rerank_core.systems.learned.spec import Learned

KINDS: dict[str, type[Spec]] = {
    "cascade": Cascade,
    "blend": Blend,
    "signals": Signals,
    "router": Router,
    "own-first-stage": OwnFirstStage,
    "floor": Floor,
    "learned": Learned,
}


def kind_of(spec: Spec) -> str:
    """The name of its kind: cascade, blend, signals, router, own-first-stage, floor or learned."""
    return next(kind for kind, cls in KINDS.items() if type(spec) is cls)


def to_dict(spec: Spec) -> dict[str, Any]:
    """Plain JSON values that `from_dict` reads back to an equal spec; `kind` says which it is."""
    values: dict[str, Any] = {"kind": kind_of(spec), **asdict(spec)}
    if isinstance(spec, Signals) and spec.authority is not None:
        values["authority"]["table"] = dict(spec.authority.table)
    if isinstance(spec, OwnFirstStage):
        values["settings"] = json.loads(spec.settings.to_json())
    if isinstance(spec, Router):
        values["rules"] = [
            {"when": {condition.feature: condition.value for condition in rule.when}, "system": rule.system}
            for rule in spec.rules
        ]
    if isinstance(spec, Learned):
        values |= {"systems": list(spec.systems), "weights": dict(spec.weights)}
    for name in ("stages", "members"):
        if name in values:
            values[name] = list(values[name])
    return values


def to_json(spec: Spec) -> str:
    """The text of `to_dict`."""
    return json.dumps(to_dict(spec), ensure_ascii=False)


def from_json(text: str) -> Spec:
    """Read what `to_json` wrote. Raises SettingsError, which says what is wrong and where."""
    try:
        values = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise SettingsError(f"A composite must be JSON: {error}.") from error
    return from_dict(values)


def from_dict(values: Any) -> Spec:
    """The spec that `to_dict` gave. A field that is not there has its default. Raises SettingsError."""
    given = _object("A composite", values)
    kind = given.pop("kind", None)
    if not isinstance(kind, str) or kind not in KINDS:
        raise SettingsError(f"A composite's kind must be one of {', '.join(KINDS)}, not {kind!r}.")
    spec: Spec = _build(KINDS[kind], f"the {kind}", given)
    return spec


def _build(cls: Any, where: str, values: Any) -> Any:
    """An instance of a spec's class out of an object; nested parts first."""
    given = _object(where, values)
    known = {field.name: field for field in fields(cls)}
    if unknown := sorted(set(given) - set(known)):
        raise SettingsError(f"{where} has no field {', '.join(unknown)}; it has {', '.join(known)}.")
    if missing := [name for name, field in known.items() if field.default is MISSING and name not in given]:
        raise SettingsError(f"{where} needs the field {', '.join(missing)}.")
    for name, read in _NESTED.items():
        if name in given and name in known:
            given[name] = read(f"{name} of {where}", given[name])
    try:
        return cls(**given)
    except SettingsError as error:
        raise SettingsError(f"In {where}: {error}") from error


def _object(where: str, values: Any) -> dict[str, Any]:
    if not isinstance(values, Mapping):
        raise SettingsError(f"{where} must be a JSON object, not {values!r}.")
    return dict(values)


def _list_of(cls: Any) -> Callable[[str, Any], tuple[Any, ...]]:
    def read(where: str, values: Any) -> tuple[Any, ...]:
        if not isinstance(values, list | tuple):
            raise SettingsError(f"{where} must be a JSON list, not {values!r}.")
        return tuple(_build(cls, f"number {place} in {where}", value) for place, value in enumerate(values, 1))

    return read


def _one(cls: Any) -> Callable[[str, Any], Any]:
    return lambda where, value: None if value is None else _build(cls, where, value)


def _conditions(where: str, values: Any) -> tuple[Condition, ...]:
    return tuple(Condition(feature, value) for feature, value in _object(where, values).items())  # type: ignore[arg-type]


def _table(where: str, values: Any) -> tuple[tuple[str, float], ...]:
    return tuple(_object(where, values).items())


def _ids(where: str, values: Any) -> tuple[Any, ...]:
    if not isinstance(values, list | tuple):
        raise SettingsError(f"{where} must be a JSON list, not {values!r}.")
    return tuple(values)


def _retrieval(where: str, values: Any) -> RetrievalSettings:
    return RetrievalSettings.from_json(json.dumps(_object(where, values)))


_NESTED: dict[str, Callable[[str, Any], Any]] = {
    "stages": _list_of(Stage),
    "members": _list_of(Member),
    "rules": _list_of(Rule),
    "recency": _one(Recency),
    "authority": _one(Authority),
    "diversity": _one(Diversity),
    "when": _conditions,
    "table": _table,
    "systems": _ids,
    "weights": _table,
    "settings": _retrieval,
}
