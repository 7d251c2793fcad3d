"""An index that shares another one's files answers as one that was built anew, to the last bit."""

import os

import numpy as np
import pytest

from rerank_core.errors import CancelledError
from rerank_core.retrieval.bm25 import Bm25Retriever
from rerank_core.retrieval.dense import DenseRetriever
from rerank_core.retrieval.index import LEAST_ROWS, build_or_load, needs_build, prune
from rerank_core.retrieval.parts import ADDED, changes
from rerank_core.retrieval.settings import RetrievalSettings
from rerank_core.types import Doc

WORDS = ["cat", "dog", "fish", "bird", *(f"w{number}" for number in range(40))]
QUERIES = ["cat", "cat dog cat", "w1 w2 w39", "bird fish w7", "only", "zebra", "gone"]


def text(rng):
    return " ".join(rng.choice(WORDS, size=rng.integers(0, 60), p=PROBABILITIES))


PROBABILITIES = 1 / np.arange(1, len(WORDS) + 1)
PROBABILITIES /= PROBABILITIES.sum()


@pytest.fixture
def before():
    rng = np.random.default_rng(7)
    return {f"{number:04}": text(rng) for number in range(300)} | {"x": "gone gone"}


@pytest.fixture
def after(before):
    """Two removed (one of them with the only "gone"), five texts changed, one emptied, ten added; another order."""
    rng = np.random.default_rng(8)
    texts = {docid: content for docid, content in before.items() if docid not in ("x", "0003")}
    texts |= {f"{number:04}": text(rng) + " only" for number in range(20, 25)} | {"0040": ""}
    return dict(reversed((texts | {f"n{number}": text(rng) for number in range(10)}).items()))


def answers(retriever):
    return [retriever.retrieve(query, 30).docs for query in QUERIES]


@pytest.mark.parametrize("numbers", [{}, {"k1": 0.0}, {"k1": 2.0, "b": 1.0}, {"b": 0.0}])
def test_bm25_has_the_scores_of_a_rebuild_with_the_statistics_of_all_passages(
    tmp_path, corpus_of, before, after, numbers
):
    settings = RetrievalSettings(**numbers)
    Bm25Retriever.build(corpus_of(before), tmp_path / "old", settings)
    new = corpus_of(after)
    derived = Bm25Retriever.derive(tmp_path / "old", changes(tmp_path / "old", new), new, tmp_path / "new", settings)
    rebuilt = Bm25Retriever.build(new, tmp_path / "rebuilt", settings)
    assert answers(derived) == answers(rebuilt)
    assert [len(docs) for docs in answers(derived)][-3:] == [5, 0, 0]
    allowed = {"0020", "0003", "n1", "x"}
    assert derived.retrieve("cat", 9, allowed).docs == rebuilt.retrieve("cat", 9, allowed).docs


def test_dense_has_the_scores_of_a_rebuild_and_embeds_only_new_texts(
    tmp_path, corpus_of, encoder, store, before, after
):
    DenseRetriever.build(corpus_of(before), tmp_path / "old", encoder, store)
    encoder.embedded.clear()
    new = corpus_of(after)
    change = changes(tmp_path / "old", new)
    derived = DenseRetriever.derive(tmp_path / "old", change, new, tmp_path / "new", encoder, store)
    assert set(encoder.embedded) <= set(after.values()) - set(before.values())
    rebuilt = DenseRetriever.build(new, tmp_path / "rebuilt", encoder, store)
    assert answers(derived) == answers(rebuilt)
    assert derived.retrieve("cat", 9, {"0003", "n1"}).docids == ("n1",)


def test_changes_name_what_is_gone_and_what_is_new(tmp_path, corpus_of):
    Bm25Retriever.build(corpus_of({"1": "cat", "2": "dog", "3": "fish"}), tmp_path / "i", RetrievalSettings())
    change = changes(tmp_path / "i", corpus_of({"3": "fish", "2": "other", "4": "cat"}))
    assert (change.removed.tolist(), change.added) == ([True, True, False], ("2", "4"))
    assert change.share == (2 + 2) / 3


