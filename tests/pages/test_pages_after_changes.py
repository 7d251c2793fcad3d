"""Every page on a dataset whose graded passages were changed and removed: before anything is ranked anew, and after."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from rerank_core.corpus.changes import PassageChange, change_passages
from rerank_core.experiment.experiment import Experiment
from rerank_core.judging.plan import LabelPlan, save_plan
from rerank_core.ranking.pipeline import Pipeline
from rerank_core.store import datasets, judgments, rankings
from rerank_core.store.judgments import GradeEvent
from rerank_core.store.rankings import candidates_key
from rerank_core.store.workspace import Workspace
from rerank_core.systems.systems import get_system
from rerank_core.types import Ranking
from tests.conftest import BIRD_QUERIES, BIRDS
from tests.pages.conftest import ROOT, VIEW, WORDS_ONLY, RankedBirds, compare, payloads, texts

TWO = {"sys": ["Your search as it is (no reranker)", "MiniLM bi-encoder (cosine)"]}


def visit(page: str, **query: Any) -> AppTest:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60).switch_page(f"pages/{page}")
    for key, value in {**VIEW, **TWO, "judge": "ann", **query}.items():
        app.query_params[key] = value
    return app.run()


@pytest.fixture
def changed(workspace: Workspace, ranked: RankedBirds, tmp_path: Path) -> datasets.DatasetRow:
    """Ann and Bob differ on every passage; then the terns are gone and the otters read otherwise."""
    row = ranked.dataset
    with workspace.write() as db:
        for judge, value in (("ann", 3), ("bob", 0)):
            events = [GradeEvent(judge, n, "grade", "q1", doc.docid, value) for n, doc in enumerate(BIRDS, 1)]
            judgments.record(db, row.id, judge, events, row.scale)
    save_plan(workspace, row, LabelPlan(("first-stage", "minilm-cosine"), WORDS_ONLY.to_json(), depth=20, overlap=1.0))
    (tmp_path / "new.jsonl").write_text(json.dumps({"_id": "d3", "text": "Otters rest and eat fish."}) + "\n")
    change_passages(workspace, "birds", PassageChange(tmp_path / "new.jsonl", remove=("d1",)))
    with workspace.open() as db:
        return datasets.get_dataset(db, "birds")


@pytest.fixture
def ranked_anew(workspace: Workspace, changed: datasets.DatasetRow) -> datasets.DatasetRow:
    first, cosine = (get_system(workspace, one) for one in ("first-stage", "minilm-cosine"))
    Pipeline(workspace).run(Experiment(workspace, changed, WORDS_ONLY, (first,)), BIRD_QUERIES)
    with workspace.write() as db:
        for query in BIRD_QUERIES:
            key = candidates_key(changed.fingerprint, WORDS_ONLY.key(), query.text)
            found = rankings.get_candidates(db, key)
            assert found is not None
            rankings.put_ranking(db, key, cosine.key, Ranking(query.qid, cosine.key, found.docs, 0.1))
    return changed


PAGES = sorted(path.name for path in (ROOT / "pages").glob("[0-9]_*.py"))


@pytest.mark.parametrize("page", PAGES)
def test_each_page_opens_before_anything_is_ranked_anew(changed: datasets.DatasetRow, page: str) -> None:
    app = visit(page)
    assert not app.exception, app.exception[0].message


@pytest.mark.parametrize("page", PAGES)
def test_each_page_opens_once_it_is_ranked_anew(ranked_anew: datasets.DatasetRow, page: str) -> None:
    app = visit(page)
    assert not app.exception, app.exception[0].message


def test_old_columns_are_not_shown_for_the_new_passages(changed: datasets.DatasetRow) -> None:
    app = visit("2_Evaluate.py")
    assert "Nothing is ranked yet" in texts(app.markdown) + texts(app.caption) + texts(app.info)


def test_the_board_has_the_new_text_and_not_the_removed_passage(ranked_anew: datasets.DatasetRow) -> None:
    board, _ = payloads(compare(**TWO, q="q1"))
    shown = {docid: "".join(text for text, _ in doc["text"]) for docid, doc in board["docs"].items()}
    assert shown == {"007": BIRDS[3].text, "d3": "Otters rest and eat fish."}


def test_agreement_asks_for_the_changed_one_again_and_keeps_the_removed_one(changed: datasets.DatasetRow) -> None:
    app = visit("7_Agreement.py", agree="Changed passages")
    assert "Otters rest and eat fish." in texts(app.markdown) + "".join(one.proto.body for one in app.get("html"))
    told = "\n".join(texts(one) for one in (app.caption, app.markdown, app.info))
    assert "4 passages to settle · 1 grade of passages that changed since" in told
