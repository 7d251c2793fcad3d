"""Systems for tests, a prior that knows everything, and grades that are drawn from the model itself."""

from __future__ import annotations

import numpy as np

from rerank_core.judging.next_grade.grade_prior import PriorBelief, sigmoid

SCALE = (0, 1, 2, 3)
LEVELS = len(SCALE) - 1
SURE = 1e-9
# every level is passed with probability 1/2, whatever the ranks and the other grades say
COIN = PriorBelief(levels=(0.0, SURE), slopes=((0.0, SURE),) * 5, own=(SURE, SURE))


def systems(rng, queries=15, passages=16):
    """Two systems that agree roughly, over the same passages; the second leaves out one."""
    found = [{}, {}]
    for number in range(queries):
        truth = rng.permutation(passages)
        for own, left_out in zip(found, (0, 1), strict=True):
            order = np.argsort(truth + rng.normal(0, 4, passages))[: passages - left_out]
            own[f"q{number}"] = [f"d{at}" for at in order]
    return found


def drawn_grades(table, rng, belief):
    """Grade indices of all rows: coefficients from the prior, grades from the coefficients."""
    shared = np.array([rng.normal(*pair) for pair in [belief.levels] * LEVELS + list(belief.slopes)])
    own = rng.normal(0.0, belief.own, (len(table.qids), 2))
    shift = table.features @ shared[LEVELS:] + (table.own * own[table.query]).sum(axis=1)
    passed = rng.random((len(shift), LEVELS)) < sigmoid(shared[:LEVELS] + shift[:, None])
    return np.cumprod(passed, axis=1).sum(axis=1)


def as_grades(table, index, rows):
    pairs, grades = list(table.rows), {}
    for row in rows:
        qid, docid = pairs[row]
        grades.setdefault(qid, {})[docid] = int(index[row])
    return grades


def everything(table):
    return np.arange(len(table.query))


def shuffled_systems(seed, queries=12, passages=14):
    """Two systems that order some of the same passages, each with some of its own."""
    rng = np.random.default_rng(seed)
    docids = [f"d{number}" for number in range(passages)]
    return [
        {f"q{q}": [docids[at] for at in rng.permutation(passages)[: passages - 3]] for q in range(queries)}
        for _ in range(2)
    ]
