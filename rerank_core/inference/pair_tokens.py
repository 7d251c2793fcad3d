"""Query and passage as the tokens of one input, as the library would make them; passages are tokenized once."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from rerank_core.errors import RerankLensError
from rerank_core.types import text_hash

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Cut = Literal["longest_first", "passage"]
"""What gives way where both do not fit: see `longest_first` and `passage_only`."""
_KEPT_BYTES = 64 * 2**20
_ENTRY_BYTES = 400
"""What a kept text takes beside its tokens: its hash, an array's head, and its place among the others."""


class UnknownModelError(RerankLensError):
    """The engine does not know this kind of model; the message is the reason, as the end of a sentence."""


@dataclass(frozen=True, slots=True, eq=False)
class Pair:
    """One input of the model: token ids and token types, both of shape (tokens,)."""

    ids: NDArray[np.int32]
    types: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True, slots=True)
class Layout:
    """What the tokenizer puts around a query and a passage.

    `before`, `between` and `after` are (token id, token type) pairs; `query_type` and `text_type` are the types of the
    two texts' own tokens.
    """

    before: tuple[tuple[int, int], ...]
    between: tuple[tuple[int, int], ...]
    after: tuple[tuple[int, int], ...]
    query_type: int
    text_type: int

    @property
    def special_tokens(self) -> int:
        """How many tokens are added."""
        return len(self.before) + len(self.between) + len(self.after)


class PairTokens:
    """Makes pairs of tokens with a fast tokenizer, cut to `max_tokens` by the rule `cut`.

    A text's tokens are kept by its hash, the longest unused go first. Not for several threads at once.
    """

    def __init__(
        self, tokenizer: Any, max_tokens: int, cut: Cut = "longest_first", kept_bytes: int = _KEPT_BYTES
    ) -> None:
        """Raises UnknownModelError for a tokenizer whose way of joining two texts cannot be told apart."""
        if not getattr(tokenizer, "is_fast", False):
            raise UnknownModelError("its tokenizer is not a fast one")
        if tokenizer.truncation_side != "right":
            raise UnknownModelError("its tokenizer cuts texts at their beginning")
        self._tokenizer = tokenizer.backend_tokenizer
        self.max_tokens, self.cut = max_tokens, cut
        self.layout = _layout(self._tokenizer, "token_type_ids" in tokenizer.model_input_names)
        self._kept: OrderedDict[str, tuple[NDArray[np.int32], int]] = OrderedDict()
        self._most, self._held = kept_bytes, 0

    def pairs(self, query: str, texts: Sequence[str]) -> list[Pair]:
        """One pair per text, in their order."""
        import numpy as np

        (asked, query_tokens), *encoded = self._tokens([query, *texts])
        room = max(0, self.max_tokens - self.layout.special_tokens)
        pairs = []
        for ids, tokens in encoded:
            if self.cut == "passage":
                query_kept, text_kept = passage_only(query_tokens, tokens, room, self.max_tokens)
            else:
                query_kept, text_kept = longest_first(query_tokens, tokens, room)
            pairs.append(self._pair(np, asked[:query_kept], ids[:text_kept]))
        return pairs

    def count(self, texts: Sequence[str]) -> list[int]:
        """The number of tokens of each text, without special ones and before anything is cut."""
        return [tokens for _, tokens in self._tokens(texts)]

    def count_anew(self, texts: Sequence[str]) -> list[int]:
        """As `count`, without the kept tokens: to time the tokenizer."""
        return [
            len(encoding.ids)
            for encoding in _plain(self._tokenizer).encode_batch(list(texts), add_special_tokens=False)
        ]

    def _pair(self, np: Any, query: NDArray[np.int32], text: NDArray[np.int32]) -> Pair:
        layout, total = self.layout, len(query) + len(text) + self.layout.special_tokens
        ids, types = np.empty(total, np.int32), np.empty(total, np.int32)
        at = 0
        for special, tokens, kind in (
            (layout.before, query, layout.query_type),
            (layout.between, text, layout.text_type),
            (layout.after, (), 0),
        ):
            for token, token_type in special:
                ids[at], types[at] = token, token_type
                at += 1
            ids[at : at + len(tokens)], types[at : at + len(tokens)] = tokens, kind
            at += len(tokens)
        return Pair(ids, types)

    def _tokens(self, texts: Sequence[str]) -> list[tuple[NDArray[np.int32], int]]:
        """For each text its first `max_tokens` tokens, and how many it has in all."""
        import numpy as np

        keys = [text_hash(text) for text in texts]
        missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in self._kept}
        known = {key: self._kept[key] for key in keys if key in self._kept}
        for key in known:
            self._kept.move_to_end(key)
        if missing:
            encoded = _plain(self._tokenizer).encode_batch(list(missing.values()), add_special_tokens=False)
            for key, encoding in zip(missing, encoded, strict=True):
                # a copy: a slice would hold the tokens of a whole book
                known[key] = (np.array(encoding.ids[: self.max_tokens], np.int32), len(encoding.ids))
            self._keep((key, known[key]) for key in missing)
        return [known[key] for key in keys]

    def _keep(self, fresh: Iterable[tuple[str, tuple[NDArray[np.int32], int]]]) -> None:
        for key, (ids, total) in fresh:
            self._kept[key] = (ids, total)
            self._held += ids.nbytes + _ENTRY_BYTES
        while self._held > self._most:
            _, (ids, _) = self._kept.popitem(last=False)
            self._held -= ids.nbytes + _ENTRY_BYTES


