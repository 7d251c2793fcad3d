import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from rerank_core.errors import CancelledError, SettingsError
from rerank_core.retrieval import unfinished as unfinished_folders
from rerank_core.retrieval.index import build_or_load, needs_build, prune
from rerank_core.retrieval.index_folder import is_whole, writing
from rerank_core.retrieval.settings import RetrievalSettings
from rerank_core.retrieval.unfinished import remove_unfinished, unfinished

REPO = Path(__file__).parents[2]
SETTINGS = RetrievalSettings()
TEXTS = {"1": "cat", "2": "cat dog", "3": "fish"}


@pytest.fixture
def build(tmp_path, corpus_of, store, encoder):
    def run(texts=TEXTS, fingerprint="f1", settings=SETTINGS, **more):
        return build_or_load(tmp_path, corpus_of(texts), fingerprint, settings, store, encoder=encoder, **more)

    return run


def missing(root, encoder, fingerprint="f1", **change):
    return needs_build(root, fingerprint, replace(SETTINGS, **change), encoder)


def test_what_is_missing_is_named_and_after_the_build_nothing_is(build, tmp_path, encoder):
    assert missing(tmp_path, encoder) == ["bm25", "dense"]
    build()
    assert missing(tmp_path, encoder) == []


def test_a_second_opening_embeds_nothing_and_reports_nothing(build, encoder):
    first = build().retrieve("q", "cat").docs
    encoder.embedded.clear()
    steps = []
    assert build(progress=lambda done, total, message="": steps.append(done)).retrieve("q", "cat").docs == first
    assert (encoder.embedded, steps) == ([], [])


def test_another_fingerprint_needs_both_and_embeds_only_the_changed_text(build, tmp_path, encoder):
    build()
    assert missing(tmp_path, encoder, "f2") == ["bm25", "dense"]
    encoder.embedded.clear()
    assert build(TEXTS | {"3": "bird"}, "f2").retrieve("q", "bird").docids[0] == "3"
    assert encoder.embedded == ["bird"]


def test_bm25_settings_need_another_bm25_index_only(build, tmp_path, encoder):
    build()
    assert missing(tmp_path, encoder, k1=1.2) == ["bm25"]
    assert missing(tmp_path, encoder, depth=20, fusion="union") == []


def test_another_model_needs_another_dense_index_only(build, tmp_path, encoder):
    build()
    encoder.key = "other-weights"
    assert missing(tmp_path, encoder) == ["dense"]


def test_progress_counts_the_passages_of_each_build(build):
    steps = []
    build(progress=lambda done, total, message="": steps.append((done, total, message)))
    assert {total for _, total, _ in steps} == {len(TEXTS)}
    kinds = [message.partition(",")[0] for _, _, message in steps]
    assert list(dict.fromkeys(kinds)) == ["Reading words", "Weighing words", "Embedding"]
    for kind in set(kinds):
        counts = [done for done, _, message in steps if message.startswith(kind)]
        assert counts == sorted(counts)
        assert counts[-1] == len(TEXTS)
    assert all("texts per second" in message for _, _, message in steps if message.startswith("Embedding"))


def test_stopped_while_embedding_keeps_bm25_and_no_dense_index(build, tmp_path, encoder):
    def stop(done, total, message=""):
        if message.startswith("Embedding"):
            raise CancelledError("stopped")

    with pytest.raises(CancelledError):
        build(progress=stop)
    assert missing(tmp_path, encoder) == ["dense"]


def test_a_builder_that_is_killed_leaves_no_index(tmp_path, encoder, build):
    script = """
import os, pathlib, sys
from rerank_core.retrieval.bm25 import Bm25Retriever
from rerank_core.retrieval import index
from rerank_core.retrieval.settings import RetrievalSettings
from rerank_core.retrieval.unfinished import remove_unfinished, unfinished
from rerank_core.types import Doc
class Corpus:
    def __len__(self): return 1
    def docs(self): return [Doc("1", "cat")]
def die(done, total, message=""):
    if message == "Weighing words": os._exit(9)
index.build_or_load(pathlib.Path(sys.argv[1]), Corpus(), "f1", RetrievalSettings(retrievers=("bm25",)), None, die)
"""
    command = [sys.executable, "-c", script, str(tmp_path)]
    assert subprocess.run(command, timeout=60, cwd=REPO).returncode == 9
    assert list((tmp_path / "f1").iterdir()) != []
    assert missing(tmp_path, encoder) == ["bm25", "dense"]
    build()
    assert missing(tmp_path, encoder) == []


