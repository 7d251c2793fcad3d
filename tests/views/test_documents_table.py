"""Documents by systems as a person reads them, and the bars of how far they went."""

from __future__ import annotations

import re

from rerank_core.evaluation.rank_changes import RankChanges, document_rows
from rerank_core.views.documents import changes_chart, documents_frame, documents_table

SCALE = {0: "no", 1: "partly", 2: "yes"}
LABELS = {"A": "First", "B": "Second"}
ROWS = document_rows({"A": "abc", "B": "cb"}, {"a": 2, "b": 0}, "A", top=3)


def cells():
    html = documents_table(ROWS, LABELS, {"a": "Sea <b>"}, SCALE).to_html()
    return [re.sub(r"\s+", " ", cell).strip() for cell in re.findall(r"<td[^>]*>(.*?)</td>", html)]


def test_ranks_are_numbers_so_that_the_table_sorts_by_them():
    frame = documents_frame(ROWS, LABELS, {"a": "Sea"})
    assert frame["Passage"].tolist() == ["Sea", "b", "c"]
    assert frame["Second"].isna().tolist() == [True, False, False]
    assert frame["Second"].tolist()[1:] == [2, 1]


def test_rank_change_grade_and_what_is_missing_are_said_in_words():
    assert cells() == [
        "Sea <b>", "2 · yes", "1", "not retrieved", "a",
        "b", "0 · no", "2", "2", "b",
        "c", "ungraded", "3", "1 ▲ 2", "c",
    ]  # fmt: skip


def test_a_fall_points_down():
    rows = document_rows({"A": "abc", "B": "bca"}, {}, "A", top=3)
    html = documents_table(rows, LABELS, {}, SCALE).to_html()
    assert "3   ▼ 2" in html


def test_every_step_has_its_place_even_where_nothing_moved_so_far():
    chart = changes_chart(RankChanges(10, 1, {("▲ 1–3", "relevant"): 4}, 0)).to_dict()
    assert chart["encoding"]["x"]["scale"]["domain"][0] == "▼ 20+"
    assert next(iter(chart["datasets"].values())) == [
        {"order": 5, "step": "▲ 1–3", "kind": "relevant", "layer": 0, "passages": 4}
    ]
