"""Which paths an import may read: named roots, uploads, and nothing that a link leads to outside of a folder."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from rerank_core.corpus.import_roots import VARIABLE, named_path, refuse_outside
from rerank_core.corpus.ingest import ImportOptions, import_dataset
from rerank_core.errors import NotFoundError, SettingsError
from rerank_core.experiment.job_requests import ChangeRequest, ImportRequest
from rerank_core.ranking.jobs import JOBS
from rerank_core.ranking.pipeline import Pipeline
from rerank_core.store import datasets
from rerank_core.store.datasets import StoredCorpus
from rerank_core.store.uploads import uploads_folder
from rerank_core.types import no_progress

SECRET = "the key of the safe is 4711"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Two folders side by side, the one that may be read, and one that may not."""
    for name in ("open", "closed"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "p.jsonl").write_text('{"_id": "d1", "text": "%s"}\n' % (name if name == "open" else SECRET))
    return tmp_path


@pytest.fixture
def roots(place: Path, monkeypatch) -> None:
    monkeypatch.setenv(VARIABLE, os.pathsep.join([str(place / "open"), str(place / "other")]))


def outside(place: Path) -> list[str]:
    (place / "open" / "door").symlink_to(place / "closed")
    (place / "open" / "one.jsonl").symlink_to(place / "closed" / "p.jsonl")
    folder = str(place / "open")
    return [
        str(place / "closed"), str(place / "closed" / "p.jsonl"), f"{folder}/../closed/p.jsonl",
        f"{folder}/door/p.jsonl",
        f"{folder}/one.jsonl", f"{folder}-not", str(place), "/etc/passwd", "~", ".", "relative.jsonl",
        str(place / "not" / "there"), f"{folder}/../not-there",
    ]  # fmt: skip


def test_paths_outside_of_the_roots_are_refused_in_the_same_words_whether_they_are_there(place, roots):
    problems = set()
    for text in outside(place):
        with pytest.raises(SettingsError, match="read only within the folders") as caught:
            named_path(text)
        problems.add(str(caught.value))
    assert len(problems) == 1


def test_paths_within_are_taken(place, roots):
    assert named_path(str(place / "open" / "p.jsonl")).read_text().count("open") == 1
    assert named_path(f"{place}/open/../open").is_dir()


def test_with_an_empty_variable_nothing_on_this_machine_is_read(place, monkeypatch):
    monkeypatch.setenv(VARIABLE, "")
    with pytest.raises(SettingsError, match="read only within"):
        named_path(str(place / "open"))


def test_the_worker_refuses_a_job_with_a_path_outside(place, roots, workspace):
    pipeline = Pipeline(workspace)
    for text in outside(place):
        path = str(Path(text).expanduser())
        with pytest.raises(SettingsError, match="read only within"):
            JOBS["import"](pipeline, ImportRequest(name="x", path=path).to_json(), no_progress)
        for request in (ChangeRequest(name="x", path=path), ChangeRequest(name="x", remove_path=path)):
            with pytest.raises(SettingsError, match="read only within"):
                JOBS["change"](pipeline, request.to_json(), no_progress)
    with workspace.open() as db:
        assert datasets.list_datasets(db) == []


def test_the_worker_reads_roots_and_uploads(place, roots, workspace):
    uploads = uploads_folder(workspace) / "1"
    uploads.mkdir(parents=True)
    (uploads / "p.jsonl").write_text('{"_id": "d1", "text": "uploaded"}\n')
    pipeline = Pipeline(workspace)
    for name, path in {"own": place / "open", "up": uploads / "p.jsonl"}.items():
        assert (
            JOBS["import"](pipeline, ImportRequest(name=name, path=str(path)).to_json(), no_progress)["passages"] == 1
        )


def test_without_the_variable_a_path_is_the_users_own_affair(place, workspace, monkeypatch):
    monkeypatch.delenv(VARIABLE, raising=False)
    refuse_outside(place / "closed", workspace)
    assert named_path(str(place / "closed")).is_dir()


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("~nosuchuser/x", "There is no such user: ~nosuchuser/x"),
        ("a" * 5000, "a{200}… is no path that this machine can have"),
        ("/" + "a/" * 3000, "is no path that this machine can have"),
        ("x\0y", "is no path that this machine can have"),
        ("/no/such/place", "There is nothing at /no/such/place"),
    ],
    ids=["user", "long name", "long path", "nul", "nothing"],
)
def test_a_path_that_cannot_be_is_a_clear_error(text, problem, monkeypatch):
    monkeypatch.delenv(VARIABLE, raising=False)
    with pytest.raises(SettingsError, match=problem) as caught:
        named_path(text)
    assert len(str(caught.value)) < 400


def linked_folder(tmp_path: Path, suffix: str, content: str) -> Path:
    folder, away = tmp_path / "set", tmp_path / "away"
    (folder / "sub").mkdir(parents=True)
    away.mkdir()
    (away / f"secret{suffix}").write_text(content)
    (folder / f"corpus{suffix}").write_text(content.replace(SECRET, "puffins nest"))
    (folder / f"z-out{suffix}").symlink_to(away / f"secret{suffix}")
    (folder / "sub" / f"deep{suffix}").symlink_to(f"../../away/secret{suffix}")
    (folder / f"broken{suffix}").symlink_to(tmp_path / "nothing")
    (folder / f"circle{suffix}").symlink_to(folder / f"circle{suffix}")
    (folder / "door").symlink_to(away)
    return folder


@pytest.mark.parametrize(
    ("suffix", "content"),
    [
        (".jsonl", json.dumps({"_id": "d1", "text": SECRET}) + "\n"),
        (".csv", f"id,text\nd1,{SECRET}\n"),
        (".txt", SECRET),
        (".md", SECRET),
    ],
)
def test_links_do_not_lead_out_of_a_folder(suffix, content, tmp_path, workspace):
    folder = linked_folder(tmp_path, suffix, content)
    report = import_dataset(workspace, "set", folder, ImportOptions())
    with workspace.open() as db:
        row = datasets.get_dataset(db, "set")
    texts = [doc.text.strip() for doc in StoredCorpus(workspace, row).docs()]
    assert texts == ["puffins nest"]
    left_out = {one.kind: (one.count, set(one.files)) for one in report.not_read if "link" in one.kind}
    assert left_out == {
        "a link that leads out of the folder": (2, {f"z-out{suffix}", f"sub/deep{suffix}"}),
        "a link that leads nowhere": (2, {f"broken{suffix}", f"circle{suffix}"}),
        "a link to a folder": (1, {"door"}),
    }


def test_links_that_stay_within_the_folder_are_read(tmp_path, workspace):
    (tmp_path / "set" / "store").mkdir(parents=True)
    (tmp_path / "set" / "store" / "a.txt").write_text("terns dive")
    (tmp_path / "set" / "b.txt").symlink_to("store/a.txt")
    (tmp_path / "way-in").symlink_to(tmp_path / "set")
    assert import_dataset(workspace, "set", tmp_path / "way-in", ImportOptions()).passages == 2


def test_a_folder_of_links_that_lead_out_holds_nothing(tmp_path, workspace):
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "p.txt").symlink_to("/etc/passwd")
    with pytest.raises(Exception, match="links are followed within the folder only"):
        import_dataset(workspace, "set", tmp_path / "set", ImportOptions())
    with workspace.open() as db, pytest.raises(NotFoundError):
        datasets.get_dataset(db, "set")
