"""The arrays of a search give the order that the app itself would rank, for every kind of setting."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from rerank_core.errors import SettingsError
from rerank_core.retrieval.fusion import fuse
from rerank_core.retrieval.settings import RetrievalSettings
from rerank_core.systems.composites.apply import apply, restricted
from rerank_core.systems.composites.spec import Blend, Cascade, Member, Stage
from rerank_core.tuning.orders import top_places
from rerank_core.tuning.query_lists import QueryLists, query_lists
from rerank_core.tuning.search_space import FirstStage, Reranking, Setting
from rerank_core.types import Doc, Query, Ranking, ScoredDoc

DOCIDS = [f"d{number:02d}" for number in range(40)]
QUERY = Query("q", "who eats fish")


def drawn_list(rng: random.Random, ties: bool) -> tuple[ScoredDoc, ...]:
    """A retriever's list: score descending, then docid ascending; a third of the passages is not in it."""
    scores = {docid: float(rng.randint(0, 5)) if ties else rng.gauss(5, 2) for docid in rng.sample(DOCIDS, 27)}
    order = sorted(scores, key=lambda docid: (-scores[docid], docid))
    return tuple(ScoredDoc(docid, scores[docid], rank) for rank, docid in enumerate(order, 1))


def world(seed: int, ties: bool) -> tuple[dict[str, tuple[ScoredDoc, ...]], dict[str, dict[str, float]], QueryLists]:
    rng = random.Random(seed)
    lists = {name: drawn_list(rng, ties) for name in ("bm25", "dense")}
    found = {doc.docid for docs in lists.values() for doc in docs}
    scores = {
        system: {docid: float(rng.randint(0, 4)) if ties else rng.gauss(0, 3) for docid in sorted(found)}
        for system in ("cheap", "strong")
    }
    return lists, scores, query_lists("q", lists, scores, {"d01": 1})


def candidates(lists: dict[str, tuple[ScoredDoc, ...]], first: FirstStage) -> Ranking:
    weights = (1 - first.weight, first.weight) if len(first.lists) == 2 and first.fusion != "rrf" else ()
    settings = RetrievalSettings(first.lists, first.fusion, weights, rrf_k=first.rrf_k, depth=max(10, first.depth))
    cut = {name: Ranking("q", name, lists[name][: first.depth]) for name in first.lists}
    return Ranking("q", "first-stage", fuse(cut, settings)[: first.depth])


def reranked(ranking: Ranking, system: str, scores: dict[str, float]) -> Ranking:
    order = sorted(ranking.docids, key=lambda docid: -scores[docid])
    return Ranking("q", system, tuple(ScoredDoc(docid, scores[docid], rank) for rank, docid in enumerate(order, 1)))


def ranked_by_the_app(lists, scores, setting: Setting) -> list[str]:
    first = candidates(lists, setting.first)
    if setting.reranking is None:
        return list(first.docids)

    def rank_member(member: str, part: Ranking) -> Ranking:
        return restricted(first, part) if member == "first-stage" else reranked(part, member, scores[member])

    docs = {docid: Doc(docid, "text") for docid in first.docids}
    reranking = setting.reranking
    if reranking.keep is not None:
        spec = Cascade((Stage("cheap", reranking.keep), Stage("strong")))
    elif reranking.share < 1.0:
        members = (Member("first-stage", 1 - reranking.share), Member("strong", reranking.share))
        spec = Blend(members, reranking.scale)
    else:
        return list(reranked(first, "strong", scores["strong"]).docids)
    return list(apply(spec, QUERY, first, docs, rank_member).docids)


FIRST_STAGES = [
    FirstStage(("bm25",), depth=10),
    FirstStage(("dense",), depth=20),
    *(FirstStage(rrf_k=k, depth=depth) for k in (1, 60) for depth in (10, 20)),
    *(FirstStage(fusion=name, weight=w, depth=12) for name in ("minmax", "zscore", "dbsf") for w in (0.0, 0.3, 1.0)),
]
RERANKINGS = [
    None,
    Reranking(),
    *(Reranking(share, scale) for share in (0.2, 0.75) for scale in ("minmax", "zscore")),
    Reranking(keep=5),
    Reranking(keep=8),
]


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("seed", range(5))
def test_every_setting_ranks_as_the_app_does(seed, ties):
    lists, scores, arrays = world(seed, ties)
    settings = [Setting(first, reranking) for first in FIRST_STAGES for reranking in RERANKINGS]
    places = top_places(arrays, settings, 10, "strong", "cheap")
    for setting, row in zip(settings, places, strict=True):
        found = [arrays.docids[place] for place in row if place >= 0]
        assert found == ranked_by_the_app(lists, scores, setting)[:10], setting.label()


def test_a_floor_returns_only_what_scores_as_high():
    lists, scores, arrays = world(1, ties=False)
    setting = Setting(FirstStage(depth=20), Reranking(floor=0.5))
    row = top_places(arrays, [setting], 10, "strong")[0]
    plain = ranked_by_the_app(lists, scores, replace(setting, reranking=Reranking()))
    assert [arrays.docids[place] for place in row if place >= 0] == [
        docid for docid in plain if scores["strong"][docid] >= 0.5
    ][:10]


def test_a_passage_without_a_score_stands_below_those_that_have_one():
    lists = {"bm25": tuple(ScoredDoc(docid, 9.0 - rank, rank) for rank, docid in enumerate("abc", 1))}
    arrays = query_lists("q", lists, {"strong": {"b": -5.0, "c": 2.0}}, {})
    row = top_places(arrays, [Setting(FirstStage(("bm25",), depth=10), Reranking())], 10, "strong")[0]
    assert [arrays.docids[place] for place in row if place >= 0] == ["c", "b", "a"]


def test_a_query_that_found_nothing_returns_nothing():
    arrays = query_lists("q", {"bm25": (), "dense": ()}, {"strong": {}}, {"a": 1})
    assert (top_places(arrays, [Setting(FirstStage()), Setting(FirstStage(), Reranking())], 5, "strong") == -1).all()


def test_an_order_without_scores_is_fused_by_rank_alone():
    lists = {"bm25": (ScoredDoc("a", None, 1),), "dense": (ScoredDoc("b", 1.0, 1),)}
    arrays = query_lists("q", lists, {}, {})
    assert len(top_places(arrays, [Setting(FirstStage())], 5)) == 1
    with pytest.raises(SettingsError, match="fuse it by rrf"):
        top_places(arrays, [Setting(FirstStage(fusion="minmax"))], 5)


def test_a_list_that_comes_from_elsewhere_keeps_its_own_order():
    # its scores tie, and one is higher than that of the passage above it
    docs = [ScoredDoc("d3", 2.0, 1), ScoredDoc("d1", 2.0, 2), ScoredDoc("d2", 9.0, 3)]
    arrays = query_lists("q", {"run:x": docs}, {}, {})
    (places,) = top_places(arrays, [Setting(FirstStage(("run:x",), depth=10))], 3)
    assert [arrays.docids[place] for place in places] == ["d3", "d1", "d2"]
