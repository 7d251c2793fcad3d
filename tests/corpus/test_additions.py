"""Judgments, queries and runs for a dataset that is there already (the four birds of conftest)."""

from pathlib import Path

import pytest

from rerank_core.corpus.additions import check_run
from rerank_core.corpus.formats.trec import Ties
from rerank_core.corpus.ingest import ImportOptions, import_dataset, import_judgments, import_queries, import_run
from rerank_core.corpus.report import Listed
from rerank_core.errors import BadInputError, NotFoundError
from rerank_core.evaluation.measures import evaluate
from rerank_core.evaluation.names import parse_measure
from rerank_core.store import datasets, judgments
from rerank_core.store.workspace import Workspace


def qrels(workspace: Workspace) -> dict:
    with workspace.open() as db:
        return judgments.qrels(db, datasets.get_dataset(db, "birds").id)


def queries(workspace: Workspace) -> dict[str, str]:
    with workspace.open() as db:
        row = datasets.get_dataset(db, "birds")
        found = {query.qid: query.text for query in datasets.get_queries(db, row.id)}
        assert row.n_queries == len(found)
        return found


@pytest.mark.usefixtures("birds")
def test_grades_are_added_and_oddities_reported(workspace: Workspace, tmp_path: Path):
    (tmp_path / "mine.qrels").write_text("q1 0 007 3\nq1 0 gone -1\nq9 0 d1 1\nq1 0 007 3\n")
    report = import_judgments(workspace, "birds", tmp_path / "mine.qrels")
    assert qrels(workspace) == {"q1": {"007": 3, "gone": -1}, "q9": {"d1": 1}}
    assert (report.judgments, report.same_judgments, report.grades) == (3, 1, {-1: 1, 1: 1, 3: 1})
    assert report.docs_without_text == Listed(1, ("gone",))
    assert report.judgments_of_unknown_queries == Listed(1, ("q9",))
    with workspace.open() as db:
        row = datasets.get_dataset(db, "birds")
        found = {j.docid: (j.judge, j.source, j.text_hash) for j in judgments.in_force(db, row.id, "q1")}
        hashes = datasets.text_hashes(db, row.id, ["007"])
    assert found == {"007": ("qrels:mine", "import", hashes["007"]), "gone": ("qrels:mine", "import", "")}


@pytest.mark.usefixtures("birds")
def test_grades_by_the_querys_text_find_it_and_new_texts_become_queries(workspace: Workspace, tmp_path: Path):
    (tmp_path / "a.csv").write_text("query,docid,rating\nhovering hunter,d2,3\nq1,d1,2\nnew one,d3,\nnew one,d1,1\n")
    report = import_judgments(workspace, "birds", tmp_path / "a.csv", judge="ann")
    assert qrels(workspace) == {"q2": {"d2": 3}, "q1": {"d1": 2}, "q3": {"d1": 1}}
    assert queries(workspace)["q3"] == "new one"
    assert (report.queries, report.ungraded) == (1, 1)


@pytest.mark.usefixtures("birds")
@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("q1 0 d1 1\nq1 0 d2 4\n", 2, "3 at the most"),
        ("q1 0 d1 1\nq1 0 d2 1.5\n", 2, "a whole number"),
        ("query,docid,rating\na,d1,\n", None, "at least one"),
    ],
)
def test_bad_grades_add_nothing(workspace: Workspace, tmp_path: Path, text: str, line: int | None, words: str):
    (tmp_path / "a.txt").write_text(text)
    with pytest.raises(BadInputError, match=words) as caught:
        import_judgments(workspace, "birds", tmp_path / "a.txt")
    assert caught.value.line == line
    assert qrels(workspace) == {}
    assert len(queries(workspace)) == 2


