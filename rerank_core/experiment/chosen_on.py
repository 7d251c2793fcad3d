"""Figures of a system on the very queries that chose or trained it are too good: which systems, how many queries."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from rerank_core.experiment.experiment import Experiment
from rerank_core.store.trained_folders import as_kept
from rerank_core.store.tuned_systems import TRAINING, chosen_on, trained_on, tuned_facts
from rerank_core.systems.composites.spec import OwnFirstStage
from rerank_core.systems.systems import FIRST_STAGE, System
from rerank_core.types import Query, text_hash


def chosen_on_queries(experiment: Experiment, queries: Sequence[Query]) -> dict[str, int]:
    """System id -> how many of these queries a search or a training read when it made the system; only those above 0.

    A query is known by its text: the same one in another dataset counts too. A system has also seen what a part of it
    has seen, at whatever distance, and what the dense model of its first stage was trained on.
    """
    seen: dict[str, set[str]] = {}
    with experiment.workspace.open() as db:
        for system in experiment.systems:
            parts = list(_parts(system))
            marks = chosen_on(db, [part.id for part in parts]) | trained_on(db, _dense_models(experiment, parts))
            seen[system.id] = set().union(*marks.values())
    hashes = [text_hash(query.text) for query in queries]
    counts = {system: sum(one in own for one in hashes) for system, own in seen.items()}
    return {system: count for system, count in counts.items() if count}


def trained_systems(experiment: Experiment) -> frozenset[str]:
    """Those of the experiment's systems that were trained on queries, or have a part that was."""
    found = set()
    with experiment.workspace.open() as db:
        for system in experiment.systems:
            parts = list(_parts(system))
            facts = [tuned_facts(db, part.id) for part in parts]
            by_training = any(one is not None and one.get("by") == TRAINING for one in facts)
            if by_training or trained_on(db, _dense_models(experiment, parts)):
                found.add(system.id)
    return frozenset(found)


def _parts(system: System) -> Iterator[System]:
    yield system
    for member in system.members:
        yield from _parts(member)


def _dense_models(experiment: Experiment, parts: Iterable[System]) -> list[str]:
    """The dense models whose vectors order what one of the parts gives on, by name or folder."""
    searches = [one.spec.settings for one in parts if isinstance(one.spec, OwnFirstStage)]
    if not searches and any(one.id == FIRST_STAGE for one in parts):
        searches = [experiment.settings]
    models = [settings.dense_model for settings in searches if "dense" in settings.retrievers]
    return [as_kept(experiment.workspace.path, model) for model in models]


def search_sentences(experiment: Experiment) -> dict[str, str]:
    """System id -> what the search that chose its settings said of queries that it did not see."""
    with experiment.workspace.open() as db:
        found = {system: tuned_facts(db, system) for system in experiment.ids}
    return {system: str(facts["sentence"]) for system, facts in found.items() if facts and facts.get("sentence")}


def chosen_on_sentence(label: str, count: int, queries: int, trained: bool = False) -> str:
    """That these figures are too good, and where honest ones are. `trained`: a training made it, not only a search."""
    part = "these queries" if count == queries else f"{count:,} of these {queries:,} queries"
    if trained:
        return (
            f"{label} was trained on {part}, so its figures here are too good. The page Train has those of queries "
            "that it did not see."
        )
    return (
        f"The settings of {label} were chosen on {part}, so its figures here are too good. The page Tune has those of "
        "queries that the search did not see."
    )
