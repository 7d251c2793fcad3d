"""An upload stays as long as a job needs it, and no longer."""

from __future__ import annotations

import os
import time

import pytest

from rerank_core.store import jobs
from rerank_core.store.uploads import discard_read_uploads, discard_upload, make_upload_folder


@pytest.fixture
def upload(workspace):
    folder = make_upload_folder(workspace)
    (folder / "corpus.jsonl").write_text("{}")
    return folder


def submit(workspace, **params) -> int:
    with workspace.write() as db:
        return jobs.submit(db, "change" if "preview" in params else "import", params)


def end(workspace, job: int, state: str) -> None:
    with workspace.write() as db:
        jobs.finish(db, job, state)


@pytest.mark.parametrize("state", ["done", "failed", "cancelled"])
@pytest.mark.parametrize("part", ["", "corpus.jsonl"])
def test_it_goes_when_its_job_has_ended_and_not_before(workspace, upload, state, part):
    job = submit(workspace, path=str(upload / part))
    discard_read_uploads(workspace)
    assert upload.exists()
    end(workspace, job, state)
    discard_read_uploads(workspace)
    assert not upload.exists()


def test_what_was_only_looked_at_stays_for_the_change(workspace, upload):
    end(workspace, submit(workspace, path=None, remove_path=str(upload / "corpus.jsonl"), preview=True), "done")
    discard_read_uploads(workspace)
    assert upload.exists()
    job = submit(workspace, path=None, remove_path=str(upload / "corpus.jsonl"), preview=False)
    discard_read_uploads(workspace)
    assert upload.exists()
    end(workspace, job, "done")
    discard_read_uploads(workspace)
    assert not upload.exists()


def test_what_no_job_took_goes_after_an_hour(workspace, upload):
    discard_read_uploads(workspace)
    assert upload.exists()
    os.utime(upload, (time.time() - 3_700,) * 2)
    discard_read_uploads(workspace)
    assert not upload.exists()


def test_it_is_its_owners_alone_and_no_name_comes_twice(workspace, upload):
    assert (upload.stat().st_mode & 0o777, upload.parent.stat().st_mode & 0o777) == (0o700, 0o700)
    assert len({make_upload_folder(workspace) for _ in range(20)}) == 20


def test_nothing_else_is_removed(workspace, upload, tmp_path):
    own = tmp_path / "my-corpus"
    own.mkdir()
    end(workspace, submit(workspace, path=str(own)), "done")
    discard_read_uploads(workspace)
    for path in (own, upload.parent, workspace.path):
        discard_upload(workspace, path)
    assert own.exists()
    assert upload.exists()
    discard_upload(workspace, upload / "corpus.jsonl")
    assert not upload.exists()
    assert workspace.path.exists()
