"""TREC files measured alone: trec_eval's figures, and a word on all that does not fit."""

from __future__ import annotations

import json
from math import log2

import pytest

from rerank_core.__main__ import main

SECOND = 1 / log2(3)


@pytest.fixture
def measure(tmp_path, capsys):
    """Exit code, rows, and the lines a person sees; `runs`: the content of each run file."""

    def call(qrels, *runs, words=()):
        (tmp_path / "qrels.txt").write_text(qrels, encoding="utf-8")
        paths = [tmp_path / f"run{number}.txt" for number in range(1, len(runs) + 1)]
        for path, text in zip(paths, runs, strict=True):
            path.write_bytes(text.encode())
        files = [str(path) for path in (tmp_path / "qrels.txt", *paths)]
        code = main(["measure", *files, *words, "--json"])
        out = capsys.readouterr()
        rows = json.loads(out.out) if out.out else []
        assert main(["measure", *files, *words]) == code
        return code, rows, capsys.readouterr().out + out.err

    return call


def test_scores_that_are_equal_at_32_bits_are_ties_for_trec_eval_and_not_for_the_file(measure):
    qrels, run = "q1 0 a 1\nq1 0 b 0\n", "q1 Q0 a 1 12.34567892 s\nq1 Q0 b 2 12.34567891 s\n"
    words = ("--measures", "nDCG@10,RR@10,P@1")
    code, (row,), _ = measure(qrels, run, words=words)
    assert code == 0
    assert row["nDCG@10"] == pytest.approx(SECOND, abs=1e-15)
    assert (row["RR@10"], row["P@1"]) == (0.5, 0.0)
    assert measure(qrels, run, words=(*words, "--ties", "file"))[1][0]["RR@10"] == 1.0


def test_equal_scores_are_ordered_by_docid_descending(measure):
    one, two = "1 0 b 1 1.0 r\n1 0 a 2 1.0 r\n", "1 0 b 1 1.0 r\n1 0 c 2 1.0 r\n"
    _, rows, _ = measure("1 Q0 a 0\n1 Q0 b 1\n1 Q0 c 0\n", one, two)
    assert [row["nDCG@10"] for row in rows] == [1.0, pytest.approx(SECOND)]


def test_negative_grades_are_never_relevant(measure):
    run = "Q1 Q0 D1 1 2 r\nQ1 Q0 D2 2 1 r\nQ2 Q0 D1 1 5 r\n"
    code, (row,), _ = measure("Q1 0 D1 -1\nQ1 0 D2 1\nQ2 0 D1 -2\n", run, words=("--measures", "P@1,nDCG"))
    assert (code, row["P@1"], row["queries"]) == (0, 0.0, 2)
    assert row["nDCG"] == pytest.approx(SECOND / 2)


def test_ids_may_hold_a_hash(measure):
    qrels = "q1 0 msmarco_v2.1_doc_1#2 1\nq1 0 #3 0\n"
    _, (row,), _ = measure(
        qrels, "q1 Q0 msmarco_v2.1_doc_1#2 1 3 r\nq1 Q0 #3 2 1 r\n", words=("--measures", "P@1,Judged@2")
    )
    assert (row["P@1"], row["Judged@2"]) == (1.0, 1.0)


def test_ndcg_is_never_above_1_where_more_were_judged_than_the_cutoff_sees(measure):
    qrels = "q 0 d1 3\n" + "".join(f"q 0 d{n} 1\n" for n in range(2, 13))
    run = "".join(f"q Q0 d{n} {n} {20 - n} r\n" for n in range(1, 13))
    assert measure(qrels, run)[1][0]["nDCG@10"] == 1.0


def test_two_grades_for_a_pair_are_refused_with_both_lines(measure):
    code, rows, said = measure("301 0 docA 1\n301 0 docB 0\n301 0 docA 0\n", "301 Q0 docA 1 2 r\n")
    assert (code, rows) == (4, [])
    assert "qrels.txt, line 3: query 301 has passage docA with grade 0, and on line 1 with grade 1" in said


def test_the_same_grade_twice_counts_once_and_is_said(measure):
    code, (row,), said = measure("q 0 a 1\nq 0 b 1\nq 1 a 1\nq 0 a 1\n", "q Q0 a 1 2 r\nq Q0 b 2 1 r\n")
    assert (code, row["R@10"], row["repeated_grades"]) == (0, 1.0, 2)
    assert "qrels.txt: lines that repeat a pair and its grade, counted once: 2." in said


