"""Datasets: ids stay text, the fingerprint follows the passages, an unfinished import is not seen."""

from __future__ import annotations

import pytest

from rerank_core.errors import BadInputError, NotFoundError, RerankLensError
from rerank_core.store import datasets
from rerank_core.types import Doc, Query
from tests.conftest import BIRD_QUERIES, BIRDS


def store(workspace, name, docs):
    with workspace.write() as db:
        dataset_id = datasets.begin_dataset(db, name, "tests")
        datasets.add_docs(db, dataset_id, docs)
        datasets.finish_dataset(db, dataset_id, {"passages": len(docs)})
        return datasets.get_dataset(db, name)


def test_passages_come_back_as_they_went_in(workspace, birds):
    with workspace.open() as db:
        assert datasets.get_docs(db, birds.id, ["007", "d3", "nobody"]) == {"007": BIRDS[3], "d3": BIRDS[2]}
        assert datasets.get_queries(db, birds.id) == BIRD_QUERIES
    assert (birds.n_docs, birds.n_queries) == (4, 2)


def test_the_corpus_streams_in_order_of_import(workspace, birds):
    corpus = datasets.StoredCorpus(workspace, birds)
    assert list(corpus.docs()) == BIRDS
    assert len(corpus) == len(BIRDS)


@pytest.mark.parametrize(
    "changed",
    [
        Doc("d2", "A kestrel hovers over fields and hunts voles!"),
        Doc("d2", BIRDS[1].text, "Kestrel"),
        Doc("d22", BIRDS[1].text),
        Doc("d2", BIRDS[1].text, metadata={"kind": "bird"}),
    ],
)
def test_the_fingerprint_changes_with_any_part_of_any_passage(workspace, birds, changed):
    other = store(workspace, "other", [BIRDS[0], changed, *BIRDS[2:]])
    assert other.fingerprint != birds.fingerprint


def test_equal_passages_give_an_equal_fingerprint(workspace, birds):
    assert store(workspace, "again", BIRDS).fingerprint == birds.fingerprint


def test_the_order_of_the_passages_is_no_part_of_the_fingerprint(workspace, birds):
    assert store(workspace, "turned", BIRDS[::-1]).fingerprint == birds.fingerprint


def test_where_a_title_ends_is_a_part_of_the_fingerprint(workspace):
    one, other = Doc("d", "b", "a"), Doc("d", "a\nb")
    assert one.text_hash == other.text_hash
    assert store(workspace, "one", [one]).fingerprint != store(workspace, "other", [other]).fingerprint


def test_an_unfinished_dataset_is_not_seen_and_can_be_dropped(workspace):
    with workspace.write() as db:
        dataset_id = datasets.begin_dataset(db, "half", "tests")
        datasets.add_docs(db, dataset_id, BIRDS)
    with workspace.open() as db:
        assert datasets.list_datasets(db) == []
        datasets.drop_dataset(db, dataset_id)
        assert db.execute("SELECT count(*) FROM doc").fetchone()[0] == 0


def test_a_taken_or_empty_name_is_refused(workspace, birds):
    with workspace.open() as db:
        with pytest.raises(BadInputError, match="'birds' is taken"):
            datasets.begin_dataset(db, "birds", "tests")
        with pytest.raises(BadInputError, match="the name is empty"):
            datasets.begin_dataset(db, "  ", "tests")


def test_an_unknown_dataset_names_the_known_ones(workspace, birds):
    with workspace.open() as db, pytest.raises(NotFoundError, match="Known: birds"):
        datasets.get_dataset(db, "fish")


def test_more_docids_than_sqlite_takes_parameters(workspace):
    dataset = store(workspace, "many", [Doc(f"{i:05}", f"text {i}") for i in range(1203)])
    with workspace.open() as db:
        assert len(datasets.get_docs(db, dataset.id, [f"{i:05}" for i in range(1203)])) == 1203


def test_passages_of_another_state_are_not_read(workspace, birds):
    corpus = datasets.StoredCorpus(workspace, birds)
    hashes = dict(corpus.hashes())
    with workspace.write() as db:
        datasets.add_docs(db, birds.id, [Doc("new", "text")])
        datasets.count_docs(db, birds.id, birds.report)
    for read in (corpus.docs, corpus.hashes, lambda: corpus.pick(["d1"])):
        with pytest.raises(RerankLensError, match="'birds' changed"):
            list(read())
    with workspace.open() as db:
        now = datasets.get_dataset(db, "birds")
    assert dict(datasets.StoredCorpus(workspace, now).hashes()) == hashes | {"new": Doc("new", "text").text_hash}


def test_the_count_of_queries_follows_what_was_added(workspace, birds):
    store(workspace, "other", BIRDS)
    with workspace.write() as db:
        datasets.add_queries(db, birds.id, [Query("q3", "a third one")])
        datasets.count_queries(db, birds.id)
        assert datasets.get_dataset(db, "birds").n_queries == 3
        assert datasets.get_dataset(db, "other").n_queries == 0
