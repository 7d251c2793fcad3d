"""A change of passages in sentences: only what there is to say is said."""

from rerank_core.corpus.report import ChangeReport, Listed
from rerank_core.views.passage_changes import change_sentences


def test_a_change_is_said_in_one_line_and_what_is_odd_in_others():
    report = ChangeReport(added=1, replaced=2_000, removed=3, passages=5_000, stale_grades=4, unknown=Listed(1, ("x",)))
    assert change_sentences(report) == [
        "Passages: 1 added, 2,000 replaced, 3 removed; afterwards there are 5,000.",
        "Ids to remove that belong to no passage: 1 (x).",
        "Grades given for another text; they still count, and Agreement asks for them again: 4.",
    ]


def test_a_preview_does_not_say_that_it_is_done():
    assert change_sentences(ChangeReport(preview=True, removed=1, passages=2)) == [
        "Passages: 0 would be added, 0 would be replaced, 1 would be removed; afterwards there are 2."
    ]


def test_where_nothing_changes_it_says_so():
    said = change_sentences(ChangeReport(unchanged=2, passages=4))
    assert said == ["Nothing changes: the dataset keeps its 4 passages.", "Already there, unchanged: 2."]


def test_of_many_ids_the_first_are_named():
    many = Listed.of(f"d{number}" for number in range(30))
    (line,) = change_sentences(ChangeReport(passages=1, unknown=many))[1:]
    assert "30 (d0, d1," in line
    assert line.endswith("d19 …).")
