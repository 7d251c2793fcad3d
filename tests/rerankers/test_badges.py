from __future__ import annotations

from rerank_core.rerankers.badges import badges
from rerank_core.types import Ranking, ScoredDoc

CANDIDATES = Ranking("q", "bm25", (ScoredDoc("a", 3.0, 1), ScoredDoc("b", 2.0, 2), ScoredDoc("c", 1.0, 3)))


def ranking(*docs: tuple[str, float | None, int]) -> Ranking:
    return Ranking(
        "q", "s", tuple(ScoredDoc(docid, score, rank, {}, cut) for rank, (docid, score, cut) in enumerate(docs, 1))
    )


def test_nothing_is_said_of_a_ranking_that_moved_and_saw_all() -> None:
    assert badges(ranking(("b", 2.0, 0), ("a", 1.0, 0), ("c", 0.0, 0)), CANDIDATES).lines == ()


def test_equal_scores_for_all_are_told() -> None:
    told = badges(ranking(("a", 0.0, 0), ("b", 0.0, 0), ("c", 0.0, 0)), CANDIDATES)
    assert told.lines == ("all scores equal", "changed nothing")


def test_an_unchanged_order_is_told() -> None:
    assert badges(ranking(("a", 2.0, 0), ("b", 1.0, 0), ("c", 0.0, 0)), CANDIDATES).lines == ("changed nothing",)


def test_truncated_passages_are_counted() -> None:
    two = badges(ranking(("b", 2.0, 7), ("a", 1.0, 0), ("c", 0.0, 1)), CANDIDATES)
    assert two.lines == ("2 passages not read to the end",)
    one = badges(ranking(("b", 2.0, 7), ("a", 1.0, 0), ("c", 0.0, 0)), CANDIDATES)
    assert one.lines == ("1 passage not read to the end",)


def test_an_order_without_scores_has_no_equal_scores() -> None:
    assert not badges(ranking(("b", None, 0), ("a", None, 0), ("c", None, 0)), CANDIDATES).all_equal


def test_one_passage_or_none_says_nothing() -> None:
    assert badges(ranking(("a", 1.0, 0)), Ranking("q", "x", CANDIDATES.docs[:1])).lines == ()
    assert badges(ranking(), Ranking("q", "x", ())).lines == ()
