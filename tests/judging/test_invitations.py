"""Invitations: a code opens one thing, as long as it was not withdrawn, and lies nowhere in the workspace."""

from __future__ import annotations

import contextlib
import hmac
from dataclasses import replace

import pytest

from rerank_core.errors import BadInputError, InvitationError, NotFoundError, SettingsError
from rerank_core.experiment.experiment import Experiment
from rerank_core.judging import invitations
from rerank_core.judging.invitations import ComparisonTask, GradingTask, check_open, redeem, task_of, withdraw
from rerank_core.judging.plan import LabelPlan, save_plan
from rerank_core.retrieval.settings import RetrievalSettings
from rerank_core.store import invitations as rows
from rerank_core.store.workspace import Workspace

SETTINGS = RetrievalSettings(("bm25",), depth=20)
TASK = GradingTask(LabelPlan(("first-stage",), SETTINGS.to_json()), goal=40)
PAIR = ComparisonTask(("first-stage", "minilm-cosine"), "first-stage", SETTINGS.to_json(), questions=20)


@pytest.fixture
def made(workspace, birds):
    return invitations.invite_judge(workspace, birds, "  Dr. Anna\u00a0Vogel ", TASK)


def test_a_code_opens_what_it_was_made_for_and_the_use_is_noted(workspace, made):
    row = redeem(workspace, f" {made.code}\n")
    assert (row.kind, row.dataset, row.name) == ("judge", "birds", "Dr. Anna Vogel")
    assert task_of(row) == TASK
    assert made.row.used == ""
    assert check_open(workspace, row.id).used != ""


def test_the_list_is_the_one_of_that_moment(workspace, birds, made):
    save_plan(workspace, birds, replace(TASK.plan, depth=3))
    assert task_of(redeem(workspace, made.code)) == TASK


def test_the_workspace_does_not_hold_the_secret(workspace, made):
    token = made.code.partition(".")[2]
    assert len(token) == 48
    with workspace.open() as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        assert token not in "\n".join(db.conn.iterdump())
    assert token.encode() not in workspace.path.read_bytes()


@pytest.mark.parametrize("spoil", [
    lambda code: "", lambda code: code[:-1], lambda code: code.replace(".", ""), lambda code: code.upper(),
    lambda code: code[:-1] + ("0" if code[-1] != "0" else "1"), lambda code: f"{code[:9]}{'0' * 48}",
    lambda code: f"00000000{code[8:]}", lambda code: f"{code}'; DROP TABLE invitation --", lambda code: "ä" * 57,
    lambda code: f"{code[:8]}.{'%' * 48}",
])  # fmt: skip
def test_a_forged_code_opens_nothing_and_all_are_answered_alike(workspace, made, spoil):
    with pytest.raises(InvitationError, match="opens nothing here"):
        redeem(workspace, spoil(made.code) if spoil(made.code) != made.code else "x")


def test_the_code_of_one_invitation_does_not_open_another(workspace, birds, made):
    other = invitations.invite_reader(workspace, birds, PAIR)
    with pytest.raises(InvitationError, match="opens nothing here"):
        redeem(workspace, f"{made.row.id}.{other.code.partition('.')[2]}")


def test_secrets_are_compared_in_constant_time_also_where_there_is_no_such_invitation(workspace, made, monkeypatch):
    asked = []
    compare = hmac.compare_digest
    monkeypatch.setattr(hmac, "compare_digest", lambda one, other: asked.append((one, other)) or compare(one, other))
    for code in (made.code, f"00000000{made.code[8:]}", f"{made.code[:9]}{'0' * 48}"):
        with contextlib.suppress(InvitationError):
            redeem(workspace, code)
    assert len(asked) == 3
    assert {len(text) for pair in asked for text in pair} == {64}


def test_a_withdrawn_link_is_closed_at_once_and_says_so_to_its_holder_alone(workspace, made):
    withdraw(workspace, made.row.id)
    for ask in (lambda: redeem(workspace, made.code), lambda: check_open(workspace, made.row.id)):
        with pytest.raises(InvitationError, match="was withdrawn"):
            ask()
    with pytest.raises(InvitationError, match="opens nothing here"):
        redeem(workspace, f"{made.code[:9]}{'0' * 48}")
    closed = check_withdrawn(workspace, made.row.id)
    withdraw(workspace, made.row.id)
    assert check_withdrawn(workspace, made.row.id) == closed
    with pytest.raises(NotFoundError):
        withdraw(workspace, "00000000")


def check_withdrawn(workspace: Workspace, invitation_id: str) -> str:
    with workspace.open() as db:
        row = rows.find(db, invitation_id)
    assert row is not None
    return row.withdrawn


def test_with_its_dataset_an_invitation_goes(workspace, birds, made):
    with workspace.write() as db:
        db.execute("DELETE FROM dataset WHERE id = ?", [birds.id])
    with pytest.raises(InvitationError, match="opens nothing here"):
        redeem(workspace, made.code)
    with pytest.raises(InvitationError, match="no longer here"):
        check_open(workspace, made.row.id)


def test_a_reader_and_a_voter_get_the_comparison_as_it_was(workspace, birds):
    experiment = PAIR.experiment(workspace, "birds")
    assert isinstance(experiment, Experiment)
    assert invitations.comparison_of(experiment, questions=20) == PAIR
    reader = replace(PAIR, measures=("nDCG@10", "P@5"), price=0.5, only=("tag: short",), own_left_out=True)
    for make, task in ((invitations.invite_voter, PAIR), (invitations.invite_reader, reader)):
        assert task_of(redeem(workspace, make(workspace, birds, task).code)) == task


def test_what_makes_no_sense_is_refused(workspace, birds):
    with pytest.raises(BadInputError, match="needs a name"):
        invitations.invite_judge(workspace, birds, " \u200b ", TASK)
    with pytest.raises(SettingsError, match="goal"):
        GradingTask(TASK.plan, -1)
    with pytest.raises(SettingsError, match="two systems"):
        invitations.invite_voter(workspace, birds, replace(PAIR, systems=("first-stage",)))
    with pytest.raises(BadInputError):
        invitations.invite_reader(workspace, birds, replace(PAIR, measures=("teleport",)))
    with workspace.open() as db:
        assert rows.listed(db) == []


def test_an_invitation_that_this_version_cannot_read_says_so(workspace, made):
    with workspace.write() as db:
        db.execute("UPDATE invitation SET opens = '[]'")
    with pytest.raises(SettingsError, match="cannot be read"):
        task_of(redeem(workspace, made.code))


def test_a_link_ends_with_the_code_behind_the_sign_that_browsers_keep(made):
    for address in ("https://lens.example.com/app", "https://lens.example.com/app/"):
        assert invitations.link(address, made.code) == f"https://lens.example.com/app/Invited#{made.code}"
