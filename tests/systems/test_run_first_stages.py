"""An imported run as a first stage: its lists are candidates, fused, reranked and put into the matrix."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rerank_core.corpus.additions import import_judgments, import_trec_run
from rerank_core.errors import NotReadyError, SettingsError
from rerank_core.evaluation.names import parse_measure
from rerank_core.experiment.experiment import Experiment
from rerank_core.experiment.matrix import first_stages, matrix
from rerank_core.ranking.pipeline import Pipeline
from rerank_core.retrieval.settings import RetrievalSettings
from rerank_core.store import datasets, judgments
from rerank_core.store.judgments import Judgment
from rerank_core.systems.composites.spec import OwnFirstStage
from rerank_core.systems.run_lists import runs_of
from rerank_core.systems.systems import add_composite, get_system
from rerank_core.types import Doc, Query
from tests.conftest import BIRD_QUERIES

WORDS = RetrievalSettings(("bm25",), depth=10)
THEIRS = RetrievalSettings(("run:theirs",), depth=10)
NDCG = parse_measure("nDCG@10")


@pytest.fixture
def theirs(workspace, birds, tmp_path):
    """A run over one of two queries, with a passage that the dataset does not have."""
    file = tmp_path / "theirs.trec"
    file.write_text("q1 Q0 d2 1 9.5 t\nq1 Q0 elsewhere 2 8 t\nq1 Q0 007 3 1.25 t\n")
    import_trec_run(workspace, "birds", file)
    return file


def candidates(workspace, settings, query=BIRD_QUERIES[0]):
    return Pipeline(workspace).candidates(Experiment.of(workspace, "birds", settings=settings), query)[1]


def test_its_lists_are_the_candidates_in_its_order_with_raw_scores(workspace, theirs):
    found = candidates(workspace, THEIRS)
    assert [(doc.docid, doc.score, doc.rank) for doc in found.docs] == [("d2", 9.5, 1), ("007", 1.25, 2)]
    assert found.seconds is None, "it was found elsewhere, nobody knows how fast"
    assert candidates(workspace, THEIRS, BIRD_QUERIES[1]).docs == ()
    assert runs_of(workspace, "birds") == ["run:theirs"]


def test_lists_are_by_query_id_and_not_by_its_text(workspace, theirs):
    assert candidates(workspace, THEIRS).docids == ("d2", "007")
    assert candidates(workspace, THEIRS, Query("another", BIRD_QUERIES[0].text)).docs == ()


def test_it_is_fused_with_other_retrievers_by_rank(workspace, theirs):
    both = candidates(workspace, RetrievalSettings(("bm25", "run:theirs"), depth=10))
    words = candidates(workspace, WORDS)
    ranks = [{doc.docid: doc.rank for doc in one.docs} for one in (words, candidates(workspace, THEIRS))]
    wanted = {docid: sum(1 / (60 + rank[docid]) for rank in ranks if docid in rank) for one in ranks for docid in one}
    assert {doc.docid: doc.score for doc in both.docs} == pytest.approx(wanted)


def test_filters_hold_for_it_too(workspace, theirs):
    filtered = replace(THEIRS, filters=(("kind", ("bird",)),))
    assert set(candidates(workspace, filtered).docids) <= {"007"}


def test_a_run_that_the_dataset_does_not_have_is_named(workspace, birds):
    with pytest.raises(NotReadyError, match="no imported run 'gone' for birds"):
        candidates(workspace, RetrievalSettings(("run:gone",), depth=10))
    with pytest.raises(SettingsError, match="run:NAME for an imported run"):
        RetrievalSettings(("run:",), depth=10)


def test_a_system_over_it_reranks_its_candidates_and_says_their_ceiling(workspace, birds, theirs):
    add_composite(workspace, "theirs, ours", OwnFirstStage("minilm-cosine", THEIRS))
    own = get_system(workspace, "theirs, ours")
    ranking = Pipeline(workspace).rank(Experiment(workspace, birds, WORDS), BIRD_QUERIES[0], own).ranking
    assert sorted(ranking.docids) == ["007", "d2"]


@pytest.fixture
def graded(workspace, birds, theirs):
    with workspace.write() as db:
        at = "2026-01-01T00:00:00+00:00"
        given = [Judgment("q1", docid, grade, "me", "import", "", at, "") for docid, grade in (("007", 2), ("d1", 1))]
        judgments.import_judgments(db, birds.id, given)
    return birds


def test_the_matrix_has_each_first_stage_with_what_its_candidates_allow(workspace, graded):
    experiment = Experiment.of(workspace, "birds", ["first-stage", "minilm-cosine"], settings=WORDS)
    stages = [one for one in first_stages(experiment) if "dense" not in one.retrievers]
    assert [one.retrievers for one in stages] == [("bm25",), ("run:theirs",)]
    empty = matrix(experiment, NDCG, stages)
    assert {cell.state for row in empty.rows for cell in row.cells.values()} == {"not ranked"}
    assert [systems for _, systems in empty.missing()] == [["first-stage", "minilm-cosine"]] * 2
    pipeline = Pipeline(workspace)
    for settings in stages:
        pipeline.run(replace(experiment, settings=settings), BIRD_QUERIES)
    found = matrix(experiment, NDCG, stages)
    theirs = found.rows[1]
    # d2 (not graded), then 007 (2) at rank 2, where 007 and d1 (1) were best: 2 / log2(3) of 2 + 1 / log2(3)
    ideal = 2 + 1 / 1.584962500721156
    assert theirs.cells["first-stage"].value == pytest.approx(2 / 1.584962500721156 / ideal)
    assert theirs.best == pytest.approx(2 / ideal)
    assert theirs.recall == 0.5
    assert theirs.cells["first-stage"].p95 is None, "how long their search took is not known"
    assert found.rows[0].cells["first-stage"].p95 is not None
    assert found.qids == ("q1",)
    assert found.missing() == []
    assert {row["state"] for row in found.cell_rows()} == {"ranked"}


def test_a_run_that_reorders_the_candidates_has_a_cell_and_one_that_does_not_has_none(workspace, graded, tmp_path):
    for name, lines in (("reordered", "q1 Q0 007 1 9 t\nq1 Q0 d2 2 8 t\n"), ("else", "q1 Q0 d1 1 9 t\n")):
        (tmp_path / f"{name}.trec").write_text(lines)
        import_trec_run(workspace, "birds", tmp_path / f"{name}.trec")
    experiment = Experiment.of(workspace, "birds", ["run:reordered", "run:else"], settings=THEIRS)
    Pipeline(workspace).run(experiment, BIRD_QUERIES)
    (row,) = matrix(experiment, NDCG, [THEIRS]).rows
    assert row.cells["run:reordered"].value == pytest.approx(row.best)
    assert (row.cells["run:else"].state, row.cells["run:else"].value) == ("other candidates", None)


REORDERED = "rerank-bm25-rankvicuna-b"
# nDCG@10 against NIST's full judgments, as in SOURCE.md of the collection
PUBLISHED = {
    "bm25": 0.5058, "bm25-rm3": 0.5221, "tasb": 0.7210, "ada2": 0.7035, "splade-pp-ed": 0.7308, "repllama": 0.7384,
}  # fmt: skip
SIX = tuple(PUBLISHED)


def test_the_six_of_trec_dl_2019_make_a_matrix_with_the_published_figures(workspace, collections, tmp_path):
    folder = collections / "trec-dl-2019"
    if not folder.is_dir():
        pytest.skip(f"trec-dl-2019 is not at {folder}")
    files = [folder / "runs" / f"{name}.trec" for name in (*(f"first-{one}" for one in SIX), REORDERED)]
    # no figure here reads a passage's text
    docids = dict.fromkeys(line.split()[2] for file in files for line in file.read_text().splitlines())
    lines = (folder / "qrels.full-nist.txt").read_text().splitlines()
    with workspace.write() as db:
        dataset_id = datasets.begin_dataset(db, "dl19", "tests")
        datasets.add_docs(db, dataset_id, [Doc(docid, docid) for docid in docids])
        queries = [Query(qid, f"query {qid}") for qid in dict.fromkeys(line.split()[0] for line in lines)]
        datasets.add_queries(db, dataset_id, queries)
        datasets.finish_dataset(db, dataset_id, {})
    import_judgments(workspace, "dl19", folder / "qrels.full-nist.txt")
    for file in files:
        import_trec_run(workspace, "dl19", file, ties="trec_eval")
    stages = [RetrievalSettings((f"run:first-{name}",), depth=100) for name in SIX]
    experiment = Experiment.of(workspace, "dl19", ["first-stage", f"run:{REORDERED}"], settings=stages[0])
    pipeline = Pipeline(workspace)
    for settings in stages:
        pipeline.run(replace(experiment, settings=settings), queries)
    found = matrix(experiment, NDCG, stages)
    reached = {name: row.cells["first-stage"].value for name, row in zip(SIX, found.rows, strict=True)}
    assert {name: round(value, 4) for name, value in reached.items()} == PUBLISHED
    vicuna = [row.cells[f"run:{REORDERED}"] for row in found.rows]
    assert round(vicuna[0].value, 4) == 0.6840
    assert {cell.state for cell in vicuna[1:]} == {"other candidates"}
    assert all(row.best > row.cells["first-stage"].value for row in found.rows)
