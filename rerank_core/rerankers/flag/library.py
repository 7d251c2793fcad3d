"""FlagEmbedding, imported and brought to work beside transformers 5."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import ModuleType
from typing import Any

from rerank_core.errors import NotReadyError, RerankLensError
from rerank_core.inference.pair_tokens import Layout, PairTokens, UnknownModelError

_MASKS = "transformers.modeling_attn_mask_utils"
_MASK_FUNCTIONS = (
    "_prepare_4d_attention_mask",
    "_prepare_4d_causal_attention_mask",
    "_prepare_4d_causal_attention_mask_for_sdpa",
)


def flag_library() -> ModuleType:
    """The library; raises NotReadyError where it cannot be imported."""
    try:
        with _stand_in():
            import FlagEmbedding
    except Exception as error:
        reason = f"{type(error).__name__}: {error}"
        raise NotReadyError(
            f'FlagEmbedding cannot be imported here ({reason}). Try: pip install "rerank-lens[flag]"'
        ) from error
    library: ModuleType = FlagEmbedding
    return library


@contextmanager
def _stand_in() -> Iterator[None]:
    """Where transformers (5.24 and later) has no module of attention masks, let one with its names take its place.

    FlagEmbedding 1.4.2 imports the names for its own MiniCPM and Gemma 2 classes, which are never run here
    (`flag_layered` says why). It is taken away again: another library that looks for the module must not find it.
    """
    import transformers  # noqa: F401

    if _MASKS in sys.modules or importlib.util.find_spec(_MASKS) is not None:
        yield
        return
    module = ModuleType(_MASKS, "A stand-in by rerank_core, for FlagEmbedding to be imported.")
    vars(module)["AttentionMaskConverter"] = type("AttentionMaskConverter", (), {"__init__": _gone})
    vars(module).update(dict.fromkeys(_MASK_FUNCTIONS, _gone))
    sys.modules[_MASKS] = module
    try:
        yield
    finally:
        del sys.modules[_MASKS]


def _gone(*_: Any, **__: Any) -> None:
    raise RerankLensError(f"{_MASKS} is not in this version of transformers: FlagEmbedding's own classes cannot run")


def join_by_tokens(tokenizer: Any) -> str | None:
    """Give a tokenizer of transformers 5 the `prepare_for_model` of 4, which FlagEmbedding's encoders ask for first.

    Without it, FlagEmbedding 1.4.2 decodes the tokens of a pair and tokenizes the text again: leading blanks, line
    breaks, unknown signs and cut words come out as other tokens than those that its authors' scores were made with.
    A tokenizer that has the method, or whose way of joining two texts cannot be told apart, stays as it is; for the
    latter a sentence says what that means, else None.
    """
    if callable(getattr(tokenizer, "prepare_for_model", None)):
        return None
    try:
        layout = PairTokens(tokenizer, tokenizer.model_max_length).layout
    except UnknownModelError as error:
        return (
            f"FlagEmbedding makes text of this model's tokens and reads it again, because {error}: leading blanks, "
            "line breaks and cut words may become other tokens, and the number of tokens cut may be off."
        )
    names = tuple(tokenizer.model_input_names)

    def prepare_for_model(
        ids: Sequence[int], pair_ids: Sequence[int], max_length: int, **_: Any
    ) -> dict[str, list[int]]:
        """Tokens of a query and a passage as one input; only the passage is cut, to `max_length` in all."""
        room = max(0, max_length - layout.special_tokens - len(ids))
        return _joined(layout, ids, pair_ids[:room], names)

    tokenizer.prepare_for_model = prepare_for_model
    return None


def _joined(layout: Layout, query: Sequence[int], text: Sequence[int], names: Sequence[str]) -> dict[str, list[int]]:
    tokens = [
        *layout.before,
        *((token, layout.query_type) for token in query),
        *layout.between,
        *((token, layout.text_type) for token in text),
        *layout.after,
    ]
    made = {
        "input_ids": [token for token, _ in tokens],
        "token_type_ids": [kind for _, kind in tokens],
        "attention_mask": [1] * len(tokens),
    }
    return {name: values for name, values in made.items() if name == "input_ids" or name in names}
