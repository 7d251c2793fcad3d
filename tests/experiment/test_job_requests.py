"""Requests for jobs: what they write is what jobs in older workspaces hold, so that they are found there and shared."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from rerank_core.experiment import job_requests
from rerank_core.experiment.experiment import Experiment
from rerank_core.experiment.job_requests import (
    CanaryRequest,
    ChangeRequest,
    CompareRequest,
    DenseDownloadRequest,
    DepthRequest,
    DownloadRequest,
    ImportRequest,
    IndexRequest,
    InspectRequest,
    LlmAnswersRequest,
    LlmGradeRequest,
    LookRequest,
    MeasureRequest,
    OccludeRequest,
    RecallRequest,
    RefreshRequest,
    RunRequest,
    TrainRequest,
    TuneRequest,
    WarmRequest,
    WriteRequest,
)
from rerank_core.ranking.jobs import JOBS
from rerank_core.retrieval.settings import RetrievalSettings
from rerank_core.store import jobs
from rerank_core.store.workspace import Workspace
from tests.conftest import BIRD_QUERIES

KINDS = {
    one.kind: one
    for one in (
        CanaryRequest, ChangeRequest, CompareRequest, DenseDownloadRequest, DepthRequest, DownloadRequest,
        ImportRequest, IndexRequest, InspectRequest, LlmAnswersRequest, LlmGradeRequest, LookRequest, MeasureRequest,
        OccludeRequest, RecallRequest, RefreshRequest, RunRequest, TrainRequest, TuneRequest, WarmRequest, WriteRequest,
    )
}  # fmt: skip
SETTINGS = (
    r'"{\"retrievers\": [\"bm25\"], \"fusion\": \"rrf\", \"weights\": [], \"rrf_k\": 60, \"depth\": DEPTH, '
    r"\"dense_model\": \"bundled\", \"k1\": 0.9, \"b\": 0.4, \"stemming\": true, \"stop_words\": true, "
    r'\"language\": \"auto\", \"cutting\": \"pairs\", \"filters\": []}"'
)
CANDIDATES = '"dataset": "birds", "fingerprint": "3f4c0c5d30c0af93"'
TWO = '"systems": ["first-stage", "minilm-cosine"]'
PAIR = (
    '"dataset": "birds", "docid": "d1", "fingerprint": "3f4c0c5d30c0af93", "qid": "q1", "query": "who eats fish", '
    '"system": "minilm-cosine"'
)
JUDGE = {"base_url": "http://x/v1", "model": "m", "key_variable": "K"}
OPTIONS = {"chunk_words": 200, "overlap_words": 40, "parts": {"a.csv": "queries"}}
WRITTEN = {
    "compare": f'{{{CANDIDATES}, "qid": "q1", "settings": {SETTINGS}, {TWO}}}',
    "run": f'{{{CANDIDATES}, "queries": 2, "settings": {SETTINGS}, {TWO}}}',
    "recall": f'{{{CANDIDATES}, "queries": 2, "settings": {SETTINGS.replace("DEPTH", "200")}}}',
    "depth": f'{{{CANDIDATES}, "graded": 1, "queries": 2, "settings": {SETTINGS.replace("DEPTH", "200")}, '
    '"systems": ["minilm-cosine"]}',
    "measure": f'{{{CANDIDATES}, "qid": "q1", "settings": {SETTINGS}, {TWO}}}',
    "tune": f'{{{CANDIDATES}, "graded": 30, "level": 1, "margin": 0.02, "measure": "nDCG@10", "seed": 0, '
    f'"settings": {SETTINGS}, "space": {{"depths": [10, 20]}}, "splits": 200, {TWO}}}',
    "train": f'{{{CANDIDATES}, "folds": 5, "graded": 30, "level": 1, "margin": 0.02, "measure": "nDCG@10", '
    f'"model": "blend", "seed": 0, "settings": {SETTINGS}, {TWO}}}',
    "index": f'{{"dataset": "birds", "settings": {SETTINGS}}}',
    "inspect": f"{{{PAIR}}}",
    "occlude": f"{{{PAIR}}}",
    "write": '{"count": 2, "dataset": "birds", "queries": [], "variant": {"kind": "hyde", "model": "m"}}',
    "warm": '{"systems": ["first-stage", "minilm-cosine", "minilm-maxsim"]}',
    "download": '{"system": "ms-marco-tinybert-l2-v2"}',
    "dense-download": '{"model": "BAAI/bge-small-en-v1.5"}',
    "import": '{"name": "mine", "options": {"chunk_words": 200, "overlap_words": 40, "parts": {"a.csv": "queries"}}, '
    '"path": "/data/mine"}',
    "change": '{"name": "birds", "options": {"chunk_words": 200, "overlap_words": 40, "parts": {"a.csv": "queries"}}, '
    '"path": null, "preview": true, "remove": ["d1", "007"], "remove_path": null}',
    "look": '{"question": "a bird", "source": {"address": "http://x", "engine": "http"}, "templates": []}',
    "refresh": '{"dataset": "birds", "fingerprint": "3f4c0c5d30c0af93"}',
    "canary": '{"dataset": "birds", "system": "minilm-cosine"}',
    "llm-grade": f'{{{CANDIDATES}, "graded": true, "judge": {{"base_url": "http://x/v1", "key_variable": "K", '
    f'"model": "m"}}, "k": 10, "retry": false, "settings": {SETTINGS}, {TWO}}}',
    "llm-answers": f'{{"chat": {{"base_url": "http://x/v1", "key_variable": "K", "model": "m"}}, {CANDIDATES}, "k": 5, '
    f'"qid": "q1", "query": "who eats fish", "settings": {SETTINGS}, {TWO}}}',
}


@pytest.fixture
def requests(workspace, birds):
    settings = RetrievalSettings(("bm25",), depth=10)
    both = Experiment.of(workspace, "birds", ["first-stage", "minilm-cosine"], settings=settings)
    query = BIRD_QUERIES[0]
    made = [
        CompareRequest.of(both, query),
        RunRequest.of(both),
        RecallRequest.of(both),
        DepthRequest.of(both, "minilm-cosine", 1),
        MeasureRequest.of(both, query),
        TuneRequest(
            dataset="birds",
            fingerprint=birds.fingerprint,
            settings=settings.to_json(),
            systems=both.ids,
            space={"depths": [10, 20]},
            measure="nDCG@10",
            level=1,
            splits=200,
            seed=0,
            margin=0.02,
            graded=30,
        ),
        TrainRequest(
            dataset="birds",
            fingerprint=birds.fingerprint,
            settings=settings.to_json(),
            systems=both.ids,
            model="blend",
            measure="nDCG@10",
            level=1,
            folds=5,
            seed=0,
            margin=0.02,
            graded=30,
        ),
        IndexRequest(dataset="birds", settings=settings.to_json()),
        InspectRequest.of(birds, query, "d1", "minilm-cosine"),
        OccludeRequest.of(birds, query, "d1", "minilm-cosine"),
        WriteRequest(dataset="birds", variant={"kind": "hyde", "model": "m"}, count=2),
        WarmRequest(systems=("first-stage", "minilm-cosine", "minilm-maxsim")),
        DownloadRequest(system="ms-marco-tinybert-l2-v2"),
        DenseDownloadRequest(model="BAAI/bge-small-en-v1.5"),
        ImportRequest(name="mine", path="/data/mine", options=OPTIONS),
        ChangeRequest(name="birds", remove=("d1", "007"), options=OPTIONS, preview=True),
        LookRequest(source={"engine": "http", "address": "http://x"}, question="a bird"),
        RefreshRequest(dataset="birds", fingerprint=birds.fingerprint),
        CanaryRequest(system="minilm-cosine", dataset="birds"),
        LlmGradeRequest.of(both, 10, True, JUDGE, False),
        LlmAnswersRequest.of(both, query, both.ids, 5, JUDGE),
    ]
    return {request.kind: request for request in made}


def written(kind: str) -> str:
    return WRITTEN[kind].replace("DEPTH", "10")


def test_there_is_a_request_for_each_kind_of_job_and_one_that_does_it():
    assert set(KINDS) == set(JOBS) == set(WRITTEN)


@pytest.mark.parametrize("kind", sorted(WRITTEN))
def test_a_request_writes_what_it_always_wrote_and_reads_it_back(requests, kind):
    request = requests[kind]
    # as `store.jobs` writes it
    assert json.dumps(request.to_json(), sort_keys=True, ensure_ascii=False) == written(kind)
    assert KINDS[kind].from_json(json.loads(written(kind))) == request


@pytest.mark.parametrize("kind", sorted(WRITTEN))
def test_an_equal_request_finds_and_shares_the_job_of_an_older_one(workspace, requests, kind):
    with workspace.write() as db:
        older = jobs.submit(db, kind, json.loads(written(kind)))
        assert job_requests.submit(db, requests[kind]) == older
        assert job_requests.latest(db, requests[kind]).id == older


def test_the_jobs_of_an_older_workspace_are_found_by_their_requests(tmp_path):
    made = (Path(__file__).parents[1] / "support" / "workspace_before_the_move.sql").read_text(encoding="utf-8")
    db = sqlite3.connect(tmp_path / "older.db")
    db.executescript(made)
    rows = db.execute("SELECT id, kind, params FROM job").fetchall()
    db.close()
    assert len(rows) == 9
    with Workspace(tmp_path / "older.db").open() as opened:
        for number, kind, params in rows:
            request = KINDS[kind].from_json(json.loads(params))
            assert json.dumps(request.to_json(), sort_keys=True, ensure_ascii=False) == params
            assert job_requests.latest(opened, request).id == number


def test_with_another_query_or_grade_it_is_another_request(workspace, birds):
    both = Experiment.of(workspace, "birds", ["first-stage"], depth=20)
    assert RunRequest.of(both) != RunRequest.of(both.at_depth(10))
    assert RecallRequest.of(both) == RecallRequest.of(both.at_depth(10))
    assert DepthRequest.of(both, "first-stage", 1) != DepthRequest.of(both, "first-stage", 2)


def test_a_change_that_was_looked_at_is_made_of_the_passages_that_were_there_then():
    looked_at = ChangeRequest(name="birds", path="/data/new.jsonl", preview=True)
    made = looked_at.in_earnest("3f4c")
    assert made.to_json() == {**looked_at.to_json(), "preview": False, "fingerprint": "3f4c"}
    assert ChangeRequest.from_json(made.to_json()) == made


def test_what_an_older_job_left_out_has_its_default_and_what_is_unknown_is_left_out():
    request = InspectRequest.from_json({"dataset": "b", "qid": "q", "docid": "d", "system": "s", "newer": 1})
    assert (request.fingerprint, request.query) == ("", "")
    with pytest.raises(TypeError, match="qid"):
        InspectRequest.from_json({"dataset": "b", "docid": "d", "system": "s"})
