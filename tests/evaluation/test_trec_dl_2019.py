"""The 17 shipped runs against NIST's judgments: the figures of the collection's SOURCE.md, to four decimals.

Those figures come from the score column in trec_eval's order (ties by docid descending). The rank column gives others
for the runs that have ties, up to 0.0055 away: see the last test. For the reranked runs only the rank is real.
"""

import pytest

from rerank_core.corpus.formats.run_order import trec_eval_order
from rerank_core.evaluation.measures import evaluate, mean, missing_queries
from rerank_core.evaluation.names import parse_measure

PUBLISHED = {
    "first-bm25": 0.5058,
    "first-bm25-rm3": 0.5221,
    "first-tasb": 0.7210,
    "first-ada2": 0.7035,
    "first-splade-pp-ed": 0.7308,
    "first-repllama": 0.7384,
    "rerank-bm25-gpt35-a": 0.6800,
    "rerank-bm25-gpt35-b": 0.6738,
    "rerank-bm25-gpt35-c": 0.6940,
    "rerank-bm25-rankvicuna-a": 0.6665,
    "rerank-bm25-rankvicuna-b": 0.6840,
    "rerank-bm25-rankvicuna-top20": 0.6172,
    "rerank-bm25-vicuna13b-untrained": 0.4516,
    "rerank-bm25-rm3-rankvicuna": 0.6795,
    "rerank-tasb-rankvicuna": 0.7551,
    "rerank-ada2-rankvicuna": 0.7374,
    "rerank-splade-pp-ed-rankvicuna": 0.7459,
}


@pytest.fixture(scope="module")
def dl19(collections):
    folder = collections / "trec-dl-2019"
    if not folder.is_dir():
        pytest.skip(f"trec-dl-2019 is not at {folder}")
    return folder


@pytest.fixture(scope="module")
def nist(dl19):
    qrels = {}
    for line in (dl19 / "qrels.full-nist.txt").read_text().splitlines():
        qid, _, docid, grade = line.split()
        qrels.setdefault(qid, {})[docid] = int(grade)
    return qrels


def read_run(path):
    """qid -> (docids by the rank column, docid -> score)."""
    rows = {}
    for line in path.read_text().splitlines():
        qid, _, docid, rank, score, _ = line.split()
        rows.setdefault(qid, []).append((int(rank), docid, float(score)))
    return {qid: ([d for _, d, _ in sorted(own)], {d: s for _, d, s in own}) for qid, own in rows.items()}


def test_every_shipped_run_has_its_published_figure(dl19):
    assert {path.stem for path in (dl19 / "runs").glob("*.trec")} == set(PUBLISHED)


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_run_scores_what_is_published(dl19, nist, name):
    ndcg = parse_measure("nDCG@10")
    run = {qid: trec_eval_order(scores) for qid, (_, scores) in read_run(dl19 / "runs" / f"{name}.trec").items()}
    found = mean(evaluate(run, nist, [ndcg])[ndcg], missing_queries(run, nist))
    assert (found.n, found.n_missing) == (43, 0)
    assert round(found.value, 4) == PUBLISHED[name]


@pytest.mark.parametrize("name", PUBLISHED)
def test_only_tied_scores_make_the_rank_column_give_another_value(dl19, nist, name):
    ndcg = parse_measure("nDCG@10")
    run = read_run(dl19 / "runs" / f"{name}.trec")
    by_rank = evaluate({qid: ranking for qid, (ranking, _) in run.items()}, nist, [ndcg])[ndcg]
    by_score = evaluate({qid: trec_eval_order(scores) for qid, (_, scores) in run.items()}, nist, [ndcg])[ndcg]
    moved = {qid for qid in nist if by_rank[qid] != by_score[qid]}
    tied = {qid for qid, (_, scores) in run.items() if len(set(scores.values())) < len(scores)}
    assert moved <= tied
    assert abs(mean(by_rank).value - mean(by_score).value) < 0.006
