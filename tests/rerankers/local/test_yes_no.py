"""The tokens of the yes-no models are those of their authors' code; what a passage loses of them is told."""

from __future__ import annotations

import re

import pytest

from rerank_core.errors import SettingsError
from rerank_core.rerankers.catalogue.catalog import model_from_name
from rerank_core.rerankers.catalogue.model_key import model_key
from rerank_core.rerankers.load import load
from rerank_core.rerankers.rerank import from_cache
from rerank_core.rerankers.tokens import seen_end
from rerank_core.types import Doc, Query, Ranking, ScoredDoc, text_hash

FOLDERS = {"qwen3": "qwen3", "mxbai": "qwen2"}
LONG = " ".join(["fish"] * 300)


def opened(reference_folder, template: str, **settings):
    model = model_from_name("yes-no", str(reference_folder(FOLDERS[template])))
    return load(model, {"template": template, "instruction": "", **settings}, device="cpu")


def tokens(scorer, query: str, text: str) -> list[str]:
    """The input of one pair as the vocabulary writes it; \u0120 is a blank, \u010a a line break."""
    return scorer._tokenizer.convert_ids_to_tokens(scorer._prompt.rows(query, [text])[0])


def between(found: list[str], first: str, last: str) -> str:
    """The tokens from the last `first` on, up to the first `last` after it, apart from each other."""
    start = len(found) - found[::-1].index(first) - 1
    return " ".join(found[start : found.index(last, start)])


def test_a_blank_belongs_to_the_word_after_it_across_the_parts_of_qwens_prompt(reference_folder) -> None:
    found = tokens(opened(reference_folder, "qwen3", instruction="find fish"), "who eats fish", "Terns dive")
    # made with all 151,643 ranks of Qwen's vocabulary
    body = "user \u010a < In struct >: \u0120find \u0120fish \u010a < Query >: \u0120who \u0120eats \u0120fish \u010a"
    assert between(found, "user", "<|im_end|>") == f"{body} <Document >: \u0120T ern s \u0120dive"
    assert found[found.index("<think>") :] == ["<think>", "\u010a\u010a", "</think>", "\u010a\u010a"]


def test_an_empty_instruction_keeps_qwens_line_and_takes_mxbais_away(reference_folder) -> None:
    qwen, mxbai = (tokens(opened(reference_folder, name), "fish", "") for name in FOLDERS)
    assert between(qwen, "user", "Query").endswith("< In struct >: \u0120\u010a <")
    assert "instruction" not in mxbai


def test_mxbais_parts_are_three_and_its_question_is_apart(reference_folder) -> None:
    found = tokens(opened(reference_folder, "mxbai", instruction="find fish"), "who eats fish", "Terns dive")
    body = "instruction : \u0120find \u0120fish \u010a query : \u0120who \u0120eats \u0120fish \u010a document :"
    assert between(found, "instruction", "You") == f"{body} \u0120T ern s \u0120dive \u010a"
    assert found[-5:] == ["<|im_end|>", "\u010a", "<|im_start|>", "assistant", "\u010a"]


@pytest.mark.parametrize("template", list(FOLDERS))
@pytest.mark.parametrize("query", ["who", "", " \u00fc\n", "who " * 40, "who " * 400])
@pytest.mark.parametrize("length", [128, 256, 512])
def test_each_token_of_a_passage_is_either_read_or_told_to_be_cut(reference_folder, template, query, length) -> None:
    scorer = opened(reference_folder, template, max_length=length)
    short, uncut = tokens(scorer, query, LONG), tokens(scorer, query, "")
    read = short.count("\u0120fish") - uncut.count("\u0120fish")
    assert scorer.limit.count([LONG, ""]) == [300, 0]
    assert scorer.limit.tokens_cut(query, [LONG, "", "fish"]) == [300 - read, 0, 1 - min(read, 1)]
    assert len(short) <= scorer.limit.max_tokens
    assert read == 300 or len(short) == scorer.limit.max_tokens
    # the question at the end is always there
    tail = ["</think>", "\u010a\u010a"] if template == "qwen3" else ["assistant", "\u010a"]
    assert short[-2:] == tail