def test_removing_every_passage_leaves_nothing_to_find(tmp_path, corpus_of):
    settings = RetrievalSettings()
    Bm25Retriever.build(corpus_of({"1": "cat"}), tmp_path / "i", settings)
    none = corpus_of({})
    derived = Bm25Retriever.derive(tmp_path / "i", changes(tmp_path / "i", none), none, tmp_path / "n", settings)
    assert derived.retrieve("cat", 5).docs == ()


class TestThroughTheIndexesOnDisk:
    @pytest.fixture
    def texts(self):
        return {str(number): f"{WORDS[number % 4]} n{number}" for number in range(LEAST_ROWS)}

    @pytest.fixture
    def build(self, tmp_path, corpus_of, store, encoder):
        def run(texts, fingerprint, **more):
            settings = RetrievalSettings(depth=10, fusion="minmax", weights=(1.0, 0.0))  # the words alone decide
            return build_or_load(tmp_path, corpus_of(texts), fingerprint, settings, store, encoder=encoder, **more)

        return run

    def test_a_changed_dataset_shares_the_files_and_only_reads_what_changed(self, build, texts, tmp_path, encoder):
        build(texts, "f1")
        encoder.embedded.clear()
        steps = []
        new = {docid: content for docid, content in texts.items() if docid != "7"} | {"8": "new bird"}
        build(new, "f2", progress=lambda done, total, message="": steps.append((done, total)))
        assert encoder.embedded == ["new bird"]
        assert steps[-1] == (1, 1)
        for old in (tmp_path / "f1").glob("*/*.npy"):
            assert os.path.samefile(old, tmp_path / "f2" / old.parent.name / old.name)

    def test_the_old_index_can_go(self, build, texts, tmp_path, encoder):
        build(texts, "f1")
        expected = build(texts | {"new": "cat news"}, "f2").retrieve("q", "cat news").docs
        assert prune(tmp_path, keep={"f2"}) == ["f1"]
        assert needs_build(tmp_path, "f2", RetrievalSettings(), encoder) == []
        assert build(texts | {"new": "cat news"}, "f2").retrieve("q", "cat news").docs == expected
        assert expected[0].docid == "new"

    def test_changes_do_not_pile_up_over_many_updates(self, build, texts, tmp_path):
        for turn in range(3):
            texts = texts | {f"more{turn}": f"cat turn{turn}"}
            found = build(texts, f"f{turn}").retrieve("q", f"turn{turn}").docids
            assert found[0] == f"more{turn}"
        (folder,) = (tmp_path / "f2").glob("bm25-*")
        assert len(np.load(folder / ADDED / "texts.npy")) == 2  # both since the base, in one part

    def test_more_than_a_tenth_changed_is_built_anew(self, build, texts, tmp_path):
        build(texts, "f1")
        build({docid: f"{content} other" for docid, content in texts.items()}, "f2")
        assert list((tmp_path / "f2").glob(f"*/{ADDED}")) == []

    def test_stopped_in_between_leaves_no_index(self, build, texts, tmp_path, encoder):
        def stop(done, total, message=""):
            raise CancelledError("stopped")

        build(texts, "f1")
        with pytest.raises(CancelledError):
            build(texts | {"new": "cat"}, "f2", progress=stop)
        assert list((tmp_path / "f2").iterdir()) == []


def test_an_added_passage_with_a_title_is_found(tmp_path, corpus_of):
    settings = RetrievalSettings()
    Bm25Retriever.build(corpus_of({"1": "cat"}), tmp_path / "i", settings)
    new = corpus_of({"1": "cat"})
    new._docs.append(Doc("2", "body", title="Refunds"))
    derived = Bm25Retriever.derive(tmp_path / "i", changes(tmp_path / "i", new), new, tmp_path / "n", settings)
    assert derived.retrieve("refund", 5).docids == ("2",)
