"""A passage's token vectors: rounded to the type they are kept in, as bytes and back, and compared with a query's.

int8 has one scale a token, the largest of its absolute values by 127 (symmetric, no offset), so a value moves by at
most half of that scale, whatever the other tokens are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

TYPES = ("float32", "float16", "int8")


class TokenVectors(NamedTuple):
    """`values` of shape (tokens, dimensions) in one of TYPES; `scales` of shape (tokens,) for int8, else None."""

    values: Any
    scales: Any

    @property
    def nbytes(self) -> int:
        """What they take in memory."""
        return int(self.values.nbytes + (0 if self.scales is None else self.scales.nbytes))


def rounded(vectors: Any, kind: str) -> TokenVectors:
    """Float32 vectors of shape (tokens, dimensions) as `kind`; a copy, even where nothing is rounded."""
    import torch

    if kind != "int8":
        return TokenVectors(vectors.to(getattr(torch, kind), copy=True), None)
    if not vectors.numel():
        return TokenVectors(vectors.to(torch.int8), vectors.new_zeros(len(vectors)))
    scales = vectors.abs().amax(dim=1) / 127
    # a vector of zeros has the scale 0, and stays zeros
    steps = vectors / scales.clamp_min(torch.finfo(torch.float32).tiny)[:, None]
    return TokenVectors(steps.round().clamp(-127, 127).to(torch.int8), scales)


def similarities(query: Any, passage: TokenVectors) -> Any:
    """Dot products in float32, shape (query tokens, passage tokens)."""
    products = query @ passage.values.float().T
    return products if passage.scales is None else products * passage.scales


def packed(passage: TokenVectors) -> bytes:
    """The numbers of tokens and dimensions as int32, the scales if any, the values, in the machine's byte order."""
    import numpy as np

    head = np.array(passage.values.shape, dtype=np.int32)
    scales = [] if passage.scales is None else [passage.scales.numpy()]
    return b"".join(part.tobytes() for part in (head, *scales, passage.values.numpy()))


def unpacked(data: NDArray[np.uint8], kind: str) -> TokenVectors:
    """The inverse of `packed` for vectors of this `kind`: views of `data`, nothing is copied."""
    import numpy as np
    import torch

    tokens, dimensions = (int(number) for number in data[:8].view(np.int32))
    start = 8 + (4 * tokens if kind == "int8" else 0)
    scales = torch.from_numpy(data[8:start].view(np.float32)) if kind == "int8" else None
    values = data[start:].view(np.dtype(kind)).reshape(tokens, dimensions)
    return TokenVectors(torch.from_numpy(values), scales)
