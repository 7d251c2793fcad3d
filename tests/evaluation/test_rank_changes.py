"""Documents by systems, and how far they went."""

from __future__ import annotations

from rerank_core.evaluation.rank_changes import document_rows, rank_changes, step_names, step_of

ORDERS = {"A": "abcd", "B": "dacb", "C": "xa"}


def test_each_document_of_any_top_has_its_place_in_every_system():
    rows = {row.docid: row for row in document_rows(ORDERS, {"d": 3, "x": 0}, "A", top=2)}
    # of the first two places of A (ab), B (da) and C (xa)
    assert set(rows) == {"a", "b", "d", "x"}
    assert rows["d"].ranks == {"A": 4, "B": 1, "C": None}
    assert rows["d"].changes == {"A": None, "B": 4 - 1, "C": None}
    assert rows["b"].changes["B"] == 2 - 4


def test_not_judged_is_not_grade_0_and_not_retrieved_is_neither():
    rows = {row.docid: row for row in document_rows(ORDERS, {"x": 0}, "A", top=2)}
    assert (rows["x"].grade, rows["x"].ranks["A"]) == (0, None)
    assert (rows["a"].grade, rows["a"].ranks["A"]) == (None, 1)


def test_rows_stand_as_the_baseline_has_them_and_what_it_lacks_comes_last():
    assert [row.docid for row in document_rows(ORDERS, {}, "A", top=4)] == list("abcdx")
    assert [row.docid for row in document_rows(ORDERS, {}, "C", top=1)] == ["x", "a", "d"]


def test_without_the_baseline_nothing_has_a_change():
    rows = document_rows({"B": "ab"}, {}, "A")
    assert [row.changes["B"] for row in rows] == [None, None]
    assert document_rows({}, {}, "A") == []


def test_steps_have_no_gap_and_no_overlap():
    assert [step_of(change) for change in (-20, -19, -10, -9, -4, -3, -1, 0, 1, 3, 4, 9, 10, 19, 20, 99)] == [
        "▼ 20+", "▼ 10–19", "▼ 10–19", "▼ 4–9", "▼ 4–9", "▼ 1–3", "▼ 1–3", "same",
        "▲ 1–3", "▲ 1–3", "▲ 4–9", "▲ 4–9", "▲ 10–19", "▲ 10–19", "▲ 20+", "▲ 20+",
    ]  # fmt: skip
    assert step_names()[0] == "▼ 20+"
    assert step_names()[-1] == "▲ 20+"
    assert {step_of(change) for change in range(-30, 31)} == set(step_names())


def test_changes_are_counted_by_what_people_said_of_the_passage():
    found = rank_changes([("abc", "cab", {"c": 2, "a": 0}), ("ab", "bx", {"b": 1})], level=2, top=2)
    # query 1, tops ab and ca: a 1 to 2, b 2 to 3, c 3 to 1; query 2, tops ab and bx: b 2 to 1, a and x stand once
    assert found.counts == {
        ("▼ 1–3", "graded not relevant"): 1,
        ("▼ 1–3", "ungraded"): 1,
        ("▲ 1–3", "relevant"): 1,
        ("▲ 1–3", "graded not relevant"): 1,
    }
    assert (found.gone, found.queries) == (2, 2)
