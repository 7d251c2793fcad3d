"""Ten judges at once, each in a process of his own, on one workspace: nothing lost, nothing doubled, order kept."""

from __future__ import annotations

import subprocess
import sys

from rerank_core.store import judgments
from rerank_core.store.workspace import Workspace

JUDGES, GRADES = 10, 100

JUDGE = """
import sys
from rerank_core.store import datasets
from rerank_core.store.judgments import GradeEvent, record
from rerank_core.store.workspace import Workspace
path, me, grades = sys.argv[1], sys.argv[2], int(sys.argv[3])
workspace = Workspace(path)
with workspace.open() as db:
    dataset = datasets.get_dataset(db, "birds")
print("ready", flush=True)
sys.stdin.readline()
for seq in range(1, grades + 1):
    with workspace.write() as db:
        event = GradeEvent(me, seq, "grade", "q1", ["d1", "d2", "d3", "007"][seq % 4], seq % 4)
        assert record(db, dataset.id, me, [event], dataset.scale) == {me: seq}
"""


def test_ten_judges_in_ten_processes_lose_nothing_and_keep_their_order(workspace: Workspace, birds):
    names = [f"judge{number}" for number in range(JUDGES)]
    judges = [
        subprocess.Popen(
            [sys.executable, "-c", JUDGE, str(workspace.path), name, str(GRADES)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        for name in names
    ]  # fmt: skip
    assert [judge.stdout.readline() for judge in judges] == ["ready\n"] * JUDGES
    for judge in judges:
        judge.stdin.write("go\n")
        judge.stdin.flush()
    ends = [(judge.communicate(timeout=300)[1], judge.returncode) for judge in judges]
    assert ends == [("", 0)] * JUDGES
    with workspace.open() as db:
        rows = judgments.history(db, birds.id)
    assert len(rows) == JUDGES * GRADES
    for name in names:
        assert [row["seq"] for row in rows if row["judge"] == name] == list(range(1, GRADES + 1))
        assert all(row["client_id"] == name and row["grade"] == row["seq"] % 4 for row in rows if row["judge"] == name)
