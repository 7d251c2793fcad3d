"""What the best settings of a search rank, query by query, out of what is kept: for a closer look at two of them."""

from __future__ import annotations

from rerank_core.experiment.experiment import Experiment
from rerank_core.tuning.inputs import Searched, read_inputs
from rerank_core.tuning.orders import top_places
from rerank_core.tuning.query_lists import QueryLists
from rerank_core.tuning.search_space import SearchSpace, Setting
from rerank_core.types import Ranking, ScoredDoc

DEPTH = 50
"""Places that are ranked: what stands deeper hardly decides."""


def ranked_by(
    experiment: Experiment, space: SearchSpace, settings: dict[str, Setting]
) -> dict[str, dict[str, Ranking]]:
    """System id -> qid -> the first 50 passages under its setting; no model is asked.

    `settings`: system id -> setting, "first-stage" for one without a reranker. Raises as `read_inputs`, and KeyError
    for a system that is not among the experiment's.
    """
    inputs = read_inputs(experiment, space)
    searched = {one.system.id: one for one in inputs.searched}
    return {
        system: {
            lists.qid: _ranking(lists, setting, system, searched[system] if setting.reranking is not None else None)
            for lists in inputs.queries
        }
        for system, setting in settings.items()
    }


def _ranking(lists: QueryLists, setting: Setting, system: str, one: Searched | None) -> Ranking:
    scorer = one.reranker.id if one is not None else ""
    cheap = one.cheap.id if one is not None and one.cheap is not None else ""
    places = [int(place) for place in top_places(lists, [setting], DEPTH, scorer, cheap)[0] if place >= 0]
    docs = tuple(ScoredDoc(lists.docids[place], None, rank) for rank, place in enumerate(places, 1))
    return Ranking(lists.qid, system, docs)
