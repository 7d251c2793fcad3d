"""RankGPT: windows from the end to the front, and answers put right by the paper's rule."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rerank_core.errors import CancelledError, ProviderError
from rerank_core.rerankers.rerank import rerank
from rerank_core.rerankers.services.llm.listwise import windows
from rerank_core.types import Doc, Query, Ranking, ScoredDoc
from tests.rerankers.services.conftest import Reply, completion, relevance

QUERY = "who eats fish"


def passages(count: int) -> tuple[Ranking, dict[str, Doc]]:
    docs = {f"d{number}": Doc(f"d{number}", f"passage {number}") for number in range(count)}
    return Ranking("q", "bm25", tuple(ScoredDoc(docid, None, rank) for rank, docid in enumerate(docs, 1))), docs


@pytest.mark.parametrize(
    ("count", "size", "step", "expected"),
    [
        (100, 20, 10, [(start, start + 20) for start in range(80, -1, -10)]),
        (25, 20, 10, [(5, 25), (0, 15)]),
        (20, 20, 10, [(0, 20)]),
        (21, 20, 10, [(1, 21), (0, 11)]),
        (3, 20, 10, [(0, 3)]),
        (6, 2, 1, [(4, 6), (3, 5), (2, 4), (1, 3), (0, 2)]),
        (6, 2, 2, [(4, 6), (2, 4), (0, 2)]),
    ],
)
def test_windows_go_from_the_end_to_the_front(count, size, step, expected) -> None:
    assert list(windows(count, size, step)) == expected


@given(st.integers(1, 300), st.integers(2, 50), st.integers(1, 50))
def test_every_passage_is_in_a_window_and_neighbouring_windows_leave_no_gap(count: int, size: int, step: int) -> None:
    spans = list(windows(count, size, min(step, size)))
    assert {place for start, end in spans for place in range(start, end)} == set(range(count))
    assert spans[-1][0] == 0


def test_the_order_is_the_result_and_there_are_no_scores(opened) -> None:
    candidates, docs = passages(12)
    ranking = rerank(opened("llm-listwise"), "s", Query("q", QUERY), candidates, docs)
    assert ranking.docids == tuple(sorted(docs, key=lambda docid: -relevance(QUERY, docs[docid].text)))
    assert {doc.score for doc in ranking.docs} == {None}
    assert [doc.rank for doc in ranking.docs] == list(range(1, 13))
    assert ranking.notes == ()
    assert ranking.seconds is not None


def test_the_best_passage_rises_from_the_end_to_the_front_through_all_windows(opened, service) -> None:
    candidates, docs = passages(50)
    docs["d49"] = Doc("d49", QUERY)
    ranking = rerank(opened("llm-listwise"), "s", Query("q", QUERY), candidates, docs)
    assert ranking.docids[0] == "d49"
    assert ranking.usage["requests"] == len(list(windows(50, 20, 10))) == 4


def test_the_first_window_shows_the_end_of_the_list_in_its_order(opened, service) -> None:
    candidates, docs = passages(25)
    rerank(opened("llm-listwise"), "s", Query("q", QUERY), candidates, docs)
    shown = re.findall(r"\[(\d+)\] <passage>\npassage (\d+)\n", service.requests[0].body["messages"][1]["content"])
    assert shown == [(str(number), str(number + 4)) for number in range(1, 21)]


@pytest.mark.parametrize("count", [0, 1])
def test_there_is_nothing_to_ask_about_fewer_than_two(count: int, opened, service) -> None:
    candidates, docs = passages(count)
    assert rerank(opened("llm-listwise"), "s", Query("q", QUERY), candidates, docs).docids == candidates.docids
    assert service.requests == []


def test_repairs_are_counted_over_all_windows_and_told(opened, service) -> None:
    service.llm = lambda body: "[2] > [2] > [77]"
    candidates, docs = passages(30)
    ranking = rerank(opened("llm-listwise"), "s", Query("q", QUERY), candidates, docs)
    # two windows of 20, of which each names 1 passage, repeats 1, makes up 1 and leaves 19 out
    assert ranking.usage["repaired_missing"] == 2 * 19
    assert ranking.usage["repaired_repeated"] == 2
    assert ranking.usage["repaired_out_of_range"] == 2
    assert ranking.usage["repaired"] == 2 * (19 + 1 + 1)
    assert len(ranking.notes) == 1
    assert sorted(ranking.docids) == sorted(docs)


@pytest.mark.parametrize(
    "content",
    [
        "<think>[1] > [2] > [3]?</think>[3] > [2] > [1]",
        "Passage [1] is about fruit, [2] about Germany, [3] answers it.\n</think>\n\n[3] > [2] > [1]",
        [{"type": "thinking", "thinking": "[1] > [2]"}, {"type": "text", "text": "[3] > [2] > [1]"}],
    ],
)
def test_numbers_in_a_thought_are_not_the_answer(opened, service, content) -> None:
    service.change = lambda answer: completion(content)
    candidates, docs = passages(3)
    ranking = rerank(opened("llm-listwise"), "s", Query("q", QUERY), candidates, docs)
    assert ranking.docids == ("d2", "d1", "d0")


@pytest.mark.parametrize(
    ("answer", "line"),
    [
        (("I'm sorry, I can't help with that.", "stop"), "refused to order the passages but 'I'm sorry"),
        (("Passage [1] is on fruit, [2] on fish.", "stop"), "gave no order of the passages but 'Passage [1] is"),
        (("[3] > [2]", "length"), "was cut before its answer ended: raise max_answer_tokens"),
        (("", "content_filter"), "refused to answer"),
        (("", "stop"), "gave an empty answer"),
    ],
)
def test_an_answer_that_is_no_order_fails_the_ranking_and_is_told(opened, service, answer, line) -> None:
    service.change = lambda _: completion(answer[0], finish=answer[1])
    candidates, docs = passages(3)
    with pytest.raises(ProviderError) as caught:
        rerank(opened("llm-listwise"), "s", Query("q", QUERY), candidates, docs)
    assert line in str(caught.value)


def test_a_limit_of_tokens_is_sent_only_where_it_is_set(opened, service) -> None:
    candidates, docs = passages(3)
    for settings in ({}, {"max_answer_tokens": 9000}):
        rerank(opened("llm-listwise", **settings), "s", Query("q", QUERY), candidates, docs)
    assert [request.body.get("max_tokens") for request in service.requests] == [None, 9000]


def test_words_that_were_cut_are_told(opened) -> None:
    candidates, docs = passages(2)
    docs["d1"] = Doc("d1", "fish " * 300)
    ranking = rerank(opened("llm-listwise"), "s", Query("q", QUERY), candidates, docs)
    assert {doc.docid: doc.tokens_cut for doc in ranking.docs} == {"d0": 0, "d1": 300 - 250}


def test_it_can_be_stopped_between_windows(opened, service) -> None:
    candidates, docs = passages(100)

    def stop_after_two(done: int, total: int, message: str = "") -> None:
        if done == 2:
            raise CancelledError("stop")

    with pytest.raises(CancelledError):
        rerank(opened("llm-listwise"), "s", Query("q", QUERY), candidates, docs, progress=stop_after_two)
    assert len(service.requests) == 2


def test_a_window_that_fails_fails_the_ranking(opened, service) -> None:
    candidates, docs = passages(30)
    reranker = opened("llm-listwise")
    service.script = [Reply(body=service.answer(request_of(reranker, service, candidates, docs)))]
    service.script += [Reply(500, {})] * 4
    with pytest.raises(ProviderError, match="tried 4 times"):
        rerank(reranker, "s", Query("q", QUERY), candidates, docs)


def request_of(reranker, service, candidates, docs):
    """The first request of a ranking that went well."""
    rerank(reranker, "s", Query("q", QUERY), candidates, docs)
    return service.requests[0]
