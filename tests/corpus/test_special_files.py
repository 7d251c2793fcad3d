"""What is no regular file is refused and never waited for, alone and in a folder; so is a path that no system takes."""

from __future__ import annotations

import gzip
import os
import socket
import stat
import subprocess
from pathlib import Path
from typing import Any

import pytest

from rerank_core.corpus.changes import PassageChange, change_passages
from rerank_core.corpus.formats.lines import count_lines
from rerank_core.corpus.formats.regular import open_regular
from rerank_core.corpus.ingest import ImportOptions, import_dataset
from rerank_core.corpus.survey.survey import look
from rerank_core.errors import BadInputError

ENDINGS = (".jsonl", ".json", ".csv", ".tsv", ".parquet", ".txt", ".md", ".jsonl.gz", ".xml", "")


def _pipe(path: Path) -> None:
    os.mkfifo(path)


def _socket(path: Path) -> None:
    here = Path.cwd()
    os.chdir(path.parent)  # a socket's path is short
    try:
        with socket.socket(socket.AF_UNIX) as made:
            made.bind(path.name)
    finally:
        os.chdir(here)


def _link_to_device(path: Path) -> None:
    path.symlink_to("/dev/zero")


KINDS = {"a named pipe": _pipe, "a socket": _socket, "a device": _link_to_device}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("ending", ENDINGS)
def test_a_special_file_is_refused_by_its_kind(workspace: Any, tmp_path: Path, ending: str, kind: str):
    path = tmp_path / f"x{ending}"
    KINDS[kind](path)
    with pytest.raises(BadInputError, match=f"x{ending}: it is {kind}. Expected: a regular file"):
        import_dataset(workspace, "x", path)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("field", ["queries", "qrels"])
def test_a_special_file_is_refused_for_queries_and_grades_too(workspace: Any, tmp_path: Path, field: str, kind: str):
    (tmp_path / "docs.jsonl").write_text('{"id": "a", "text": "fish"}\n')
    KINDS[kind](tmp_path / "x.tsv")
    with pytest.raises(BadInputError, match=f"it is {kind}"):
        import_dataset(workspace, "x", tmp_path / "docs.jsonl", ImportOptions(**{field: str(tmp_path / "x.tsv")}))


def test_a_folder_is_read_without_what_is_no_regular_file_and_says_so(workspace: Any, tmp_path: Path):
    folder = tmp_path / "notes"
    (folder / "below").mkdir(parents=True)
    (folder / "a.txt").write_text("otters rest")
    (folder / "linked.txt").symlink_to(folder / "a.txt")
    (folder / "gone.txt").symlink_to(tmp_path / "nowhere.txt")
    (folder / "loop.txt").symlink_to(folder / "loop.txt")
    (folder / "again").symlink_to(folder)
    _pipe(folder / "below" / "pipe.txt")
    _link_to_device(folder / "zero.jsonl")
    report = import_dataset(workspace, "x", folder)
    unread = {name: item.kind for item in report.not_read for name in item.files}
    assert report.passages == 2
    assert unread == {
        "again": "a link to a folder",
        "below/pipe.txt": "a named pipe",
        "gone.txt": "a link that leads nowhere",
        "loop.txt": "a link that leads nowhere",
        "zero.jsonl": "a device",
    }
    assert {item.why for item in report.not_read} == {"only regular files are read"}


def test_a_file_that_becomes_a_pipe_after_it_was_looked_at_blocks_nobody(tmp_path: Path, monkeypatch):
    _pipe(tmp_path / "x.txt")
    regular = os.stat_result((stat.S_IFREG | 0o644, *(0,) * 9))
    monkeypatch.setattr("rerank_core.corpus.formats.regular.os.stat", lambda _: regular)
    with pytest.raises(BadInputError, match="it is a named pipe"):
        open_regular(tmp_path / "x.txt")


@pytest.mark.parametrize("name", ["a\0b.txt", "x" * 5_000, "x" * 300 + ".jsonl", "a.jsonl/b.jsonl", "./" * 3_000 + "a"])
def test_a_path_that_no_system_takes_is_refused(workspace: Any, tmp_path: Path, name: str):
    (tmp_path / "a.jsonl").write_text('{"id": "a", "text": "fish"}\n')
    with pytest.raises(BadInputError, match="it cannot be read"):
        import_dataset(workspace, "x", Path(f"{tmp_path}/{name}"))
    with pytest.raises(BadInputError):
        import_dataset(workspace, "x", tmp_path / "a.jsonl", ImportOptions(queries=f"{tmp_path}/{name}"))
    import_dataset(workspace, "x", tmp_path / "a.jsonl")
    with pytest.raises(BadInputError, match="it cannot be read"):
        change_passages(workspace, "x", PassageChange(remove_file=Path(f"{tmp_path}/{name}")))


@pytest.fixture
def deep(tmp_path: Path):
    """A folder 1,200 deep with a text at its end; taken away again, since pytest itself cannot."""
    root = tmp_path / "deep"
    root.mkdir()
    folders = [os.open(root, os.O_RDONLY)]
    for _ in range(1_200):
        os.mkdir("d", dir_fd=folders[0])
        below = os.open("d", os.O_RDONLY, dir_fd=folders[0])
        os.close(folders.pop())
        folders.append(below)
    with os.fdopen(os.open("low.txt", os.O_CREAT | os.O_WRONLY, dir_fd=folders[0]), "w") as file:
        file.write("eels")
    os.close(folders[0])
    yield root
    subprocess.run(["rm", "-rf", str(root)], check=True)


def test_a_folder_that_lies_very_deep_is_read(workspace: Any, deep: Path):
    (deep / "top.txt").write_text("owls")
    assert import_dataset(workspace, "x", deep).passages == 2


def test_errors_of_packed_files_have_the_whole_name(tmp_path: Path):
    folder = tmp_path / "Über"
    folder.mkdir()
    for name, content in (("Docs.JSONL.GZ", b"[1]"), ("B.csv.gz", b"\xff\xfe"), ("C.tsv.gz", b"a\tb\n1\t2\t3\n")):
        (folder / name).write_bytes(gzip.compress(content))
        with pytest.raises(BadInputError) as caught:
            look(folder / name)
        assert caught.value.source == str(folder / name)


def test_lines_are_counted_in_a_bounded_part_and_carried_on(tmp_path: Path, monkeypatch):
    monkeypatch.setattr("rerank_core.corpus.formats.lines._COUNTED", 2**20)
    (tmp_path / "a.csv").write_bytes(b"1234567\n" * 2**19)
    assert count_lines(tmp_path / "a.csv") == 2**19
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(os.urandom(4 * 2**20).replace(b"\n", b" ") + b"\n" * 2**22))
    assert count_lines(tmp_path / "a.csv.gz") < 2**20


def test_a_row_that_is_too_short_for_its_title_is_named_by_its_line(workspace: Any, tmp_path: Path):
    (tmp_path / "docs.tsv").write_text("id\ttext\tquestion\ttitle\nd1\n")
    with pytest.raises(BadInputError, match="line 2: the row has 1 cells"):
        import_dataset(workspace, "x", tmp_path / "docs.tsv")
