"""A typed query on Compare: in nobody's list until it is kept or graded; links to queries that are not here."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest

from rerank_core.experiment.experiment import Experiment
from rerank_core.experiment.job_requests import CompareRequest
from rerank_core.ranking.jobs import compare as compare_job
from rerank_core.ranking.pipeline import Pipeline
from rerank_core.store import datasets, jobs, judgments, query_states
from rerank_core.store.query_states import typed_id
from rerank_core.store.workspace import Workspace
from rerank_core.systems.systems import get_system
from rerank_core.types import Query, no_progress
from tests.pages.conftest import WORDS_ONLY, compare, grade_event, open_page, payloads, send, texts

TEXT = "do otters swim"
QID = typed_id(TEXT)


def kept(workspace: Workspace, dataset) -> list[str]:
    with workspace.open() as db:
        return [query.text for query in datasets.get_queries(db, dataset.id)]


def typed(**query: str) -> AppTest:
    app = compare(**query)
    return app.text_input(key="typed_query").set_value(f"  {TEXT}  ").run()


def press(app: AppTest, label: str) -> AppTest:
    return next(button for button in app.button if button.label == label).click().run()


def test_a_typed_query_is_chosen_and_asked_for_and_counts_nowhere(workspace, another_dataset):
    app = typed()
    assert payloads(app)[0]["query"]["text"] == TEXT
    assert app.text_input(key="typed_query").value == ""
    assert "nobody's list has this query" in texts(app.caption)
    assert kept(workspace, another_dataset) == []
    with workspace.open() as db:
        assert datasets.get_dataset(db, "silent").n_queries == 0
        assert [job.params["qid"] for job in jobs.open_jobs(db, "compare")] == [QID]


def test_the_worker_ranks_a_scratch_query_for_compare_and_not_with_the_whole_set(workspace, birds):
    typed()
    pipeline = Pipeline(workspace)
    experiment = Experiment(workspace, birds, WORDS_ONLY, (get_system(workspace, "first-stage"),))
    request = CompareRequest.of(experiment, Query(QID, TEXT))
    assert compare_job(pipeline, request, no_progress) == {"failed": {"first-stage": 0}}
    with workspace.open() as db:
        ranked = [qid for (qid,) in db.execute("SELECT qid FROM candidates")]
    assert ranked == [QID]


def test_keep_this_query_puts_it_into_everybodys_lists(workspace, birds):
    app = press(typed(), "Keep this query")
    assert kept(workspace, birds) == ["who eats fish", "hovering hunter", TEXT]
    assert payloads(app)[0]["query"]["qid"] == QID
    assert "Keep this query" not in {button.label for button in app.button}


def test_a_grade_keeps_it_says_so_and_counts(workspace, ranked):
    app = typed()
    experiment = Experiment(workspace, ranked.dataset, WORDS_ONLY)
    Pipeline(workspace).rank(experiment, Query(QID, TEXT), get_system(workspace, "first-stage"))
    app.run()
    assert payloads(app)[1]["status"] == ""
    down = send(app, grade_event(1, "d3", 3, qid=QID))
    assert "so it is kept" in down["status"]
    assert down["labels"] == {"d3": 3}
    assert down["measures"]["first-stage"]["RR@10"]["value"] == 1.0
    assert TEXT in kept(workspace, ranked.dataset)
    assert "Keep this query" not in {button.label for button in app.run().button}


def test_what_this_session_tried_can_be_chosen_again(workspace, birds):
    app = typed()
    app.button(key="back").click().run()
    assert payloads(app)[0]["query"]["qid"] == "q2"
    app.button(key="forth").click().run()
    assert payloads(app)[0]["query"]["qid"] == QID


def test_a_link_to_a_scratch_query_opens_it(workspace, birds):
    with workspace.write() as db:
        query_states.try_query(db, birds.id, Query(QID, TEXT))
    assert payloads(compare(ds="birds", q=TEXT))[0]["query"]["qid"] == QID
    assert "Keep this query" in {button.label for button in open_page("Inspect", ds="birds", q=TEXT).button}


def test_another_session_does_not_see_what_somebody_tried(workspace, birds):
    typed()
    app = compare()
    assert app.selectbox(key="q").options == ["who eats fish", "hovering hunter"]


def test_a_link_to_a_query_that_is_not_here_opens_no_other_one(workspace, birds):
    app = compare(ds="birds", q="who *was* removed")
    assert "This link is for the query **who *was* removed**, which this dataset does not have" in texts(app.warning)
    assert not app.get("bidi_component")
    assert [one.proto.label for one in app.get("page_link")][:2] == ["who eats fish", "hovering hunter"]


def test_the_query_of_such_a_link_can_be_tried(workspace, birds):
    app = press(compare(ds="birds", q=TEXT), "Try this query")
    assert payloads(app)[0]["query"]["text"] == TEXT
    assert TEXT not in kept(workspace, birds)


def test_another_dataset_in_the_sidebar_is_no_broken_link(workspace, birds, another_dataset):
    with workspace.write() as db:
        datasets.add_queries(db, another_dataset.id, [Query("s1", "a quiet query")])
        datasets.count_queries(db, another_dataset.id)
    app = compare(ds="birds", q="hovering hunter")
    app.selectbox(key="ds").set_value("silent").run()
    assert not app.warning
    assert payloads(app)[0]["query"]["qid"] == "s1"


def confirmation(dataset_name: str) -> None:
    """The second step of the dialog alone, as a page."""
    import streamlit as st

    from pages.ui import cache
    from pages.ui.queries.removal import confirm
    from rerank_core.store import datasets

    space = cache.workspace()
    with space.open() as db:
        row = datasets.get_dataset(db, dataset_name)
    confirm(space, row, st.session_state["chosen"])


def test_queries_are_removed_in_two_steps(workspace, birds):
    with workspace.write() as db:
        event = judgments.GradeEvent("client", 1, "grade", "q1", "d1", 3)
        judgments.record(db, birds.id, "Ann", [event], birds.scale)
    app = AppTest.from_function(confirmation, args=("birds",), default_timeout=30)
    app.session_state["chosen"] = ["q1"]
    app.run()
    assert app.checkbox[0].label == ("Remove 1 query. 1 grade on 1 query stays in the history and no longer counts.")
    assert app.button[0].disabled
    app.checkbox[0].check().run()
    app.button[0].click().run()
    assert not app.exception
    assert kept(workspace, birds) == ["hovering hunter"]
    with workspace.open() as db:
        assert judgments.qrels(db, birds.id) == {}


def test_nothing_is_confirmed_for_another_choice(workspace, birds):
    app = AppTest.from_function(confirmation, args=("birds",), default_timeout=30)
    app.session_state["chosen"] = ["q1"]
    app.run().checkbox[0].check().run()
    app.session_state["chosen"] = ["q2"]
    app.run()
    assert app.button[0].disabled


def test_the_removal_is_offered_where_something_can_be_removed(workspace, birds, monkeypatch):
    assert compare().button(key="remove-queries").help == "Remove queries"
    monkeypatch.setattr(Workspace, "why_only_read", lambda _: "the disk is read-only")
    assert "remove-queries" not in [button.key for button in compare().button]
