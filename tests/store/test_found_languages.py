"""The language that passages were found in is kept for them, and looked for again where something is different."""

from __future__ import annotations

import pytest

from rerank_core.retrieval import language
from rerank_core.retrieval.language import detect_corpus, found_by
from rerank_core.store import datasets
from rerank_core.store.found_languages import keep_language, kept_language
from rerank_core.store.workspace import Workspace


@pytest.fixture
def looked(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """One for each time that passages are really looked at."""
    found, detect = [], language.detect

    def counted(texts):
        found.append(1)
        return detect(texts)

    monkeypatch.setattr(language, "detect", counted)
    return found


def test_passages_are_looked_at_once_and_again_when_they_are_others(workspace, birds, looked):
    corpus = datasets.StoredCorpus(workspace, birds)
    assert detect_corpus(corpus) == detect_corpus(datasets.StoredCorpus(workspace, birds)) == "en"
    assert len(looked) == 1
    with workspace.write() as db:
        db.execute("UPDATE dataset SET fingerprint = 'another' WHERE id = ?", [birds.id])
        changed = datasets.get_dataset(db, birds.name)
    assert detect_corpus(datasets.StoredCorpus(workspace, changed)) == "en"
    assert len(looked) == 2
    # those that are gone leave nothing
    assert kept_language(workspace, birds.fingerprint, found_by()) is None
    assert kept_language(workspace, "another", found_by()) == "en"


@pytest.mark.parametrize("kept", ["tlh", "", "EN"])
def test_what_is_no_language_is_looked_for_again(workspace, birds, looked, kept):
    keep_language(workspace, birds.fingerprint, found_by(), kept)
    assert detect_corpus(datasets.StoredCorpus(workspace, birds)) == "en"
    assert len(looked) == 1
    assert kept_language(workspace, birds.fingerprint, found_by()) == "en"


def test_what_was_found_in_another_way_is_not_taken(workspace, birds, looked):
    keep_language(workspace, birds.fingerprint, "200 passages, py3langid 0.1", "de")
    assert detect_corpus(datasets.StoredCorpus(workspace, birds)) == "en"
    assert len(looked) == 1


def test_none_is_kept_too(workspace, birds, looked):
    keep_language(workspace, birds.fingerprint, found_by(), "none")
    assert detect_corpus(datasets.StoredCorpus(workspace, birds)) == "none"
    assert looked == []


def test_a_workspace_that_can_only_be_read_is_looked_at_each_time(workspace, birds, looked, monkeypatch):
    monkeypatch.setattr("rerank_core.store.workspace.why_only_read", lambda path: "it is on a read-only disk")
    other = Workspace(workspace.path)
    corpus = datasets.StoredCorpus(other, birds)
    assert detect_corpus(corpus) == detect_corpus(corpus) == "en"
    assert len(looked) == 2


def test_while_somebody_writes_it_is_found_and_kept_the_next_time(workspace, birds, looked):
    corpus = datasets.StoredCorpus(workspace, birds)
    with workspace.write():
        assert detect_corpus(corpus) == "en"
    assert kept_language(workspace, birds.fingerprint, found_by()) is None
    assert detect_corpus(corpus) == "en"
    assert kept_language(workspace, birds.fingerprint, found_by()) == "en"
