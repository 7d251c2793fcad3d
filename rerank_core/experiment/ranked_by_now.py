"""What is ranked, where what was asked for is not: with which settings, by which systems, and what to do about it."""

from __future__ import annotations

import csv
import io
import json
import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace

from rerank_core.errors import SettingsError
from rerank_core.experiment.experiment import Experiment
from rerank_core.retrieval.query_variants.query_variant import QueryVariant
from rerank_core.retrieval.settings import RetrievalSettings
from rerank_core.store import datasets, evidence, judgments, rankings
from rerank_core.systems.systems import System, all_systems

_OPTIONS = ("depth", "retrievers", "fusion", "weights", "dense_model", "language")
"""The settings that a verb has an option of its own for; the others are in --settings."""
_NAMES = {
    "retrievers": "retrievers {}",
    "fusion": "fusion {}",
    "weights": "weights {}",
    "dense_model": "dense model {}",
    "language": "language {}",
    "filters": "filter {}",
    "variant": "query variant {}",
}


@dataclass(frozen=True, slots=True)
class Ranked:
    """Of one choice of settings: system id -> the qids that it has ranked without failing."""

    settings: RetrievalSettings
    by_system: Mapping[str, frozenset[str]]

    def shared(self, systems: Iterable[str]) -> frozenset[str]:
        """The qids that all of these systems have ranked."""
        each = [self.by_system.get(system, frozenset()) for system in systems]
        return frozenset.intersection(*each) if each else frozenset()


def what_is_ranked(experiment: Experiment, needs_grades: bool = True) -> str:
    """Why nothing can be compared, and what to do: one or two sentences; "" where every system ranked a graded query.

    It names the settings under which the systems are ranked and the options that ask for them, else the systems that
    are ranked and those that are not, else that there is no grade. `needs_grades` False: any query is as good.
    """
    with experiment.workspace.open() as db:
        queries = frozenset(query.qid for query in datasets.get_queries(db, experiment.dataset.id))
        graded = frozenset(qid for qid, grades in judgments.qrels(db, experiment.dataset.id).items() if grades)
    graded = graded & queries if needs_grades else queries
    if not graded:
        return f"No query of {experiment.dataset.name} has a grade yet. Grade some, or import grades."
    here = _ranked(experiment, experiment.settings)
    if here.shared(experiment.ids) & graded:
        return ""
    others = [_ranked(experiment, settings) for settings in _other_settings(experiment)]
    fitting = [each for each in others if each.shared(experiment.ids) & graded]
    if fitting:
        best = max(fitting, key=lambda each: len(each.shared(experiment.ids) & graded))
        return _other_settings_sentence(experiment, best.settings)
    if here.shared(experiment.ids):
        return f"{_count(len(graded))} graded, but none of those that are ranked: {_run(experiment)} first."
    return _missing_systems_sentence(experiment, here)


def run_command(experiment: Experiment) -> str:
    """The line of a shell that ranks what is asked for."""
    options = [f"--dataset {shlex.quote(experiment.dataset.name)}"]
    options += _options(experiment.settings, RetrievalSettings(depth=50))
    options += [f"--systems {shlex.quote(comma_separated(experiment.ids))}"]
    return " ".join(["rerank-lens run", *options])


def comma_separated(names: Sequence[str]) -> str:
    """Names with commas between them; one that holds a comma or a quote stands in double quotes, as in CSV."""
    out = io.StringIO()
    csv.writer(out, lineterminator="").writerow(names)
    return out.getvalue()


def _run(experiment: Experiment) -> str:
    return f"run `{run_command(experiment)}`"


def _ranked(experiment: Experiment, settings: RetrievalSettings) -> Ranked:
    so = replace(experiment, settings=settings)
    with experiment.workspace.open() as db:
        keys = so.keys(datasets.get_queries(db, experiment.dataset.id))
        made = {system.id: evidence.rankings_made(db, keys.values(), system.key) for system in experiment.systems}
    return Ranked(
        settings,
        {system: frozenset(qid for qid, key in keys.items() if key in of_key) for system, of_key in made.items()},
    )


def _other_settings(experiment: Experiment) -> list[RetrievalSettings]:
    """Those under which anything of the dataset is ranked, the newest first, each key once."""
    with experiment.workspace.open() as db:
        kept = rankings.ranked_by_settings(db, experiment.dataset.id)
    found = {experiment.settings.key(): experiment.settings}
    for text in kept:
        try:
            settings = RetrievalSettings.from_json(text)
        except SettingsError:  # of another version
            continue
        found.setdefault(settings.key(), settings)
    return list(found.values())[1:]


