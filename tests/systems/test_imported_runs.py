"""TREC runs made elsewhere: systems beside our own, with their ids and order, and marked where it is not fair."""

from __future__ import annotations

import pytest

from rerank_core.corpus.additions import import_judgments, import_trec_run
from rerank_core.corpus.formats.trec import read_run, write_qrels, write_run
from rerank_core.errors import BadInputError, NameTakenError
from rerank_core.evaluation.measures import evaluate, mean
from rerank_core.evaluation.names import parse_measure
from rerank_core.experiment.experiment import Experiment
from rerank_core.experiment.one_query import NOT_HERE, all_rankings, load_comparison
from rerank_core.experiment.whole_set import load_whole_set
from rerank_core.ranking.pipeline import Pipeline
from rerank_core.retrieval.settings import RetrievalSettings
from rerank_core.store import datasets, judgments
from rerank_core.store.imported_runs import imported_rankings, list_imported
from rerank_core.store.runs import list_runs
from rerank_core.systems.systems import all_systems, get_system
from rerank_core.types import Doc, Query
from tests.conftest import BIRD_QUERIES

BM25 = RetrievalSettings(retrievers=("bm25",), depth=10)
LINES = "q1 Q0 007 1 3.5 tag\nq1 Q0 elsewhere 2 1.25 tag\nother Q0 d1 1 1.0 tag\n"


@pytest.fixture
def file(tmp_path):
    made = tmp_path / "their-run.trec"
    made.write_text(LINES)
    return made


def test_a_run_is_a_system_with_its_own_order_and_raw_scores(workspace, birds, file):
    system_id, report = import_trec_run(workspace, "birds", file)
    assert system_id == "run:their-run"
    assert (report.queries, report.unknown_queries.first, report.missing_queries.first) == (1, ("other",), ("q2",))
    assert report.unknown_docs.first == ("elsewhere",)
    system = get_system(workspace, system_id)
    assert (system.label, system.state.ready) == ("their-run", True)
    assert Pipeline(workspace).run(Experiment(workspace, birds, BM25, (system,)), BIRD_QUERIES) == {system_id: 0}
    found = all_rankings(Experiment(workspace, birds, BM25, (system,)), system)
    assert [(doc.docid, doc.score, doc.rank) for doc in found["q1"].docs] == [("007", 3.5, 1), ("elsewhere", 1.25, 2)]
    assert found["q1"].seconds is None
    assert found["q2"].docs == (), "nothing returned is an answer, which counts 0 as in trec_eval"
    assert "nothing for this query" in found["q2"].notes[0]
    with workspace.open() as db:
        assert list_runs(db) == [], "it was not made here: there is no evidence"


def test_a_comparison_with_it_is_marked_and_shows_what_the_dataset_does_not_have(workspace, birds, file):
    system = get_system(workspace, import_trec_run(workspace, "birds", file)[0])
    first = get_system(workspace, "first-stage")
    Pipeline(workspace).run(Experiment(workspace, birds, BM25, (first, system)), BIRD_QUERIES)
    comparison = load_comparison(Experiment(workspace, birds, BM25, (first, system)), BIRD_QUERIES[0])
    assert comparison.off_candidates == (system.id,)
    assert comparison.docs["elsewhere"].text == NOT_HERE
    assert comparison.docs["007"].title == "Puffins"
    whole = load_whole_set(Experiment(workspace, birds, BM25, (first, system)))
    assert (whole.off_candidates("first-stage"), whole.off_candidates(system.id)) == ([], ["q1"])


def test_over_another_dataset_it_says_where_it_belongs(workspace, birds, file):
    system = get_system(workspace, import_trec_run(workspace, "birds", file)[0])
    with workspace.write() as db:
        dataset_id = datasets.begin_dataset(db, "fish", "tests")
        datasets.add_docs(db, dataset_id, [Doc("d1", "fish")])
        datasets.add_queries(db, dataset_id, BIRD_QUERIES)
        datasets.finish_dataset(db, dataset_id, {})
        fish = datasets.get_dataset(db, "fish")
    stored = Pipeline(workspace).rank(Experiment(workspace, fish, BM25), BIRD_QUERIES[0], system)
    assert (stored.ranking, stored.error) == (None, "their-run is a run over the dataset birds.")


