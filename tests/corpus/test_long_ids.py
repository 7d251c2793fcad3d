"""Ids and names that the outbox of the pages could not carry are refused at import, by file and line, and briefly."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from pages.ui.outbox.events import parse_outbox
from rerank_core.corpus.additions import import_judgments, import_run_file
from rerank_core.corpus.formats.record import LONGEST_ID
from rerank_core.corpus.ingest import ImportOptions, import_dataset
from rerank_core.errors import BadInputError

FITS, LONG = "é" * LONGEST_ID, "é" * (LONGEST_ID + 1)
DOC = '{"id": "a", "text": "fish"}\n'


def _event(docid: str = "a", qid: str = "q", key: str = "k") -> dict[str, Any]:
    own = {"client_id": "0" * 8 + "-0000-0000-0000-" + "0" * 12, "seq": 1, "kind": "grade", "grade": 1, "ts": 1}
    return {**own, "docid": docid, "qid": qid, "outbox_key": key}


def test_the_longest_id_is_the_outbox_s():
    assert len(parse_outbox([_event(docid=FITS), {**_event(qid=FITS), "seq": 2}])) == 2
    assert not parse_outbox([_event(docid=LONG)])


@pytest.mark.parametrize(
    ("name", "content", "line"),
    [
        ("d.jsonl", DOC + json.dumps({"id": LONG, "text": "x"}), 2),
        ("d.csv", f"id,text\na,b\n{LONG},c\n", 3),
        ("d.tsv", f"id\ttext\n{LONG}\tc\n", 2),
    ],
)
def test_a_long_docid_is_refused(workspace: Any, tmp_path: Path, name: str, content: str, line: int):
    (tmp_path / name).write_text(content, encoding="utf-8")
    with pytest.raises(BadInputError, match=r"has 4,097 characters. Expected: at most 4,096") as caught:
        import_dataset(workspace, "x", tmp_path / name)
    assert (caught.value.source, caught.value.line) == (str(tmp_path / name), line)
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize(
    ("name", "content", "line"),
    [
        ("q.jsonl", json.dumps({"_id": LONG, "text": "x"}), 1),
        ("q.tsv", f"qid\ttext\nq1\tc\n{LONG}\tc\n", 3),
        ("q.xml", f"<topics>\n<topic number='{LONG}'><query>x</query></topic></topics>", 2),
    ],
)
def test_a_long_qid_is_refused(workspace: Any, tmp_path: Path, name: str, content: str, line: int):
    (tmp_path / "d.jsonl").write_text(DOC)
    (tmp_path / name).write_text(content, encoding="utf-8")
    with pytest.raises(BadInputError, match="has 4,097 characters") as caught:
        import_dataset(workspace, "x", tmp_path / "d.jsonl", ImportOptions(queries=str(tmp_path / name)))
    assert (caught.value.source, caught.value.line) == (str(tmp_path / name), line)


@pytest.mark.parametrize("row", [f"q1 0 {LONG} 1\n", f"{LONG} 0 a 1\n", f"q1\t{LONG}\t1\n", f"q1,{LONG},1\n"])
def test_long_ids_of_grades_are_refused(workspace: Any, tmp_path: Path, row: str):
    (tmp_path / "d.jsonl").write_text(DOC)
    import_dataset(workspace, "x", tmp_path / "d.jsonl")
    path = tmp_path / ("g.csv" if "," in row else "g.qrels")
    path.write_text(
        ("q1,a,1\n" if "," in row else "q1 0 a 1\n" if " " in row else "q1\ta\t1\n") + row, encoding="utf-8"
    )
    with pytest.raises(BadInputError, match="has 4,097 characters") as caught:
        import_judgments(workspace, "x", path)
    assert caught.value.line == 2


def test_long_ids_of_a_run_are_refused(workspace: Any, tmp_path: Path):
    (tmp_path / "x.run").write_text(f"q1 Q0 a 1 2.0 t\nq1 Q0 {LONG} 2 1.0 t\n", encoding="utf-8")
    (tmp_path / "d.jsonl").write_text(DOC)
    import_dataset(workspace, "x", tmp_path / "d.jsonl")
    with pytest.raises(BadInputError, match=r"x\.run, line 2: .*4,097 characters"):
        import_run_file(workspace, "x", tmp_path / "x.run")


def test_a_number_of_too_many_digits_is_no_id(workspace: Any, tmp_path: Path):
    (tmp_path / "d.jsonl").write_text('{"id": ' + "9" * 4_299 + ', "text": "x"}')
    with pytest.raises(BadInputError, match="too many digits"):
        import_dataset(workspace, "x", tmp_path / "d.jsonl")


@pytest.mark.parametrize("name", ["n" * 4_000, "名" * 700, "a\nb", "a\0", "\udcff", "  "])
def test_names_that_the_outbox_cannot_carry_are_refused(workspace: Any, tmp_path: Path, name: str):
    (tmp_path / "d.jsonl").write_text(DOC)
    (tmp_path / "g.qrels").write_text("q1 0 a 1\n")
    with pytest.raises(BadInputError) as caught:
        import_dataset(workspace, name, tmp_path / "d.jsonl")
    assert len(str(caught.value)) < 400
    import_dataset(workspace, "x", tmp_path / "d.jsonl")
    with pytest.raises(BadInputError):
        import_judgments(workspace, "x", tmp_path / "g.qrels", judge=name)


def test_two_names_that_are_taken_fit_into_a_key(workspace: Any, tmp_path: Path):
    name = "名" * 330
    (tmp_path / "d.jsonl").write_text(DOC)
    import_dataset(workspace, name, tmp_path / "d.jsonl")
    assert parse_outbox([_event(key=json.dumps([name, name]))])


def test_a_header_and_an_id_of_a_hundred_kilobytes_are_not_echoed(workspace: Any, tmp_path: Path):
    (tmp_path / "d.csv").write_text("id,body\u0001" + "h" * 100_000 + "\n1,2\n")
    (tmp_path / "e.jsonl").write_text(json.dumps({"k" * 100_000: 1}))
    (tmp_path / "f.jsonl").write_text(json.dumps({"id": "a\t" * 2_000, "text": ""}))
    for path in ("d.csv", "e.jsonl", "f.jsonl"):
        with pytest.raises(BadInputError) as caught:
            import_dataset(workspace, "x", tmp_path / path)
        assert len(str(caught.value)) < 6_000


@pytest.mark.skipif(os.name == "nt", reason="names of files are Unicode there")
def test_a_name_that_is_no_utf8_is_shown_with_its_bytes(workspace: Any, tmp_path: Path):
    folder = tmp_path / os.fsdecode(b"caf\xe9")
    folder.mkdir()
    (folder / "docs.jsonl").write_text(DOC)
    (folder / os.fsdecode(b"\xff.png")).write_bytes(b"\x89PNG\r\n\x1a\n")
    report = import_dataset(workspace, "x", folder)
    assert json.dumps(report.to_dict(), ensure_ascii=False).encode("utf-8")
    (folder / os.fsdecode(b"\xff.jsonl")).write_text("{")
    with pytest.raises(BadInputError) as caught:
        import_dataset(workspace, "y", folder)
    assert "\\udcff.jsonl" in str(caught.value)