def longest_first(query: int, text: int, room: int) -> tuple[int, int]:
    """How many tokens of each are kept, as `tokenizers` truncates pairs: the longer one gives way first.

    Only where the shorter one alone takes more than half of the room are both cut, the passage getting the odd token.
    """
    if query + text <= room:
        return query, text
    shorter = min(query, text)
    longer = max(shorter, room - shorter) if shorter <= room else shorter
    if shorter + longer <= room:
        return (shorter, longer) if query <= text else (longer, shorter)
    half, odd = divmod(room, 2)
    return (half, half + odd) if query <= text else (half + odd, half)


def passage_only(query: int, text: int, room: int, max_tokens: int) -> tuple[int, int]:
    """How many tokens of each are kept as FlagEmbedding cuts (1.4.2, inference/reranker/encoder_only/base.py).

    The query takes at most three quarters of `max_tokens`, whatever the passage; then only the passage gives way.
    """
    kept = min(query, query_share(max_tokens), room)
    return kept, min(text, room - kept)


def query_share(max_tokens: int) -> int:
    """The most tokens of a query where only the passage gives way."""
    return max_tokens * 3 // 4


def _plain(tokenizer: Any) -> Any:
    """The tokenizer without the truncation and padding that its file, or the last caller, has set."""
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def _layout(tokenizer: Any, typed: bool) -> Layout:
    """What stands around two texts, read off two encoded probes."""
    first, second = (_probe(tokenizer, *texts, typed) for texts in (("a", "b"), ("one two three", "four five")))
    if first is None or first != second:
        raise UnknownModelError("its tokenizer joins query and passage in a way of its own")
    return first


def _probe(tokenizer: Any, query: str, text: str, typed: bool) -> Layout | None:
    encoded = _plain(tokenizer).encode(query, text)
    kinds = encoded.type_ids if typed else [0] * len(encoded.ids)
    tokens = list(zip(encoded.ids, kinds, strict=True))
    places = [
        [place for place, text_number in enumerate(encoded.sequence_ids) if text_number == side] for side in (0, 1)
    ]
    if not all(places) or any(side[-1] - side[0] + 1 != len(side) for side in places):
        return None
    query_span, text_span = (range(side[0], side[-1] + 1) for side in places)
    types = [{kinds[place] for place in span} for span in (query_span, text_span)]
    if query_span.stop > text_span.start or any(len(kinds_of_side) != 1 for kinds_of_side in types):
        return None
    alone = [
        [_plain(tokenizer).encode(part, add_special_tokens=False).ids, encoded.ids[span.start : span.stop]]
        for part, span in ((query, query_span), (text, text_span))
    ]
    if any(plain != joined for plain, joined in alone):
        return None
    parts = tokens[: query_span.start], tokens[query_span.stop : text_span.start], tokens[text_span.stop :]
    before, between, after = map(tuple, parts)
    return Layout(before, between, after, types[0].pop(), types[1].pop())
