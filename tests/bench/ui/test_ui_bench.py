"""`tests.bench ui`: on a copy, in a real browser; what is missing is named. No time is asserted."""

from __future__ import annotations

import json

import pytest

from rerank_core.shell.answer import DONE, USAGE
from rerank_core.store import jobs
from rerank_core.store.workspace import Workspace
from tests.bench.__main__ import main
from tests.bench.ui import browsing
from tests.bench.ui.timing import _spread, copied


def test_without_a_browser_it_says_what_is_not_installed(capsys, monkeypatch):
    monkeypatch.delenv("RERANK_LENS_CHROMIUM", raising=False)
    monkeypatch.setenv("PATH", "")
    assert main(["ui"]) == DONE
    assert "not installed: browser needs a Chromium or Chrome in PATH" in capsys.readouterr().out


def test_without_playwright_it_says_so(capsys, monkeypatch):
    monkeypatch.setattr(browsing, "find_spec", lambda name: None if name == "playwright" else object())
    monkeypatch.setenv("RERANK_LENS_CHROMIUM", "/usr/bin/a-browser")
    assert main(["ui", "--json"]) == DONE
    assert json.loads(capsys.readouterr().out)["absent"] == {"playwright": "playwright"}


@pytest.mark.parametrize("words", [["--rounds", "0"], ["--grades", "0"]])
def test_a_bad_option_is_wrong_usage(words):
    assert main(["ui", *words]) == USAGE


def test_a_copy_holds_the_data_and_the_indexes_and_no_open_work(workspace, birds, tmp_path):
    with workspace.write() as db:
        jobs.submit(db, "compare", {})
    (workspace.index_folder / "one").mkdir(parents=True)
    folder = tmp_path / "copy"
    folder.mkdir()
    own = copied(workspace, folder)
    assert (own.index_folder / "one").is_dir()
    with own.open() as mine, workspace.open() as given:
        assert mine["dataset"].count == given["dataset"].count == 1
        assert (len(jobs.open_jobs(mine)), len(jobs.open_jobs(given))) == (0, 1)


def test_a_workspace_that_is_not_there_is_wrong_usage_and_is_not_made(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(browsing, "find_chromium", lambda: "/usr/bin/a-browser")
    path = tmp_path / "none.db"
    assert main(["--workspace", str(path), "ui"]) == USAGE
    assert str(path) in capsys.readouterr().err
    assert not path.exists()


def test_the_spread_is_median_p95_and_largest_of_what_was_seen():
    times = [float(time) for time in range(101)]
    assert _spread([*times, None]) == {"median": 50, "p95": 95, "max": 100}
    assert _spread([None]) == {"median": None, "p95": None, "max": None}


@pytest.mark.browser
def test_pages_are_opened_and_graded_and_the_given_workspace_stays_as_it_is(workspace: Workspace, birds, capsys):
    before = workspace.path.read_bytes()
    assert main(["--workspace", str(workspace.path), "ui", "--json", "--rounds", "1", "--grades", "3"]) == DONE
    result = json.loads(capsys.readouterr().out)
    assert list(result["paint"]) == ["Home", "Compare"]
    for times in result["paint"].values():
        assert 0 < times["content"]["median"] <= times["whole"]["median"]
        assert times["content"]["first"] > 0
    keys = result["key_to_figure"]
    assert keys["n"] + keys["unmoved"] == 3
    assert keys["n"] > 0
    assert 0 < keys["median"] <= keys["max"]
    assert workspace.path.read_bytes() == before
