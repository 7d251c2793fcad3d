"""The Label page: whose list, what it says before there is one, what travels to the desk, and who may set it up."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from pages.ui import judge
from rerank_core.judging.plan import LabelPlan, load_plan, save_plan
from rerank_core.store import datasets, jobs, judgments, label_plans, scales
from rerank_core.store.judgments import GradeEvent
from tests.pages.conftest import CLIENT, ROOT, shown, texts
from tests.support.label_lists import ODD, SETTINGS, SYSTEMS, make_list, rows

OWNER = '["letters", "ann"]'


@pytest.fixture
def letters(workspace):
    return make_list(workspace, queries=2, passages=3, odd=True)


def label(**query: str) -> AppTest:
    # by way of the first page, so that links to other pages are known
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60).switch_page("pages/6_Label.py")
    for key, value in {"judge": "ann", **query}.items():
        app.query_params[key] = value
    return app.run()


def links(app: AppTest) -> list[str]:
    return [link.proto.page for link in app.get("page_link")]


def desk(app: AppTest) -> tuple[dict[str, Any], dict[str, Any]]:
    """What the desk and its sync were given."""
    assert not app.exception, app.exception[0].message
    page, answer = (json.loads(one.proto.json) for one in app.get("bidi_component"))
    return page, answer


def send(app: AppTest, *events: dict[str, Any], want: object = None) -> dict[str, Any]:
    app.session_state["label"] = {"outbox": list(events), "want": want}
    return desk(app.run())[1]


def event(seq: int, kind: str, item: list[Any] | None = None, grade: int = -1, **more: Any) -> dict[str, Any]:
    qid, docid, rule = item[:3] if item else ("", "", "")
    own = {"client_id": CLIENT, "seq": seq, "kind": kind, "qid": qid, "docid": docid, "grade": grade, "ts": 1}
    return {**own, "rule": rule, "note": "", "outbox_key": OWNER, **more}


def buttons(app: AppTest) -> dict[str, Any]:
    return {button.label: button for button in app.button}


def press(app: AppTest, name: str) -> AppTest:
    return buttons(app)[name].click().run()


def test_without_a_name_it_asks_for_one_and_shows_no_passage(workspace, letters):
    app = label(judge="")
    assert not app.get("bidi_component")
    app.text_input(key="new_judge").set_value("  ann ")
    app = press(app, "Start")
    assert desk(app)[0]["outbox_key"] == OWNER
    assert app.query_params["judge"] in ("ann", ["ann"])


def test_a_name_that_is_no_name_is_asked_for_again(workspace, letters):
    app = label(judge="   ")
    assert not app.exception
    assert "Start" in buttons(app)


def test_known_judges_are_offered_and_any_spelling_goes_on_as_the_same_person(workspace, letters):
    (one, other), people = [item[:2] for item in desk(label())[1]["ahead"][:2]], ("Dr. Anna Vogel", "me")
    with workspace.write() as db:
        for seq, (name, pair) in enumerate([(people[0], one), (people[0], other), (people[1], one)], 1):
            event = GradeEvent(f"c{seq}", 1, "grade", *pair, 2)
            judgments.record(db, letters.id, name, [event], letters.scale)
    app = label(judge="")
    assert "Go on as Dr. Anna Vogel (2 done)" in [shown(name) for name in buttons(app)]
    assert not [name for name in buttons(app) if name.startswith("Go on as me")]
    assert "Grades from before names were asked: 1, kept under “me”" in texts(app.caption)
    app.text_input(key="new_judge").set_value(" me ")
    app = press(app, "Start")
    assert "Type the name" in texts(app.warning)
    app.text_input(key="new_judge").set_value("  dr.  ANNA vogel. ")
    app = press(app, "Start")
    assert desk(app)[0]["outbox_key"] == '["letters", "Dr. Anna Vogel"]'
    assert desk(label(judge="dr. anna vogel"))[0]["outbox_key"] == '["letters", "Dr. Anna Vogel"]'
    app.text_input(key="judge").set_value("DR. ANNA VOGEL").run()
    assert desk(app)[0]["outbox_key"] == '["letters", "Dr. Anna Vogel"]'
    app = label(judge="")
    app.button(key="go_on_0").click().run()
    assert desk(app)[0]["outbox_key"] == '["letters", "Dr. Anna Vogel"]'


def test_who_is_signed_in_grades_under_that_name_and_cannot_change_it(workspace, letters, monkeypatch):
    monkeypatch.setattr(judge.st, "user", {"is_logged_in": True, "email": "mia@example.org"})
    app = label()
    assert desk(app)[0]["outbox_key"] == '["letters", "mia@example.org"]'
    assert "Your name" not in {field.label for field in app.text_input}
    assert "mia@example.org" in texts(app.sidebar.markdown)
    # a link that is passed on holds nobody's address
    assert "mia@example.org" not in str(app.query_params)


def test_where_there_is_a_sign_in_nobody_grades_without_it(workspace, letters, monkeypatch):
    monkeypatch.setattr(judge.st, "user", {"is_logged_in": False})
    app = label()
    assert not app.get("bidi_component")
    assert "Sign in" in buttons(app)
    assert not app.sidebar.button


def test_without_a_dataset_it_says_where_to_bring_one_in(workspace):
    with workspace.write() as db:
        jobs.submit(db, "import", {"name": "mine", "path": "x"})
    app = label()
    assert not app.exception
    assert "no passages yet" in texts(app.info)
    assert links(app) == ["Data"]


def test_a_dataset_without_questions_says_so(workspace, another_dataset):
    app = label()
    assert not app.exception
    assert "no queries" in texts(app.info)
    assert links(app) == ["Data"]


def test_before_anything_is_ranked_a_button_has_it_done(workspace, birds):
    app = label()
    assert not app.get("bidi_component")
    app = press(app, "Find passages for all queries")
    with workspace.open() as db:
        (job,) = jobs.open_jobs(db, "run")
    assert job.params["queries"] == 2
    assert not app.exception
    assert "Stop" in buttons(app)
    with workspace.write() as db:
        jobs.finish(db, job.id, "failed", "MemoryError; the worker's log has the details")
    app.run()
    assert "MemoryError" in texts(app.error)
    assert "Find passages for all queries" in buttons(app)


def test_a_workspace_that_is_none_is_said_and_stops_the_page(not_a_database):
    app = label()
    assert not app.exception
    assert "cannot be opened" in texts(app.error)


def test_the_desk_gets_its_list_with_texts_and_nothing_that_could_sway(workspace, letters):
    page, answer = desk(label())
    assert [step["name"] for step in page["scale"]] == [step.name for step in scales.PRESETS["0 to 3"]]
    assert len(answer["ahead"]) == 2 * 3 + len(ODD)
    progress = {"done": 0, "left": 10, "skipped": 0, "seconds_a_grade": None, "seconds_left": None, "today": None}
    assert answer["progress"] == progress
    assert answer["texts"]["long"]["text"] == ODD["long"][1]
    assert answer["queries"]["q0"]["note"] == "What is wanted: 0"
    assert page["show_rank"] is False
    sent = json.dumps([page, answer])
    for name in (*SYSTEMS, "MiniLM", "First stage", "score"):
        assert name not in sent


def test_a_grade_is_kept_with_its_rule_and_leaves_the_list(workspace, letters):
    app = label()
    first, second, *_ = desk(app)[1]["ahead"]
    answer = send(app, event(1, "grade", first, 3))
    assert answer["ack"] == {CLIENT: 1}
    assert [item[:2] for item in answer["done"]] == [first[:2]]
    assert answer["ahead"][0] == second
    assert answer["progress"]["done"] == 1
    (row,) = rows(workspace)
    assert (row["qid"], row["docid"], row["grade"], row["judge"], row["rule"]) == (*first[:2], 3, "ann", "overlap")


def test_what_the_browser_asks_for_is_sent_and_rubbish_is_not(workspace, letters):
    app = label()
    first = desk(app)[1]["ahead"][0]
    answer = send(app, want={"texts": [first[:2], ["q9", "gone"], "rubbish", [1, 2]], "passed": "many"})
    assert first[1] in answer["texts"]
    assert "no longer here" in answer["texts"]["gone"]["text"]


def test_skip_note_and_undo_go_the_same_way(workspace, letters):
    app = label()
    first, second, *_ = desk(app)[1]["ahead"]
    events = [event(1, "grade", first, 2), event(2, "note", first, note="two dates"), event(3, "skip", second)]
    answer = send(app, *events)
    assert (answer["progress"]["done"], answer["progress"]["left"], answer["progress"]["skipped"]) == (1, 8, 1)
    assert answer["ahead"][-1] == [*second[:2], second[2], None, "", second[5], True]
    assert answer["done"][1][3:5] == [2, "two dates"]
    answer = send(app, *events, event(4, "undo"), event(5, "undo"))
    assert answer["progress"]["left"] == 10
    assert answer["done"] == []
    assert [row["kind"] for row in rows(workspace)] == ["grade", "note", "skip", "undo", "undo"]


def test_what_others_said_is_not_sent(workspace, letters):
    with workspace.write() as db:
        events = [GradeEvent("bob", seq, "grade", "q1", f"q1-d{seq - 1}", 2, "bobs note", "pool") for seq in (1, 2, 3)]
        judgments.record(db, letters.id, "bob", events, letters.scale)
    answer = desk(label())[1]
    assert len(answer["ahead"]) == 10
    assert {(item[3], item[4]) for item in answer["ahead"]} == {(None, "")}
    assert answer["done"] == []
    assert "bobs note" not in json.dumps(answer)


def test_a_plan_that_names_what_is_gone_says_so_and_can_be_mended(workspace, letters):
    with workspace.write() as db:
        label_plans.put_plan(db, letters.id, LabelPlan(("no-such-system",), SETTINGS.to_json()).to_json())
    app = label()
    assert not app.exception
    assert "no-such-system" in texts(app.error)
    assert "For the organiser: choose passages" in texts(app.markdown)
    app.toggle(key="setup").set_value(True).run()
    app.multiselect[0].set_value(["first-stage"])
    app = press(app, "Use this list")
    assert len(desk(app)[1]["ahead"]) == 10


def test_a_plan_that_cannot_be_read_falls_back_to_all_that_is_ranked(workspace, letters):
    with workspace.write() as db:
        label_plans.put_plan(db, letters.id, '{"systems": 7}')
    app = label()
    assert "cannot be read" in texts(app.error)
    assert desk(app)[1]["ahead"]


def test_systems_are_named_only_while_the_list_is_set_up(workspace, letters):
    app = label()
    assert not app.multiselect
    app.toggle(key="setup").set_value(True).run()
    assert app.multiselect[0].value == list(SYSTEMS)
    app.number_input(key="label_depth").set_value(2)
    app.slider(key="label_overlap").set_value(50)
    app.radio(key="label_order").set_value("matters").run()
    app.slider(key="label_random").set_value(30)
    press(app, "Use this list")
    kept = load_plan(workspace, letters)
    assert kept is not None
    assert (kept.depth, kept.overlap, kept.order, kept.compared) == (2, 0.5, "matters", SYSTEMS)
    assert kept.random_share == 0.3


def test_the_verdict_is_told_without_names_but_to_who_sets_the_list_up(workspace, letters):
    plan = load_plan(workspace, letters)
    save_plan(workspace, letters, replace(plan, order="matters", compared=SYSTEMS))
    app = label()
    page, answer = desk(app)
    assert page["grouped"] is False
    assert "of the first 20 grades are given" in answer["standing"][0]
    ahead = answer["ahead"]
    assert {item[2] for item in ahead} == {"matters", "random"}
    events = [event(n, "grade", item, 3 if item[1] < "q0-d2" else 0) for n, item in enumerate(ahead, 1)]
    answer = send(app, *events)
    assert answer["progress"]["left"] == 0
    assert "which of the two systems is better" in answer["standing"][0]
    assert "MiniLM" not in json.dumps(answer)
    assert {row["rule"] for row in rows(workspace)} == {"matters", "random"}
    app.toggle(key="setup").set_value(True).run()
    assert "MiniLM bi-encoder (cosine)" in desk(app)[1]["standing"][0]


def test_another_scale_is_taken_before_the_first_grade(workspace, letters):
    app = label(setup="true")
    app.selectbox(key="scale_kind").set_value("0 to 4").run()
    app = press(app, "Use this scale")
    assert [step["grade"] for step in desk(app)[0]["scale"]] == [0, 1, 2, 3, 4]


def test_once_there_are_grades_a_new_scale_needs_a_word_on_each(workspace, letters):
    app = label(setup="true")
    first, second, *_ = desk(app)[1]["ahead"]
    send(app, event(1, "grade", first, 3), event(2, "grade", second, 1))
    app.selectbox(key="scale_kind").set_value("Yes or no").run()
    assert app.selectbox(key="scale_map_3_2").value == 1
    app.selectbox(key="scale_map_1_2").set_value(0).run()
    press(app, "Use this scale")
    with workspace.open() as db:
        assert datasets.get_dataset(db, "letters").scale == {0: "Not relevant", 1: "Relevant"}
        found = judgments.qrels(db, letters.id)
    assert found[first[0]][first[1]] == 1
    assert found[second[0]][second[1]] == 0
    assert len(rows(workspace)) == 4


def test_a_scale_without_names_is_refused_with_a_reason(workspace, letters):
    app = label(setup="true")
    app.selectbox(key="scale_kind").set_value("A scale of your own").run()
    app.text_input(key="scale_name_A scale of your own_1").set_value("")
    app = press(app, "Use this scale")
    assert "a name for each grade" in texts(app.error)
    with workspace.open() as db:
        assert datasets.get_dataset(db, "letters").scale == letters.scale