@pytest.mark.parametrize(
    ("run", "words"),
    [
        ("q Q0 a 1 3 r\nq Q0 b 2 2 r\nq Q0 a 3 1 r\n", "line 3: query q has passage a twice"),
        ("q Q0 a 1 3 r\nq Q0 b 2 nan r\n", "line 2: the score is 'nan'"),
        ("q Q0 a 1 3 r\nq Q0 b 2 -inf r\n", "line 2: the score is '-inf'"),
        ("q Q0 a 1 1_000 r\n", "line 1: the score is '1_000'"),
        ("q Q0 a 1 ٣ r\n", "line 1: the score is '٣'"),
        ("q Q0 a 1 3\n", "line 1: the line has 5 fields"),
        ("q Q0 a 1 3 my run\n", "line 1: the line has 7 fields"),
        ("", "the run is empty"),
        (" \n\r\n", "the run is empty"),
    ],
)
def test_a_bad_run_is_refused_with_its_line(measure, run, words):
    code, rows, said = measure("q 0 a 1\n", run)
    assert (code, rows) == (4, [])
    assert f"run1.txt{',' if words.startswith('line') else ':'} {words}" in said


@pytest.mark.parametrize("qrels", ["", "\n", "# nothing\n"])
def test_grades_that_are_none_are_refused(measure, qrels):
    code, _, said = measure(qrels, "q Q0 a 1 3 r\n")
    assert code == 4
    assert "qrels.txt: there are no grades in the file" in said


def test_windows_line_ends_a_byte_order_mark_and_trailing_blanks_change_nothing(measure):
    run = "﻿q Q0 a 0 3 r \r\nq\tQ0\tb\t1\t2\tr\t\r\n\r\n"
    code, (row,), said = measure("﻿q 0 a 1  \nq 0 b 0", run, words=("--measures", "RR@10,Judged@2"))
    assert (code, row["RR@10"], row["Judged@2"]) == (0, 1.0, 1.0)
    assert said.startswith("run "), "nothing to remark"


def test_a_run_without_a_shared_query_is_said_and_exits_with_3(measure):
    qrels, run = "301.1 0 a 1\n302.1 0 b 1\n", "301 Q0 a 1 3 r\n302 Q0 b 1 3 r\n"
    code, (row,), said = measure(qrels, run)
    assert (code, row["nDCG@10"], row["shared"], row["missing"]) == (3, 0.0, 0, 2)
    assert "run1.txt: No query is in both. The run has 2 (301, 302); qrels.txt has grades for 2 (301.1, 302.1)." in said
    code, rows, _ = measure(qrels, "301.1 Q0 a 1 3 r\n", run)
    assert (code, [row["shared"] for row in rows]) == (3, [1, 0])


def test_queries_that_are_not_shared_are_counted(measure):
    qrels = "".join(f"g{n} 0 a 1\n" for n in range(5)) + "q 0 a 1\n"
    code, (row,), said = measure(qrels, "q Q0 a 1 3 r\nx Q0 a 1 3 r\n")
    assert (code, row["shared"], row["ungraded"], row["missing"]) == (0, 1, 1, 5)
    assert row["nDCG@10"] == pytest.approx(1 / 6)
    assert "run1.txt: Queries without grades, which are left out: 1 (x)." in said
    assert "run1.txt: Graded queries without a result, which count 0: 5 (g0, g1, g2 …)." in said


def test_the_passage_with_the_querys_own_id_is_mentioned_and_left_out_where_asked(measure):
    qrels, run = "a1 0 a2 1\n", "a1 Q0 a1 1 9 r\na1 Q0 a2 2 8 r\n"
    _, (row,), said = measure(qrels, run)
    assert (row["nDCG@10"], row["identical_ids"]) == (pytest.approx(SECOND), 1)
    assert "--ignore-identical-ids" in said
    _, (row,), said = measure(qrels, run, words=("--ignore-identical-ids",))
    assert (row["nDCG@10"], row["identical_ids"]) == (1.0, 1)
    assert "run1.txt: Queries without the passage that has their own id: 1 (a1)." in said
    # with nothing else returned the query counts 0
    _, (row,), _ = measure(qrels, "a1 Q0 a1 1 9 r\n", words=("--ignore-identical-ids",))
    assert (row["nDCG@10"], row["missing"]) == (0.0, 1)


def test_a_run_of_distances_is_read_by_score_and_that_is_said(measure):
    run = "q1 Q0 p1 1 0.10 f\nq1 Q0 p2 2 0.50 f\nq1 Q0 p3 3 0.90 f\nq2 Q0 p2 1 0.2 f\nq2 Q0 p1 2 0.8 f\n"
    _, (row,), said = measure("q1 0 p1 1\nq2 0 p1 1\n", run)
    assert row["RR@10"] == pytest.approx((1 / 3 + 1) / 2)
    assert row["ranks_disagree"] == 2
    assert "run1.txt: Its ranks and scores disagree on 2 of 2 queries (the first: q1)" in said
    assert "lower is better" in said


def test_runs_of_the_same_name_are_told_apart(tmp_path, capsys):
    (tmp_path / "qrels.txt").write_text("q 0 a 1\n")
    paths = [tmp_path / name / "run.txt" for name in ("x", "y")]
    for path in paths:
        path.parent.mkdir()
        path.write_text("q Q0 a 1 3 r\n")
    assert main(["measure", str(tmp_path / "qrels.txt"), *map(str, paths), "--json"]) == 0
    assert [row["run"] for row in json.loads(capsys.readouterr().out)] == [str(path) for path in paths]
