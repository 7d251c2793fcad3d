from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rerank_core.corpus.formats.judgments import read_judgments
from rerank_core.corpus.formats.trec import Grade, read_qrels, read_run, write_qrels, write_run
from rerank_core.errors import BadInputError
from rerank_core.types import Ranking, ScoredDoc

WORDS = st.text(alphabet="abz019é-.:/", min_size=1, max_size=6)


def ranking(qid: str, *docs: tuple[str, float | None], system: str = "s") -> Ranking:
    return Ranking(qid, system, tuple(ScoredDoc(docid, score, rank) for rank, (docid, score) in enumerate(docs, 1)))


def test_a_run_is_sorted_by_score_whatever_its_rank_column_says(tmp_path: Path):
    file = tmp_path / "a.trec"
    file.write_text("# made by hand\nq1 Q0 low 1 1.5 tag\nq1\tQ0\thigh\t0\t1e1\ttag\n\nq2 Q0 007 9 -3 tag\n")
    assert read_run(file) == {
        "q1": ranking("q1", ("high", 10.0), ("low", 1.5), system="tag"),
        "q2": ranking("q2", ("007", -3.0), system="tag"),
    }
    assert read_run(file, "mine")["q2"].system == "mine"


def test_equal_scores_keep_their_order_in_the_file(tmp_path: Path):
    file = tmp_path / "a.trec"
    file.write_text("q1 Q0 d2 1 5 t\nq1 Q0 d9 2 5 t\nq1 Q0 d1 3 5 t\nq1 Q0 d0 4 6 t\n")
    assert read_run(file)["q1"].docids == ("d0", "d2", "d9", "d1")
    assert read_run(file, ties="trec_eval")["q1"].docids == ("d0", "d9", "d2", "d1")


SCORES = st.floats(allow_nan=False, allow_infinity=False)


@given(st.dictionaries(WORDS, st.dictionaries(WORDS, SCORES, min_size=1, max_size=5), min_size=1, max_size=4))
def test_a_run_with_falling_scores_round_trips_to_the_last_bit(tmp_path_factory, rows: dict):
    file = tmp_path_factory.mktemp("runs") / "a.trec"
    rankings = {q: ranking(q, *sorted(docs.items(), key=lambda item: -item[1])) for q, docs in rows.items()}
    write_run(file, rankings.values())
    assert read_run(file) == rankings


@pytest.mark.parametrize("scores", [(None, None, None), (1.0, 2.0, 3.0), (3.0, None, 1.0), (2.0, 1.0, float("nan"))])
def test_an_order_without_falling_scores_is_kept_by_falling_places(tmp_path: Path, scores: tuple):
    kept = ranking("q", *zip("cab", scores, strict=True), system="my model")
    write_run(tmp_path / "a.trec", [kept])
    back = read_run(tmp_path / "a.trec")["q"]
    assert back.docids == ("c", "a", "b")
    assert [doc.score for doc in back.docs] == [3, 2, 1]
    assert back.system == "my_model"


@given(st.dictionaries(WORDS, st.dictionaries(WORDS, st.integers(-1000, 1000), min_size=1), min_size=1, max_size=4))
def test_qrels_round_trip(tmp_path_factory, qrels: dict):
    file = tmp_path_factory.mktemp("qrels") / "a.qrels"
    write_qrels(file, qrels)
    back: dict = {}
    for found in read_judgments(file):
        assert not found.by_text
        back.setdefault(found.query, {})[found.docid] = found.grade
    assert back == qrels


@pytest.mark.parametrize("name", ["two words", "", "a\tb", "a\nb", "#x"])
def test_an_id_that_is_not_one_word_is_not_written(tmp_path: Path, name: str):
    with pytest.raises(BadInputError, match="one word"):
        write_qrels(tmp_path / "a.qrels", {"q": {name: 1}})
    with pytest.raises(BadInputError, match="one word"):
        write_run(tmp_path / "a.trec", [ranking(name, ("d", 1.0))])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("q1 Q0 d1 1 2 t\nq1 Q0 d1 2 1 t\n", 2, "passage d1 twice"),
        ("q1 Q0 d1 1 nan t\n", 1, "a finite number"),
        ("q1 Q0 d1 1 inf t\n", 1, "a finite number"),
        ("q1 Q0 d1 1 high t\n", 1, "'high'"),
        ("q1 Q0 d1 1 2 t\nq1 Q0 d2 1\n", 2, "6: qid Q0 docid rank score tag"),
        ("q1 Q0 d\x001 1 2 t\n", 1, "NUL"),
        ("# nothing\n", None, "empty"),
    ],
)
def test_a_bad_run_names_file_line_and_what_was_expected(tmp_path: Path, text: str, line: int | None, words: str):
    file = tmp_path / "a.trec"
    file.write_text(text)
    with pytest.raises(BadInputError, match=words) as caught:
        read_run(file)
    assert (caught.value.source, caught.value.line) == (str(file), line)


@pytest.mark.parametrize("grade", ["1.5", "x", "1e1", "10000", "99999999999999999999", ""])
def test_a_grade_that_is_no_whole_number_is_refused(tmp_path: Path, grade: str):
    file = tmp_path / "a.qrels"
    file.write_text(f"q1 0 d1 1\nq1 0 d2 {grade}\n")
    with pytest.raises(BadInputError) as caught:
        list(read_qrels(file))
    assert caught.value.line == 2


def test_negative_grades_and_whole_numbers_written_with_a_point_are_kept(tmp_path: Path):
    file = tmp_path / "a.qrels"
    file.write_text("q1 0 d1 -2\nq1 0 d2 3.0\n")
    assert list(read_qrels(file)) == [Grade("q1", "d1", -2, 1), Grade("q1", "d2", 3, 2)]
