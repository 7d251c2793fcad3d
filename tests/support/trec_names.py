"""What pytrec_eval calls our measures: it is the reference, and nothing of it is shipped."""

from __future__ import annotations

from rerank_core.evaluation.names import Kind, Measure

_WHOLE: dict[Kind, str] = {"nDCG": "ndcg", "AP": "map", "RR": "recip_rank", "Bpref": "bpref"}
_CUT: dict[Kind, str] = {"nDCG": "ndcg_cut", "AP": "map_cut", "P": "P", "R": "recall", "Success": "success"}


def trec_name(measure: Measure) -> str | None:
    """What pytrec_eval calls `measure`; None where it has no such measure (RR@k, Judged, the other nDCGs)."""
    name = (_WHOLE if measure.k is None else _CUT).get(measure.kind)
    return name if name is None or measure.k is None else f"{name}_{measure.k}"
