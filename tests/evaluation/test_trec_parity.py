"""5,000 random queries against pytrec_eval itself, to 1e-12; and its way to order a run."""

import pytest
import pytrec_eval
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rerank_core.corpus.formats.run_order import trec_eval_order
from rerank_core.corpus.formats.trec import read_run
from rerank_core.errors import BadInputError
from rerank_core.evaluation.measures import evaluate, evaluate_query
from rerank_core.evaluation.names import Measure
from tests.support.trec_names import trec_name

CUTOFFS = (1, 3, 10, 100)
SHARED = [
    Measure("nDCG"),
    Measure("AP"),
    Measure("RR"),
    Measure("Bpref"),
    *(Measure(kind, k) for kind in ("nDCG", "AP", "P", "R", "Success") for k in CUTOFFS),
]
RR_CUT = [Measure("RR", k) for k in CUTOFFS]

# One document: its score (few values, so that many tie; None: not returned) and its grade (None: a hole).
document = st.tuples(st.sampled_from([None, 0, 1, 2, 3]), st.sampled_from([None, None, -2, -1, 0, 0, 1, 2, 3]))
query = st.lists(document, max_size=25)


def by_our_tie_rule(documents):
    """docids by score descending, then docid ascending."""
    scored = [(-score, f"d{i}") for i, (score, _) in enumerate(documents) if score is not None]
    return [docid for _, docid in sorted(scored)]


def reference(ranking, grades, level):
    """What pytrec_eval says, given distinct falling scores.

    It crashes where every grade is negative: a judged 0 that is not returned stands in, which changes no measure,
    since nothing is relevant. It crashes on an empty ranking: 0 throughout by definition.
    """
    if not ranking:
        return dict.fromkeys([*SHARED, *RR_CUT], 0.0)
    safe = grades if max(grades.values()) >= 0 else {**grades, "guard": 0}

    def ask(docids, names):
        run = {"q": {docid: float(len(docids) - i) for i, docid in enumerate(docids)}}
        return pytrec_eval.RelevanceEvaluator({"q": safe}, names, relevance_level=level).evaluate(run)["q"]

    found = ask(ranking, {trec_name(measure) for measure in SHARED})
    expected = {measure: found[trec_name(measure)] for measure in SHARED}
    return expected | {measure: ask(ranking[: measure.k], {"recip_rank"})["recip_rank"] for measure in RR_CUT}


@settings(max_examples=1_000, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck), database=None)
@given(queries=st.lists(query, min_size=5, max_size=5), level=st.sampled_from([1, 1, 2]), missing=st.integers(-5, 4))
def test_every_shared_measure_equals_trec_eval(queries, level, missing):
    rankings, qrels, expected = {}, {}, {}
    for number, documents in enumerate(queries):
        qid = f"q{number}"
        ranking = by_our_tie_rule(documents)
        grades = {f"d{i}": grade for i, (_, grade) in enumerate(documents) if grade is not None}
        qrels[qid] = grades
        if number != missing:
            rankings[qid] = ranking
        if grades:
            expected[qid] = reference(rankings.get(qid, []), grades, level)
    measures = [*SHARED, *RR_CUT]
    whole = evaluate(rankings, qrels, measures, level)
    for measure in measures:
        assert whole[measure].keys() == expected.keys()
    for qid, values in expected.items():
        quick = evaluate_query(rankings.get(qid, []), qrels[qid], measures, level)
        for measure in measures:
            assert abs(quick[measure] - values[measure]) <= 1e-12, (qid, str(measure))
            assert abs(whole[measure][qid] - values[measure]) <= 1e-12, (qid, str(measure))


WRITTEN = [
    *("0", "-0.0", "1", "1.000000001", "+1", "-3.5", "2e-46", "-2e-46", "1e-400"),
    *("12.34567891", "12.34567892", "16777216", "16777217", "16777218", "1E+1", "10", ".1e2"),
    *("3.5e38", "1e300", "-1e39", "-2e39", "3.4028235e38", "0.1", "0.10000000149011612"),
]
"""Scores as files have them: equal at 32 bits or not, huge, tiny, negative, with exponents, integers beyond 2**24."""


@settings(max_examples=300, deadline=None, derandomize=True, database=None)
@given(
    cells=st.dictionaries(
        st.sampled_from(["d1", "d10", "d9", "D9", "ä", "𝄞", "z"]),
        st.one_of(st.sampled_from(WRITTEN), st.floats(allow_nan=False, allow_infinity=False).map(repr)),
        min_size=1,
    )
)
def test_the_order_of_a_run_is_trec_evals(tmp_path_factory, cells):
    """RR of each document as the only relevant one tells at which rank pytrec_eval puts it."""
    file = tmp_path_factory.mktemp("runs") / "a.run"
    file.write_text("".join(f"q Q0 {docid} 0 {cell} t\n" for docid, cell in cells.items()), encoding="utf-8")
    scores = {docid: float(cell) for docid, cell in cells.items()}
    order = read_run(file, ties="trec_eval")["q"].docids
    assert list(order) == trec_eval_order(scores)
    for rank, docid in enumerate(order, 1):
        found = pytrec_eval.RelevanceEvaluator({"q": {docid: 1}}, {"recip_rank"}).evaluate({"q": scores})
        assert found["q"]["recip_rank"] == 1 / rank


def test_a_score_that_is_no_number_has_no_place():
    with pytest.raises(BadInputError, match="'b' is nan"):
        trec_eval_order({"a": 1.0, "b": float("nan")})
