"""A composite's row beside the catalogue's: what its members' facts add up to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rerank_core.rerankers.catalogue.model import Model
from rerank_core.systems.composites.members import describe, scale_of
from rerank_core.systems.composites.spec import Blend, Floor, OwnFirstStage, Signals, Spec
from rerank_core.systems.composites.spec_json import kind_of
from rerank_core.systems.learned.spec import Learned


def composite_model(name: str, spec: Spec, members: Mapping[str, Model], leaves: Sequence[Model]) -> Model:
    """A row for tables; it is never loaded itself.

    `members`: member id -> its row, which may be a composite's. `leaves`: the models that are loaded for it, at any
    distance, each once. `parameters` is their sum (None where one is not known), `max_tokens` the least, `hosting`
    "api" where any is; `note` says what the composite does.
    """
    counts = [model.parameters for model in leaves if model.parameters is not None]
    limits = [model.max_tokens for model in leaves if model.max_tokens is not None]
    return Model(
        id=f"composite:{kind_of(spec)}",
        label=name,
        family=kind_of(spec),
        parameters=sum(counts) if counts and len(counts) == len(leaves) else None,
        max_tokens=min(limits, default=None),
        hosting="api" if any(model.hosting == "api" for model in leaves) else "local",
        score_scale=_scale(spec, members),
        cost=", ".join(dict.fromkeys(model.cost for model in leaves)),
        note=describe(spec),
    )


def _scale(spec: Spec, members: Mapping[str, Model]) -> str:
    if (passed_on := scale_of(spec)) is not None:
        scale = members[passed_on].score_scale if passed_on in members else "unknown"
        return scale if isinstance(spec, OwnFirstStage | Floor) else f"{scale} (last stage)"
    if isinstance(spec, Blend):
        return f"{spec.by}, within one query only"
    if isinstance(spec, Learned):
        return "fitted to grades, within one query only"
    return f"{spec.base}, within one query only" if isinstance(spec, Signals) else "that of the picked system"
