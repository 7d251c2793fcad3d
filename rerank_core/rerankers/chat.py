"""One question to a language model behind any OpenAI-compatible address, through OpenAI's own library."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from rerank_core.errors import ProviderError
from rerank_core.rerankers.provider import Provider, key_from

_THOUGHT = re.compile(r"<think>.*?(</think>|$)", re.DOTALL)
_PLAIN = "The server refused temperature, token limit or log-probabilities: it was asked without them."


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer: its text without the thoughts before it, and the words that could have come first.

    `first` maps each likely first token, as it was given, to its log-probability; empty where the server gives none.
    `input_tokens` and `output_tokens`: as the server counted them, None where it does not tell.
    """

    text: str
    first: Mapping[str, float]
    input_tokens: int | None = None
    output_tokens: int | None = None


class Chat:
    """A model and its address. Safe for several threads."""

    def __init__(self, client: Any, provider: Provider, model: str) -> None:
        self._client, self._model, self.provider = client, model, provider
        self._plain = False

    def ask(self, system: str, user: str, wanted: Mapping[str, Any]) -> Reply:
        """The answer to one user message under one system message. Raises ProviderError.

        `wanted` are parameters of the request that a server may not know; where it refuses them (HTTP 400) and answers
        without, they are left out from then on, and a note says so.
        """
        messages = [{"role": "system", "content": system}, {"role": "user", "content": user}]
        if not self._plain and wanted:
            try:
                return self._reply(messages, wanted)
            except ProviderError as error:
                if error.status != 400:
                    raise
        reply = self._reply(messages, {})
        if wanted:
            self._plain = True
            self.provider.note(_PLAIN)
        return reply

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _reply(self, messages: list[dict[str, str]], wanted: Mapping[str, Any]) -> Reply:
        def send(seconds: float) -> Any:
            return self._client.chat.completions.create(model=self._model, messages=messages, timeout=seconds, **wanted)

        answer = self.provider.call(send)
        tokens = self._counted(getattr(answer, "usage", None))
        choices = getattr(answer, "choices", None)
        if not isinstance(choices, list) or not choices:
            raise self.provider.malformed("gave an answer without a choice")
        text = getattr(getattr(choices[0], "message", None), "content", None)
        if not isinstance(text, str):
            raise self.provider.malformed("gave an answer without text")
        return Reply(_THOUGHT.sub("", text).strip(), _first_tokens(choices[0]), *tokens)

    def _counted(self, usage: Any) -> tuple[int | None, int | None]:
        told = getattr(usage, "prompt_tokens", None), getattr(usage, "completion_tokens", None)
        self.provider.count("input_tokens", told[0])
        self.provider.count("output_tokens", told[1])
        given, made = (count if type(count) is int else None for count in told)
        return given, made


def _first_tokens(choice: Any) -> dict[str, float]:
    """The likely tokens at the first place of the answer that is not white space."""
    for place in getattr(getattr(choice, "logprobs", None), "content", None) or []:
        if str(getattr(place, "token", "")).strip():
            tops = getattr(place, "top_logprobs", None) or []
            return {str(top.token): float(top.logprob) for top in tops}
    return {}


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
    )
    provider = Provider(f"LLM at {urlsplit(settings['base_url']).netloc}", settings["timeout"])
    return Chat(client, provider, settings["model"])
