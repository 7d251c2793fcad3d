"""What all judges of a dataset share: read once, by many threads, each of which misses nothing."""

from __future__ import annotations

import gc
from concurrent.futures import ThreadPoolExecutor

from rerank_core.store import heard
from rerank_core.store.heard import heard_in
from rerank_core.store.judge_sheet import JudgeSheet
from rerank_core.store.judgments import GradeEvent, qrels, record
from rerank_core.store.qrels_rule import settle
from rerank_core.store.workspace import Workspace

CLIENTS = {name: f"00000000-0000-4000-8000-00000000000{number}" for number, name in enumerate(("eva", "max", "ina"))}
DOCS = ["d1", "d2", "d3", "007"]


def say(workspace: Workspace, dataset, judge: str, seq: int, kind: str = "grade", grade: int | None = 2):
    event = GradeEvent(CLIENTS[judge], seq, kind, "q1", DOCS[seq % 4], grade)
    with workspace.write() as db:
        record(db, dataset.id, judge, [event], dataset.scale)


def test_the_sheets_of_all_judges_read_by_one_and_keep_their_own_deeds(workspace, birds):
    eva, max_ = (JudgeSheet(name, heard_in(workspace, birds)) for name in ("eva", "max"))
    assert eva.everybody is max_.everybody
    say(workspace, birds, "eva", 1, grade=3)
    say(workspace, birds, "max", 1, grade=1)
    say(workspace, birds, "max", 2, kind="skip", grade=None)
    with workspace.open() as db:
        assert eva.read(db, birds.id) == {("q1", "d2")}
        assert eva.read(db, birds.id) == set()
        assert max_.read(db, birds.id) == {("q1", "d2")}  # though eva's sheet has read the rows
    assert (eva.own_grade(("q1", "d2")), max_.own_grade(("q1", "d2"))) == (3, 1)
    assert [pair for pair, _ in eva.done.values()] == [("q1", "d2")]
    assert [pair for pair, _ in max_.done.values()] == [("q1", "d2"), ("q1", "d3")]
    assert set(max_.skips) == {("q1", "d3")}


def test_another_dataset_and_another_file_are_others_and_nothing_is_kept_for_nobody(workspace, birds, tmp_path):
    first = heard_in(workspace, birds)
    assert heard_in(workspace, birds) is first
    other = Workspace(tmp_path / "other.db")
    with other.open():
        pass
    assert heard_in(other, birds) is not first
    key = [name for name, one in heard._kept.items() if one is first]
    del first
    gc.collect()
    assert key[0] not in heard._kept


def test_judges_who_grade_and_read_at_once_miss_nothing(workspace, birds):
    sheets = {name: JudgeSheet(name, heard_in(workspace, birds)) for name in CLIENTS}
    met = {name: set() for name in CLIENTS}

    def work(name: str) -> None:
        for seq in range(1, 41):
            say(workspace, birds, name, seq, grade=seq // 4 % 4)  # another one each time for each passage
            with workspace.open() as db:
                changed = sheets[name].read(db, birds.id)
            assert ("q1", DOCS[seq % 4]) in changed
            assert sheets[name].own_grade(("q1", DOCS[seq % 4])) == seq // 4 % 4
            met[name] |= changed
            for pair in list(sheets[name].heard):
                assert all(voice.judge == judge for (judge, _), voice in sheets[name].heard[pair].items())

    with ThreadPoolExecutor(3) as threads:
        list(threads.map(work, CLIENTS))
    with workspace.open() as db:
        for sheet in sheets.values():
            sheet.read(db, birds.id)
            assert len(sheet.done) == 40
        now = qrels(db, birds.id)
    settled = {pair: settle(voices.values()).grade for pair, voices in sheets["eva"].heard.items()}
    assert {(qid, docid): grade for qid, docs in now.items() for docid, grade in docs.items()} == settled
