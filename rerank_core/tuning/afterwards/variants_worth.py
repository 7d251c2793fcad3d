"""What each query variant is worth: the first stage tuned with it, against the first stage tuned without."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rerank_core.evaluation.numbers import signed
from rerank_core.tuning.answer import outcome_of
from rerank_core.tuning.difference import difference
from rerank_core.tuning.held_out import held_out
from rerank_core.tuning.noise import Corrected, corrected
from rerank_core.tuning.search_space import Setting
from rerank_core.tuning.variant_lists import variant_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class VariantWorth:
    """One variant's held-out difference from what was set before; the interval holds for all variants at once."""

    name: str
    corrected: Corrected
    sentence: str


def variants_worth(
    settings: Sequence[Setting],
    values: NDArray[np.float64],
    choose: NDArray[np.bool_],
    before: str,
    measure: str,
    margin: float,
    seed: int = 0,
) -> tuple[VariantWorth, ...]:
    """Best first; () where no setting has a variant, or none is without.

    `settings`: first stages; `values`: of each on each query, shape (settings, queries). Both sides choose on the same
    halves, each among its own settings. `before`: how queries are searched without a variant, in words.
    """
    import numpy as np

    rows: dict[str | None, list[int]] = {}
    for row, setting in enumerate(settings):
        rows.setdefault(variant_of(setting.first.lists), []).append(row)
    if None not in rows or len(rows) == 1:
        return ()
    own = values[rows[None]]
    plain = held_out(own, choose)
    differences = {}
    for name, places in rows.items():
        if name is not None:
            tuned = values[np.array(places)]
            differences[name] = difference(tuned, held_out(tuned, choose), own, plain, choose).pseudo
    fixed, _ = corrected(differences, seed)
    found = [VariantWorth(name, one, _sentence(name, before, measure, one, margin)) for name, one in fixed.items()]
    return tuple(sorted(found, key=lambda one: -one.corrected.mean))


def _sentence(name: str, before: str, measure: str, found: Corrected, margin: float) -> str:
    interval = f"95 % CI {signed(found.low)} … {signed(found.high)}"
    by = f"{abs(found.mean):.3f} {measure} on queries that the search did not see ({interval})"
    against = f"than {before}, both tuned"
    if found.high < 0:
        return f"{name}: worse by {by} {against}."
    outcome = outcome_of(found, margin)
    if outcome == "worth it":
        return f"{name}: better by {by} {against}."
    if outcome == "not worth it":
        return f"{name}: not worth it: {signed(found.mean)} {measure} against {before}, both tuned ({interval})."
    return f"{name}: too close to call: {signed(found.mean)} {measure} against {before}, both tuned ({interval})."
