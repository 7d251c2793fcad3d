"""A small workspace with rows in every table, made without any model: for tests that look at all there can be."""

from __future__ import annotations

import hashlib
from pathlib import Path

from rerank_core.corpus.additions import import_trec_run
from rerank_core.experiment import job_requests
from rerank_core.experiment.experiment import Experiment
from rerank_core.experiment.job_requests import (
    CompareRequest,
    ImportRequest,
    IndexRequest,
    RecallRequest,
    RunRequest,
    WarmRequest,
)
from rerank_core.experiment.margin import set_margin
from rerank_core.experiment.runs import record_runs
from rerank_core.judging.disputes import adjudicate
from rerank_core.judging.invitations import GradingTask, comparison_of, invite_judge, invite_reader, invite_voter
from rerank_core.judging.plan import LabelPlan, save_plan
from rerank_core.ranking.pipeline import Pipeline
from rerank_core.retrieval.language import found_by
from rerank_core.retrieval.query_variants.query_variant import QueryVariant
from rerank_core.retrieval.settings import RetrievalSettings
from rerank_core.store import (
    datasets,
    evidence,
    jobs,
    judgments,
    llm_grades,
    query_variants,
    rankings,
    scales,
    shown_names,
    tuned_systems,
    votes,
)
from rerank_core.store.datasets import DatasetRow
from rerank_core.store.evidence import Evidence
from rerank_core.store.judgments import GradeEvent
from rerank_core.store.llm_grades import LlmGrade, LlmJudge
from rerank_core.store.votes import Vote
from rerank_core.store.workspace import Workspace, now
from rerank_core.systems.composites.spec import Cascade, Stage
from rerank_core.systems.query_variants import add_query_variant
from rerank_core.systems.systems import add_composite, add_variant, get_system
from rerank_core.types import Query, Ranking, ScoredDoc
from tests.conftest import BIRD_QUERIES, BIRDS
from tests.support.full_elsewhere import fill_engine, fill_traffic

WORDS_ONLY = RetrievalSettings(("bm25",), "rrf", (), depth=20)
COSINE, MAXSIM, RUN = "minilm-cosine", "minilm-maxsim", "run:theirs"
TOKEN = "0" * 48
"""The secret of each invitation."""
SYSTEMS = ("first-stage", COSINE, MAXSIM, RUN)


def make_full(folder: Path) -> Workspace:
    """A new workspace in this folder with the dataset `birds`, an engine and traffic, all of it in its one file."""
    workspace = Workspace(folder / "workspace.db")
    with workspace.write() as db:
        dataset_id = datasets.begin_dataset(db, "birds", "tests")
        datasets.add_docs(db, dataset_id, BIRDS)
        datasets.add_queries(db, dataset_id, BIRD_QUERIES)
        datasets.finish_dataset(db, dataset_id, {})
        birds = datasets.get_dataset(db, "birds")
    fill(workspace, birds, BIRD_QUERIES, folder)
    fill_engine(workspace)
    fill_traffic(workspace, folder)
    with workspace.open() as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    return workspace


def fill(workspace: Workspace, birds: DatasetRow, queries: list[Query], folder: Path) -> None:
    """Give the dataset `birds` rankings, grades by two people and a model, a plan, runs, votes, links and jobs."""
    _rank(workspace, birds, queries, folder)
    _grade(workspace, birds, queries)
    add_composite(workspace, "two steps", Cascade((Stage("first-stage", 10), Stage(COSINE))))
    add_variant(workspace, "served", "http-rerank", {"base_url": "http://127.0.0.1:9/rerank", "model": "ours"})
    save_plan(workspace, birds, LabelPlan(SYSTEMS[:2], WORDS_ONLY.to_json(), depth=10, overlap=1.0))
    _vote(workspace, birds)
    _present(workspace, birds, queries)
    _ask(workspace, birds, queries)
    with workspace.write() as db:
        db.execute("INSERT INTO idle_event VALUES ('a', 9, ?)", [now()])


def _rank(workspace: Workspace, birds: DatasetRow, queries: list[Query], folder: Path) -> None:
    theirs = folder / "theirs.trec"
    theirs.write_text("q1 Q0 d1 1 3.5 tag\nq1 Q0 007 2 1.25 tag\nq2 Q0 d2 1 1.0 tag\n")
    import_trec_run(workspace, "birds", theirs)
    first, run = get_system(workspace, "first-stage"), get_system(workspace, RUN)
    Pipeline(workspace).run(Experiment(workspace, birds, WORDS_ONLY, (first, run)), queries)
    cosine, maxsim = get_system(workspace, COSINE).key, get_system(workspace, MAXSIM).key
    experiment = Experiment(workspace, birds, WORDS_ONLY)
    with workspace.write() as db:
        for query in queries:
            key = experiment.key(query)
            candidates = rankings.get_candidates(db, key)
            assert candidates is not None
            turned = tuple(
                ScoredDoc(docid, 1.0 / rank, rank, {"bm25": rank}, 3, {"part": 0.5})
                for rank, docid in enumerate(candidates.docids[::-1], 1)
            )
            made = Ranking(query.qid, cosine, turned, 0.5, {"tokens": 12.0}, ("A note.",))
            rankings.put_ranking(db, key, cosine, made)
            rankings.put_ranking(db, key, maxsim, None, "OSError: the weights are cut off")
            evidence.put_evidence(db, key, cosine, Evidence(False, 0.1, "a CPU", {"torch": "2.0"}))
    record_runs(Experiment(workspace, birds, WORDS_ONLY, tuple(get_system(workspace, one) for one in SYSTEMS)))


