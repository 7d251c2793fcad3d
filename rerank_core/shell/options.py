"""The parser of all verbs: the options of those that import and that work; `deciding_options` has the rest."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from rerank_core.corpus.survey.names import PARTS
from rerank_core.shell.app import APP
from rerank_core.shell.deciding_options import add_deciding
from rerank_core.shell.option_groups import EPILOG, Parser, Verbs, add_systems, add_ties, add_verb, add_view


def parser() -> Parser:
    """The parser of all verbs."""
    root = argparse.ArgumentParser(
        prog="python -m rerank_core" if Path(sys.argv[0]).name == "__main__.py" else "rerank-lens",
        description="Rerank Lens: without a verb the app opens. The verbs do the same from a terminal: "
        "import data, find candidates, rerank, measure, decide, report.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    root.add_argument("--workspace", type=Path, help="the SQLite file (default: RERANK_LENS_WORKSPACE)")
    verbs = root.add_subparsers(dest="verb", metavar="VERB")
    _app(verbs)
    _importing(verbs)
    _working(verbs)
    add_deciding(verbs)
    _keeping(verbs)
    root.set_defaults(verb=APP, json=False, port=None, address=None, headless=False)
    return root


def _app(verbs: Verbs[Parser]) -> None:
    what = "open the app in a browser, as `rerank-lens` alone does"
    verb = verbs.add_parser(APP, help=what, description=f"{what[0].upper()}{what[1:]}. Ctrl+C ends it.")
    verb.add_argument("--port", type=int, help="the port it listens on (default: 8501)")
    verb.add_argument(
        "--address",
        help="where it listens (default: localhost; 0.0.0.0: for other machines too, under the addresses that "
        "RERANK_LENS_ADDRESS names)",
    )
    verb.add_argument("--headless", action="store_true", help="serve the app without opening a browser")


def _importing(verbs: Verbs[Parser]) -> None:
    verb = add_verb(verbs, "import", "import passages, with the queries and grades that lie beside them")
    verb.add_argument("name", help="the dataset's name")
    verb.add_argument("path", type=Path, help="a BEIR folder, .jsonl, .csv, .tsv, .parquet, or a folder of .txt/.md")
    verb.add_argument("--split", help="whose grades to take from a BEIR folder (default: test, else all)")
    verb.add_argument("--all-queries", action="store_true", help="also the queries without a grade in that split")
    verb.add_argument("--queries", help="a file of queries beside the passages")
    verb.add_argument("--qrels", help="a file of grades beside the passages")
    _reading(verb)
    _changing(verbs)
    verb = add_verb(verbs, "import-queries", "add queries: JSONL, TSV, or one per line")
    verb.add_argument("dataset")
    verb.add_argument("path", type=Path)
    verb = add_verb(verbs, "import-labels", "add grades: TREC qrels, BEIR .tsv, CSV")
    verb.add_argument("dataset")
    verb.add_argument("path", type=Path)
    verb.add_argument("--judge", help="the judge whose grades they are")
    verb = add_verb(verbs, "import-run", "add a TREC run made elsewhere, as a system of its own")
    verb.add_argument("dataset")
    verb.add_argument("path", type=Path)
    verb.add_argument("--name", help="the system is then called run:NAME (default: the file's name)")
    add_ties(verb, "file")


def _reading(verb: Parser) -> None:
    for field in ("id", "title", "text"):
        verb.add_argument(f"--{field}-field", metavar="NAME", help=f"the passages' field or column of the {field}")
    what = f"what a file contains, if the guess is wrong ({', '.join(PARTS)}); may be given several times"
    verb.add_argument("--as", dest="parts", action="append", default=[], metavar="FILE=PART", help=what)
    verb.add_argument("--chunk-words", type=int, default=200, help="words per passage of .txt/.md (0: not cut)")
    verb.add_argument("--overlap-words", type=int, default=40, help="words that neighbouring passages share")


def _changing(verbs: Verbs[Parser]) -> None:
    grades = "Grades are kept; the answer counts those whose passage now has another text, or is gone."
    verb = add_verb(verbs, "update", "add and replace passages of a dataset, by their ids", grades)
    verb.add_argument("dataset")
    verb.add_argument("path", type=Path, help="as for import; of a folder with queries and grades the passages alone")
    verb.add_argument("--only-these", action="store_true", help="and remove every passage that is not among them")
    _reading(verb)
    _looking_first(verb)
    verb = add_verb(verbs, "remove", "remove passages of a dataset, by their ids", grades)
    verb.add_argument("dataset")
    verb.add_argument("ids", nargs="*", metavar="ID")
    verb.add_argument("--from", dest="ids_file", type=Path, metavar="FILE", help="a file with one id per line")
    _looking_first(verb)


def _looking_first(verb: Parser) -> None:
    verb.add_argument("--dry-run", action="store_true", help="show what would change, and change nothing")


def _working(verbs: Verbs[Parser]) -> None:
    add_verb(verbs, "datasets", "list the datasets of the workspace")
    add_verb(verbs, "systems", "list the systems that can be compared, and what each needs first")
    add_view(add_verb(verbs, "index", "build a dataset's indexes"))
    verb = add_verb(verbs, "runs", "list the whole-set runs that were kept, newest first, and which are stale")
    verb.add_argument("--dataset", help="only of this dataset")
    verb.add_argument("--system", help="only of this system")
    verb = add_verb(verbs, "run", "rank all queries with some systems; a run that was stopped continues")
    add_view(verb)
    add_systems(verb)


def _keeping(verbs: Verbs[Parser]) -> None:
    more = "People may go on grading meanwhile. The copy is checked before it gets its name."
    verb = add_verb(verbs, "backup", "copy the workspace into one file, as it is at one moment", more)
    verb.add_argument("path", type=Path, metavar="FILE", help="the copy")
    verb.add_argument("--force", action="store_true", help="replace a file that is there")
    more = "The app has to be stopped. The copy is checked first; the replaced workspace is kept beside it."
    verb = add_verb(verbs, "restore", "put a copy that `backup` wrote in the workspace's place", more)
    verb.add_argument("path", type=Path, metavar="FILE", help="the copy; it stays as it is")
