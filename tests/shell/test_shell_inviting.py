"""The verb `invite`: links are made, listed without their secrets, and closed."""

from __future__ import annotations

import json

import pytest

from rerank_core.__main__ import main
from rerank_core.errors import InvitationError
from rerank_core.judging.invitations import redeem, task_of
from rerank_core.judging.plan import LabelPlan, save_plan
from rerank_core.retrieval.settings import RetrievalSettings

PLAN = LabelPlan(("first-stage",), RetrievalSettings(("bm25",), depth=20).to_json())


@pytest.fixture
def invite(workspace, capsys):
    def run(*words):
        code = main(["--workspace", str(workspace.path), "invite", "--json", *words])
        shown = capsys.readouterr()
        return code, json.loads(shown.out) if code == 0 else shown.err

    return run


def test_a_judges_link_opens_the_list_and_is_closed_by_its_id(workspace, birds, invite):
    save_plan(workspace, birds, PLAN)
    code, made = invite("judge", "Anna", "--dataset", "birds", "--goal", "40", "--address", "https://lens.example.com")
    assert code == 0
    address, _, secret = made["link"].partition("#")
    assert address == "https://lens.example.com/Invited"
    task = task_of(redeem(workspace, secret))
    assert (task.plan, task.goal) == (PLAN, 40)
    code, (row,) = invite("list", "--dataset", "birds")
    assert (row["id"], row["name"], row["withdrawn"]) == (made["id"], "Anna", None)
    assert secret.partition(".")[2] not in json.dumps(row)
    assert invite("withdraw", made["id"])[1][0]["withdrawn"] is not None
    with pytest.raises(InvitationError, match="withdrawn"):
        redeem(workspace, secret)


def test_voters_and_readers(workspace, birds, invite, monkeypatch):
    monkeypatch.setenv("RERANK_LENS_ADDRESS", "https://lens.example.com/, https://other.example.com")
    both = ("--dataset", "birds", "--systems", "first-stage,minilm-cosine", "--retrievers", "bm25")
    _, voter = invite("voter", *both, "--questions", "20")
    _, reader = invite("reader", *both, "--measures", "P@5", "--price", "0.5")
    assert voter["link"].startswith("https://lens.example.com/Invited#")
    assert task_of(redeem(workspace, voter["link"].partition("#")[2])).questions == 20
    task = task_of(redeem(workspace, reader["link"].partition("#")[2]))
    assert (task.measures, task.price, task.baseline) == (("P@5",), 0.5, "first-stage")
    assert [row["kind"] for row in invite("list")[1]] != []


@pytest.mark.parametrize(("words", "why"), [
    (("judge", "Anna", "--dataset", "nowhere"), "nowhere"),
    (("judge", "Anna", "--dataset", "birds"), "Nothing of 'birds' is ranked yet"),
    (("voter", "--dataset", "birds", "--systems", "first-stage"), "two systems"),
    (("withdraw", "00000000"), "no invitation"),
])  # fmt: skip
def test_what_cannot_be_done_is_said(birds, invite, words, why):
    code, said = invite(*words)
    assert code == 2
    assert why in said
