"""Query and passage as the tokens that the yes-no models were trained on, joined and cut as their authors' code does.

Byte-level tokenizers merge the blank before a word into the word's token, so it matters which parts of a prompt are
tokenized as one text:
- qwen3: instruction, query and passage are one text (QwenLM/Qwen3-Embedding at f4ad0c4, README.md and
  examples/qwen3_reranker_transformers.py, `process_inputs`); what is too long is cut at the end of that text, so a
  query that fills it leaves no token for the passage. `max_length` counts the whole input.
- mxbai: the query with its instruction, a line break and the passage are three texts (mxbai-rerank 0.1.6,
  mxbai_rerank_v2.py, `prepare_inputs`); the first is cut at three quarters of `max_length`, then the last at its end.
  `max_length` counts these three and not the chat's prompt around them.
What stands after the passage is never cut: the answer is the token that follows it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rerank_core.errors import SettingsError
from rerank_core.rerankers.family import TokenLimit
from rerank_core.rerankers.tokens import own_tokens

Tokens = list[int]
Tokenize = Callable[[Sequence[str]], list[Tokens]]


@dataclass(frozen=True, slots=True)
class Template:
    """`head`, a body that holds query and passage, and the texts of `tail`, each tokenized apart.

    `body(tokenize, instruction, query, texts, room)` gives the body of each text; its end is cut so that it has `room`
    tokens. `counts_prompt`: head and tail take their tokens from `max_length`, else they come on top of it. `yes` and
    `no` are the two answers.
    """

    head: str
    body: Callable[[Tokenize, str, str, Sequence[str], int], list[Tokens]]
    tail: tuple[str, ...]
    counts_prompt: bool
    yes: str
    no: str


def _one_text(tokenize: Tokenize, instruction: str, query: str, texts: Sequence[str], room: int) -> list[Tokens]:
    return tokenize([f"<Instruct>: {instruction}\n<Query>: {query}\n<Document>: {text}" for text in texts])


def _three_texts(tokenize: Tokenize, instruction: str, query: str, texts: Sequence[str], room: int) -> list[Tokens]:
    lead = f"instruction: {instruction}\n" if instruction else ""
    asked, line_break, *passages = tokenize([f"{lead}query: {query}", "\n", *(f"document: {text}" for text in texts)])
    before = asked[: room * 3 // 4] + line_break
    return [before + passage for passage in passages]


TEMPLATES = {
    "qwen3": Template(
        '<|im_start|>system\nJudge whether the Document meets the requirements based on the Query and the Instruct '
        'provided. Note that the answer can only be "yes" or "no".<|im_end|>\n<|im_start|>user\n',
        _one_text,
        ("<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n",),
        True,
        "yes",
        "no",
    ),
    "mxbai": Template(
        "<|im_start|>system\nYou are Qwen, created by Alibaba Cloud. You are a helpful assistant.<|im_end|>\n"
        "<|im_start|>user\n",
        _three_texts,
        (
            "\n",
            "You are a search relevance expert who evaluates how well documents match search queries. For each "
            "query-document pair, carefully analyze the semantic relationship between them, then provide your binary "
            "relevance judgment (0 for not relevant, 1 for relevant).\nRelevance:",
            "<|im_end|>\n<|im_start|>assistant\n",
        ),
        False,
        "1",
        "0",
    ),
}  # fmt: skip


class PromptTokens:
    """Makes the inputs of one template. `limit` says how much of a passage they hold."""

    def __init__(
        self, template: Template, tokenize: Tokenize, instruction: str, max_length: int | None, longest: int
    ) -> None:
        """`longest` is the longest input of the model in tokens, `max_length` None is as much as that allows.

        Raises SettingsError where no query fits beside the prompt and the instruction.
        """
        self._template, self._tokenize, self._instruction = template, tokenize, instruction
        self._head, *tail = tokenize([template.head, *template.tail])
        self._tail = [token for part in tail for token in part]
        prompt = len(self._head) + len(self._tail)
        wished = longest if max_length is None else max_length
        self._room = min(wished if not template.counts_prompt else wished - prompt, longest - prompt)
        if not self._sees_the_query():
            raise SettingsError(
                f"max_length {wished} leaves no room for a query beside a prompt of {prompt} tokens and its instruction"
            )
        self.limit = TokenLimit(self._room + prompt, prompt, self._count, query_shares=True, cut=self._cut)

    def rows(self, query: str, texts: Sequence[str]) -> list[Tokens]:
        """One input of token ids a text, in their order."""
        return [self._head + body[: self._room] + self._tail for body in self._bodies(query, texts)]

    def _bodies(self, query: str, texts: Sequence[str]) -> list[Tokens]:
        return self._template.body(self._tokenize, self._instruction, query, texts, self._room)

    def _count(self, texts: Sequence[str]) -> list[int]:
        """The tokens of each passage where it stands in the prompt: its first may hold the blank before it."""
        empty, *bodies = self._bodies("", ["", *texts])
        return [own_tokens(body, empty) for body in bodies]

    def _cut(self, query: str, texts: Sequence[str]) -> list[int]:
        """How many of each passage's tokens lie beyond the room."""
        empty, *bodies = self._bodies(query, ["", *texts])
        return [min(max(0, len(body) - self._room), own_tokens(body, empty)) for body in bodies]

    def _sees_the_query(self) -> bool:
        if self._room <= 0:
            return False
        first, second = (self._bodies(query, [""])[0][: self._room] for query in ("one", "other"))
        return first != second
