"""The options of each verb, and what is read from them."""

from __future__ import annotations

import argparse
from pathlib import Path

from rerank_core.retrieval.settings import FUSIONS, RETRIEVERS, RetrievalSettings
from rerank_core.systems import ALWAYS_READY

EPILOG = """exit codes: 0 done; 1 failed (bad input, a system that could not run); 2 wrong usage; 130 stopped by hand.
The workspace is the file that RERANK_LENS_WORKSPACE names, or --workspace."""


def parser() -> argparse.ArgumentParser:
    """The parser of all verbs."""
    root = argparse.ArgumentParser(
        prog="python -m rerank_core",
        description="Rerank Lens without a screen: import data, find candidates, rerank, measure.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    root.add_argument("--workspace", type=Path, help="the SQLite file (default: RERANK_LENS_WORKSPACE)")
    verbs = root.add_subparsers(dest="verb", required=True, metavar="VERB")
    _importing(verbs)
    _working(verbs)
    _measuring(verbs)
    return root


def settings_of(arguments: argparse.Namespace) -> RetrievalSettings:
    """The retrieval settings that the options say. Raises SettingsError."""
    return RetrievalSettings(
        retrievers=tuple(arguments.retrievers.split(",")),
        fusion=arguments.fusion,
        weights=tuple(float(weight) for weight in arguments.weights.split(",")) if arguments.weights else (),
        depth=arguments.depth,
        dense_model=arguments.dense_model,
    )


def _verb(verbs: argparse._SubParsersAction[argparse.ArgumentParser], name: str, what: str) -> argparse.ArgumentParser:
    verb = verbs.add_parser(name, help=what, description=what, epilog=EPILOG)
    verb.add_argument("--json", action="store_true", help="print the result as one JSON object")
    return verb


def _importing(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    verb = _verb(verbs, "import", "import passages, with the queries and grades that lie beside them")
    verb.add_argument("name", help="the dataset's name")
    verb.add_argument("path", type=Path, help="a BEIR folder, .jsonl, .csv, .tsv, .parquet, or a folder of .txt/.md")
    verb.add_argument("--split", help="whose grades to take from a BEIR folder (default: test, else all)")
    verb.add_argument("--all-queries", action="store_true", help="also the queries without a grade in that split")
    verb.add_argument("--queries", help="a file of queries beside the passages")
    verb.add_argument("--qrels", help="a file of grades beside the passages")
    verb.add_argument("--chunk-words", type=int, default=200, help="words a passage of .txt/.md (0: not cut)")
    verb.add_argument("--overlap-words", type=int, default=40, help="words that neighbouring passages share")
    verb = _verb(verbs, "import-queries", "add queries: JSONL, TSV, or one a line")
    verb.add_argument("dataset")
    verb.add_argument("path", type=Path)
    verb = _verb(verbs, "import-labels", "add grades: TREC qrels, BEIR .tsv, CSV")
    verb.add_argument("dataset")
    verb.add_argument("path", type=Path)
    verb.add_argument("--judge", help="whose grades they are")
    verb = _verb(verbs, "import-run", "add a TREC run made elsewhere, as a system of its own")
    verb.add_argument("dataset")
    verb.add_argument("path", type=Path)
    verb.add_argument("--name", help="the system is then called run:NAME (default: the file's name)")
    _ties(verb, "file")


def _working(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    _verb(verbs, "datasets", "list the datasets of the workspace")
    _verb(verbs, "systems", "list what can be compared, and what each needs first")
    verb = _verb(verbs, "index", "build a dataset's indexes")
    _view(verb)
    verb = _verb(verbs, "runs", "list the whole-set runs that were kept, newest first, and which are stale")
    verb.add_argument("--dataset", help="only of this dataset")
    verb.add_argument("--system", help="only of this system")
    verb = _verb(verbs, "run", "rank all queries with some systems; a run that was stopped goes on")
    _view(verb)
    _systems(verb)


def _measuring(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    verb = _verb(verbs, "evaluate", "measure the systems that were run, against a baseline")
    _view(verb)
    _systems(verb)
    _measures(verb)
    verb.add_argument("--baseline", default=ALWAYS_READY[0], help="the system to compare against")
    verb = _verb(verbs, "measure", "measure TREC run files against TREC qrels; needs no workspace")
    verb.add_argument("qrels", type=Path)
    verb.add_argument("runs", type=Path, nargs="+")
    _ties(verb, "trec_eval")
    _measures(verb)
    verb = _verb(verbs, "export", "write qrels, a system's run, or the whole dataset as a BEIR folder")
    verb.add_argument("what", choices=("qrels", "run", "beir"))
    verb.add_argument("path", type=Path, help="where to")
    verb.add_argument("--system", default=ALWAYS_READY[0], help="whose run")
    _view(verb)


def _view(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("--dataset", required=True)
    verb.add_argument("--retrievers", default=",".join(RETRIEVERS), help="comma separated (default: %(default)s)")
    verb.add_argument("--fusion", choices=FUSIONS, default="rrf")
    verb.add_argument("--weights", help="one for each retriever, comma separated (minmax and zscore)")
    verb.add_argument("--depth", type=int, default=50, help="candidates a query, 10 to 200 (default: %(default)s)")
    verb.add_argument("--dense-model", default="bundled", help="a hub name or folder (default: %(default)s)")


def _systems(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("--systems", default=",".join(ALWAYS_READY), help="comma separated (default: %(default)s)")


def _ties(verb: argparse.ArgumentParser, default: str) -> None:
    what = "equal scores: docid descending as trec_eval, or as in the file (default: %(default)s)"
    verb.add_argument("--ties", choices=("file", "trec_eval"), default=default, help=what)


def _measures(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("--measures", default="nDCG@10,RR@10,P@5,R@10,Judged@10", help="default: %(default)s")
    verb.add_argument("--level", type=int, default=1, help="the lowest relevant grade for RR, P, R, AP")
