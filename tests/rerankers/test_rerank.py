"""The layer above every family: order, ties, cache, checks, progress."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import pytest

from rerank_core.errors import CancelledError, NotFoundError, RerankLensError
from rerank_core.rerankers.family import Scorer, TokenLimit
from rerank_core.rerankers.rerank import rerank
from rerank_core.types import Doc, Query, Ranking, ScoredDoc, text_hash

QUERY = Query("q", "who eats fish")
DOCS = {
    docid: Doc(docid, text)
    for docid, text in {"a": "one", "b": "two two", "c": "three three three", "d": "one"}.items()
}
CANDIDATES = Ranking(
    "q", "bm25", tuple(ScoredDoc(docid, 9.0 - place, place + 1) for place, docid in enumerate("abcd")), 0.5
)


class ByWords(Scorer):
    """Scores a text by its number of words, and notes what it was asked."""

    def __init__(self, scores: Mapping[str, float] | None = None) -> None:
        self.scores = scores or {}
        self.asked: list[str] = []

    def score(self, query: str, texts: Sequence[str]) -> list[float]:
        self.asked += texts
        return [self.scores.get(text, float(len(text.split()))) for text in texts]


class Memory:
    def __init__(self) -> None:
        self.kept: dict[tuple[str, str, str], tuple[float, int]] = {}

    def get_many(self, model: str, query_hash: str, hashes: Sequence[str]) -> dict[str, tuple[float, int]]:
        return {key: self.kept[model, query_hash, key] for key in hashes if (model, query_hash, key) in self.kept}

    def put_many(self, model: str, query_hash: str, items: Mapping[str, tuple[float, int]]) -> None:
        self.kept |= {(model, query_hash, key): value for key, value in items.items()}


def test_the_best_score_comes_first_and_ranks_count_from_one() -> None:
    ranking = rerank(ByWords(), "words", QUERY, CANDIDATES, DOCS)
    assert ranking.docids == ("c", "b", "a", "d")
    assert [doc.rank for doc in ranking.docs] == [1, 2, 3, 4]
    assert [doc.score for doc in ranking.docs] == [3.0, 2.0, 1.0, 1.0]
    assert (ranking.qid, ranking.system) == ("q", "words")


def test_equal_scores_keep_the_order_of_the_candidates() -> None:
    same = ByWords({doc.content: 0.0 for doc in DOCS.values()})
    assert rerank(same, "s", QUERY, CANDIDATES, DOCS).docids == CANDIDATES.docids


def test_the_first_stage_leaves_the_candidates_as_they_are() -> None:
    ranking = rerank(None, "first", QUERY, CANDIDATES, DOCS)
    assert (ranking.docs, ranking.system) == (CANDIDATES.docs, "first")


def test_no_candidates_make_an_empty_ranking() -> None:
    assert rerank(ByWords(), "s", QUERY, Ranking("q", "bm25", ()), DOCS, Memory(), "m").docs == ()


def test_a_title_is_scored_with_its_text() -> None:
    scorer = ByWords()
    rerank(scorer, "s", QUERY, Ranking("q", "x", (ScoredDoc("t", 1.0, 1),)), {"t": Doc("t", "text", "Title")})
    assert scorer.asked == ["Title\ntext"]


def test_equal_texts_are_scored_once() -> None:
    scorer = ByWords()
    rerank(scorer, "s", QUERY, CANDIDATES, DOCS)
    assert sorted(scorer.asked) == ["one", "three three three", "two two"]


def test_a_second_call_with_a_cache_scores_nothing_and_answers_the_same() -> None:
    cache, scorer = Memory(), ByWords()
    first = rerank(scorer, "s", QUERY, CANDIDATES, DOCS, cache, "m")
    scorer.asked.clear()
    second = rerank(scorer, "s", QUERY, CANDIDATES, DOCS, cache, "m")
    assert scorer.asked == []
    assert second.docs == first.docs


def test_a_changed_text_another_query_and_another_model_miss_the_cache() -> None:
    cache, scorer = Memory(), ByWords()
    rerank(scorer, "s", QUERY, CANDIDATES, DOCS, cache, "m")
    scorer.asked.clear()
    rerank(scorer, "s", QUERY, CANDIDATES, {**DOCS, "b": Doc("b", "changed")}, cache, "m")
    assert scorer.asked == ["changed"]
    rerank(scorer, "s", Query("q", "other"), CANDIDATES, DOCS, cache, "m")
    rerank(scorer, "s", QUERY, CANDIDATES, DOCS, cache, "other model")
    assert len(scorer.asked) == 1 + 3 + 3


def test_time_is_told_only_when_the_scorer_did_all_the_work() -> None:
    cache = Memory()
    fresh = rerank(ByWords(), "s", QUERY, CANDIDATES, DOCS, cache, "m")
    assert fresh.seconds is not None
    assert fresh.seconds >= 0
    assert rerank(ByWords(), "s", QUERY, CANDIDATES, DOCS, cache, "m").seconds is None


def test_tokens_cut_are_counted_and_kept_in_the_cache() -> None:
    scorer, cache = ByWords(), Memory()
    scorer.limit = TokenLimit(2, 0, lambda texts: [len(text.split()) for text in texts], query_shares=False)
    for _ in range(2):
        ranking = rerank(scorer, "s", QUERY, CANDIDATES, DOCS, cache, "m")
        assert {doc.docid: doc.tokens_cut for doc in ranking.docs} == {"a": 0, "b": 0, "c": 1, "d": 0}


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_a_score_that_is_no_number_is_an_error_that_names_the_system_and_the_text(bad: float) -> None:
    with pytest.raises(RerankLensError, match=r"sick .*two two"):
        rerank(ByWords({"two two": bad}), "sick", QUERY, CANDIDATES, DOCS)


def test_a_missing_score_is_an_error() -> None:
    scorer = ByWords()
    scorer.score = lambda query, texts: [1.0]  # type: ignore[method-assign]
    with pytest.raises(RerankLensError, match="gave 1 scores for 3 passages"):
        rerank(scorer, "s", QUERY, CANDIDATES, DOCS)


def test_a_candidate_without_a_passage_is_an_error() -> None:
    with pytest.raises(NotFoundError, match="'d'"):
        rerank(ByWords(), "s", QUERY, CANDIDATES, {docid: DOCS[docid] for docid in "abc"})


def test_a_cancelled_call_keeps_what_it_scored() -> None:
    scorer, cache, told = ByWords(), Memory(), []
    scorer.chunk = 1  # type: ignore[attr-defined]

    def stop_after_two(done: int, total: int, message: str = "") -> None:
        told.append((done, total))
        if done == 2:
            raise CancelledError("stop")

    with pytest.raises(CancelledError):
        rerank(scorer, "s", QUERY, CANDIDATES, DOCS, cache, "m", stop_after_two)
    assert told == [(0, 3), (1, 3), (2, 3)]
    # the longest texts go first
    assert {key for _, _, key in cache.kept} == {text_hash("three three three"), text_hash("two two")}
    scorer.asked.clear()
    rerank(scorer, "s", QUERY, CANDIDATES, DOCS, cache, "m")
    assert scorer.asked == ["one"]


def test_a_scorer_that_wants_all_texts_gets_them_in_one_call() -> None:
    calls = []
    scorer = ByWords()
    scorer.chunk = 0  # type: ignore[attr-defined]
    scorer.score = lambda query, texts: calls.append(len(texts)) or [0.0] * len(texts)  # type: ignore
    docs = {str(number): Doc(str(number), f"text {number}") for number in range(100)}
    candidates = Ranking("q", "x", tuple(ScoredDoc(docid, None, int(docid) + 1) for docid in docs))
    rerank(scorer, "s", QUERY, candidates, docs)
    assert calls == [100]


@pytest.mark.parametrize(("query", "text"), [(3, 40), (40, 3), (40, 40), (15, 14), (14, 15), (9, 11), (10, 10), (0, 0)])
def test_tokens_cut_are_those_that_the_tokenizers_library_cuts(query: int, text: int) -> None:
    from tokenizers import Tokenizer, models, pre_tokenizers

    tokenizer = Tokenizer(models.WordLevel({"q": 0, "t": 1, "?": 2}, unk_token="?"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    limit = TokenLimit(20, 0, lambda texts: [len(text.split()) for text in texts], query_shares=True)
    pair = "q " * query, "t " * text
    tokenizer.enable_truncation(20, strategy="longest_first")
    seen = tokenizer.encode(*pair).ids.count(1)
    assert limit.tokens_cut(pair[0], [pair[1]]) == [text - seen]
