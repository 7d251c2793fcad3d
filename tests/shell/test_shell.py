"""The verbs from a shell: results as tables and JSON, exit codes that mean something."""

from __future__ import annotations

import json

import pytest

from rerank_core.__main__ import main

CORPUS = [
    {"_id": "007", "title": "Terns", "text": "Terns dive for fish."},
    {"_id": "d2", "text": "A kestrel hovers over fields."},
]


@pytest.fixture
def folder(tmp_path):
    """A BEIR folder of two passages, one query, one grade."""
    made = tmp_path / "birds"
    (made / "qrels").mkdir(parents=True)
    (made / "corpus.jsonl").write_text("".join(json.dumps(row) + "\n" for row in CORPUS))
    (made / "queries.jsonl").write_text(json.dumps({"_id": "q1", "text": "who eats fish"}) + "\n")
    (made / "qrels" / "test.tsv").write_text("query-id\tcorpus-id\tscore\nq1\t007\t2\n")
    return made


@pytest.fixture
def call(tmp_path, capsys):
    def run(*words):
        code = main(["--workspace", str(tmp_path / "workspace.db"), *map(str, words)])
        return code, capsys.readouterr()

    return run


BM25 = ("--dataset", "birds", "--retrievers", "bm25", "--depth", "10")


def test_import_run_evaluate_export(call, folder, tmp_path):
    code, out = call("import", "birds", folder, "--json")
    assert code == 0
    assert json.loads(out.out)["passages"] == 2
    code, out = call("run", *BM25, "--systems", "first-stage", "--json")
    assert (code, json.loads(out.out)) == (0, [{"system": "first-stage", "queries": 1, "failed": 0, "reasons": {}}])
    code, out = call("evaluate", *BM25, "--systems", "first-stage", "--json")
    assert json.loads(out.out)[0]["nDCG@10"] == 1.0
    code, _ = call("export", "run", tmp_path / "out.trec", *BM25)
    assert code == 0
    assert (tmp_path / "out.trec").read_text().startswith("q1 Q0 007 1 ")
    code, out = call("measure", folder / "qrels" / "test.tsv", tmp_path / "out.trec", "--json")
    assert code == 4  # a BEIR table is no TREC qrels


def test_what_was_exported_measures_the_same_without_a_workspace(call, folder, tmp_path):
    call("import", "birds", folder)
    call("run", *BM25, "--systems", "first-stage")
    call("export", "run", tmp_path / "out.trec", *BM25)
    call("export", "qrels", tmp_path / "qrels.txt", *BM25)
    code, out = call("measure", tmp_path / "qrels.txt", tmp_path / "out.trec", "--json")
    assert code == 0
    assert json.loads(out.out)[0]["RR@10"] == 1.0


def test_a_dataset_comes_back_from_its_own_export(call, folder, tmp_path):
    call("import", "birds", folder)
    assert call("export", "beir", tmp_path / "copy", *BM25)[0] == 0
    code, out = call("import", "again", tmp_path / "copy", "--json")
    assert code == 0
    assert (json.loads(out.out)["passages"], json.loads(out.out)["judgments"]) == (2, 1)


def test_what_an_import_did_not_read_is_said_in_words_and_in_json(call, folder):
    (folder / "manual.pdf").write_bytes(b"%PDF-1.7")
    code, out = call("import", "birds", folder)
    assert code == 0
    assert "Not read: 1 file (a PDF): manual.pdf." in out.out
    _, out = call("import", "again", folder, "--json")
    assert [(item["kind"], item["count"], item["files"]) for item in json.loads(out.out)["not_read"]] == [
        ("a PDF", 1, ["manual.pdf"])
    ]
    (folder / "more.csv").write_text("query,docid,rating,who\nwho eats fish,007,1,me\n")
    assert "Not read: 1 column of more.csv: who." in call("import-labels", "birds", folder / "more.csv")[1].out
    assert "Not read: 1 file (a PDF)" in call("update", "birds", folder, "--dry-run")[1].out


