"""`python -m tests.bench train`: what a training finds on a known collection, and how long it takes."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from time import perf_counter

from rerank_core.shell.answer import Call, VerbResult
from rerank_core.shell.option_groups import Parser
from rerank_core.store import datasets
from rerank_core.store.datasets import DatasetRow
from rerank_core.store.workspace import Workspace
from tests.bench.machine import load_line, machine

WHAT = "learn from the grades of a known collection: what it reaches out of fold, and its time"


def add_options(parser: Parser) -> None:
    """What is learned from, and by which systems."""
    parser.add_argument("--collection", default="demo", help="scifact, esci-us-150 or demo (default: %(default)s)")
    parser.add_argument("--keep", type=Path, help="a workspace file in which the collection stays, with its index")
    parser.add_argument("--systems", default="first-stage,minilm-cosine,minilm-maxsim", help="default: %(default)s")
    parser.add_argument("--retrievers", default="bm25,dense", help="of the first stage (default: %(default)s)")
    parser.add_argument("--depth", type=int, default=50, help="candidates per query (default: %(default)s)")
    parser.add_argument("--folds", type=int, default=5, help="default: %(default)s")
    kinds = "blend, encoder, late-interaction, cross-encoder or distilled"
    parser.add_argument("--model", default="blend", help=f"{kinds} (default: %(default)s)")
    parser.add_argument("--start", default="", help="of a cross-encoder: a system, or cross-encoder:FOLDER")
    parser.add_argument("--teacher", default="", help="of a distillation: one of the systems")
    parser.add_argument("--extras", default="", help="of a model: curve, folds, or both with a comma")
    what = "qrels of the queries that a model is measured on (default: the test split where there is a train split)"
    parser.add_argument("--held", type=Path, help=what)
    parser.add_argument("--seed", type=int, default=0, help="default: %(default)s")


def train(call: Call) -> VerbResult:
    """One row per system, the blend first."""
    from rerank_core.experiment.experiment import Experiment
    from rerank_core.ranking.pipeline import Pipeline
    from rerank_core.ranking.training import train as do_train
    from rerank_core.retrieval.settings import RetrievalSettings
    from rerank_core.training.models.cross_encoder import agreement_sentence
    from tests.bench.tune.collections import COLLECTIONS, workspace_with

    options, load, started = call.options, os.getloadavg()[0], perf_counter()
    settings = RetrievalSettings(tuple(options.retrievers.split(",")), depth=options.depth)
    with tempfile.TemporaryDirectory() as folder:
        file = options.keep or Path(folder) / "workspace.db"
        if (COLLECTIONS / options.collection / "qrels" / "train.tsv").is_file():
            workspace, row = _both_splits(options.collection, file, Path(folder))
        else:
            workspace, row = workspace_with(options.collection, file)
        experiment = Experiment.of(workspace, row.name, options.systems.split(","), settings=settings)
        found = do_train(
            Pipeline(workspace),
            experiment,
            options.model,
            start=options.start,
            teacher=options.teacher,
            held=_held(options.collection, options.held) if options.model != "blend" else (),
            extras=options.extras.split(",") if options.extras else (),
            folds=options.folds,
            seed=options.seed,
            progress=call.progress,
        )
    lines = (
        f"{options.collection}: {len(found['qids'])} queries, {found['left_out']} left out, seed {found['seed']}",
        found["sentence"],
        found.get("curve_sentence", f"measured on {found.get('held')} queries that were held out"),
        f"training took {found['seconds']:.1f} s, all of it {perf_counter() - started:.0f} s",
        f"chosen: {found.get('choice', found.get('best'))}",
        *(line for line in (found.get("read", ""), agreement_sentence(found.get("agreement"))) if line),
    )
    here = machine(load, ("numpy", "scikit-learn"))
    return VerbResult({"machine": here, **found}, (*lines, load_line(here)), found["rows"])


def _both_splits(name: str, path: Path, folder: Path) -> tuple[Workspace, DatasetRow]:
    """The collection with the grades of its train split and its test split, imported where it is not there yet."""
    from rerank_core.corpus.ingest import import_dataset
    from tests.bench.tune.collections import COLLECTIONS

    workspace = Workspace(path)
    with workspace.open() as db:
        there = {row.name for row in datasets.list_datasets(db)}
    if name not in there:
        source, merged = COLLECTIONS / name, folder / name
        (merged / "qrels").mkdir(parents=True)
        for file in ("corpus.jsonl", "queries.jsonl"):
            shutil.copyfile(source / file, merged / file)
        head, *test = (source / "qrels" / "test.tsv").read_text("utf-8").splitlines()
        train = (source / "qrels" / "train.tsv").read_text("utf-8").splitlines()[1:]
        (merged / "qrels" / "test.tsv").write_text("\n".join([head, *test, *train]) + "\n", "utf-8")
        import_dataset(workspace, name, merged)
    with workspace.open() as db:
        return workspace, datasets.get_dataset(db, name)


def _held(collection: str, file: Path | None) -> list[str]:
    """The qids of a qrels file; of the test split where the collection has a train split, [] where it has none."""
    from tests.bench.tune.collections import COLLECTIONS

    folder = COLLECTIONS / collection / "qrels"
    if file is None and not (folder / "train.tsv").is_file():
        return []
    lines = (file or folder / "test.tsv").read_text("utf-8").splitlines()[1:]
    return list(dict.fromkeys(line.split("\t")[0] for line in lines))
