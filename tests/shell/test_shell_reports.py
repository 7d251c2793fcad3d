"""Reports and exports from a shell: the same numbers, the same files, and a command that makes them again."""

from __future__ import annotations

import csv
import io
import json
import re
import shlex
import zipfile

import pytest

from rerank_core.__main__ import main
from rerank_core.corpus.formats.trec import read_qrels, read_run
from rerank_core.experiment.experiment import Experiment
from rerank_core.reports.exports import Chosen, packed_export
from rerank_core.shell.progress import progress
from rerank_core.systems.systems import get_system
from tests.support.reports import BASE, OTHER, SETTINGS, ranked_dataset

VIEW = ("--dataset", "letters", "--retrievers", "bm25", "--depth", "10", "--systems", f"{BASE},{OTHER}")
QRELS = {f"q{number}": {"a": 3, "b": 0, "c": 0} for number in range(6)}
ORDERS = {BASE: dict.fromkeys(QRELS, "bac"), OTHER: dict.fromkeys(QRELS, "abc") | {"q5": "cba"}}


@pytest.fixture
def call(workspace, capsys):
    def run(*words):
        code = main(["--workspace", str(workspace.path), *map(str, words)])
        return code, capsys.readouterr()

    return run


@pytest.fixture
def letters(workspace):
    return ranked_dataset(workspace, ORDERS, QRELS)


def test_the_report_is_one_file_and_has_the_numbers_of_compare(call, letters, tmp_path):
    rows = json.loads(call("compare", *VIEW, "--json")[1].out)["systems"]
    code, out = call("report", tmp_path / "deep" / "report.html", *VIEW, "--json")
    assert code == 0
    assert json.loads(out.out)["written"] == [str(tmp_path / "deep" / "report.html")]
    html = (tmp_path / "deep" / "report.html").read_text()
    for name in ("nDCG@10", "delta", "p"):
        assert f'<data value="{rows[1][name]!r}">' in html, name


def test_csv_is_a_file_a_system_and_a_file_a_query(call, letters, tmp_path):
    assert call("report", tmp_path / "r.csv", *VIEW)[0] == 0
    systems = list(csv.DictReader(io.StringIO((tmp_path / "r.csv").read_text())))
    queries = list(csv.DictReader(io.StringIO((tmp_path / "r-queries.csv").read_text())))
    assert [row["system"] for row in systems] == [BASE, OTHER]
    assert len(queries) == 2 * len(QRELS)


def test_the_command_in_a_report_makes_the_same_report_again(call, letters, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    out = call("report", tmp_path / "first.html", *VIEW, "--price", "1.5", "--run", "--json")[1].out
    words = shlex.split(json.loads(out)["command"])
    assert words[:3] == ["python", "-m", "rerank_core"]
    assert call(*words[3:])[0] == 0
    # but for the minute in which it was made
    first, again = (
        re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d UTC", "", (tmp_path / name).read_text())
        for name in ("first.html", "report.html")
    )
    assert first == again


def test_a_report_of_nothing_is_not_written(call, workspace, tmp_path):
    ranked_dataset(workspace, ORDERS, {})
    code, out = call("report", tmp_path / "r.html", *VIEW)
    assert code == 3
    assert "Nothing to compare" in out.out
    assert not (tmp_path / "r.html").exists()


def test_a_report_of_another_kind_is_wrong_usage(call, letters, tmp_path):
    code, out = call("report", tmp_path / "r.pdf", *VIEW)
    assert code == 2
    assert ".html, .md or .csv" in out.err


def test_run_ranks_first_what_is_missing(call, birds, tmp_path):
    (tmp_path / "theirs.trec").write_text("q1 Q0 d2 1 2.0 t\nq1 Q0 d1 2 1.0 t\nq2 Q0 d2 1 9.0 t\n")
    (tmp_path / "qrels.txt").write_text("q1 0 d1 3\nq2 0 d2 3\n")
    call("import-run", "birds", tmp_path / "theirs.trec")
    call("import-labels", "birds", tmp_path / "qrels.txt")
    view = ("--dataset", "birds", "--retrievers", "bm25", "--depth", "10", "--systems", "first-stage,run:theirs")
    assert call("compare", *view)[0] == 3
    code, out = call("compare", *view, "--run", "--json")
    assert (code, json.loads(out.out)["queries"]) == (0, 2)
    assert call("compare", *view)[0] == 0


def test_a_deployment_is_a_folder_of_files(call, letters, tmp_path):
    view = VIEW[:-2]
    assert call("export", "deploy", tmp_path / "out", *view, "--system", "bge-reranker-v2-m3", "--top", "3")[0] == 0
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert names == {
        "README.md",
        "opensearch-index.json",
        "opensearch-pipeline.json",
        "opensearch-search.json",
        "rerank-request.json",
    }
    assert json.loads((tmp_path / "out" / "rerank-request.json").read_text())["top_n"] == 3
    assert call("export", "deploy", tmp_path / "out", *view, "--top", "11")[0] == 2


def test_the_run_of_a_system_that_has_none_is_wrong_usage(call, letters, tmp_path):
    assert call("export", "run", tmp_path / "r.trec", *VIEW[:-2], "--system", "minilm-maxsim")[0] == 2


def test_packed_exports_hold_the_same_as_those_on_disk(workspace, letters, tmp_path):
    system = get_system(workspace, OTHER)
    chosen = Chosen(Experiment(workspace, letters, SETTINGS, (system,)), system)
    (tmp_path / "q").write_bytes(packed_export("qrels", chosen))
    assert {(row.query, row.docid, row.grade) for row in read_qrels(tmp_path / "q")} == {
        (qid, docid, grade) for qid, row in QRELS.items() for docid, grade in row.items()
    }
    (tmp_path / "r").write_bytes(packed_export("run", chosen))
    assert {qid: "".join(one.docids) for qid, one in read_run(tmp_path / "r").items()} == ORDERS[OTHER]
    history = list(csv.DictReader(io.StringIO(packed_export("labels", chosen).decode())))
    assert {(row["qid"], row["docid"], row["new_grade"], row["judge"]) for row in history} == {
        (qid, docid, str(grade), "ann") for qid, row in QRELS.items() for docid, grade in row.items()
    }
    for what, name in (("beir", "beir/corpus.jsonl"), ("deploy", "deploy/README.md")):
        with zipfile.ZipFile(io.BytesIO(packed_export(what, chosen))) as archive:
            assert name in archive.namelist()


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_a_terminal_gets_a_bar_and_ci_gets_lines(monkeypatch):
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setattr("rerank_core.shell.progress.EVERY", 0.0)
    for out, ci, expected in (
        (Terminal(), "", "\r"),
        (Terminal(), "true", "3 of 1,000 ranking\n"),
        (io.StringIO(), "", "3 of 1,000 ranking\n"),
    ):
        monkeypatch.setenv("CI", ci)
        with progress(quiet=False, out=out) as tell:
            tell(3, 1000, "ranking")
        assert expected in out.getvalue()
    out = Terminal()
    with progress(quiet=True, out=out) as tell:
        tell(3, 1000, "ranking")
    assert out.getvalue() == ""
