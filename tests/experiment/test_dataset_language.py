"""In which language a dataset is read, asked by many tabs at once."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from rerank_core.experiment import dataset_language
from rerank_core.experiment.dataset_language import found_language
from rerank_core.retrieval import language
from rerank_core.store.datasets import DatasetRow
from rerank_core.store.workspace import Workspace

TABS = 6


def test_many_at_once_look_at_the_passages_once(
    workspace: Workspace, birds: DatasetRow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dataset_language, "_known", {})
    real, looks = dataset_language.detect_corpus, []

    def slow(corpus):
        looks.append(1)
        time.sleep(0.1)
        return real(corpus)

    monkeypatch.setattr(dataset_language, "detect_corpus", slow)
    assert _at_once(lambda: found_language(workspace, birds)) == ["en"] * TABS
    assert len(looks) == 1


def test_many_at_once_load_the_classifier_once(monkeypatch: pytest.MonkeyPatch) -> None:
    from py3langid.langid import LanguageIdentifier

    language._loaded_identifier.cache_clear()
    real, loads = LanguageIdentifier.from_model_file, []

    def slow(*args, **options):
        loads.append(1)
        time.sleep(0.1)
        return real(*args, **options)

    monkeypatch.setattr(LanguageIdentifier, "from_model_file", slow)
    text = "Die Seeschwalbe taucht an der Küste nach kleinen Fischen und trägt sie zu ihren Jungen."
    assert _at_once(lambda: language.detect([text])) == ["de"] * TABS
    assert len(loads) == 1


def _at_once(call) -> list[str]:
    together = Barrier(TABS)

    def one(_number: int) -> str:
        together.wait()
        return call()

    with ThreadPoolExecutor(TABS) as threads:
        return list(threads.map(one, range(TABS)))
