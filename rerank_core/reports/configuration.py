"""What exactly was compared, with its hashes, and the one command that makes the report again."""

from __future__ import annotations

import json
import platform
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from rerank_core import __version__
from rerank_core.experiment.dataset_language import language_of
from rerank_core.experiment.efficiency import Efficiency
from rerank_core.experiment.figures import Figures
from rerank_core.experiment.ranked_by_now import comma_separated
from rerank_core.experiment.runs import queries_hash
from rerank_core.experiment.whole_set import WholeSet
from rerank_core.retrieval.languages import AUTO, language_name
from rerank_core.retrieval.settings import RetrievalSettings
from rerank_core.store import runs
from rerank_core.store.datasets import DatasetRow
from rerank_core.store.evidence import installed_versions
from rerank_core.store.runs import Run
from rerank_core.systems.systems import System
from rerank_core.types import Qrels, text_hash

Facts = tuple[tuple[str, str], ...]
"""(name, value) pairs for people, in the order in which they are shown."""


@dataclass(frozen=True, slots=True)
class Configuration:
    """`data`, `retrieval`, `measuring`, `software`: of all systems. `systems`: label -> facts of one.

    `command`: the line of a shell that ranks what is missing and writes this report again.
    """

    data: Facts
    retrieval: Facts
    measuring: Facts
    software: Facts
    systems: Mapping[str, Facts]
    command: str


def configuration(figures: Figures, price: float | None) -> Configuration:
    """The configuration of a report; a run is named where one stands behind a system's times.

    `price`: of the machine's hour in US dollars, None: not known.
    """
    experiment, efficiency = figures.experiment, figures.efficiency
    workspace, dataset, settings = experiment.workspace, experiment.dataset, experiment.settings
    with workspace.open() as db:
        kept = {
            system: runs.get_run(db, times.run_id) for system, times in efficiency.items() if times.run_id is not None
        }
    return Configuration(
        data=_data(dataset, figures.whole, figures.only),
        retrieval=(
            *((name, _text(value)) for name, value in asdict(settings).items()),
            ("language of the passages", language_name(language_of(workspace, dataset, settings))),
            ("key of all these", settings.key()),
        ),
        measuring=_measuring(figures, price),
        software=_software(),
        systems={each.label: _system(each, kept.get(each.id), efficiency[each.id]) for each in experiment.systems},
        command=command(figures, price),
    )


def qrels_hash(qrels: Qrels) -> str:
    """32 hex digits over all grades in force, whatever order they were given in."""
    lines = (f"{qid}\x00{docid}\x00{grade}" for qid, row in qrels.items() for docid, grade in row.items())
    return text_hash("\x01".join(sorted(lines)))


def command(figures: Figures, price: float | None = None) -> str:
    """The line that makes the report again, for a POSIX shell; the workspace is the one that the shell has set.

    `price`: of the machine's hour in US dollars, None: not known.
    """
    experiment = figures.experiment
    words = ["python", "-m", "rerank_core", "report", "report.html", "--run"]
    words += _option("dataset", experiment.dataset.name) + _retrieval(experiment.settings)
    words += _option("systems", comma_separated(experiment.ids)) + _option("baseline", experiment.baseline)
    words += _option("measures", ",".join(str(measure) for measure in figures.summary.measures))
    words += _option("level", str(experiment.level)) + _option("margin", f"{figures.summary.margin:g}")
    words += [word for name in figures.only for word in _option("only", name)]
    words += ["--ignore-identical-ids"] if figures.own_left_out else []
    words += _option("price", repr(price)) if price is not None else []
    return shlex.join(words)


def _option(name: str, value: str) -> list[str]:
    # a value that looks like an option must hang on its own
    return [f"--{name}={value}"] if value.startswith("-") else [f"--{name}", value]


