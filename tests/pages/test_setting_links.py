"""Links to a setting of one page: what is not offered is named and nothing else is opened; old names still open."""

from __future__ import annotations

import ast
import re

import pytest
from streamlit.testing.v1 import AppTest

from rerank_core.store import judgments
from rerank_core.store.judgments import GradeEvent
from tests.pages.conftest import ROOT, VIEW, RankedBirds, open_page, texts
from tests.support.searched_worlds import searched_world

UI = ROOT / "pages" / "ui"
NOT_CHECKED = {
    "WORDS": "any words can be searched for",
    "MEASURES": "any measure can be typed; what is none is named beside those that are",
}
TWO = ["first-stage", "minilm-cosine"]
FIRST, OTHER = "Your search as it is (no reranker)", "MiniLM bi-encoder (cosine)"


def bound_and_checked() -> tuple[dict[str, set[str]], set[str]]:
    """Settings that Streamlit binds to the address, by file; and the (file, setting) that are checked there."""
    bound: dict[str, set[str]] = {}
    checked: set[str] = set()
    for path in [*UI.rglob("*.py"), *(ROOT / "pages").glob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            words = {word.arg: ast.unparse(word.value) for word in node.keywords}
            if words.get("bind") == "'query-params'":
                bound.setdefault(path.name, set()).add(words["key"].removeprefix("state."))
            if re.match(r"asked\.check", ast.unparse(node.func)):
                checked.add(f"{path.name}: {ast.unparse(node.args[0]).removeprefix('state.')}")
    return bound, checked


def test_every_setting_in_a_link_is_checked():
    bound, checked = bound_and_checked()
    assert len(bound) > 15
    missing = {f"{name}: {key}" for name, keys in bound.items() for key in keys - NOT_CHECKED.keys()} - checked
    assert missing == set(), "asked.check… comes before a widget that the address is bound to"


def opened(page: str, **query: str | list[str]) -> AppTest:
    return open_page(page, **{**VIEW, "ds": "birds", **query})


@pytest.fixture
def graded(workspace, ranked: RankedBirds) -> RankedBirds:
    with workspace.write() as db:
        events = [
            GradeEvent("c", seq, "grade", "q1", docid, grade)
            for seq, (docid, grade) in enumerate([(ranked.found[0], 3), (ranked.found[-1], 0)], 1)
        ]
        judgments.record(db, ranked.dataset.id, "ann", events, ranked.dataset.scale)
    return ranked


@pytest.mark.parametrize(
    ("page", "beside", "key", "value", "instead"),
    [
        ("Evaluate", {}, "part", "Horoscope", "Heat map"),
        ("Evaluate", {}, "usd", "cheap", None),
        ("Evaluate", {}, "usd", "-3", None),
        ("Evaluate", {}, "usd", "nan", None),
        ("Evaluate", {"part": "Queries"}, "of", "acme-large", OTHER),
        ("Evaluate", {"part": "Queries"}, "by_difference", "mood", "RBO"),
        ("Evaluate", {"part": "Heat map"}, "heat", "Green", "Value"),
        ("Evaluate", {"part": "Heat map"}, "heat_by", "mood", "RBO"),
        ("Evaluate", {"part": "Passages"}, "wq", "who sleeps", "who eats fish"),
        ("Evaluate", {"part": "Passages"}, "first", "7", "25"),
        ("Evaluate", {"part": "Loss"}, "why", "acme-large", FIRST),
        ("Evaluate", {"part": "Why this number"}, "why", "acme-large", FIRST),
        ("Evaluate", {"part": "Why this number"}, "wq", "who sleeps", "who eats fish"),
        ("Evaluate", {"part": "Scores"}, "scored", "acme-large", FIRST),
        ("Evaluate", {"part": "Scores"}, "tp", "1.5", "0.5"),
        ("Evaluate", {"part": "Depth"}, "deep", "acme-large", OTHER),
        ("Evaluate", {"part": "Report"}, "out", "acme-large", OTHER),
        ("Inspect", {}, "scored", "acme-large", FIRST),
        ("Inspect", {}, "tk", "0", "5"),
        ("Inspect", {}, "tp", "high", "0.5"),
        ("Inspect", {}, "reader", "acme-large", OTHER),
        ("Inspect", {}, "reads", "51", "5"),
        ("Label", {"judge": "ann"}, "setup", "perhaps", "true"),
        ("Agreement", {}, "agree", "Quarrels", "Judges"),
        ("LLM_grades", {}, "llm", "Gossip", "What its grades are worth"),
        ("Present", {}, "present", "Fireworks", "Blind vote"),
        ("Present", {}, "of", "acme-large", OTHER),
        ("Rerankers", {}, "kinds", "oracle", "cross-encoder"),
        ("Rerankers", {}, "needs", "luck", "nothing"),
        ("Rerankers", {}, "languages", "Klingon", "English"),
    ],
)
def test_what_a_setting_does_not_offer_is_named_and_nothing_else_is_opened(page, beside, key, value, instead, graded):
    app = opened(page, sys=TWO, **beside, **{key: value})
    assert not app.exception, app.exception[0].message
    said = texts(app.warning).replace("**", "")
    assert "This link is for the" in said
    assert f"{value}, which this page does not have." in said
    assert key in app.query_params
    assert instead is None or instead in {link.proto.label.replace("\\", "") for link in app.get("page_link")}


@pytest.mark.parametrize(("key", "value"), [("tm", "mood"), ("td", "7"), ("tmin", "0.9")])
def test_so_do_the_settings_of_a_search(key, value, workspace):
    searched_world(workspace, ["minilm-cosine"], help_of=4.0)
    app = open_page("Tune", ds="world", sys=TWO, depth="20", **{key: value})
    assert not app.exception, app.exception[0].message
    assert f"{value}, which this page does not have." in texts(app.warning).replace("**", "")


@pytest.mark.parametrize("said", ["First stage as it is", "first-stage", FIRST])
def test_a_system_opens_by_label_by_id_and_by_the_label_of_old_links(said, graded):
    app = opened("Evaluate", sys=["minilm-cosine", "first-stage"], part="Why this number", why=said)
    assert not app.exception, app.exception[0].message
    assert not app.warning
    assert app.selectbox(key="why").value == "first-stage"


def test_old_links_say_the_systems_of_the_view_by_the_old_label_too(graded):
    old = "First stage as it is"
    app = opened("Compare", sys=["minilm-cosine", old], base=old)
    assert app.multiselect(key="sys").value == ["minilm-cosine", "first-stage"]
    assert app.selectbox(key="base").value == "first-stage"
    assert not app.warning


@pytest.mark.parametrize(("old", "new"), [("Whose fault", "Loss"), ("Pool depth", "Depth"), ("Loss", "Loss")])
def test_old_names_of_sections_open(old, new, graded):
    app = opened("Evaluate", sys=TWO, part=old)
    assert not app.warning
    assert app.segmented_control(key="part").value == new


def test_what_is_offered_opens(graded):
    app = opened("Evaluate", sys=TWO, usd="1.5", part="Heat map", heat="Value", heat_by="RBO")
    assert not app.warning
    assert app.number_input(key="usd").value == 1.5
    assert app.segmented_control(key="heat").value == "Value"


def left_and_come_back_to() -> None:
    import streamlit as st

    from pages.ui import address, asked

    address.enter(st.session_state.get("where", "Evaluate"))
    if "where" not in st.session_state:
        asked.check("part", ["Systems", "Matrix"], "section")
        st.segmented_control(
            "Details",
            ["Systems", "Matrix"],
            default="Systems",
            key="part",
            bind="query-params",
            persist_state="session",
        )


def test_what_was_open_is_told_by_every_run_that_a_page_makes_when_somebody_comes_back():
    app = AppTest.from_function(left_and_come_back_to).run()
    app.segmented_control(key="part").set_value("Matrix").run()
    app.session_state["where"] = "Compare"
    app.run()
    del app.session_state["where"]
    for _ in range(3):
        app.run()
        assert not app.exception
        shown = app.segmented_control(key="part")
        assert (shown.value, shown.proto.set_value) == ("Matrix", True)
    app.run()
    assert not app.segmented_control(key="part").proto.set_value, "from then on, the browser says what is open"
