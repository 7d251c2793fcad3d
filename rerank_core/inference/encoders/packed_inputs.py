"""A pack of pairs as the arrays that a model reads: tokens end to end, without padding."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rerank_core.inference.pair_tokens import Pair

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class PackedInputs:
    """`ids`, `types` and `positions` have shape (tokens of all pairs,), `lengths` one number of tokens a pair."""

    ids: NDArray[np.int64]
    types: NDArray[np.int64]
    positions: NDArray[np.int64]
    lengths: tuple[int, ...]


def packed(pairs: Sequence[Pair], pad_id: int | None) -> PackedInputs:
    """The pairs end to end; positions start again with each.

    With a `pad_id` positions are counted as RoBERTa's are: from `pad_id + 1` on, a token that is the padding's own (it
    can stand in a text) stays at `pad_id` and is not counted.
    """
    import numpy as np

    return PackedInputs(
        np.concatenate([pair.ids for pair in pairs]).astype(np.int64),
        np.concatenate([pair.types for pair in pairs]).astype(np.int64),
        np.concatenate([positions(pair, pad_id) for pair in pairs]).astype(np.int64),
        tuple(len(pair) for pair in pairs),
    )


def positions(pair: Pair, pad_id: int | None) -> NDArray[np.int64]:
    """The position of each token of one pair, shape (tokens,)."""
    import numpy as np

    if pad_id is None:
        return np.arange(len(pair), dtype=np.int64)
    real = pair.ids != pad_id
    found: NDArray[np.int64] = np.cumsum(real, dtype=np.int64) * real + pad_id
    return found
