"""A passage without text is not sent to a service: it has no score and stands last, and the others are scored."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rerank_core.rerankers.rerank import is_blank, rerank
from rerank_core.systems.composites.scaled import minmax, raw_scores, zscore
from rerank_core.types import Doc, Query, Ranking, ScoredDoc
from tests.rerankers.services.conftest import Reply

RERANKING = ["cohere", "voyage", "jina", "contextual", "http-documents", "http-texts", "nvidia"]
QUERY = Query("q", "who eats fish")
DOCS = {
    "empty": Doc("empty", ""),
    "voles": Doc("voles", "voles"),
    "blank": Doc("blank", " \n\u200b\u00a0\ufeff"),
    "fish": Doc("fish", "who eats fish"),
}
CANDIDATES = Ranking("q", "dense", tuple(ScoredDoc(docid, None, rank) for rank, docid in enumerate(DOCS, 1)))


class Kept(dict):
    def get_many(self, model, query_hash, hashes):
        return {key: self[key] for key in hashes if key in self}

    def put_many(self, model, query_hash, items):
        self.update(items)


def sent_texts(request) -> list[str]:
    body = request.body
    passages = body.get("documents") or body.get("texts") or [one["text"] for one in body.get("passages", [])]
    return list(passages)


@pytest.mark.parametrize("name", [*RERANKING, "jina-v3"])
def test_it_is_not_sent_and_stands_last(name, opened, service) -> None:
    ranking = rerank(opened(name), "s", QUERY, CANDIDATES, DOCS)
    assert [sorted(sent_texts(request)) for request in service.requests] == [["voles", "who eats fish"]]
    assert ranking.docids == ("fish", "voles", "empty", "blank")
    assert [doc.score is None for doc in ranking.docs] == [False, False, True, True]
    assert [doc.rank for doc in ranking.docs] == [1, 2, 3, 4]
    assert ranking.notes[0] == "2 passages without text: not sent, no score, last"


@pytest.mark.parametrize("name", RERANKING)
def test_a_list_of_nothing_else_asks_nothing(name, opened, service) -> None:
    docs = {name: replace(doc, text="") for name, doc in DOCS.items()}
    ranking = rerank(opened(name), "s", QUERY, CANDIDATES, docs)
    assert service.requests == []
    assert ranking.docids == CANDIDATES.docids
    assert {doc.score for doc in ranking.docs} == {None}


def test_it_is_not_kept_and_not_asked_for_the_second_time(opened, service) -> None:
    kept, reranker = Kept(), opened("voyage")
    first = rerank(reranker, "s", QUERY, CANDIDATES, DOCS, kept, "key")
    again = rerank(reranker, "s", QUERY, CANDIDATES, DOCS, kept, "key")
    assert len(kept) == 2
    assert again.docs == first.docs
    assert len(service.requests) == 1


def test_a_passage_with_a_title_alone_is_sent(opened, service) -> None:
    docs = {**DOCS, "empty": Doc("empty", "", "Fish")}
    ranking = rerank(opened("cohere"), "s", QUERY, CANDIDATES, docs)
    assert "title: Fish\ntext: ''\n" in sent_texts(service.requests[0])
    assert ranking.docids[-1] == "blank"


def test_a_service_that_fails_over_the_others_still_fails(opened, service) -> None:
    service.script = [Reply(body={"data": [{"index": 0, "relevance_score": 0.5}]})]
    with pytest.raises(Exception, match="gave 1 scores for 2 passages"):
        rerank(opened("voyage"), "s", QUERY, CANDIDATES, DOCS)


@pytest.mark.parametrize(
    ("text", "blank"),
    [("", True), (" \t\r\n", True), ("\u200b\u2060\u00ad", True), ("\u3000", True), ("\x00", True), (".", False),
     ("\u0301", False), ("故", False), ("🙂", False), ("a", False)],
)  # fmt: skip
def test_a_blank_text_has_no_sign_to_read(text: str, blank: bool) -> None:
    assert is_blank(text) == blank


def test_in_a_blend_it_has_the_lowest_score_of_the_others(opened) -> None:
    ranking = rerank(opened("cohere"), "s", QUERY, CANDIDATES, DOCS)
    scores = raw_scores(ranking)
    assert scores["empty"] == scores["blank"] == scores["voles"] < scores["fish"]
    assert minmax(ranking) == {"fish": 1.0, "voles": 0.0, "empty": 0.0, "blank": 0.0}
    assert zscore(ranking)["fish"] > zscore(ranking)["empty"]