def test_fields_and_parts_of_files_can_be_named(call, folder):
    (folder / "corpus.jsonl").write_text('{"ref": "007", "head": "Terns", "blurb": "Terns dive for fish."}\n')
    (folder / "old.csv").write_text("id,text\n1,x\n")
    fields = ("--id-field", "ref", "--title-field", "head", "--text-field", "blurb")
    code, out = call("import", "birds", folder, *fields, "--as", "old.csv=not-read", "--json")
    assert (code, json.loads(out.out)["passages"]) == (0, 1)
    assert json.loads(out.out)["not_read"][0]["files"] == ["old.csv"]
    code, out = call("update", "birds", folder / "corpus.jsonl", *fields, "--json")
    assert (code, json.loads(out.out)["unchanged"]) == (0, 1)
    code, out = call("import", "other", folder, "--as", "old.csv=passage")
    assert code != 0
    assert "write FILE=PART" in out.err


def test_bad_input_names_the_file_and_the_line_and_exits_with_4(call, folder):
    (folder / "corpus.jsonl").write_text('{"_id": "d1", "text": "fine"}\n{"_id": "d2", "text": \n')
    code, out = call("import", "birds", folder)
    assert code == 4
    assert "corpus.jsonl, line 2" in out.err
    assert call("datasets", "--json")[1].out.strip() == "[]"


def test_passages_are_updated_and_removed(call, folder, tmp_path):
    call("import", "birds", folder)
    new = [{"_id": "007", "title": "Terns", "text": "Terns plunge."}, CORPUS[1], {"_id": "d3", "text": "Otters."}]
    (tmp_path / "new.jsonl").write_text("".join(json.dumps(row) + "\n" for row in new))
    code, out = call("update", "birds", tmp_path / "new.jsonl", "--dry-run", "--json")
    found = json.loads(out.out)
    assert (code, found["preview"], found["added"], found["replaced"], found["unchanged"]) == (0, True, 1, 1, 1)
    assert json.loads(call("datasets", "--json")[1].out)[0]["passages"] == 2
    code, out = call("update", "birds", tmp_path / "new.jsonl")
    assert code == 0
    assert "1 added, 1 replaced, 0 removed; afterwards there are 3." in out.out
    assert "Grades given for another text; they still count, and Agreement asks for them again: 1." in out.out
    (tmp_path / "ids.txt").write_text("007\nnobody\n")
    code, out = call("remove", "birds", "d3", "--from", tmp_path / "ids.txt", "--json")
    found = json.loads(out.out)
    assert (code, found["removed"], found["orphaned_grades"]) == (0, 2, 1)
    assert found["unknown"] == {"count": 1, "first": ["nobody"]}
    assert json.loads(call("datasets", "--json")[1].out)[0]["passages"] == 1
    assert call("update", "birds", folder, "--only-these")[0] == 0
    assert json.loads(call("datasets", "--json")[1].out)[0]["passages"] == 2


def test_a_change_that_cannot_be_exits_as_the_other_verbs_do(call, folder, tmp_path):
    call("import", "birds", folder)
    (tmp_path / "bad.jsonl").write_text('{"_id": "d1", "text": "fine"}\n{"_id": "d2", "text": \n')
    code, out = call("update", "birds", tmp_path / "bad.jsonl")
    assert code == 4
    assert "bad.jsonl, line 2" in out.err
    assert call("remove", "birds", "007", "d2")[0] == 4  # nothing would be left
    assert call("remove", "birds")[0] == 2
    assert call("remove", "fish", "d1")[0] == call("update", "fish", folder)[0] == 2
    assert json.loads(call("datasets", "--json")[1].out)[0]["passages"] == 2


def test_a_system_that_cannot_run_exits_with_4(call, folder):
    call("import", "birds", folder)
    code, out = call("run", *BM25, "--systems", "first-stage,ms-marco-tinybert-l2-v2", "--json")
    assert code == 4
    first, other = json.loads(out.out)
    assert (first["failed"], first["reasons"], other["failed"]) == (0, {}, 1)
    ((reason, count),) = other["reasons"].items()
    assert (count, reason[:40]) == (1, "MS MARCO TinyBERT L2: Needs a download: ")
    shown = call("run", *BM25, "--systems", "first-stage,ms-marco-tinybert-l2-v2")[1].out
    assert f"ms-marco-tinybert-l2-v2 failed on 1 query: {reason}\n" in shown


