import numpy as np
import pytest

from rerank_core.retrieval.vector_index import write_search
from rerank_core.retrieval.vector_search import RECALL, FaissSearch, Scan, SearchFacts, open_search

pytest.importorskip("faiss", reason="the extra `faiss` is not installed")

ROWS, DIMENSIONS = 6000, 48


def unit(vectors):
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), dtype=np.float32)


@pytest.fixture(scope="module")
def vectors():
    """Vectors around 60 centres, each third one three times."""
    rng = np.random.default_rng(3)
    some = unit(
        rng.normal(size=(60, DIMENSIONS))[rng.integers(0, 60, ROWS)] + 0.5 * rng.normal(size=(ROWS, DIMENSIONS))
    )
    some[1::3] = some[2::3] = some[0::3]
    return some


@pytest.fixture(scope="module")
def queries(vectors):
    return unit(vectors[:100] + 0.1 * np.random.default_rng(4).normal(size=(100, DIMENSIONS)))


@pytest.fixture
def made(tmp_path, vectors):
    def make(queries=None, filled=None, **sizes):
        filled = np.ones(ROWS, dtype=bool) if filled is None else filled
        facts = write_search(tmp_path, vectors, filled, queries, **sizes)
        return facts, open_search(tmp_path, vectors)

    return make


def best(search, vectors, query, k, mask=None):
    """The best rows with their scores in double precision, as the dense retriever takes them."""
    rows = search.near(query, k, mask)
    scores = (vectors[rows].astype(np.float64) * query).sum(axis=1)
    return [(rows[place], scores[place]) for place in np.lexsort((rows, -scores))[:k]]


@pytest.mark.parametrize("k", [1, 10, 100, ROWS])
def test_the_scan_in_half_precision_finds_what_numpy_finds_to_the_last_tie(made, vectors, queries, k):
    facts, search = made(scan_from=1)
    assert (facts.kind, facts.library) == ("exact", "faiss")
    assert isinstance(search, FaissSearch)
    for query in queries[:10]:
        assert best(search, vectors, query, k) == best(Scan(vectors), vectors, query, k)


def test_more_ties_at_the_cut_than_first_asked_for_are_all_found(tmp_path, queries):
    same = np.repeat(queries[:2], ROWS // 2, axis=0)
    write_search(tmp_path, same, np.ones(ROWS, dtype=bool), scan_from=1)
    assert sorted(open_search(tmp_path, same).near(queries[0], 5, None)) == list(range(ROWS // 2))


@pytest.mark.parametrize("part", [0.9, 0.3, 0.01])
@pytest.mark.parametrize("ann_from", [1, ROWS + 1])
def test_masked_rows_are_never_found_and_the_others_fill_the_depth(made, vectors, queries, part, ann_from):
    _, search = made(scan_from=1, ann_from=ann_from)
    mask = np.random.default_rng(5).random(ROWS) < part
    for query in queries[:5]:
        rows = search.near(query, 20, mask)
        assert mask[rows].all()
        assert len(rows) >= 20
        if ann_from > ROWS or part < 0.5:  # all groups are read where most rows are masked
            assert best(search, vectors, query, 20, mask) == best(Scan(vectors), vectors, query, 20, mask)


def test_the_approximate_search_states_the_recall_that_it_has(made, vectors, queries, tmp_path):
    facts, search = made(lambda: queries, scan_from=1, ann_from=1)
    assert (facts.kind, facts.queries, facts.measured_on) == ("approximate", 100, "of the dataset's queries")
    assert 0 < facts.probes < facts.groups
    assert facts.recall >= RECALL
    part = []
    for query in queries:
        truth = {row for row, _ in best(Scan(vectors), vectors, query, 100)}
        part.append(len(truth.intersection(row for row, _ in best(search, vectors, query, 100))) / 100)
    # ties at the cut (each text three times) may fall either way: two of a hundred at most
    assert np.mean(part) == pytest.approx(facts.recall, abs=0.02)
    assert SearchFacts.load(tmp_path) == facts
    assert f"recall@100 {facts.recall:.3f}" in facts.sentence()


def test_without_enough_queries_passages_are_mixed_to_measure_on(made, queries):
    facts, _ = made(lambda: queries[:3], scan_from=1, ann_from=1)
    assert (facts.queries, facts.measured_on) == (200, "mixtures of two passages")


def test_a_collection_without_groups_is_searched_whole(tmp_path):
    noise = unit(np.random.default_rng(6).normal(size=(ROWS, 256)))  # the nearest are everywhere
    facts = write_search(tmp_path, noise, np.ones(ROWS, dtype=bool), scan_from=1, ann_from=1)
    assert (facts.kind, facts.library) == ("exact", "faiss")
    assert facts.refused < RECALL
    search = open_search(tmp_path, noise)
    assert best(search, noise, noise[5], 10) == best(Scan(noise), noise, noise[5], 10)


def test_few_vectors_need_no_index(made, tmp_path):
    facts, search = made()
    assert facts == SearchFacts()
    assert isinstance(search, Scan)
    assert list(tmp_path.iterdir()) == []


def test_an_index_is_read_by_numpy_where_faiss_is_missing(made, vectors, monkeypatch, tmp_path):
    made(scan_from=1)
    monkeypatch.setattr("rerank_core.retrieval.vector_search.faiss_is_here", lambda: False)
    assert isinstance(open_search(tmp_path, vectors), Scan)
