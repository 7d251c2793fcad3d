"""A refresh over a callable: what is new, gone, moved, and which grades are stale."""

from rerank_core.experiment.connected import connect_dataset, connection_of
from rerank_core.ranking.elsewhere import Elsewhere
from rerank_core.ranking.refreshing import refresh
from rerank_core.retrieval.engines.python_callable import Source
from rerank_core.retrieval.settings import RetrievalSettings
from rerank_core.store import datasets, engine_answers, judgments
from rerank_core.store.judgments import GradeEvent
from tests.conftest import BIRD_QUERIES


def test_a_refresh_counts_what_changed_and_keeps_it_as_a_new_epoch(workspace):
    now = [("a", "Terns dive.", 3.0), ("b", "Kestrels hover.", 2.0), ("c", "Otters swim.", 1.0)]
    source = Source(lambda query, k: list(now), "changing")
    row = connect_dataset(workspace, "mine", source.definition, source.templates, BIRD_QUERIES[:1])
    settings = RetrievalSettings(("engine:ask",), depth=10)
    stage = Elsewhere(workspace).first_stage(row)
    assert stage.retrieve("q1", BIRD_QUERIES[0].text, settings).docids == ("a", "b", "c")
    with workspace.write() as db:
        events = [GradeEvent("1" * 36, seq, "grade", "q1", docid, 2) for seq, docid in enumerate(["a", "b"])]
        judgments.record(db, row.id, "ann", events, row.scale)
    assert refresh(workspace, row).sentence() == "Asked again: 1 answer. Nothing changed."
    now[:] = [("b", "Kestrels hover.", 3.0), ("a", "Terns steal.", 2.0), ("d", "Swifts sleep.", 1.0)]
    looked = refresh(workspace, row, preview=True)
    assert not looked.applied
    with workspace.open() as db:
        assert datasets.get_docs(db, row.id, ["a"])["a"].text == "Terns dive."
    found = refresh(workspace, row)
    # d is new, c is gone, a and b changed places, a has another text, and its grade is stale
    counts = (found.answers, found.new, found.gone, found.moved, found.changed_texts, found.stale_grades)
    assert counts == (1, 1, 1, 2, 1, 1)
    assert found.changed == ("a",)
    with workspace.open() as db:
        after = datasets.get_dataset(db, "mine")
        stale = {
            grade.docid: judgments.is_stale(
                grade.text_hash, datasets.get_docs(db, row.id, [grade.docid])[grade.docid].text_hash
            )
            for grade in judgments.in_force(db, row.id)
        }
        assert connection_of(db, after).epoch == 2
        assert engine_answers.count_answers(db, row.id) == (1, 0)
    assert stale == {"a": True, "b": False}
    assert after.fingerprint != row.fingerprint
    now.clear()  # what was asked again is not asked once more
    assert Elsewhere(workspace).first_stage(after).retrieve("q1", BIRD_QUERIES[0].text, settings).docids == (
        "b",
        "a",
        "d",
    )
