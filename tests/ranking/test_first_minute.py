"""The first minute: the demo's vectors come with it, words are there before a model, and no import is in their way."""

from __future__ import annotations

import subprocess
import sys
import threading
import time

import numpy as np
import pytest

from pages.ui.server import first_use
from rerank_core.corpus.ingest import ImportOptions, import_dataset
from rerank_core.experiment.experiment import Experiment
from rerank_core.experiment.one_query import first_look
from rerank_core.inference.caller import caller
from rerank_core.ranking import libraries
from rerank_core.ranking.pipeline import Pipeline
from rerank_core.ranking.side_by_side import rank_side_by_side
from rerank_core.ranking.turns import Turns
from rerank_core.retrieval import encoder as encoders
from rerank_core.retrieval.dense_model import DenseModel
from rerank_core.retrieval.encoders import open_encoder
from rerank_core.retrieval.settings import RetrievalSettings
from rerank_core.store import datasets
from rerank_core.store.shipped_vectors import keep_shipped, read_shipped, write_shipped
from rerank_core.store.vectors import StoredVectors, count_without_vector
from tests.conftest import BIRD_QUERIES
from tests.support.demo_vectors import demo_texts

BOTH = RetrievalSettings(depth=10)
QUERY = BIRD_QUERIES[0]


@pytest.fixture(scope="module")
def encoder():
    return open_encoder(DenseModel())


def test_the_shipped_vectors_are_those_of_the_bundled_model_for_every_passage(encoder):
    model, vectors = read_shipped(first_use.DEMO_VECTORS)
    texts = demo_texts()
    assert model == encoder.key
    assert vectors.keys() == texts.keys()
    some = sorted(texts)[::86]
    made = encoder.encode_documents([texts[text] for text in some])
    kept = np.stack([vectors[text] for text in some])
    assert np.abs(made - kept).max() <= 2**-12  # half of float16's last bit below 1, and rounding
    assert np.abs(made @ kept.T - made @ made.T).max() < 1e-3
    assert min(np.linalg.norm(vector) for vector in vectors.values()) > 0.999


def test_the_demo_is_searched_by_meaning_without_embedding_a_passage(workspace, encoder, monkeypatch):
    import_dataset(workspace, first_use.DEMO, first_use.DEMO_FOLDER, ImportOptions())
    assert keep_shipped(workspace, first_use.DEMO_VECTORS) == 516
    assert keep_shipped(workspace, first_use.DEMO_VECTORS) == 0
    monkeypatch.setattr(type(encoder), "encode_documents", lambda *_: pytest.fail("a passage was embedded"))
    with workspace.open() as db:
        demo = datasets.get_dataset(db, first_use.DEMO)
        assert count_without_vector(db, demo.id, encoder.key, 10) == 0
        assert count_without_vector(db, demo.id, "another", 10) == 10
        query = datasets.get_queries(db, demo.id)[0]
    retriever = Pipeline(workspace).retriever(demo, RetrievalSettings(("dense",), depth=10))
    vector, (_, shipped) = encoder.encode_query(query.text), read_shipped(first_use.DEMO_VECTORS)
    best = max(vector @ one / np.linalg.norm(one) for one in shipped.values())
    assert retriever.retrieve("", query.text, retriever.settings).docs[0].score == pytest.approx(best, abs=1e-6)


def test_a_vector_that_is_there_stays_and_those_of_another_model_are_never_found(workspace, tmp_path):
    path, store = tmp_path / "v.npz", StoredVectors(workspace)
    store.put_many("model", {"a": np.array([1.0, 0.0], np.float32)})
    write_shipped(path, "model", {"b": np.array([0.0, 1.0], np.float32), "a": np.array([0.0, 1.0], np.float32)})
    assert keep_shipped(workspace, path) == 1
    assert {name: vector.tolist() for name, vector in store.get_many("model", ["a", "b"]).items()} == {
        "a": [1.0, 0.0],
        "b": [0.0, 1.0],
    }
    assert store.get_many("other", ["a", "b"]) == {}


@pytest.mark.parametrize("content", [None, b"", b"no archive", b"PK\x03\x04 broken"])
def test_without_a_whole_file_everything_is_embedded_as_ever(workspace, tmp_path, content):
    path = tmp_path / "v.npz"
    if content is not None:
        path.write_bytes(content)
    assert read_shipped(path) == ("", {})
    assert keep_shipped(workspace, path) == 0


def test_an_archive_with_an_object_in_it_is_not_unpacked(tmp_path):
    path = tmp_path / "v.npz"
    np.savez(path, model=np.array("m"), hashes=np.array([b"a"]), vectors=np.array([{"a": 1}], dtype=object))
    assert read_shipped(path) == ("", {})