def test_a_query_that_fills_qwens_input_leaves_nothing_of_the_passage_and_mxbais_a_quarter(reference_folder) -> None:
    query = "who " * 400
    qwen, mxbai = (opened(reference_folder, name, max_length=256) for name in FOLDERS)
    assert qwen.limit.tokens_cut(query, [LONG]) == [300]
    assert qwen.score(query, [LONG])[0] == qwen.score(query, ["Otters."])[0]
    # 256 for query, line break and passage: 192 of the query, then "\n", "document", ":"
    assert mxbai.limit.tokens_cut(query, [LONG]) == [300 - (256 - 192 - 3)]


def test_mxbai_counts_its_length_without_its_prompt_and_qwen_with_it(reference_folder) -> None:
    qwen, mxbai = (opened(reference_folder, name, max_length=200) for name in FOLDERS)
    assert qwen.limit.max_tokens == 200
    assert mxbai.limit.max_tokens == 200 + mxbai.limit.special_tokens
    # 4,096 positions are all that the model has
    longest = opened(reference_folder, "mxbai", max_length=8192)
    assert longest.limit.max_tokens == 4096


@pytest.mark.parametrize("template", list(FOLDERS))
@pytest.mark.parametrize("text", ["  Otters eat fish. " * 40, "\n\n" + LONG, "\u6c34\u9e1f" * 90, "x" * 900, LONG])
def test_what_is_told_to_be_seen_is_what_the_score_depends_on(reference_folder, template, text) -> None:
    scorer = opened(reference_folder, template, max_length=160)
    end = seen_end(scorer.limit, "who", text)
    assert 0 < end < len(text) or not text.split()[1:]
    # a text that differs only in what is cut scores the same
    assert scorer.score("who", [text]) == pytest.approx(scorer.score("who", [text + " otters"]), abs=1e-6)
    assert scorer.limit.tokens_cut("who", [text[:end]]) == [0]


@pytest.mark.parametrize(("template", "length"), [("qwen3", 128), ("mxbai", 128)])
def test_an_instruction_that_leaves_no_room_for_a_query_is_refused(reference_folder, template, length) -> None:
    with pytest.raises(SettingsError, match="leaves no room"):
        opened(reference_folder, template, max_length=length, instruction="find fish " * 100)


def test_a_prompt_that_fills_the_whole_length_is_refused(qwen3_folder) -> None:
    # the letters of an untrained vocabulary make the prompt longer than this
    with pytest.raises(SettingsError, match="leaves no room"):
        load(model_from_name("yes-no", str(qwen3_folder)), {"max_length": 128}, device="cpu")


@pytest.mark.parametrize("template", list(FOLDERS))
def test_an_instruction_changes_the_score(reference_folder, template) -> None:
    first, second = (
        opened(reference_folder, template, instruction=text).score("who", ["Terns."]) for text in ("fish", "birds")
    )
    assert first != second


class Store(dict):
    """A score cache in memory."""

    def get_many(self, model, query_hash, hashes):
        return {key: self[model, query_hash, key] for key in hashes if (model, query_hash, key) in self}


def test_scores_of_the_former_tokens_are_not_taken_for_those_of_the_new_ones(reference_folder) -> None:
    key = model_key(model_from_name("yes-no", str(reference_folder("qwen3"))), {})
    former = re.sub(r" v\d+$", " v1", key)
    assert key != former
    store, asked = Store({(former, text_hash("who"), text_hash("Terns.")): (1.5, 0)}), Query("q", "who")
    candidates, docs = Ranking("q", "first", (ScoredDoc("d", 1.0, 1),)), {"d": Doc("d", "Terns.")}
    assert from_cache("s", asked, candidates, docs, store, former) is not None
    assert from_cache("s", asked, candidates, docs, store, key) is None
