"""The Label page's rules run under node's own test runner; its script is one module; what comes up is checked."""

from __future__ import annotations

from pathlib import Path

import pytest

from pages.ui.label.answer import PARCEL, Sent, Wish
from pages.ui.label.label import label_script, parse_wish
from rerank_core.judging.judge_queue import QueueItem
from tests.support.node import is_one_module, needs_node, passes_its_node_tests, sets_no_markup


@needs_node
@pytest.mark.parametrize("script", sorted(Path(__file__).parent.glob("*.test.js")), ids=lambda path: path.name)
def test_the_rules_pass_their_node_tests(script):
    passes_its_node_tests(script)


@needs_node
def test_the_joined_script_is_one_module_with_a_default_export_and_no_imports(tmp_path):
    is_one_module(label_script(), tmp_path)


def test_nothing_is_ever_set_as_markup():
    sets_no_markup(label_script())


@pytest.mark.parametrize(
    "raw",
    [None, 7, "x", [], {}, {"texts": "ab", "passed": True}, {"texts": [["q"], [1, 2], None, "ab"], "passed": -1}],
)
def test_a_wish_that_makes_no_sense_asks_for_nothing(raw):
    assert parse_wish(raw) == Wish()


def test_a_wish_is_bounded_and_takes_no_text_that_cannot_be_stored():
    wish = parse_wish({"texts": [["q", "\ud800"], *[["q", str(n)] for n in range(500)]], "passed": 10**9})
    assert len(wish.texts) == 199
    assert wish.texts[0] == ("q", "0")
    assert wish.passed == 5_000


def test_a_text_travels_once_in_parcels_unless_it_is_asked_for():
    ahead = [QueueItem("q", f"d{n}", "pool", None, "", {}) for n in range(100)]
    pairs = [("q", f"d{n}") for n in range(100)]
    sent = Sent()
    assert sent.due(ahead[:60], [], ()) == pairs[:60]
    assert sent.due(ahead[1:61], [], ()) == []
    assert sent.due(ahead[1:61], [], [("q", "d7")]) == [("q", "d7")]
    assert sent.due(ahead[PARCEL : 60 + PARCEL], [], ()) == pairs[60 : 60 + PARCEL]


def test_what_is_new_right_at_hand_travels_at_once():
    sent = Sent()
    items = [QueueItem("q", f"d{n}", "pool", None, "", {}) for n in range(60)]
    sent.due(items, [], ())
    new = QueueItem("q", "new", "matters", None, "", {})
    assert sent.due([items[0], new, *items[1:]], [], ()) == [("q", "new")]