@pytest.fixture
def experiment(workspace, birds):
    return Experiment.of(workspace, "birds", ["first-stage", "minilm-cosine"], settings=BOTH)


def test_while_the_model_is_read_the_words_stand_as_they_were_found(workspace, experiment):
    seen = []

    def look(done, total, message=""):
        if "dense" not in seen and not seen:
            now = first_look(experiment, QUERY)
            if now.candidates is not None:
                seen.append((now.words_only, sorted(now.answers)))

    rank_side_by_side(Pipeline(workspace), experiment, QUERY, look)
    assert seen == [(True, [])] or seen == [(True, ["first-stage"])]
    then = first_look(experiment, QUERY)
    assert (then.words_only, then.waiting) == (False, ())
    assert sorted(first_look(experiment.by_words(), QUERY).answers) == ["first-stage"]


def test_with_the_model_read_words_alone_are_not_asked(workspace, experiment):
    pipeline = Pipeline(workspace)
    rank_side_by_side(pipeline, experiment, QUERY)
    rank_side_by_side(pipeline, experiment, BIRD_QUERIES[1])
    assert first_look(experiment.by_words(), BIRD_QUERIES[1]).candidates is None


def test_passages_without_vectors_are_waited_for(workspace, experiment, monkeypatch):
    stages = Pipeline(workspace).first_stages
    assert stages.waits_for(experiment, QUERY) == "model"
    monkeypatch.setattr("rerank_core.ranking.first_stages.SOON_EMBEDDED", 4)
    assert stages.waits_for(experiment, QUERY) == "vectors"
    assert stages.waits_for(experiment.by_words(), QUERY) == ""


def test_words_wait_for_no_import_and_a_model_does(workspace, experiment):
    words, pipeline = experiment.by_words().with_systems(experiment.systems[:1]), Pipeline(workspace)
    meaning = threading.Thread(target=pipeline.candidates, args=(experiment, QUERY))
    with libraries._ALONE:
        pipeline.run(words, [QUERY])
        meaning.start()
        meaning.join(0.3)
        assert meaning.is_alive()
    meaning.join(60)
    assert not meaning.is_alive()


FRESH = """
import sys
from rerank_core.experiment.experiment import Experiment
from rerank_core.ranking import jobs, libraries
from rerank_core.ranking.pipeline import Pipeline
from rerank_core.retrieval import language
from rerank_core.store import datasets
from rerank_core.store.workspace import Workspace
workspace = Workspace(sys.argv[1])
with workspace.open() as db:
    birds = datasets.get_dataset(db, "birds")
    query = datasets.get_queries(db, birds.id)[0]
# as the demo comes, and a dataset that a page has shown
datasets.StoredCorpus(workspace, birds).keep_language(language.found_by(), "en")
libraries.import_for_words()
known = set(sys.modules)
both = Experiment.of(workspace, "birds", ["first-stage"])
words = both.by_words()
pipeline = Pipeline(workspace)
pipeline.first_stages.waits_for(both, query)
pipeline.run(words, [query])
print(*sorted(set(sys.modules) - known - {"__mp_main__"}))
print("torch" in sys.modules)
"""


def test_what_words_need_is_imported_before_models_are_beside_them(workspace, birds):
    said = subprocess.run(
        [sys.executable, "-c", FRESH, str(workspace.path)], capture_output=True, text=True, check=True
    ).stdout.splitlines()
    assert said == ["", "False"]


def test_a_query_that_has_come_is_done_before_libraries_are_imported_for_nobody(monkeypatch):
    order, imports, turns = [], threading.Event(), Turns()
    monkeypatch.setattr(libraries, "MOMENT", 0.0)
    monkeypatch.setattr(libraries, "import_for_models", lambda: (order.append("import"), imports.set()))

    def warm():
        with turns.job(urgent=False):
            libraries.import_at_leisure(caller())

    with turns.job(urgent=True):
        thread = threading.Thread(target=warm)
        thread.start()
        assert not imports.wait(0.3)
        order.append("query")
    thread.join(20)
    assert order == ["query", "import"]


def test_the_seconds_of_the_first_search_are_without_those_of_reading_the_model(workspace, birds, monkeypatch):
    experiment = Experiment.of(workspace, "birds", settings=BOTH)
    Pipeline(workspace).retriever(experiment.dataset, BOTH)  # its vectors are kept now
    load, told = encoders._load, []

    def slowly(*args, **kwargs):
        time.sleep(3)
        return load(*args, **kwargs)

    monkeypatch.setattr(encoders, "_load", slowly)
    _, found = Pipeline(workspace).candidates(experiment, QUERY, lambda *step: told.append(step))
    assert found.seconds < 3
    assert (0, 0, "loading the dense model") in told
    told.clear()
    Pipeline(workspace).candidates(experiment, QUERY, lambda *step: told.append(step))
    assert told == []
