"""Attention within each of several sequences that lie end to end: block-diagonal, and no block is computed in vain."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

_STRETCH = 128
"""Tokens that ask together where they attend to their neighbours only: they read as many again of those."""


def by_sequence(query: Tensor, keys: Tensor, values: Tensor, lengths: Sequence[int], heads: int) -> Tensor:
    """One product per sequence, or per run of sequences of one length: what a CPU does best.

    `keys` and `values` have shape (tokens, width); `query` too, or (sequences, width) where only one token of each
    sequence asks. Returns the shape of `query`. Rows after those of the sequences attend to nothing, and get zeros.
    """
    import torch
    from torch.nn.functional import scaled_dot_product_attention

    width = keys.shape[1]
    out = torch.empty(query.shape, dtype=query.dtype, device=query.device)
    single = query.shape[0] != keys.shape[0]
    asked = 0
    for start, count, length in _runs(lengths):
        rows, each = slice(start, start + count * length), 1 if single else length
        askers = slice(asked, asked + count * each)
        # (sequences, heads, tokens, width of a head), as views
        q = query[askers].view(count, each, heads, width // heads).transpose(1, 2)
        k = keys[rows].view(count, length, heads, width // heads).transpose(1, 2)
        v = values[rows].view(count, length, heads, width // heads).transpose(1, 2)
        attended = scaled_dot_product_attention(q, k, v)
        out[askers] = attended.transpose(1, 2).reshape(count * each, width)
        asked += count * each
    out[asked:] = 0
    return out


def padded(
    query: Tensor, keys: Tensor, values: Tensor, lengths: Sequence[int], heads: int, seen: Tensor | None = None
) -> Tensor:
    """As `by_sequence`, in one masked product: for devices where each call costs more than the padding.

    `seen`: which places of a sequence each place attends to, (longest, longest); None: to all.
    """
    import torch
    from torch.nn.functional import scaled_dot_product_attention

    width, longest, count = keys.shape[1], max(lengths), len(lengths)
    single = query.shape[0] != keys.shape[0]
    sizes = torch.tensor(lengths, device=keys.device)
    real = torch.arange(longest, device=keys.device) < sizes[:, None]

    def spread(rows: Tensor) -> Tensor:
        full = rows.new_zeros(count, longest, width)
        full[real] = rows
        return full.view(count, longest, heads, width // heads).transpose(1, 2)

    q = query.view(count, 1, heads, width // heads).transpose(1, 2) if single else spread(query)
    mask = real[:, None, None, :] if seen is None else real[:, None, None, :] & seen
    attended = scaled_dot_product_attention(q, spread(keys), spread(values), attn_mask=mask)
    together = attended.transpose(1, 2).reshape(count, -1, width)
    return together[:, 0] if single else together[real]


def near_by_sequence(
    query: Tensor, keys: Tensor, values: Tensor, lengths: Sequence[int], heads: int, window: int
) -> Tensor:
    """As `by_sequence`, each token attending to those at most `window` away: a stretch of tokens with its neighbours.

    All of shape (tokens, width).
    """
    import torch
    from torch.nn.functional import scaled_dot_product_attention

    if max(lengths) <= window + 1:
        return by_sequence(query, keys, values, lengths, heads)
    width = keys.shape[1]
    out = torch.empty(query.shape, dtype=query.dtype, device=query.device)
    for start, count, length in _runs(lengths):
        q, k, v, into = (
            rows[start : start + count * length].view(count, length, heads, width // heads).transpose(1, 2)
            for rows in (query, keys, values, out)
        )
        for first in range(0, length, _STRETCH):
            last = min(first + _STRETCH, length)
            left, right = max(0, first - window), min(length, last + window)
            seen = _within(torch.arange(first, last), torch.arange(left, right), window)
            mask = None if bool(seen.all()) else seen.to(query.device)
            into[:, :, first:last] = scaled_dot_product_attention(
                q[:, :, first:last], k[:, :, left:right], v[:, :, left:right], attn_mask=mask
            )
    out[sum(lengths) :] = 0
    return out


def near_padded(query: Tensor, keys: Tensor, values: Tensor, lengths: Sequence[int], heads: int, window: int) -> Tensor:
    """As `near_by_sequence`, in one masked product."""
    import torch

    places = torch.arange(max(lengths), device=keys.device)
    return padded(query, keys, values, lengths, heads, _within(places, places, window))


def _within(asking: Tensor, asked: Tensor, window: int) -> Tensor:
    return (asking[:, None] - asked[None]).abs() <= window


def flash(query: Tensor, keys: Tensor, values: Tensor, lengths: Sequence[int], heads: int) -> Tensor:
    """As `by_sequence`, by the variable-length kernel of a CUDA device; half precision only."""
    import torch
    from torch.nn.attention.varlen import varlen_attn

    width = keys.shape[1]
    single = query.shape[0] != keys.shape[0]
    ends = torch.tensor((0, *lengths), device=keys.device).cumsum(0).int()
    asked = torch.arange(len(lengths) + 1, device=keys.device).int() if single else ends
    longest = max(lengths)
    attended = varlen_attn(
        query.reshape(-1, heads, width // heads),
        keys.reshape(-1, heads, width // heads),
        values.reshape(-1, heads, width // heads),
        asked,
        ends,
        1 if single else longest,
        longest,
    )
    return attended.reshape(query.shape)  # type: ignore[union-attr]


def _runs(lengths: Sequence[int]) -> Iterator[tuple[int, int, int]]:
    """(first token, number of sequences, their length) of each run of sequences of one length."""
    start = 0
    for length, same in groupby(lengths):
        count = len(list(same))
        yield start, count, length
        start += count * length
