"""What a learned blend is: systems to ask, and a weight for each thing that is known of a pair."""

from __future__ import annotations

import math
from dataclasses import dataclass

from rerank_core.errors import SettingsError

SCORE, RANK = "score:", "rank:"
"""What begins the name of a feature of a system: its score, its rank."""
TEXT_FEATURES = ("bm25", "words", "rare words", "title words", "numbers", "length")
"""What is read of the texts themselves; `learned.features` says how."""
_MOST = 1e6


@dataclass(frozen=True, slots=True)
class Learned:
    """The weighted sum of what is known of a passage, with weights that were fitted to grades.

    `systems`: the ids of those that are asked, "first-stage" for the candidates' own scores and ranks. `weights`:
    (feature, weight) by the names of `learned.features`. `data`: the hash of what it was fitted to, "" where nobody
    says. Raises SettingsError for a feature that is not there, or of a system that is not asked.
    """

    systems: tuple[str, ...]
    weights: tuple[tuple[str, float], ...]
    data: str = ""

    def __post_init__(self) -> None:
        _check_systems(self.systems)
        if not isinstance(self.weights, tuple) or not self.weights:
            raise SettingsError("A learned blend needs at least one weight.")
        names = [name for name, _ in self.weights]
        for name, weight in self.weights:
            if not is_feature(name, self.systems):
                raise SettingsError(f"A learned blend knows no {name!r}, or does not ask whose it is.")
            if type(weight) not in (int, float) or not math.isfinite(weight) or abs(weight) > _MOST:
                raise SettingsError(f"The weight of {name} must be a number, not {weight!r}.")
        if len(set(names)) != len(names):
            raise SettingsError("A learned blend weighs something twice.")
        # 1 and 1.0 must give the same key
        object.__setattr__(self, "weights", tuple((name, float(weight)) for name, weight in self.weights))


def is_feature(name: object, systems: tuple[str, ...]) -> bool:
    """Whether a feature of this name can be read where these systems are asked."""
    if not isinstance(name, str):
        return False
    for start in (SCORE, RANK):
        if name.startswith(start):
            return name.removeprefix(start) in systems
    return name in TEXT_FEATURES


def _check_systems(systems: object) -> None:
    if not isinstance(systems, tuple) or not systems or not all(isinstance(one, str) and one for one in systems):
        raise SettingsError("A learned blend asks at least one system, each by its id.")
    if len(set(systems)) != len(systems):
        raise SettingsError("A learned blend names a system twice.")
