"""Jobs: urgent ones first, one for equal requests, stopped on request, taken up again after a crash."""

from __future__ import annotations

import sqlite3

import pytest
from sqlite_utils import Database

from rerank_core.errors import NotFoundError
from rerank_core.store import jobs
from rerank_core.store.migrations import migrations
from rerank_core.store.workspace import Workspace


@pytest.fixture
def db(workspace):
    with workspace.open() as db:
        yield db


def test_urgent_jobs_go_first_and_others_in_order(db):
    slow = jobs.submit(db, "run", {"n": 1})
    later = jobs.submit(db, "run", {"n": 2})
    quick = jobs.submit(db, "compare", {}, urgent=True)
    assert [jobs.take(db).id for _ in range(3)] == [quick, slow, later]
    assert jobs.take(db) is None


def test_only_jobs_of_a_free_lane_are_taken(db):
    jobs.submit(db, "run", {})
    imported = jobs.submit(db, "import", {})
    fetched = jobs.submit(db, "download", {})
    assert not jobs.any_waiting(db, [jobs.URGENT])
    assert jobs.take(db, [jobs.URGENT]) is None
    assert jobs.take(db, [jobs.URGENT, jobs.FILES, jobs.NETWORK]).id == imported
    assert jobs.take(db, [jobs.NETWORK]).id == fetched
    assert jobs.any_waiting(db, [jobs.MODELS])


def test_a_running_job_says_what_it_does_and_how_long_it_will_take(db):
    job_id = jobs.submit(db, "compare", {}, urgent=True)
    jobs.take(db)
    jobs.tell(db, job_id, 32, 516, "Preparing demo (once)", jobs.PREPARING, 20.5)
    assert (jobs.get(db, job_id).doing, jobs.get(db, job_id).seconds_left) == (jobs.PREPARING, 20.5)
    assert not jobs.stand(db, job_id)
    assert (jobs.get(db, job_id).doing, jobs.get(db, job_id).seconds_left) == (jobs.STANDING, 20.5)
    jobs.give_back(db)
    assert (jobs.get(db, job_id).doing, jobs.get(db, job_id).seconds_left) == (jobs.WORKING, None)


def test_an_equal_request_joins_the_open_job_and_a_later_one_is_new(db):
    first = jobs.submit(db, "run", {"a": 1, "b": 2})
    assert jobs.submit(db, "run", {"b": 2, "a": 1}) == first
    jobs.finish(db, first, "done", result={"rows": 3})
    assert jobs.submit(db, "run", {"a": 1, "b": 2}) != first
    assert jobs.get(db, first).result == {"rows": 3}


def test_progress_is_seen_and_a_stop_is_told(db):
    job_id = jobs.submit(db, "run", {})
    jobs.take(db)
    assert jobs.tell(db, job_id, 3, 10, "scoring") is False
    jobs.cancel(db, job_id)
    assert jobs.tell(db, job_id, 4, 10, "scoring") is True
    job = jobs.get(db, job_id)
    assert (job.done, job.total, job.message, job.is_open) == (4, 10, "scoring", True)


def test_a_waiting_job_is_stopped_at_once(db):
    job_id = jobs.submit(db, "run", {})
    jobs.cancel(db, job_id)
    assert jobs.get(db, job_id).state == "cancelled"
    assert jobs.take(db) is None


def test_a_job_whose_worker_died_is_taken_again_whatever_the_clock_said(db):
    job_id = jobs.submit(db, "run", {})
    jobs.take(db)
    db.execute("UPDATE job SET heartbeat = heartbeat + 3600")
    jobs.requeue_interrupted(db)
    assert jobs.take(db).id == job_id


def test_a_job_whose_worker_died_twice_has_failed_with_its_reason(db):
    job_id = jobs.submit(db, "run", {})
    for _ in range(2):
        assert jobs.take(db).id == job_id
        jobs.requeue_interrupted(db)
    assert jobs.take(db) is None
    assert jobs.get(db, job_id).state == "failed"
    assert "ended twice" in jobs.get(db, job_id).message
    assert jobs.submit(db, "run", {}) != job_id


def test_a_worker_that_ends_in_good_order_is_not_counted(db):
    job_id = jobs.submit(db, "run", {})
    for _ in range(5):
        assert jobs.take(db).id == job_id
        jobs.give_back(db)
        jobs.requeue_interrupted(db)
    assert jobs.take(db).id == job_id


def test_a_job_that_was_to_stop_when_its_worker_died_is_not_taken_again(db):
    job_id = jobs.submit(db, "run", {})
    jobs.take(db)
    jobs.cancel(db, job_id)
    jobs.requeue_interrupted(db)
    assert jobs.get(db, job_id).state == "cancelled"


def test_jobs_of_an_older_workspace_were_taken_up_never(tmp_path):
    path = tmp_path / "old.db"
    connection = sqlite3.connect(path)
    old = Database(connection)
    migrations.apply(old, stop_before="014_attempts")
    old.execute("INSERT INTO job (kind, params, state, created_at) VALUES ('run', '{}', 'running', '2025')")
    old.execute("PRAGMA user_version = 12")
    connection.commit()
    connection.close()
    with Workspace(path).write() as db:
        assert [row["attempts"] for row in db.query("SELECT attempts FROM job")] == [0]
        jobs.requeue_interrupted(db)
        assert jobs.take(db).kind == "run"


def test_an_unknown_job_is_not_found(db):
    with pytest.raises(NotFoundError, match="no job 99"):
        jobs.get(db, 99)


def test_the_recent_jobs_of_a_kind_come_newest_first(workspace):
    with workspace.write() as db:
        ids = [jobs.submit(db, "run", {"n": number}) for number in range(3)]
        jobs.submit(db, "warm", {})
        jobs.finish(db, ids[1], "failed", "broke")
        found = jobs.recent(db, "run", 2)
    assert [(job.id, job.state) for job in found] == [(ids[2], "waiting"), (ids[1], "failed")]
