"""A composite at work on one query."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from rerank_core.errors import SettingsError
from rerank_core.systems.composites.blend import blend
from rerank_core.systems.composites.cascade import cascade
from rerank_core.systems.composites.floor import floor
from rerank_core.systems.composites.member_calls import MemberCalls, Outcome, RankMember
from rerank_core.systems.composites.router import router
from rerank_core.systems.composites.signals import signals
from rerank_core.systems.composites.spec import Blend, Cascade, Floor, OwnFirstStage, Signals, Spec
from rerank_core.systems.composites.spec_json import kind_of
from rerank_core.systems.learned.learned import learned
from rerank_core.systems.learned.spec import Learned
from rerank_core.types import Doc, Query, Ranking


def apply(spec: Spec, query: Query, candidates: Ranking, docs: Mapping[str, Doc], rank_member: RankMember) -> Ranking:
    """All candidates in the composite's order, best first; equal scores keep candidate order. A floor leaves some out.

    `rank_member` ranks the candidates that it is given with another system, which may be a composite itself (see
    `check_acyclic`). "first-stage" is asked as any other: answer it with `restricted`. `docs` must hold every candidate
    (signals read them). The ranking's `system` is the kind; the caller knows the name. `seconds` are the members' own
    and the composing, None where a member's are not known; `usage` is the members' sum; `notes` say what was decided,
    then what the members said. Without candidates no member is asked.

    Raises what a member raises (a composite with a part that failed has failed), SettingsError where a member gives no
    scores and they are needed, NotFoundError for a candidate without a passage.
    """
    if not candidates.docs:
        return Ranking(query.qid, kind_of(spec), (), 0.0)
    calls = MemberCalls(rank_member)
    outcome = _outcome(spec, query, candidates, docs, calls)
    notes = (*outcome.notes, *calls.notes)
    return Ranking(query.qid, kind_of(spec), outcome.docs, calls.seconds, calls.usage, notes)


def restricted(first_stage: Ranking, candidates: Ranking) -> Ranking:
    """The first stage's own order and scores of those passages that are among `candidates`; ranks count from 1.

    It takes no time: retrieval is not the composite's work.
    """
    wanted = set(candidates.docids)
    kept = (doc for doc in first_stage.docs if doc.docid in wanted)
    docs = tuple(replace(doc, rank=rank) for rank, doc in enumerate(kept, 1))
    return replace(first_stage, docs=docs, seconds=0.0)


def _outcome(spec: Spec, query: Query, candidates: Ranking, docs: Mapping[str, Doc], calls: MemberCalls) -> Outcome:
    if isinstance(spec, Cascade):
        return cascade(spec, candidates, calls)
    if isinstance(spec, Blend):
        return blend(spec, candidates, calls)
    if isinstance(spec, Signals):
        return signals(spec, candidates, docs, calls)
    if isinstance(spec, Floor):
        return floor(spec, candidates, calls)
    if isinstance(spec, Learned):
        return learned(spec, query, candidates, docs, calls)
    if isinstance(spec, OwnFirstStage):
        raise SettingsError("A system with its own first stage finds its own candidates: it cannot be given any.")
    return router(spec, query, candidates, calls)