def _retrieval(settings: RetrievalSettings) -> list[str]:
    plain = RetrievalSettings(
        settings.retrievers,
        settings.fusion,
        settings.weights,
        depth=settings.depth,
        dense_model=settings.dense_model,
        language=settings.language,
    )
    if plain != settings:
        return _option("settings", settings.to_json())
    words = _option("retrievers", ",".join(settings.retrievers)) + _option("fusion", settings.fusion)
    words += _option("weights", ",".join(map(repr, settings.weights))) if settings.weights else []
    words += _option("language", settings.language) if settings.language != AUTO else []
    return words + _option("depth", str(settings.depth)) + _option("dense-model", settings.dense_model)


def _data(dataset: DatasetRow, whole: WholeSet, only: Sequence[str]) -> Facts:
    pairs = sum(map(len, whole.qrels.values()))
    return (
        ("Dataset", dataset.name),
        ("Passages", f"{dataset.n_docs:,}"),
        ("Fingerprint of the passages", dataset.fingerprint),
        ("Queries", f"{len(whole.queries):,}" + (f", only of {'; '.join(only)}" if only else "")),
        ("Hash of the queries", queries_hash(whole.queries.values())),
        ("Grades in force", f"{pairs:,}"),
        ("Hash of the grades", qrels_hash(whole.qrels)),
        ("Scale", ", ".join(f"{grade} {name}" for grade, name in sorted(dataset.scale.items()))),
    )


def _measuring(figures: Figures, price: float | None) -> Facts:
    summary = figures.summary
    interval = next(
        (row.comparison.interval for row in summary.systems if row.comparison and row.comparison.interval), None
    )
    seed = next((row.comparison.seed for row in summary.systems if row.comparison), 0)
    return (
        ("Measures", ", ".join(str(row) for row in summary.measures)),
        ("Compared on", f"{summary.headline}, over {len(summary.qids):,} queries"),
        ("Relevant from", f"grade {figures.experiment.level}"),
        ("Smallest difference that matters", f"{summary.margin:g} {summary.headline}"),
        *((("Passages with their query's own id", "left out, as BEIR does"),) if figures.own_left_out else ()),
        ("nDCG", "gain = grade, discount = 1 / log2(rank + 1), ideal = all graded passages, as trec_eval computes it"),
        (
            "Interval",
            f"95 % of the mean difference, paired bootstrap ({interval.method if interval else 'BCa'}"
            + (f", {interval.resamples:,} resamples" if interval else "")
            + f", seed {seed})",
        ),
        ("Test", f"paired randomisation test, two-sided, seed {seed}, corrected for all systems by Holm's method"),
        ("Machine, $ per hour", "not known" if price is None else f"{price:g}"),
    )


def _software() -> Facts:
    rows = [("Rerank Lens", __version__), ("Python", platform.python_version()), ("System", platform.platform())]
    return (*rows, *installed_versions(("numpy", "scipy", "torch", "sentence-transformers", "bm25s")).items())


def _system(system: System, run: Run | None, efficiency: Efficiency) -> Facts:
    rows = [("Id", system.id), ("Key", system.key), ("Made of", system.made_of)]
    rows += [("Settings", _text(dict(system.settings)))] if system.settings else []
    if run is None:
        return (*rows, ("Run", "no run covers all queries; device and libraries were not recorded"))
    rows += [
        ("Run", f"{run.id}, {run.started[:19]} to {run.finished[:19]} UTC"),
        ("Key of the run's inputs", run.key),
        ("Hash of its candidates", run.inputs.candidates),
        ("Device", ", ".join(run.devices) or "not known"),
        ("Libraries", "; ".join(_versions(version) for version in run.versions) or "not known"),
    ]
    rows += [("Stale", efficiency.stale)] if efficiency.stale else []
    return tuple(rows)


def _versions(versions: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {number}" for name, number in versions.items())


def _text(value: object) -> str:
    if isinstance(value, list | tuple) and all(isinstance(item, str | int | float) for item in value):
        return ", ".join(map(str, value)) or "none"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