def test_the_same_again_is_no_second_one_and_other_content_needs_another_name(workspace, birds, file):
    import_trec_run(workspace, "birds", file)
    import_trec_run(workspace, "birds", file)
    with workspace.open() as db:
        assert [(run.name, run.dataset, run.source) for run in list_imported(db)] == [
            ("their-run", "birds", "their-run.trec")
        ]
    key = get_system(workspace, "run:their-run").key
    file.write_text(LINES.replace("3.5", "4.5"))
    with pytest.raises(NameTakenError, match="already"):
        import_trec_run(workspace, "birds", file)
    assert import_trec_run(workspace, "birds", file, "newer")[0] == "run:newer"
    with workspace.write() as db:
        db.execute("DELETE FROM imported_run WHERE name = 'their-run'")
    assert [system.id for system in all_systems(workspace)][-1] == "run:newer"
    import_trec_run(workspace, "birds", file, "their-run")
    assert get_system(workspace, "run:their-run").key != key, "other content has other rankings"


@pytest.mark.parametrize("name", ["", "two words", "a,b", "run:a", "x" * 81])
def test_a_name_is_one_plain_word(workspace, birds, file, name):
    with pytest.raises(BadInputError, match="plain word"):
        import_trec_run(workspace, "birds", file, name)


def test_a_run_without_a_query_of_the_dataset_is_refused(workspace, birds, file):
    file.write_text("q9 Q0 d1 1 1.0 tag\n")
    with pytest.raises(BadInputError, match="no query of this run"):
        import_trec_run(workspace, "birds", file)
    with workspace.open() as db:
        assert list_imported(db) == []


def test_ranks_that_contradict_their_scores_are_reported_and_stand_in_the_note_of_the_system(workspace, birds, file):
    agreeing, report = import_trec_run(workspace, "birds", file)
    assert report.rank_column.sentence() == ""
    assert "disagree" not in get_system(workspace, agreeing).model.note
    file.write_text("q1 Q0 d1 1 0.1 t\nq1 Q0 007 2 0.9 t\nq2 Q0 d1 1 0.5 t\n")
    system_id, report = import_trec_run(workspace, "birds", file, "distances")
    assert (report.rank_column.against, report.rank_column.rising) == (("q1",), 1)
    system = get_system(workspace, system_id)
    assert "their-run.trec (read by score; on 1 queries its ranks disagree)" in system.model.note
    Pipeline(workspace).run(Experiment(workspace, birds, BM25, (system,)), BIRD_QUERIES)
    assert all_rankings(Experiment(workspace, birds, BM25, (system,)), system)["q1"].docids == ("007", "d1")


@pytest.fixture
def dl19(workspace, collections):
    """TREC DL 2019's queries with all of NIST's grades; of its passages only one, since runs bring their own ids."""
    folder = collections / "trec-dl-2019"
    if not folder.is_dir():
        pytest.skip(f"trec-dl-2019 is not at {folder}")
    lines = (folder / "qrels.full-nist.txt").read_text().splitlines()
    with workspace.write() as db:
        dataset_id = datasets.begin_dataset(db, "dl19", "tests")
        datasets.add_docs(db, dataset_id, [Doc("0", "nothing of use")])
        queries = [Query(qid, f"query {qid}") for qid in dict.fromkeys(line.split()[0] for line in lines)]
        datasets.add_queries(db, dataset_id, queries)
        datasets.finish_dataset(db, dataset_id, {})
    import_judgments(workspace, "dl19", folder / "qrels.full-nist.txt")
    return folder


def content(path):
    """What a run says: qid, docid and score of each line, in the file's order."""
    rows = (line.split() for line in path.read_text().splitlines())
    return [(qid, docid, float(score)) for qid, _, docid, _, score, _ in rows]


