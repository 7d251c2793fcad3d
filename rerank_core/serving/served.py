"""A system of the workspace at work on passages that come from outside: the same models and the same composing.

Several threads may ask at once. Those that a cross-encoder of the fast engine scores share its packs; other local
models take one call at a time, and a service is asked by each thread over a connection of its own.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from time import perf_counter

from rerank_core.errors import NotReadyError, SettingsError
from rerank_core.inference.caller import Caller, calling
from rerank_core.rerankers.catalogue.model_key import model_key
from rerank_core.rerankers.family import Reranker, ScoreCache
from rerank_core.rerankers.load import load
from rerank_core.rerankers.local.cross_encoder import EnginePairs
from rerank_core.rerankers.rerank import rerank
from rerank_core.serving.asked import Asked
from rerank_core.serving.kept_passages import read_only
from rerank_core.serving.score_cache import Counted
from rerank_core.store.workspace import Workspace
from rerank_core.systems.composites.apply import apply, restricted
from rerank_core.systems.composites.spec import OwnFirstStage, Router, Spec
from rerank_core.systems.imported import IMPORTED
from rerank_core.systems.systems import FIRST_STAGE, System
from rerank_core.types import Ranking


@dataclass(frozen=True, slots=True)
class Answer:
    """`ranking` holds every passage of the request once, best first; `seconds` is the time of all of it.

    `pairs` counts the pairs of query and text that needed a score, `hits` those of them whose score was kept.
    """

    ranking: Ranking
    seconds: float
    pairs: int
    hits: int


class Served:
    """A system with its models loaded. `caveats`: what it does here otherwise than in the app, a sentence each."""

    def __init__(self, workspace: Workspace, system: System, cache: ScoreCache | None = None) -> None:
        """Loads the models, which takes seconds to minutes. `cache` None: every score is made anew.

        Raises SettingsError for a system that cannot rank what it is given, NotReadyError with what it needs first.
        """
        _refuse(system)
        self.system, self._cache = system, cache
        self.caveats = tuple(_caveats(system))
        self._models = {leaf.key: _Model(workspace, leaf) for leaf in system.leaves}

    @property
    def label(self) -> str:
        """The system's id, as people and links know it."""
        return self.system.id

    @property
    def is_logit(self) -> bool:
        """Whether its scores are logits, so that a sigmoid makes probabilities of them."""
        return self.system.model.score_scale.split(" ")[0] == "logit"

    @property
    def max_tokens(self) -> int | None:
        """The longest input of its models, the least of them; None: not known."""
        limits = [model.max_tokens for model in self._models.values()]
        return min((most for most in limits if most is not None), default=None)

    def tokens(self, texts: Sequence[str]) -> int | None:
        """How many tokens the texts have for its first model that tells; None where none does."""
        for model in self._models.values():
            with model.reranker() as reranker:
                if reranker is not None and reranker.limit is not None:
                    return sum(reranker.limit.count(texts))
        return None

    def rank(self, asked: Asked, urgent: bool = True) -> Answer:
        """All passages of the request, best first; equal scores keep their order. Safe for several threads.

        `urgent`: a caller waits, so that pairs go before those of a shadow. Raises what the system's models raise, and
        SettingsError where it needs the first stage's scores and the request has none.
        """
        scores, started = Counted(self._cache), perf_counter()
        with calling(Caller(urgent)):
            ranking = self._ranked(self.system, asked, asked.candidates, scores)
        return Answer(ranking, perf_counter() - started, scores.asked, scores.hits)

    def _ranked(self, system: System, asked: Asked, given: Ranking, scores: Counted) -> Ranking:
        docs = {doc.docid: doc for doc in asked.docs}
        if system.spec is None:
            model = self._models[system.key]
            with model.reranker() as reranker:
                return rerank(reranker, system.key, asked.query_row, given, docs, scores, model.name)
        members = {member.id: member for member in system.members}
        if isinstance(system.spec, OwnFirstStage):
            return replace(self._ranked(system.members[0], asked, given, scores), system=system.key)

        def rank_member(member: str, part: Ranking) -> Ranking:
            if member == FIRST_STAGE:
                return restricted(asked.candidates, part)
            return self._ranked(members[member], asked, part, scores)

        return replace(apply(system.spec, asked.query_row, given, docs, rank_member), system=system.key)


class _Model:
    """One loaded model, and who may use it when."""

    def __init__(self, workspace: Workspace, system: System) -> None:
        self._system, self._kept = system, read_only(workspace, system)
        self.name = model_key(system.model, system.settings)
        self._own = threading.local()
        self._lock = threading.Lock()
        self._shared = self._load()

    @property
    def max_tokens(self) -> int | None:
        limit = self._shared.limit if self._shared is not None else None
        return limit.max_tokens if limit is not None else self._system.model.max_tokens

    @contextmanager
    def reranker(self) -> Iterator[Reranker | None]:
        """The model for one call of this thread; None: the order stays."""
        if self._system.model.hosting == "api":
            # a service counts what it used by the call: two callers must not share the counters
            if not hasattr(self._own, "reranker"):
                self._own.reranker = self._load()
            yield self._own.reranker
            return
        with nullcontext() if isinstance(self._shared, EnginePairs) else self._lock:
            yield self._shared

    def _load(self) -> Reranker | None:
        return load(self._system.model, self._system.settings, kept=self._kept)


def _refuse(system: System) -> None:
    if system.problem:
        raise SettingsError(f"{system.label}: {system.problem}")
    if any(leaf.model.family == IMPORTED for leaf in system.leaves):
        raise SettingsError(
            f"{system.label} cannot be served: an imported run holds rankings of its own queries, and no model."
        )
    if not (now := system.state).ready:
        raise NotReadyError(f"{system.label}: {now.detail}")


def _caveats(system: System) -> Iterator[str]:
    if isinstance(system.spec, OwnFirstStage):
        yield (
            f"'{system.id}' finds its own candidates in the app. Here the documents of a request are ranked by "
            f"'{system.spec.system}', and nothing is searched: let your search find {system.spec.settings.depth} "
            "documents as the settings say (rerank-lens export deploy)."
        )
    specs = list(_specs(system))
    if any(isinstance(spec, Router) and _asks_tags(spec) for spec in specs):
        yield "Rules that ask for a tag of the query never apply: a request has no tags."
    if system.id == FIRST_STAGE:
        yield "It changes no order: what comes first in a request stays first."
    elif any(member.id == FIRST_STAGE for member in _all(system)):
        yield (
            "A part of it reads the first stage's own order and scores: send documents in that order, "
            'as objects with "text" and "score" where scores are blended.'
        )


def _all(system: System) -> Iterator[System]:
    yield system
    for member in system.members:
        yield from _all(member)


def _specs(system: System) -> Iterator[Spec]:
    return (one.spec for one in _all(system) if one.spec is not None)


def _asks_tags(spec: Router) -> bool:
    return any(condition.feature == "tag" for rule in spec.rules for condition in rule.when)
