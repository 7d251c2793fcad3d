"""Files and datasets from a shell: a look before the import, columns by options, rename, export, delete."""

from __future__ import annotations

import json

import pytest

from rerank_core.__main__ import main
from rerank_core.store import datasets
from rerank_core.store.workspace import Workspace

LONG = "Reset the device by holding its button until the light turns green for ten seconds."


@pytest.fixture
def call(tmp_path, capsys):
    def run(*words):
        code = main(["--workspace", str(tmp_path / "workspace.db"), *map(str, words)])
        return code, capsys.readouterr()

    return run


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "files"
    made.mkdir()
    (made / "kb.csv").write_text("art;kop;inhoud;team\n" + "".join(f"A{n};Kop {n};{LONG};x\n" for n in range(3)))
    (made / "searches.csv").write_text("query_id,search_term,hits\nS1,reset,3\n")
    (made / "pic.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    return made


def stored(tmp_path) -> list[str]:
    with Workspace(tmp_path / "workspace.db").open() as db:
        return [row.name for row in datasets.list_datasets(db)]


def test_a_look_says_what_would_be_read_and_which_options_are_missing(call, folder, tmp_path):
    code, out = call("import", "kb", folder, "--look")
    assert code == 4
    assert "kb.csv: passages (its columns have no usual names)" in out.out
    assert "  kop: title (it has short texts, another one in each row, please check)  e.g. Kop 0" in out.out
    assert "searches.csv: queries (it has ids in 'query_id' and queries in 'search_term')" in out.out
    assert "pic.png: not read (" in out.out
    assert stored(tmp_path) == []
    options = json.loads(call("import", "kb", folder, "--look", "--json")[1].out)["options"]
    assert options[:2] == ['--as "kb.csv=passages"', '--header "kb.csv=yes"']


def test_what_the_look_proposes_imports(call, folder, tmp_path):
    import shlex

    assert call("import", "kb", folder)[0] == 4  # never by a mere guess
    options = json.loads(call("import", "kb", folder, "--look", "--json")[1].out)["options"]
    words = [word for option in options for word in shlex.split(option)]
    assert call("import", "kb", folder, *words, "--look")[0] == 0
    assert call("import", "kb", folder, *words)[0] == 0
    with Workspace(tmp_path / "workspace.db").open() as db:
        row = datasets.get_dataset(db, "kb")
        doc = datasets.get_docs(db, row.id, ["A1"])["A1"]
    assert (row.n_docs, row.n_queries, doc.title, dict(doc.metadata)) == (3, 1, "Kop 1", {"team": "x"})


def test_columns_of_added_files_can_be_named(call, folder, tmp_path):
    (tmp_path / "p.csv").write_text("id,text\nA1,x\n")
    assert call("import", "kb", tmp_path / "p.csv")[0] == 0
    (tmp_path / "more.csv").write_text("zin;nr_x\nreset it;Z1\n")
    code, out = call("import-queries", "kb", tmp_path / "more.csv")
    assert (code, '--column "FILE::COLUMN=id"' in out.err) == (4, True)
    columns = ("--column", "nr_x=id", "--column", "more.csv::zin=text")
    assert call("import-queries", "kb", tmp_path / "more.csv", *columns)[0] == 0
    (tmp_path / "g.csv").write_text("Z1,A1,1\n")
    code, out = call("import-labels", "kb", tmp_path / "g.csv", "--header", "g.csv=no", "--json")
    assert (code, json.loads(out.out)["judgments"]) == (0, 1)
    code, out = call("import-labels", "kb", tmp_path / "g.csv", "--column", "other.csv::a=grade")
    assert (code, "no file 'other.csv'" in out.err) == (4, True)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--column", "a"), "FILE::COLUMN=ROLE"),
        (("--header", "kb.csv"), "FILE=yes or FILE=no"),
        (("--column", "kb.csv::art=id", "--column", "kb.csv::kop=id"), "are both its id"),
    ],
)
def test_options_that_say_nothing_are_wrong_usage(call, folder, words, said):
    code, out = call("import", "kb", folder, *words)
    assert (code, said in out.err) == (2, True)


def test_a_dataset_is_renamed_exported_and_deleted(call, tmp_path):
    (tmp_path / "p.csv").write_text("id,text\nA1,x\n")
    call("import", "first", tmp_path / "p.csv")
    assert call("dataset", "rename", "first", "second")[0] == 0
    assert stored(tmp_path) == ["second"]
    assert call("dataset", "export", "second", tmp_path / "out")[0] == 0
    assert call("import", "again", tmp_path / "out")[0] == 0
    code, out = call("dataset", "delete", "second")
    assert (code, "Nothing was deleted." in out.out, stored(tmp_path)) == (2, True, ["second", "again"])
    code, out = call("dataset", "delete", "second", "--yes", "--json")
    assert (code, json.loads(out.out)["passages"]) == (0, 1)
    assert stored(tmp_path) == ["again"]


@pytest.mark.parametrize(
    "words", [("rename", "x"), ("export", "x"), ("delete", "x", "y"), ("delete", "x"), ("rename", "x", "y")]
)
def test_a_dataset_verb_without_its_target_or_its_dataset_is_wrong_usage(call, words):
    code, out = call("dataset", *words)
    assert code == 2
    assert out.err.startswith("error: ")