@pytest.mark.usefixtures("birds")
def test_queries_are_added_under_their_ids_or_the_next_free_number(workspace: Workspace, tmp_path: Path):
    (tmp_path / "a.jsonl").write_text(
        '{"_id": "q1", "text": "who eats fish"}\n{"_id": "q2", "text": "other"}\n{"_id": "007", "text": "new"}\n'
    )
    report = import_queries(workspace, "birds", tmp_path / "a.jsonl")
    assert (report.queries, report.same_queries, report.conflicting_queries.first) == (1, 1, ("q2",))
    (tmp_path / "b.txt").write_text("who eats fish\nfrom the list\n")
    assert import_queries(workspace, "birds", tmp_path / "b.txt").same_queries == 1
    assert queries(workspace) == {
        "q1": "who eats fish", "q2": "hovering hunter", "007": "new", "q3": "from the list",
    }  # fmt: skip


@pytest.mark.usefixtures("birds")
def test_a_file_without_queries_is_refused(workspace: Workspace, tmp_path: Path):
    (tmp_path / "a.txt").write_text("\n \n")
    with pytest.raises(BadInputError, match="no queries"):
        import_queries(workspace, "birds", tmp_path / "a.txt")


@pytest.mark.usefixtures("birds")
def test_a_run_is_read_and_checked_against_the_dataset(workspace: Workspace, tmp_path: Path):
    (tmp_path / "a.run").write_text("q1 Q0 d1 1 2 t\nq1 Q0 gone 2 2 t\nq8 Q0 d1 1 1 t\n")
    run = import_run(workspace, "birds", tmp_path / "a.run", "mine")
    assert run["q1"].docids == ("d1", "gone")
    assert run["q1"].system == "mine"
    report = check_run(workspace, "birds", run)
    assert (report.queries, report.tied) == (1, 1)
    assert report.unknown_queries.first == ("q8",)
    assert report.missing_queries.first == ("q2",)
    assert report.unknown_docs.first == ("gone",)


@pytest.mark.usefixtures("birds")
def test_a_run_over_other_queries_is_refused(workspace: Workspace, tmp_path: Path):
    (tmp_path / "a.run").write_text("x1 Q0 d1 1 2 t\n")
    with pytest.raises(BadInputError, match="no query of this run"):
        import_run(workspace, "birds", tmp_path / "a.run")


def test_an_unknown_dataset_is_named(workspace: Workspace, tmp_path: Path):
    (tmp_path / "a.txt").write_text("q1 0 d1 1\n")
    with pytest.raises(NotFoundError, match="nowhere"):
        import_judgments(workspace, "nowhere", tmp_path / "a.txt")


@pytest.fixture(scope="module")
def dl19(collections: Path, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    workspace = Workspace(tmp_path_factory.mktemp("dl19") / "workspace.db")
    folder = collections / "trec-dl-2019"
    import_dataset(workspace, "dl19", folder, ImportOptions(qrels=str(folder / "qrels.full-nist.txt")))
    return workspace


@pytest.mark.parametrize(
    ("run", "ties", "figure"),
    [
        ("first-bm25", "file", 0.5058),
        ("first-bm25", "trec_eval", 0.5058),
        ("first-bm25-rm3", "file", 0.5216),  # Anserini's own figure for this run
        ("first-repllama", "trec_eval", 0.7384),  # 2,729 of its 4,300 places are tied
        ("rerank-bm25-rankvicuna-top20", "trec_eval", 0.6172),
    ],
)
def test_shipped_runs_give_their_published_figures(
    dl19: Workspace, collections: Path, run: str, ties: Ties, figure: float
):
    rankings = import_run(dl19, "dl19", collections / "trec-dl-2019" / "runs" / f"{run}.trec", ties=ties)
    with dl19.open() as db:
        grades = judgments.qrels(db, datasets.get_dataset(db, "dl19").id)
    assert (len(rankings), sum(map(len, grades.values()))) == (43, 9_260)
    orders = {qid: ranking.docids for qid, ranking in rankings.items()}
    measure = parse_measure("nDCG@10")
    values = evaluate(orders, grades, [measure])[measure]
    assert round(sum(values.values()) / 43, 4) == figure