def test_index_says_how_each_index_is_searched(call, folder):
    call("import", "birds", folder)
    code, out = call("index", "--dataset", "birds", "--json")
    assert code == 0
    assert {row["index"]: row["search"] for row in json.loads(out.out)} == {
        "bm25": "exact",
        "dense": "exact search by numpy",
    }
    assert [row["language"] for row in json.loads(out.out)] == ["en", ""]


def test_the_language_of_the_passages_is_said_and_can_be_chosen(call, folder):
    texts = ["冬天不要完全关闭暖气，否则水管会结冰。", "咖啡机每周要用专用药片清洗一次。"]
    rows = [{"_id": str(place), "text": text} for place, text in enumerate(texts)]
    (folder / "corpus.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    note = "The bundled dense model was trained on English; these passages look Chinese."
    code, out = call("import", "birds", folder)
    assert code == 0
    assert note in out.out
    code, out = call("index", "--dataset", "birds")
    assert "Words are read as Chinese" in out.out
    assert note in out.out
    code, out = call("index", *BM25, "--language", "de")
    assert "Words are read as German: stems by Snowball, stop words left out." in out.out
    assert note not in out.out
    with pytest.raises(SystemExit) as stopped:
        call("index", *BM25, "--language", "xx")
    assert stopped.value.code == 2


def test_names_that_are_not_there_and_options_that_are_none_exit_with_2(call):
    code, out = call("index", "--dataset", "nothing")
    assert code == 2
    assert "no dataset 'nothing'" in out.err
    for words in (
        ("fly",),
        ("gate", *BM25),
        ("evaluate", *BM25, "--measures", "quality"),
        ("compare", *BM25, "--systems", "first-stage,first-stage"),
    ):
        with pytest.raises(SystemExit) as stopped:
            call(*words)
        assert stopped.value.code == 2


def test_settings_that_cannot_be_exit_with_2(call, folder):
    call("import", "birds", folder)
    for more in (
        ("--depth", "5"),
        ("--weights", "a,b"),
        ("--settings", "{"),
        ("--retrievers", "guess"),
    ):
        assert call("evaluate", *BM25, *more)[0] == 2, more
    assert call("compare", *BM25, "--systems", "first-stage")[0] == 2
    assert call("evaluate", *BM25, "--systems", "first-stage", "--baseline", "minilm-cosine")[0] == 2


def test_a_file_that_cannot_be_written_exits_with_4(call, folder, tmp_path):
    call("import", "birds", folder)
    code, out = call("export", "qrels", tmp_path / "no" / "such" / "folder.txt", *BM25)
    assert code == 4
    assert "no/such" in out.err


def test_a_fault_of_ours_never_looks_like_the_gates_no(call, monkeypatch):
    from rerank_core.shell import verbs

    def broken(call):
        raise ZeroDivisionError

    monkeypatch.setitem(verbs.VERBS, "datasets", broken)
    code, out = call("datasets")
    assert code == 4
    assert "ZeroDivisionError" in out.err


def test_stopping_by_hand_exits_with_130(call, monkeypatch):
    from rerank_core.shell import verbs

    def stopped(call):
        raise KeyboardInterrupt

    monkeypatch.setitem(verbs.VERBS, "datasets", stopped)
    assert call("datasets")[0] == 130


def test_settings_as_json_are_all_settings(call, folder):
    call("import", "birds", folder)
    settings = json.dumps({"retrievers": ["bm25"], "depth": 10, "k1": 2.0})
    assert call("run", "--dataset", "birds", "--settings", settings, "--systems", "first-stage")[0] == 0
    row = json.loads(call("runs", "--json")[1].out)[0]
    assert row["depth"] == 10
    # nothing is ranked with the other k1
    assert call("evaluate", *BM25, "--systems", "first-stage")[0] == 3


def test_the_list_of_systems_says_what_each_needs(call):
    rows = {row["id"]: row for row in json.loads(call("systems", "--json")[1].out)}
    assert rows["first-stage"]["state"] == "ready"
    assert rows["ms-marco-tinybert-l2-v2"]["state"] == "needs-download"