@pytest.mark.parametrize("name", ["docids.json", "places.npy", "data.csc.index.npy", "about.json"])
def test_an_index_with_a_file_cut_short_is_built_again(build, tmp_path, encoder, name):
    build()
    (folder,) = (tmp_path / "f1").glob("bm25-*")
    os.truncate(folder / name, 5)
    assert missing(tmp_path, encoder) == ["bm25"]
    assert build().retrieve("q", "cat").docids[0] == "1"


def test_an_index_with_a_file_missing_is_not_whole(tmp_path):
    with writing(tmp_path / "i") as folder:
        (folder / "a").write_text("x")
    assert is_whole(tmp_path / "i")
    (tmp_path / "i" / "a").unlink()
    assert not is_whole(tmp_path / "i")


def test_an_error_while_writing_leaves_nothing(tmp_path):
    def fail():
        with writing(tmp_path / "i") as folder:
            (folder / "a").write_text("x")
            raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        fail()
    assert list(tmp_path.iterdir()) == []


def test_the_index_that_was_finished_first_stays(tmp_path):
    with writing(tmp_path / "i") as slow:
        (slow / "a").write_text("slow")
        with writing(tmp_path / "i") as fast:
            (fast / "a").write_text("fast")
    assert (tmp_path / "i" / "a").read_text() == "fast"
    assert [entry.name for entry in tmp_path.iterdir()] == ["i"]


def test_remains_of_dead_builders_are_removed_and_those_of_living_ones_are_not(tmp_path):
    (tmp_path / ".unfinished-of-a-dead-one").mkdir()
    with unfinished(tmp_path / "i") as living:
        (living / "a").write_text("x")
        os.utime(living, (time.time() - 25 * 3600,) * 2)
        remove_unfinished(tmp_path)
        assert list(tmp_path.iterdir()) == [living]
        assert (living / "a").read_text() == "x"
    assert list(tmp_path.iterdir()) == []


def test_without_locks_only_old_remains_are_removed(tmp_path, monkeypatch):
    monkeypatch.setattr(unfinished_folders, "fcntl", None)
    for name, age in [("old", 25 * 3600), ("new", 60)]:
        folder = tmp_path / f".unfinished-{name}"
        folder.mkdir()
        os.utime(folder, (time.time() - age,) * 2)
    remove_unfinished(tmp_path)
    assert [folder.name for folder in tmp_path.iterdir()] == [".unfinished-new"]


def test_prune_keeps_the_named_fingerprints(build, tmp_path, encoder):
    build()
    build(fingerprint="f2")
    assert prune(tmp_path, keep={"f2"}) == ["f1"]
    assert missing(tmp_path, encoder, "f1") == ["bm25", "dense"]
    assert missing(tmp_path, encoder, "f2") == []
    assert prune(tmp_path / "not there", keep=()) == []


@pytest.mark.parametrize("fingerprint", ["", "../x", "a/b", "."])
def test_a_fingerprint_cannot_leave_the_root(build, fingerprint):
    with pytest.raises(SettingsError, match="fingerprint"):
        build(fingerprint=fingerprint)


def test_importing_retrieval_loads_no_heavy_library():
    script = """
import sys
from rerank_core.retrieval import bm25, dense, encoder, filters, fusion, hybrid, index, settings
heavy = {"torch", "transformers", "sentence_transformers", "bm25s", "Stemmer", "pandas", "scipy", "huggingface_hub"}
print(*sorted(heavy & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", script], timeout=60, capture_output=True, text=True, cwd=REPO)
    assert (done.returncode, done.stdout, done.stderr) == (0, "\n", "")
