"""The one door to pytrec_eval (trec_eval's own code): what it computes, and which queries are safe."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from rerank_core.evaluation.names import BINARY, Kind, Measure
from rerank_core.types import Qrels

_WHOLE: dict[Kind, str] = {"nDCG": "ndcg", "AP": "map", "RR": "recip_rank", "Bpref": "bpref"}
_CUT: dict[Kind, str] = {"nDCG": "ndcg_cut", "AP": "map_cut", "P": "P", "R": "recall", "Success": "success"}

# trec_eval keeps an array as long as the largest grade: a grade of two million hangs it.
_LARGEST_GRADE = 1_000


def trec_name(measure: Measure) -> str | None:
    """What pytrec_eval calls `measure`; None where it has no such measure (RR@k, Judged, the other nDCGs)."""
    name = (_WHOLE if measure.k is None else _CUT).get(measure.kind)
    return name if name is None or measure.k is None else f"{name}_{measure.k}"


def is_safe(qid: str, ranking: Sequence[str], grades: Mapping[str, int]) -> bool:
    """Whether pytrec_eval can be given this query.

    It crashes the process on an empty ranking, on grades that are all negative and on ids with lone surrogates, hangs
    on very large grades, and cuts ids at a NUL (measured with pytrec_eval-terrier 0.5.11).
    """
    return (
        len(ranking) > 0
        and 0 <= max(grades.values(), default=-1) <= _LARGEST_GRADE
        and min(grades.values()) >= -_LARGEST_GRADE
        and _ids_are_safe([qid, *ranking, *grades])
    )


def _ids_are_safe(ids: Iterable[str]) -> bool:
    joined = "\n".join(ids)
    if "\0" in joined:
        return False
    try:
        return joined.isascii() or bool(joined.encode("utf-8"))
    except UnicodeEncodeError:
        return False


def trec_values(
    rankings: Mapping[str, Sequence[str]], qrels: Qrels, measures: Iterable[Measure], level: int = 1
) -> dict[Measure, dict[str, float]]:
    """measure -> qid -> value for the measures that pytrec_eval has and the queries it is safe with; others are absent.

    `rankings`: qid -> distinct docids, best first. `level` is used where a measure names none.
    """
    wanted = {measure: name for measure in measures if (name := trec_name(measure))}
    safe = {qid: ranking for qid, ranking in rankings.items() if is_safe(qid, ranking, qrels.get(qid, {}))}
    if not wanted or not safe:
        return {}
    import pytrec_eval

    # Distinct falling ranks as scores: pytrec_eval keeps float32 and would break ties its own way.
    longest = max(map(len, safe.values()))
    falling = [float(score) for score in range(longest, 0, -1)]
    run = {qid: dict(zip(ranking, falling, strict=False)) for qid, ranking in safe.items()}
    judged = {qid: qrels[qid] if isinstance(qrels[qid], dict) else dict(qrels[qid]) for qid in safe}
    values: dict[Measure, dict[str, float]] = {}
    for at, names in _by_level(wanted, level).items():
        by_query = pytrec_eval.RelevanceEvaluator(judged, set(names.values()), relevance_level=at).evaluate(run)
        for measure, name in names.items():
            values[measure] = {qid: row[name] for qid, row in by_query.items()}
    return values


def _by_level(wanted: Mapping[Measure, str], level: int) -> dict[int, dict[Measure, str]]:
    groups: dict[int, dict[Measure, str]] = {}
    for measure, name in wanted.items():
        at = (measure.level or level) if measure.kind in BINARY else 1
        groups.setdefault(at, {})[measure] = name
    return groups
