"""What can be trained beside the model that is kept, to know more of it; and about how long that takes."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from rerank_core.errors import SettingsError
from rerank_core.experiment.waiting import about
from rerank_core.training.folds import CURVE
from rerank_core.training.models.split import HELD_OUT_PARTS

LEARNING_CURVE, OUT_OF_FOLD = "curve", "folds"
EXTRAS = {LEARNING_CURVE: "Draw the learning curve", OUT_OF_FOLD: "Measure every query out of fold"}
"""What can be asked for, and its name for people."""


def check_extras(asked: Collection[str]) -> None:
    """Raise SettingsError for one that there is not."""
    if unknown := sorted(set(asked) - EXTRAS.keys()):
        raise SettingsError(f"There is no {unknown[0]!r}; there is {', '.join(EXTRAS)}.")


def prices(training: float, measuring: float) -> dict[str, float]:
    """Extra -> seconds at most, by what this training and its measuring took on this machine."""
    return {
        LEARNING_CURVE: sum(CURVE[:-1]) * training + len(CURVE) * measuring,
        OUT_OF_FOLD: (HELD_OUT_PARTS - 1) * (training + measuring),
    }


def price_sentence(found: Mapping[str, float], extra: str) -> str:
    """What it does and costs."""
    models = {
        LEARNING_CURVE: "a model each from a quarter, a half and three quarters of the grades",
        OUT_OF_FOLD: "a model for each of the other three quarters of the queries",
    }
    return f"{EXTRAS[extra]}: it trains {models[extra]}, {about(found[extra])} at most."
