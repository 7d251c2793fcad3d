"""One engine for cross-encoders of BERT's, XLM-R's or ModernBERT's shape: tokens kept, no padding, named precision."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import inf
from threading import Lock
from typing import Any

from rerank_core.inference.caller import caller
from rerank_core.inference.choice.runners import chosen
from rerank_core.inference.device import abilities
from rerank_core.inference.pair_models import Forward, PairModel, read_pair_model
from rerank_core.inference.pair_queue import PairQueue
from rerank_core.inference.pair_tokens import Cut, PairTokens, UnknownModelError
from rerank_core.inference.precision import Plan, Precision, plan
from rerank_core.inference.streams import PACK, Streams

GPU_TOKENS = 65536
"""Tokens that a GPU takes at once: enough to keep it busy."""
_MOST_PACKS = 4
_TOLERANCE, _NEAR = 1e-4, 1e-5
"""What an engine may differ from the model's own scores, and what it should."""
_PROBES = ("", "a", "What the library gives for a few texts, this engine must give too. " * 12)
_SECOND = 80e9
"""Operations that one core of a CPU does in about a second."""


class Engine:
    """A loaded cross-encoder. `plan` says how it is run, `streams` how many packs at once."""

    def __init__(
        self, tokens: PairTokens, forward: Forward, how: Plan, flops: Callable[[int], int], streams: int = 0
    ) -> None:
        """Use `open_engine`. `flops`: operations for a pair of so many tokens.

        `streams` 0: a device that takes one large pack at a time.
        """
        self.tokens, self.plan, self.streams = tokens, how, streams
        # neither a fast tokenizer nor the kept tokens may be used by two threads at once
        self._tokenizing = Lock()
        # a usual pair; with attention's share a long one costs more, which only makes the steps longer
        usual = min(160, tokens.max_tokens)
        self._pairs_per_second = _SECOND * streams / flops(usual)
        packs_each = min(_MOST_PACKS, max(1, int(_SECOND / flops(usual) * usual / PACK)))
        self._queue = PairQueue(forward, PACK * streams * packs_each if streams else GPU_TOKENS)

    def score(self, query: str, texts: Sequence[str]) -> list[float]:
        """Raw logits, one per text, in their order. Safe for several threads, which share packs; see `Caller`."""
        with self._tokenizing:
            pairs = self.tokens.pairs(query, texts)
        asker = caller()
        with asker.aside():
            return self._queue.score(pairs, asker.urgent, asker.look)

    def count(self, texts: Sequence[str]) -> list[int]:
        """The number of tokens of each text, without special ones; those of texts just scored are not counted again."""
        with self._tokenizing:
            return self.tokens.count(texts)

    def count_anew(self, texts: Sequence[str]) -> list[int]:
        """As `count`, by the tokenizer itself: to time it."""
        with self._tokenizing:
            return self.tokens.count_anew(texts)

    @property
    def chunk(self) -> int:
        """How many texts are worth one call: about a second's work, so that a person's wish is soon heard."""
        return int(min(64, max(4, self._pairs_per_second))) if self.streams else 512

    @property
    def description(self) -> str:
        """Such as "exact: float32 by torch, 2 packs of 1,024 tokens at once", and by what that was chosen."""
        how, tokens = self.plan, PACK if self.streams else GPU_TOKENS
        count = self.streams or 1
        at_once = f"{count} {'packs' if count > 1 else 'pack'} of {tokens:,} tokens at once"
        return ", ".join(filter(None, (how.description, at_once, how.chosen)))


def open_engine(
    model: Any, tokenizer: Any, max_tokens: int, precision: Precision, device: str, cut: Cut = "longest_first"
) -> Engine:
    """An engine for a model (float32, in eval mode; see `read_pair_model`) and its tokenizer; `cut` as in `PairTokens`.

    Its weights are shared where they can be; the model itself is not needed afterwards. Raises UnknownModelError, with
    the reason, for a model that the engine does not know, or for which it gives other scores than the model itself.
    """
    reader = read_pair_model(model)
    tokens = PairTokens(tokenizer, max_tokens, cut)
    if reader.token_types is not None and max(kind for _, kind in _types(tokens)) >= reader.token_types:
        raise UnknownModelError("its tokenizer gives token types that the model does not have")
    here = abilities(device)
    count = _threads() if device == "cpu" else 0
    probes = _Probes(model, reader, tokens)
    possible = chosen(reader.weights, plan(precision, here), here, count)
    if possible[0].arithmetic != "float32":
        # what is rounded cannot be told from what is wrong: the weights are checked as they are
        probes.refuse(probes.difference(reader.exact(device)))
        return Engine(tokens, _forward(reader, possible[0], device, count), possible[0], reader.flops, count)
    differing = []
    for how in possible:
        forward = _forward(reader, how, device, count)
        worst = probes.difference(forward)
        if worst <= _NEAR:
            return Engine(tokens, forward, how, reader.flops, count)
        differing.append((worst, how, forward))
    # in a deep model torch itself may differ by more
    worst, how, forward = min(differing, key=lambda one: one[0])
    probes.refuse(worst)
    return Engine(tokens, forward, how, reader.flops, count)


def _forward(reader: PairModel, how: Plan, device: str, count: int) -> Forward:
    """`count` 0: a device that takes one large pack at a time."""
    run = reader.by(how, device, count or 1)
    return Streams(run, count, alike=how.runner == "openvino") if count else run


def _threads() -> int:
    import torch

    return int(torch.get_num_threads())


def _types(tokens: PairTokens) -> list[tuple[int, int]]:
    layout = tokens.layout
    of_texts = [(0, layout.query_type), (0, layout.text_type)]
    return [*layout.before, *layout.between, *layout.after, *of_texts]


class _Probes:
    """The model's own answers to a few pairs, each alone, to hold forward passes against that get all at once."""

    def __init__(self, model: Any, reader: PairModel, tokens: PairTokens) -> None:
        import torch

        self._pairs = tokens.pairs("who", _PROBES)
        self._expected = []
        device = next(model.parameters()).device
        with torch.inference_mode():
            for pair in self._pairs:
                ids, types = (torch.from_numpy(row).long()[None].to(device) for row in (pair.ids, pair.types))
                inputs = {"input_ids": ids, "token_type_ids": types, "attention_mask": torch.ones_like(ids)}
                self._expected.append(reader.library(inputs))

    def difference(self, forward: Forward) -> float:
        """The largest one; where scores are beyond 1, as a share of the largest. Infinite for what is no number."""
        import numpy as np

        worst = np.abs(np.subtract(forward(self._pairs), self._expected)).max()
        return float(worst / max(1.0, np.abs(self._expected).max())) if np.isfinite(worst) else inf

    def refuse(self, worst: float) -> None:
        """Raise UnknownModelError where this largest difference is no rounding."""
        if worst > _TOLERANCE:
            raise UnknownModelError(f"the engine's scores differ from the model's own by {worst:.1g}")