def test_the_shipped_runs_come_out_as_they_went_in(workspace, dl19, tmp_path):
    for path in sorted((dl19 / "runs").glob("*.trec")):
        import_trec_run(workspace, "dl19", path)
        with workspace.open() as db:
            kept = imported_rankings(db, list_imported(db)[-1].id)
        assert kept == read_run(path, path.stem)
        write_run(tmp_path / "out", kept.values())
        assert content(tmp_path / "out") == content(path)
        again = read_run(tmp_path / "out")
        write_run(tmp_path / "again", again.values())
        assert (tmp_path / "again").read_bytes() == (tmp_path / "out").read_bytes()


def test_the_full_judgments_come_out_as_they_went_in(workspace, dl19, tmp_path):
    with workspace.open() as db:
        write_qrels(tmp_path / "out", judgments.qrels(db, datasets.get_dataset(db, "dl19").id))
    out = [line.split() for line in (tmp_path / "out").read_text().splitlines()]
    there = [line.split() for line in (dl19 / "qrels.full-nist.txt").read_text().splitlines()]
    assert sorted(out) == sorted(there)


@pytest.mark.parametrize(("name", "published"), [("first-bm25", 0.5058), ("rerank-bm25-gpt35-a", 0.6800)])
def test_an_imported_run_measures_what_is_published(workspace, dl19, name, published):
    system_id, _ = import_trec_run(workspace, "dl19", dl19 / "runs" / f"{name}.trec", ties="trec_eval")
    with workspace.open() as db:
        dataset = datasets.get_dataset(db, "dl19")
        queries = datasets.get_queries(db, dataset.id)
    Pipeline(workspace).run(Experiment(workspace, dataset, BM25, (get_system(workspace, system_id),)), queries)
    whole = load_whole_set(Experiment(workspace, dataset, BM25, (get_system(workspace, system_id),)))
    ndcg = parse_measure("nDCG@10")
    orders = {qid: ranking.docids for qid, ranking in whole.rankings(system_id).items()}
    found = mean(evaluate(orders, whole.qrels, [ndcg])[ndcg])
    assert (found.n, round(found.value, 4)) == (43, published)


def test_a_run_of_the_same_name_is_replaced_only_where_somebody_said_so(workspace, birds, file):
    system = get_system(workspace, import_trec_run(workspace, "birds", file)[0])
    Pipeline(workspace).run(Experiment(workspace, birds, BM25, (system,)), BIRD_QUERIES)
    assert import_trec_run(workspace, "birds", file)[0] == system.id, "the same content is there already"
    file.write_text("q1 Q0 d1 1 9.0 tag\nq2 Q0 d3 1 8.0 tag\n")
    with pytest.raises(NameTakenError, match="'run:their-run' already"):
        import_trec_run(workspace, "birds", file)
    assert get_system(workspace, system.id).key == system.key
    assert import_trec_run(workspace, "birds", file, replace_run=True)[0] == system.id
    after = get_system(workspace, system.id)
    assert after.key != system.key, "what the old run ranked is not shown for the new one"
    Pipeline(workspace).run(Experiment(workspace, birds, BM25, (after,)), BIRD_QUERIES)
    found = all_rankings(Experiment(workspace, birds, BM25, (after,)), after)
    assert {qid: ranking.docids for qid, ranking in found.items()} == {"q1": ("d1",), "q2": ("d3",)}
    with workspace.open() as db:
        (kept,) = list_imported(db)
        assert set(imported_rankings(db, kept.id)) == {"q1", "q2"}
        assert db.execute("SELECT count(*) FROM imported_ranking").fetchone()[0] == 2


def test_a_run_never_takes_the_name_of_another_datasets_run(workspace, birds, file):
    import_trec_run(workspace, "birds", file)
    with workspace.write() as db:
        dataset_id = datasets.begin_dataset(db, "more birds", "tests")
        datasets.add_docs(db, dataset_id, [Doc("d1", "Terns dive.")])
        datasets.add_queries(db, dataset_id, BIRD_QUERIES)
        datasets.finish_dataset(db, dataset_id, {})
    with pytest.raises(BadInputError, match="taken by a run of the dataset 'birds'"):
        import_trec_run(workspace, "more birds", file, replace_run=True)
