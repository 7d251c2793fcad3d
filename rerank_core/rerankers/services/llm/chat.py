"""One question to a language model behind any OpenAI-compatible address, through OpenAI's own library."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from rerank_core.errors import ProviderError
from rerank_core.rerankers.services.http_door import open_client
from rerank_core.rerankers.services.llm.chat_answer import ChatAnswer, read_answer
from rerank_core.rerankers.services.llm.chat_parameters import (
    REFUSALS,
    Refusal,
    Refused,
    fitted,
    left_out,
    next_refused,
    read_refusal,
    unnamed,
)
from rerank_core.rerankers.services.provider import Provider, key_from


class Chat:
    """A model and its address. Safe for several threads.

    `key`: what is taken out of an answer where a server says it back to us; "" for none.
    """

    def __init__(self, client: Any, provider: Provider, model: str, key: str = "") -> None:
        self._client, self._model, self._key, self.provider = client, model, key, provider
        self._refused: Refused = frozenset()
        self._settled = False

    def ask(self, system: str, user: str, wanted: Mapping[str, Any]) -> ChatAnswer:
        """The answer to one user message under one system message. Raises ProviderError where none came.

        `wanted` are parameters of the request that a server may not know: temperature, max_tokens, logprobs and
        top_logprobs. Where it refuses one (HTTP 400, 422 or 403) that is left out, or `max_tokens` sent by its newer
        name; what had to be refused for an answer to come is remembered for the questions that follow, and noted.
        """
        messages = [{"role": "system", "content": system}, {"role": "user", "content": user}]
        refused, guesses = self._refused, unnamed(self._refused)
        tried: list[dict[str, Any]] = []
        while True:
            sent = fitted(wanted, refused)
            tried.append(sent)
            refusals: list[Refusal] = []
            try:
                answer = self._answer(messages, sent, refusals)
            except ProviderError as error:
                following = (
                    self._following(refused, sent, refusals, guesses) if error.status in REFUSALS and refusals else None
                )
                while following is not None and fitted(wanted, following) in tried:
                    following = next(guesses, None)
                if following is None:
                    raise
                refused = following
                continue
            self._keep(refused, wanted)
            return answer

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _following(
        self, refused: Refused, sent: Mapping[str, Any], refusals: Sequence[Refusal], guesses: Iterator[Refused]
    ) -> Refused | None:
        """What to take for refused in the next try; None where another try cannot help."""
        last = refusals[-1]
        if last.names:
            return next_refused(refused, last.names, sent)
        if not last.unclear:
            return None
        if self._settled:
            # another thread may have found out in the meantime; else the server has something against this question
            return self._refused if self._refused != refused else None
        return next(guesses, None)

    def _keep(self, refused: Refused, wanted: Mapping[str, Any]) -> None:
        self._settled = True
        if refused == self._refused:
            return
        self._refused = refused
        if gone := left_out(wanted, refused):
            self.provider.note(f"The server refused {' and '.join(gone)}: it was asked without.")

    def _answer(self, messages: list[dict[str, str]], sent: Mapping[str, Any], refusals: list[Refusal]) -> ChatAnswer:
        def send(seconds: float) -> Any:
            try:
                return self._client.chat.completions.create(
                    model=self._model, messages=messages, timeout=seconds, **sent
                )
            except Exception as error:
                refusals.append(read_refusal(error, sent))
                raise

        reply = self.provider.call(send)
        tokens = self._counted(getattr(reply, "usage", None))
        choices = getattr(reply, "choices", None)
        if not isinstance(choices, list) or not choices:
            raise self.provider.malformed("gave an answer without a choice")
        answer = read_answer(choices[0], *tokens)
        return self._without_key(answer)

    def _without_key(self, answer: ChatAnswer) -> ChatAnswer:
        if not self._key or self._key not in answer.text + answer.thinking:
            return answer
        text, thinking = (part.replace(self._key, "[key]") for part in (answer.text, answer.thinking))
        return replace(answer, text=text, thinking=thinking)

    def _counted(self, usage: Any) -> tuple[int | None, int | None]:
        counts = getattr(usage, "prompt_tokens", None), getattr(usage, "completion_tokens", None)
        self.provider.count("input_tokens", counts[0])
        self.provider.count("output_tokens", counts[1])
        sent, answered = (count if type(count) is int else None for count in counts)
        return sent, answered


def open_chat(settings: Mapping[str, Any]) -> Chat:
    """The model `model` at `base_url`. Raises NotReadyError where its key is named and not set."""
    key = key_from([settings["key_variable"]] if settings["key_variable"] else [])
    from openai import OpenAI

    client = OpenAI(
        # the library insists on a key; servers without one take any
        api_key=key or "none",
        base_url=settings["base_url"],
        timeout=settings["timeout"],
        # retries are the door's, so that they are counted and bounded once
        max_retries=0,
        http_client=open_client("httpx2", settings["timeout"], key),
    )
    provider = Provider(f"LLM at {urlsplit(settings['base_url']).netloc}", settings["timeout"])
    return Chat(client, provider, settings["model"], key)
