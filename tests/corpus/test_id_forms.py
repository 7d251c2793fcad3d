"""Ids that differ in their Unicode form alone are one id, under the name that is known."""

from __future__ import annotations

import json
from unicodedata import normalize

import pytest

from rerank_core.__main__ import main
from rerank_core.corpus.additions import import_trec_run
from rerank_core.corpus.id_forms import other_forms, rename_rankings
from rerank_core.corpus.ingest import ImportOptions, import_dataset, import_judgments, import_queries
from rerank_core.store import datasets, judgments
from rerank_core.store.imported_runs import imported_rankings, list_imported
from rerank_core.types import Ranking, ScoredDoc
from rerank_core.views.import_report import findings

NFC, NFD = normalize("NFC", "café"), normalize("NFD", "café")
FORMS = [(NFC, NFD), (NFD, NFC)]


@pytest.mark.parametrize(("known", "file"), FORMS)
def test_an_id_is_called_what_is_known_and_only_where_it_is_not_known_itself(known, file):
    assert other_forms([file, "cafe", known, "thé"], {known, "cafe"}.intersection) == {file: known}
    assert other_forms([file], {known, file}.intersection) == {}
    assert other_forms([NFC, NFC.upper()], {"CAFE"}.intersection) == {}


def test_a_store_is_asked_for_nothing_where_all_ids_are_ascii():
    assert other_forms(["a", "b"], lambda ids: pytest.fail(f"asked for {ids}")) == {}


def test_a_letter_that_is_half_composed_meets_either_form():
    half = "\u00ea\u0323"  # ệ as Vietnamese keyboards write it
    assert other_forms([half], {"\u1ec7"}.intersection) == {half: "\u1ec7"}
    assert other_forms([half], {"e\u0323\u0302"}.intersection) == {half: "e\u0323\u0302"}


def ranking(qid: str, *docids: str) -> Ranking:
    return Ranking(qid, "s", tuple(ScoredDoc(docid, 9.0 - rank, rank) for rank, docid in enumerate(docids, 1)))


def test_a_run_is_renamed_in_place_and_never_has_an_id_twice():
    run = {NFD: ranking(NFD, "a", NFD, "b"), "q": ranking("q", NFD, NFC)}
    found, renamed = rename_rankings(run, {NFD: NFC}, {NFD: NFC})
    assert found == {NFC: ranking(NFC, "a", NFC, "b"), "q": ranking("q", NFD, NFC)}
    assert renamed == (NFD,)
    both = {NFD: ranking(NFD, "a"), NFC: ranking(NFC, "b")}
    assert rename_rankings(both, {NFD: NFC}, {}) == (both, ())


@pytest.fixture(params=FORMS, ids=["known in NFC", "known in NFD"])
def forms(request):
    """(qid, docid) as the dataset has them, and (qid, docid) as the other files do."""
    return tuple((form + "-q", form) for form in request.param)


@pytest.fixture
def folder(tmp_path, forms):
    """A dataset whose grades are written in another form than its passages and queries."""
    (qid, docid), (other_qid, other_docid) = forms
    files = {
        "corpus.jsonl": [{"_id": docid, "text": "x"}, {"_id": "d2", "text": "y"}],
        "queries.jsonl": [{"_id": qid, "text": "what"}, {"_id": "q2", "text": "who"}],
    }
    for name, rows in files.items():
        (tmp_path / name).write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    lines = [(other_qid, other_docid, 1), (other_qid, "d2", 0), ("q2", other_docid, 2)]
    (tmp_path / "qrels").mkdir()
    (tmp_path / "qrels" / "test.tsv").write_text(
        "query-id\tcorpus-id\tscore\n" + "".join(f"{q}\t{d}\t{g}\n" for q, d, g in lines), encoding="utf-8"
    )
    return tmp_path


def grades(workspace):
    with workspace.open() as db:
        return judgments.qrels(db, datasets.get_dataset(db, "set").id)


