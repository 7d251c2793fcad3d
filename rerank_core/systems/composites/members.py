"""Which systems a composite is made of, and what follows from that: no circles, one key, whose scores it passes on."""

from __future__ import annotations

import json
from collections.abc import Mapping

from rerank_core.errors import SettingsError
from rerank_core.systems.composites.spec import Blend, Cascade, Floor, OwnFirstStage, Signals, Spec
from rerank_core.systems.composites.spec_json import to_dict
from rerank_core.systems.learned.spec import Learned

# raised whenever the composites' own code comes to give another order or other scores
_COMPOSING = 1


def members(spec: Spec) -> tuple[str, ...]:
    """The ids of the systems that it asks, in the order of the spec, each once. A member of weight 0 is never asked."""
    if isinstance(spec, Cascade):
        named = [stage.system for stage in spec.stages]
    elif isinstance(spec, Blend):
        named = [member.system for member in spec.members if member.weight]
    elif isinstance(spec, Signals):
        named = [spec.member]
    elif isinstance(spec, OwnFirstStage):
        named = [spec.system]
    elif isinstance(spec, Floor):
        named = [spec.system, *([spec.by] if spec.by else [])]
    elif isinstance(spec, Learned):
        named = list(spec.systems)
    else:
        named = [*(rule.system for rule in spec.rules), spec.default]
    return tuple(dict.fromkeys(named))


def check_acyclic(specs: Mapping[str, Spec]) -> None:
    """Raise SettingsError, with the circle in it, where a composite is made of itself, at whatever distance.

    `specs`: system id -> spec, of all composites; ids that are not in it are plain systems.
    """
    done: set[str] = set()

    def walk(system: str, path: tuple[str, ...]) -> None:
        if system in path:
            circle = " → ".join((*path[path.index(system) :], system))
            raise SettingsError(f"A system cannot be made of itself: {circle}.")
        if system in done or system not in specs:
            return
        for member in members(specs[system]):
            walk(member, (*path, system))
        done.add(system)

    for system in specs:
        walk(system, ())


def key(spec: Spec, member_keys: Mapping[str, str]) -> str:
    """A text that is equal only where the results are: the spec, and each member's own key under its id.

    Raises SettingsError for a member without a key.
    """
    if missing := [member for member in members(spec) if member not in member_keys]:
        raise SettingsError(f"There is no system {', '.join(repr(member) for member in missing)}.")
    keys = {member: member_keys[member] for member in members(spec)}
    parts = json.dumps([to_dict(spec), keys], sort_keys=True, ensure_ascii=False)
    return f"composite {parts} v{_COMPOSING}"


def scale_of(spec: Spec) -> str | None:
    """The member whose raw scores the composite passes on: a cascade's last stage, or the one member that places all.

    Ask it in turn, if a composite.

    None where scores say nothing across queries, so that no threshold can be put on them: those of a blend and of
    signals are made within one query's candidates, and a router's come from one system here and another there.
    """
    if isinstance(spec, OwnFirstStage | Floor):
        return spec.system
    return spec.stages[-1].system if isinstance(spec, Cascade) else None


def describe(spec: Spec) -> str:
    """What it does, in one line for a person."""
    if isinstance(spec, Cascade):
        return " → ".join(
            stage.system + (f" keeps {stage.keep}" if stage.keep is not None else "") for stage in spec.stages
        )
    if isinstance(spec, Blend):
        total = sum(member.weight for member in spec.members)
        shares = " + ".join(f"{member.weight / total:.0%} {member.system}" for member in spec.members)
        return f"{shares}, by {spec.by}"
    if isinstance(spec, Signals):
        named = {"recency": spec.recency, "authority": spec.authority, "diversity": spec.diversity}
        return f"{spec.member} with {', '.join(name for name, signal in named.items() if signal is not None)}"
    if isinstance(spec, OwnFirstStage):
        settings = spec.settings
        how = " + ".join(settings.retrievers) + (f" by {settings.fusion}" if len(settings.retrievers) > 1 else "")
        before = f", {settings.variant.label}" if settings.variant is not None and settings.asks_variant else ""
        return f"{spec.system} over {settings.depth} candidates of {how}{before}"
    if isinstance(spec, Floor):
        return f"{spec.system}, nothing below {spec.floor:.4g}{f' by {spec.by}' if spec.by else ''}"
    if isinstance(spec, Learned):
        weights = f"{len(spec.weights)} {'weight' if len(spec.weights) == 1 else 'weights'}"
        return f"learned from grades: {weights} over {', '.join(spec.systems)}"
    systems = ", ".join(dict.fromkeys(rule.system for rule in spec.rules))
    return f"{len(spec.rules)} {'rule' if len(spec.rules) == 1 else 'rules'} to {systems}, else {spec.default}"
