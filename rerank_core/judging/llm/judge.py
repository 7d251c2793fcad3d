"""A language model as a judge: where it is, its prompt, what is left to ask it, and what that may cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from sqlite_utils import Database

from rerank_core.judging.llm.prompt import Prompt, prompt
from rerank_core.rerankers.catalogue.catalog import get
from rerank_core.rerankers.catalogue.model import Model, Setting
from rerank_core.rerankers.catalogue.pricing import ChatPrice, chat_price
from rerank_core.rerankers.catalogue.state import State, state
from rerank_core.rerankers.services.lengths import estimated_tokens
from rerank_core.rerankers.services.llm.chat_answer import ANSWER_TOKENS, MOST_ANSWER_TOKENS
from rerank_core.rerankers.services.llm.words import count_words, first_words
from rerank_core.store import datasets, llm_grades
from rerank_core.store.llm_grades import LlmJudge, Pair
from rerank_core.types import Query

_ASKED_LIKE = get("llm-pointwise")
_SHARED = {setting.name: setting for setting in _ASKED_LIKE.settings}
MODEL = Model(
    "llm-judge",
    "Language model as a judge",
    "llm-judge",
    hosting="api",
    settings=(
        *(_SHARED[name] for name in ("base_url", "model", "key_variable")),
        replace(_SHARED["max_words"], default=800),
        Setting("max_answer_tokens", 400, f"{ANSWER_TOKENS} 4,000 or more.", low=1, high=MOST_ANSWER_TOKENS),
        _SHARED["parallel"],
        _SHARED["timeout"],
    ),
    extra=_ASKED_LIKE.extra,
)
"""Not in the catalogue, as it ranks nothing; its settings keep to those of the catalogue's language models."""

_ANSWER_TOKENS = 45  # four short lines
_OBSERVED = 20  # from so many answers on, their own length is the estimate


@dataclass(frozen=True, slots=True)
class Judge:
    """A language model with its settings (all of them, checked) and the prompt that it gets."""

    settings: Mapping[str, Any]
    prompt: Prompt

    @property
    def host(self) -> str:
        """Where texts are sent: the address's host, with its port."""
        return urlsplit(str(self.settings["base_url"])).netloc

    @property
    def id(self) -> LlmJudge:
        """Under what its grades are kept."""
        return LlmJudge(f"{self.settings['model']} at {self.host}", self.prompt.key)

    @property
    def stays_here(self) -> bool:
        """Whether the address is this machine's own."""
        name = urlsplit(str(self.settings["base_url"])).hostname or ""
        try:
            return ip_address(name).is_loopback
        except ValueError:
            return name == "localhost"

    @property
    def state(self) -> State:
        """Whether it can be asked now, or what it needs first: the library, a model's name, a key."""
        return state(MODEL, self.settings)


def state_of(settings: Mapping[str, Any]) -> State:
    """Whether a language model can be asked now. Raises SettingsError for a setting that is not allowed."""
    return state(MODEL, MODEL.checked(settings))


def make_judge(settings: Mapping[str, Any], scale: Sequence[tuple[int, str, str]]) -> Judge:
    """A judge; settings left out are at their default. Raises SettingsError for one that is not allowed."""
    checked = MODEL.checked(settings)
    return Judge(checked, prompt(scale, checked["max_words"]))


@dataclass(frozen=True, slots=True)
class Question:
    """One pair that is to be asked, with the message that is sent for it. `cut`: words that are not sent."""

    qid: str
    docid: str
    query_hash: str
    text_hash: str
    message: str
    cut: int


@dataclass(frozen=True, slots=True)
class Work:
    """What a request for grades comes to. `graded` and `failed`: pairs that are not asked, as they were before.

    `input_tokens` and `output_tokens`: about how many `questions` take. `observed`: the length of an answer is the mean
    of this judge's answers so far, else a guess for one that does not think first. `price` None: not known.
    """

    questions: tuple[Question, ...]
    graded: int
    failed: int
    input_tokens: int
    output_tokens: int
    observed: bool
    price: ChatPrice | None

    @property
    def usd(self) -> float | None:
        """US dollars; None where the price is not known."""
        return None if self.price is None else self.price.usd(self.input_tokens, self.output_tokens)


def plan_work(
    db: Database,
    dataset_id: int,
    queries: Mapping[str, Query],
    pairs: Sequence[Pair],
    judge: Judge,
    retry: bool = False,
    price: ChatPrice | None = None,
) -> Work:
    """Which of `pairs` have to be asked: those without an answer, and with `retry` those whose answer was unusable.

    Pairs of the same texts are asked once. A pair of a query or a passage that is not there is left out. `price`: one
    that a person named; None: the one that we know, if any.
    """
    known = llm_grades.answers(db, judge.id)
    hashes = {qid: llm_grades.query_hash(query) for qid, query in queries.items()}
    docs = datasets.get_docs(db, dataset_id, list({docid for _, docid in pairs}))
    texts = {docid: (doc.text_hash, first_words(doc.content, judge.prompt.max_words)) for docid, doc in docs.items()}
    questions: dict[tuple[str, str], Question] = {}
    graded = failed = 0
    for qid, docid in pairs:
        if qid not in hashes or docid not in docs:
            continue
        key = hashes[qid], texts[docid][0]
        before = known.get(key)
        graded += before is not None and before.grade is not None
        failed += before is not None and before.grade is None and not retry
        if before is None or (retry and before.grade is None):
            message = judge.prompt.user(queries[qid].text, queries[qid].note, texts[docid][1])
            left = count_words(docs[docid].content) - count_words(texts[docid][1])
            questions.setdefault(key, Question(qid, docid, *key, message, left))
    made = [
        answer.output_tokens
        for answer in known.values()
        if answer.output_tokens is not None and answer.grade is not None
    ]
    observed = len(made) >= _OBSERVED
    answer_tokens = sum(made) / len(made) if observed else _ANSWER_TOKENS
    asked = list(questions.values())
    system_tokens = estimated_tokens([judge.prompt.system])[0] * len(asked)
    return Work(
        questions=tuple(asked),
        graded=graded,
        failed=failed,
        input_tokens=system_tokens + sum(estimated_tokens([question.message for question in asked])),
        output_tokens=round(answer_tokens * len(asked)),
        observed=observed,
        price=price or chat_price(judge.host, judge.settings["model"]),
    )