def _grade(workspace: Workspace, birds: DatasetRow, queries: list[Query]) -> None:
    with workspace.write() as db:
        scales.set_scale(db, birds.id, scales.PRESETS["0 to 3"])
        scale = datasets.get_dataset(db, "birds").scale
        mine = [
            GradeEvent("a", 1, "grade", "q1", "d1", 3, "a note", "pool"),
            GradeEvent("a", 2, "grade", "q1", "d3", 0),
            GradeEvent("a", 3, "undo", "q1"),
            GradeEvent("a", 4, "grade", "q1", "d3", 2, "", "random"),
            GradeEvent("a", 5, "skip", "q1", "007"),
            GradeEvent("a", 6, "note", "q1", "007", None, "hard to say"),
            GradeEvent("a", 7, "grade", "q2", "d2", 1),
        ]
        theirs = [GradeEvent("b", 1, "grade", "q1", "d1", 0), GradeEvent("b", 2, "grade", "q1", "d3", 2)]
        judgments.record(db, birds.id, "me", mine, scale)
        judgments.record(db, birds.id, "bo", theirs, scale)
        judge = LlmJudge("tern-8b at 127.0.0.1:9", "a prompt")
        hashes = datasets.text_hashes(db, birds.id, ["d1", "d3"])
        ask = llm_grades.query_hash(queries[0])
        answers = [
            LlmGrade("q1", "d1", ask, hashes["d1"], 3, "", "grade: 3", 10, 2),
            LlmGrade("q1", "d3", ask, hashes["d3"], None, "No grade in the answer.", "I cannot", 10, 2),
        ]
        llm_grades.put(db, birds.id, judge, answers)
    adjudicate(workspace, birds, "cy", "q1", "d1", 2, "the text says so")


def _vote(workspace: Workspace, birds: DatasetRow) -> None:
    one, other = sorted(get_system(workspace, name).key for name in SYSTEMS[:2])
    with workspace.write() as db:
        for qid in ("q1", "q2"):
            votes.add_vote(db, birds.id, Vote(qid, one, other, WORDS_ONLY.key(), 5, "one", "other", "vi"))
        votes.take_back(db, birds.id, (one, other), WORDS_ONLY.key(), "vi")


def _present(workspace: Workspace, birds: DatasetRow, queries: list[Query]) -> None:
    set_margin(workspace, birds, 0.02)
    experiment = Experiment.of(workspace, "birds", SYSTEMS[:2], settings=WORDS_ONLY)
    task = comparison_of(experiment)
    invite_judge(workspace, birds, "ada", GradingTask(LabelPlan(SYSTEMS[:2], WORDS_ONLY.to_json(), depth=10), 20))
    invite_voter(workspace, birds, task)
    invite_reader(workspace, birds, task)
    with workspace.write() as db:
        db.execute("UPDATE invitation SET token_hash = ?", [hashlib.sha256(TOKEN.encode()).hexdigest()])
        shown_names.put(db, birds.id, "first-stage", "Today")
        tuned_systems.put_tuned(db, "two steps", queries[:1], {"measure": "nDCG@10"})
        tuned_systems.put_trained_model(db, "/models/ours", queries[:1], {"measure": "nDCG@10"})
    variant = QueryVariant("hyde", "tern-8b", "http://127.0.0.1:9/v1")
    add_query_variant(workspace, variant, "made-up answers")
    with workspace.write() as db:
        query_variants.put_written(db, variant.key, queries[0].text, ["Terns dive for fish."], 40, 12)
    datasets.StoredCorpus(workspace, birds).keep_language(found_by(), "en")


def _ask(workspace: Workspace, birds: DatasetRow, queries: list[Query]) -> None:
    with workspace.open() as db:
        row = datasets.get_dataset(db, "birds")
    experiment = Experiment(workspace, row, WORDS_ONLY, tuple(get_system(workspace, one) for one in SYSTEMS[:2]))
    done = [RunRequest.of(experiment), RecallRequest.of(experiment), WarmRequest(systems=("first-stage",))]
    failed = [IndexRequest(dataset="birds", settings=WORDS_ONLY.to_json()), ImportRequest(name="x", path="/nowhere")]
    with workspace.write() as db:
        for request in done:
            jobs.finish(db, job_requests.submit(db, request), "done", "", {"device": "a CPU"})
        for wrong in failed:
            jobs.finish(db, job_requests.submit(db, wrong), "failed", "it broke")
        job_requests.submit(db, CompareRequest.of(experiment, queries[1]), urgent=True)
