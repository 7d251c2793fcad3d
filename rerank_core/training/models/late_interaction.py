"""A late-interaction model trained on the grades: its settings."""

from __future__ import annotations

from dataclasses import dataclass

LATE_INTERACTION = "late-interaction"
LABEL = "trained late interaction"
BEFORE = "untrained late interaction"


@dataclass(frozen=True, slots=True)
class LateInteractionSettings:
    """How a late-interaction model is trained; not searched, so nothing was chosen on the held-out part.

    Multiple negatives ranking loss over MaxSim sums: every other passage of a batch is a negative too. `scale`: of the
    sums in it. `rate`: the highest learning rate.
    """

    epochs: int = 1
    batch: int = 16
    rate: float = 3e-5
    scale: float = 1.0
    seed: int = 0