def _other_settings_sentence(experiment: Experiment, ranked: RetrievalSettings) -> str:
    differing = _differing(ranked, experiment.settings)
    told = [f"at depth {ranked.depth}"] if "depth" in differing else []
    others = [name for name in differing if name != "depth"]
    if others:
        told.append(f"with {_and([_NAMES.get(name, name + ' {}').format(_value(ranked, name)) for name in others])}")
    # what a filter narrows down is missing from the other choice: "no filter" reads better than "filter none"
    sentence = " ".join(told).replace("filter none", "no filter")
    return f"Ranked {sentence}: add {' '.join(_options(ranked, experiment.settings))}, or {_run(experiment)} first."


def _missing_systems_sentence(experiment: Experiment, here: Ranked) -> str:
    labels = {system.id: system for system in experiment.systems}
    done = [system for system in experiment.ids if here.by_system[system]]
    missing = [system for system in experiment.ids if not here.by_system[system]]
    changed = [system for system in missing if _ranked_before(labels[system], experiment)]
    parts = [f"Ranked with these settings: {', '.join(done) or 'none of the systems that you name'}."]
    if changed:
        parts.append(f"Changed since it was ranked: {', '.join(changed)}.")
    elif missing and (others := _ranked_others(experiment)):
        parts.append(f"Ranked too: {', '.join(others)}.")
    missing_here = f"Not ranked: {', '.join(missing)}. " if missing else ""
    parts.append(f"{missing_here}First {_run(experiment.with_systems([labels[one] for one in missing or done]))}.")
    return " ".join(parts)


def _ranked_before(system: System, experiment: Experiment) -> bool:
    """Whether a system of this id is ranked with these settings under another meaning."""
    return any(key != system.key and key.rpartition("@")[0] == system.id for key in _keys_here(experiment))


def _ranked_others(experiment: Experiment) -> list[str]:
    keys = _keys_here(experiment)
    known = all_systems(experiment.workspace)
    return [system.id for system in known if system.key in keys and system.id not in experiment.ids]


def _keys_here(experiment: Experiment) -> set[str]:
    with experiment.workspace.open() as db:
        kept = rankings.ranked_by_settings(db, experiment.dataset.id)
    found: set[str] = set()
    for text, systems in kept.items():
        try:
            alike = RetrievalSettings.from_json(text).key() == experiment.settings.key()
        except SettingsError:
            alike = False
        found |= set(systems) if alike else set()
    return found


def _differing(one: RetrievalSettings, other: RetrievalSettings) -> list[str]:
    """The names of the settings that differ and matter to `one`, depth first."""
    ours, theirs = asdict(one), asdict(other)
    names = [name for name in ours if ours[name] != theirs[name] and _matters(name, one, other)]
    return sorted(names, key=lambda name: name != "depth")


def _matters(name: str, one: RetrievalSettings, other: RetrievalSettings) -> bool:
    """Whether either finds other candidates for another value of it: the fusion of one retriever is nothing."""
    value = getattr(other, name)
    try:
        return replace(one, **{name: value}).key() != one.key()
    except SettingsError:  # weights for other retrievers, say
        return True


def _options(wanted: RetrievalSettings, given: RetrievalSettings) -> list[str]:
    """What turns a line that asks for `given` into one for `wanted`."""
    names = _differing(wanted, given)
    if set(names) - set(_OPTIONS):
        return [f"--settings {shlex.quote(_short_json(wanted))}"]
    return [f"--{name.replace('_', '-')} {shlex.quote(_value(wanted, name))}" for name in names]


def _short_json(settings: RetrievalSettings) -> str:
    """Its JSON without what is the default anyway."""
    usual = json.loads(RetrievalSettings().to_json())
    values = json.loads(settings.to_json())
    return json.dumps({name: value for name, value in values.items() if value != usual.get(name)}, ensure_ascii=False)


def _value(settings: RetrievalSettings, name: str) -> str:
    value = getattr(settings, name)
    if name == "filters":
        return "; ".join(f"{field} = {', '.join(map(str, values))}" for field, values in value) or "none"
    if value is None or isinstance(value, QueryVariant):
        return value.label if value is not None else "none"
    if isinstance(value, tuple):
        return ",".join(map(str, value))
    return str(value)


def _and(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def _count(queries: int) -> str:
    return f"{queries:,} {'query is' if queries == 1 else 'queries are'}"