def test_grades_meet_queries_and_passages_at_import_and_later(workspace, folder, forms):
    (qid, docid), (other_qid, other_docid) = forms
    report = import_dataset(workspace, "set", folder)
    assert grades(workspace) == {qid: {docid: 1, "d2": 0}, "q2": {docid: 2}}
    assert (report.queries_met_by_form.first, report.met_by_form.first) == ((other_qid,), (other_docid,))
    assert report.judgments_of_unknown_queries.count == report.docs_without_text.count == 0
    assert (report.queries, report.queries_without_judgments, report.queries_left_out) == (2, 0, 0)
    assert any(line.startswith("1 qid differs") and other_qid in line for line in findings(report))
    more = folder / "more.txt"
    more.write_text(f"{other_qid} 0 {other_docid} 2\n", encoding="utf-8")
    report = import_judgments(workspace, "set", more)
    assert (report.queries_met_by_form.first, report.met_by_form.first) == ((other_qid,), (other_docid,))
    assert grades(workspace)[qid] == {docid: 2, "d2": 0}


def test_a_pair_that_is_graded_in_both_forms_counts_once(workspace, folder, forms):
    (qid, docid), (other_qid, other_docid) = forms
    qrels = folder / "both.txt"
    qrels.write_text(f"{qid} 0 {docid} 1\n{other_qid} 0 {other_docid} 1\n{qid} 0 {other_docid} 2\n", encoding="utf-8")
    report = import_dataset(workspace, "set", folder, ImportOptions(qrels=str(qrels)))
    assert (report.judgments, report.same_judgments, report.conflicting_judgments) == (1, 1, 1)
    assert grades(workspace) == {qid: {docid: 2}}


def test_queries_that_come_again_in_another_form_keep_their_first_spelling(workspace, folder, forms):
    (qid, _), (other_qid, _) = forms
    import_dataset(workspace, "set", folder)
    (folder / "again.jsonl").write_text(json.dumps({"_id": other_qid, "text": "what"}) + "\n", encoding="utf-8")
    report = import_queries(workspace, "set", folder / "again.jsonl")
    assert (report.queries, report.same_queries, report.queries_met_by_form.first) == (0, 1, (other_qid,))
    with workspace.open() as db:
        found = datasets.get_queries(db, datasets.get_dataset(db, "set").id)
    assert [query.qid for query in found] == [qid, "q2"]


def test_a_run_is_kept_under_the_datasets_ids(workspace, folder, forms):
    (qid, docid), (other_qid, other_docid) = forms
    import_dataset(workspace, "set", folder)
    run = folder / "run.trec"
    run.write_text(f"{other_qid} Q0 d2 1 2.5 t\n{other_qid} Q0 {other_docid} 2 1.5 t\n", encoding="utf-8")
    _, report = import_trec_run(workspace, "set", run)
    assert (report.queries, report.unknown_queries.count, report.unknown_docs.count) == (1, 0, 0)
    assert report.met_by_form.first == (other_qid, other_docid)
    with workspace.open() as db:
        found = imported_rankings(db, list_imported(db)[0].id)
    assert {qid: [(doc.docid, doc.score) for doc in one.docs] for qid, one in found.items()} == {
        qid: [("d2", 2.5), (docid, 1.5)]
    }


def test_measuring_files_meets_them_and_says_how_many(folder, forms, capsys):
    (qid, docid), (other_qid, other_docid) = forms
    (folder / "q.txt").write_text(f"{qid} 0 {docid} 1\n", encoding="utf-8")
    (folder / "r.txt").write_text(f"{other_qid} Q0 {other_docid} 1 1.5 t\n", encoding="utf-8")
    files = [str(folder / "q.txt"), str(folder / "r.txt")]
    assert main(["measure", *files, "--json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert (row["nDCG@10"], row["shared"], row["met_by_form"]) == (1.0, 1, 2)
    assert main(["measure", *files]) == 0
    assert f"in Unicode form only, and were matched: 2 ({other_qid}, {other_docid})" in capsys.readouterr().out
