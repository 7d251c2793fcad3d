"""From an outbox into the workspace: each event lies there before it is acknowledged."""

from __future__ import annotations

import json

import pytest

from pages.ui.outbox.commit import commit
from pages.ui.outbox.events import GradeEvent
from pages.ui.outbox.writer import Writer
from rerank_core.errors import WorkspaceError
from rerank_core.store import judgments

CLIENT = "11111111-1111-4111-8111-111111111111"
OTHER = "22222222-2222-4222-8222-222222222222"
ANYBODY = Writer("", lambda key: True)


def event(seq: int, docid: str, judge: str = "ann", client: str = CLIENT, dataset: str = "birds") -> GradeEvent:
    return GradeEvent(client, seq, "grade", docid, 1, 1, "q1", json.dumps([dataset, judge]))


def kept(workspace, birds) -> list[tuple[str, str]]:
    with workspace.open() as db:
        return [(row["judge"], row["docid"]) for row in judgments.history(db, birds.id)]


def test_events_for_several_judges_are_all_kept_in_whatever_order_they_come(workspace, birds):
    events = [event(1, "d1"), event(2, "d2", "ben"), event(3, "d3"), event(1, "d1", "cleo", OTHER)]
    assert commit(workspace, events, ANYBODY).ack == {CLIENT: 3, OTHER: 1}
    assert kept(workspace, birds) == [("ann", "d1"), ("ben", "d2"), ("ann", "d3"), ("cleo", "d1")]


def test_what_was_sent_twice_is_kept_once(workspace, birds):
    events = [event(1, "d1"), event(2, "d2", "ben"), event(3, "d3")]
    for _ in range(2):
        assert commit(workspace, events, ANYBODY).ack == {CLIENT: 3}
    assert len(kept(workspace, birds)) == 3


def test_a_dataset_that_is_gone_is_said_and_holds_nothing_up(workspace, birds):
    receipt = commit(workspace, [event(1, "d1"), event(2, "d2", dataset="gone"), event(3, "d3")], ANYBODY)
    assert receipt.ack == {CLIENT: 3}
    assert receipt.refused == ("The dataset 'gone' is not in this workspace: 1 not kept",)
    assert kept(workspace, birds) == [("ann", "d1"), ("ann", "d3")]


def test_nothing_is_acknowledged_while_the_file_is_away(workspace, birds, tmp_path):
    workspace.path.rename(tmp_path / "away.db")
    with pytest.raises(WorkspaceError, match="not where it was"):
        commit(workspace, [event(1, "d1")], ANYBODY)
    assert not workspace.path.exists()
    (tmp_path / "away.db").rename(workspace.path)
    assert commit(workspace, [event(1, "d1")], ANYBODY).ack == {CLIENT: 1}
    assert kept(workspace, birds) == [("ann", "d1")]


def test_grades_without_a_name_wait_and_become_those_of_who_says_one(workspace, birds):
    events = [event(1, "d1", ""), event(2, "d2", "")]
    receipt = commit(workspace, events, ANYBODY)
    assert (receipt.ack, receipt.nameless) == ({}, True)
    assert kept(workspace, birds) == []
    assert commit(workspace, events, Writer("Ada", lambda key: True)).ack == {CLIENT: 2}
    assert kept(workspace, birds) == [("Ada", "d1"), ("Ada", "d2")]


def test_what_a_writer_may_not_send_is_neither_kept_nor_acknowledged(workspace, birds):
    ann = Writer("ann", lambda key: key == event(1, "d1").outbox_key)
    events = [event(1, "d1"), event(2, "d2", "ben"), event(3, "d3"), event(1, "d1", dataset="gone", client=OTHER)]
    assert commit(workspace, events, ann).ack == {CLIENT: 1}
    assert kept(workspace, birds) == [("ann", "d1")]
