"""Files made to harm, uploaded on the page Data: each is imported, or refused in words that name it; no page breaks.

RERANK_LENS_HOSTILE_UPLOADS says how many (6 without it); the seed of each file is its number.
"""

from __future__ import annotations

import logging
import os
import random
import time
from collections import Counter
from pathlib import Path
from typing import Any

from streamlit.testing.v1 import AppTest

from rerank_core.ranking.worker import Worker
from rerank_core.store import datasets, jobs
from rerank_core.store.workspace import Workspace
from tests.corpus.test_hostile_files import SLOWEST, make_file
from tests.pages.conftest import app_at, texts

COUNT = int(os.environ.get("RERANK_LENS_HOSTILE_UPLOADS", "6"))


def uploader(app: AppTest) -> Any:
    """Where files of a new dataset go."""
    return app.file_uploader[0]


def import_button(app: AppTest) -> Any:
    """The button that imports what was uploaded; None: it is not offered, or not to be pressed."""
    found = next((one for one in app.button if one.label == "Import"), None)
    return None if found is None or found.disabled else found


def name_field(app: AppTest) -> Any:
    """Where the dataset's name goes; None: it is not asked for."""
    return next((one for one in app.text_input if one.label == "Name of the dataset"), None)


def outcome(app: AppTest, workspace: Workspace, path: Path) -> str:
    """What became of the file: "imported", or the sentence that refuses it."""
    uploader(app).set_value([(path.name, path.read_bytes(), "application/octet-stream")]).run()
    assert not app.exception, app.exception[0].message
    if (field := name_field(app)) is not None:
        field.set_value(f"set {path.parent.name}").run()
    button = import_button(app)
    if button is None:
        return texts([*app.error, *app.warning, *app.info]) or "not offered"
    button.click().run()
    assert not app.exception, app.exception[0].message
    with workspace.open() as db:
        newest = jobs.recent(db, "import", 1)
    if not newest or not newest[0].is_open:
        return texts(app.error)
    with workspace.write() as db:
        for other in jobs.open_jobs(db):
            if other.kind != "import":  # those that load models
                jobs.finish(db, other.id, "cancelled")
    assert Worker(workspace, os.getppid()).step()
    with workspace.open() as db:
        job = jobs.get(db, newest[0].id)
    app.run()
    assert not app.exception, app.exception[0].message
    return "imported" if job.state == "done" else job.message


def test_each_upload_is_imported_or_refused_in_words_that_name_it(
    workspace: Workspace, tmp_path: Path, capfd, monkeypatch
):
    # Streamlit's log may go to what pytest caught of an earlier test, and is closed now: that is no fault of the page
    monkeypatch.setattr(logging, "raiseExceptions", False)
    outcomes: Counter[str] = Counter()
    for number in range(COUNT):
        folder = tmp_path / f"f{number}"
        folder.mkdir()
        path = make_file(random.Random(number), folder)
        started = time.process_time()
        said = outcome(app_at("Data"), workspace, path)
        seconds = time.process_time() - started
        assert seconds < SLOWEST, f"file {number}, {path.name}: {seconds:.1f} s"
        assert "Traceback" not in capfd.readouterr().err, f"file {number}, {path.name}"
        if said != "imported":
            assert said.strip(), f"file {number}, {path.name}: nothing was said"
            assert path.name.removesuffix(".gz") in said, f"file {number}, {path.name}: {said[:400]}"
            assert "the worker's log" not in said, f"file {number}, {path.name}: {said[:400]}"
            assert str(workspace.path.parent) not in said, f"file {number}: a path of the server is shown: {said[:400]}"
        outcomes["imported" if said == "imported" else "refused"] += 1
    with workspace.open() as db:
        assert db.execute("SELECT count(*) FROM dataset WHERE state = 'importing'").fetchone()[0] == 0
        assert len(datasets.list_datasets(db)) >= outcomes["imported"]
    print(f"{COUNT:,} uploads: {dict(outcomes)}")
    assert len(outcomes) == 2, "both happen"
