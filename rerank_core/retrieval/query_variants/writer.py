"""Asks a language model what to search for, through the one door of the language models."""

from __future__ import annotations

from dataclasses import dataclass

from rerank_core.errors import NotReadyError
from rerank_core.rerankers.services.llm.answer_forms import shown
from rerank_core.rerankers.services.llm.chat import open_chat
from rerank_core.rerankers.services.llm.fence import fenced
from rerank_core.retrieval.query_variants.query_variant import QueryVariant
from rerank_core.retrieval.query_variants.reading import UnusableError, read_written

EXTRA = 'pip install "rerank-lens[llm]"'


@dataclass(frozen=True, slots=True)
class Written:
    """What was written for one query. `texts`: see `read_written`. Tokens as the service counted them, None: untold."""

    texts: tuple[str, ...]
    input_tokens: int | None = None
    output_tokens: int | None = None


class QueryWriter:
    """A language model that writes for one variant. Safe for several threads."""

    def __init__(self, variant: QueryVariant) -> None:
        """Raises NotReadyError where the extra or the key is missing."""
        self._variant = variant
        key = variant.keys[0] if variant.keys else ""
        settings = {
            "base_url": variant.address, "model": variant.model, "key_variable": key, "timeout": variant.timeout
        }  # fmt: skip
        try:
            self._chat = open_chat(settings)
        except ImportError as error:
            raise NotReadyError(f"Query variants need a library: {EXTRA}") from error

    def write(self, query: str) -> Written:
        """What to search for in the place of a query, or beside it; the model's thinking is no part of it.

        Raises ProviderError where there is no answer, or none that can be searched for.
        """
        wanted = {"temperature": 0, "max_tokens": self._variant.max_answer_tokens}
        answer = self._chat.ask(self._variant.system, fenced("query", query), wanted)
        if answer.problem:
            raise self._chat.provider.malformed(answer.problem)
        try:
            texts = read_written(self._variant, query, answer.text)
        except UnusableError as error:
            raise self._chat.provider.malformed(f"{error}: '{shown(answer.text)}'") from error
        return Written(texts, answer.input_tokens, answer.output_tokens)

    def close(self) -> None:
        """Close the connections."""
        self._chat.close()
