"""The parser of all verbs: the options of those that import and that work; `deciding_options` has the rest."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from rerank_core.corpus.formats.columns import ROLES
from rerank_core.corpus.survey.names import PARTS
from rerank_core.shell.app import APP
from rerank_core.shell.connecting_options import add_connecting, add_filling
from rerank_core.shell.deciding_options import MEASURES, add_deciding
from rerank_core.shell.option_groups import (
    EPILOG,
    Parser,
    Verbs,
    add_identical_ids,
    add_measures,
    add_only,
    add_systems,
    add_ties,
    add_verb,
    add_view,
)
from rerank_core.shell.serving_options import add_serving
from rerank_core.shell.switching_options import add_switching
from rerank_core.shell.training_options import add_training
from rerank_core.shell.tuning_options import add_tuning
from rerank_core.shell.watching_options import add_watching

_REMOVED_QUERIES = (
    "Queries with grades are removed only with --graded-too. Their grades stay in the history, and count no longer; a "
    "query that is added again with the same text has them back."
)


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
    add_connecting(verbs)
    _datasets(verbs)
    _working(verbs)
    add_deciding(verbs)
    add_serving(verbs)
    _inviting(verbs)
    add_tuning(verbs)
    add_training(verbs)
    add_switching(verbs)
    add_watching(verbs)
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
    verb.add_argument(
        "--look", action="store_true", help="show what each file and column would be taken for, and import nothing"
    )
    _reading(verb)
    _changing(verbs)
    verb = add_verb(verbs, "import-queries", "add queries: JSONL, TSV, or one per line")
    verb.add_argument("dataset")
    verb.add_argument("path", type=Path)
    _columns(verb)
    verb = add_verb(verbs, "remove-queries", "remove queries of a dataset", _REMOVED_QUERIES)
    verb.add_argument("dataset")
    verb.add_argument("ids", nargs="*", metavar="ID")
    verb.add_argument("--from", dest="ids_file", type=Path, metavar="FILE", help="a file with one id per line")
    verb.add_argument("--ungraded", action="store_true", help="all that nobody graded")
    verb.add_argument("--graded-too", action="store_true", help="also those that somebody graded")
    _looking_first(verb)
    verb = add_verb(verbs, "import-labels", "add grades: TREC qrels, BEIR .tsv, CSV")
    verb.add_argument("dataset")
    verb.add_argument("path", type=Path)
    verb.add_argument("--judge", help="the judge whose grades they are")
    _columns(verb)
    verb = add_verb(verbs, "import-run", "add a TREC run made elsewhere, as a system of its own")
    verb.add_argument("dataset")
    verb.add_argument("path", type=Path)
    verb.add_argument("--name", help="the system is then called run:NAME (default: the file's name)")
    verb.add_argument("--replace", action="store_true", help="in the place of another run of this name and dataset")
    add_ties(verb, "file")


def _reading(verb: Parser) -> None:
    for field in ("id", "title", "text"):
        verb.add_argument(f"--{field}-field", metavar="NAME", help=f"the passages' field or column of the {field}")
    what = f"what a file contains, if the guess is wrong ({', '.join(PARTS)}); may be given several times"
    verb.add_argument("--as", dest="parts", action="append", default=[], metavar="FILE=PART", help=what)
    _columns(verb)
    verb.add_argument("--chunk-words", type=int, default=200, help="words per passage of .txt/.md (0: not cut)")
    verb.add_argument("--overlap-words", type=int, default=40, help="words that neighbouring passages share")


def _columns(verb: Parser) -> None:
    what = (
        f"what a column holds, if the guess is wrong ({', '.join(ROLES)}); without FILE:: in every file that has it; "
        "may be given several times"
    )
    verb.add_argument("--column", dest="columns", action="append", default=[], metavar="[FILE::]COLUMN=ROLE", help=what)
    what = 'whether the first row of a table names its columns (FILE=yes, FILE=no); without, they are "column 1" …'
    verb.add_argument("--header", dest="headers", action="append", default=[], metavar="FILE=yes|no", help=what)


def _datasets(verbs: Verbs[Parser]) -> None:
    more = (
        "rename NAME NEW: all that belongs to it stays. export NAME PATH: into a new folder, or a .zip, that imports "
        "again with its scale and the whole history of its grades. delete NAME: says what would go, and removes it "
        "with --yes. Rename and delete are refused while a job of the dataset runs."
    )
    verb = add_verb(verbs, "dataset", "rename, export or delete a dataset", more)
    verb.add_argument("action", choices=("rename", "export", "delete"))
    verb.add_argument("name")
    verb.add_argument("target", nargs="?", metavar="NEW|PATH", help="the new name, or where to write the export")
    verb.add_argument("--yes", action="store_true", help="delete it; without, only say what would go")


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
    verb = add_verb(verbs, "index", "build a dataset's indexes; with --to fill that of a search engine")
    add_view(verb)
    add_filling(verb)
    what = (
        "have a service embed the passages, also those of --to; without it, what that costs is said and nothing is sent"
    )
    verb.add_argument("--pay", action="store_true", help=what)
    verb = add_verb(verbs, "variant", "have a language model write what is searched for, before queries are searched")
    add_view(verb)
    verb.add_argument("--keep", metavar="NAME", help="keep the variant, so that verbs and pages offer it by this name")
    verb.add_argument("--prompt", action="store_true", help="show the prompt as it is sent")
    what = "ask the model; without it, what that costs is said and nothing is sent"
    verb.add_argument("--pay", action="store_true", help=what)
    verb = add_verb(verbs, "runs", "list the whole-set runs that were kept, newest first, and which are stale")
    verb.add_argument("--dataset", help="only of this dataset")
    verb.add_argument("--system", help="only of this system")
    verb = add_verb(verbs, "run", "rank all queries with some systems; a run that was stopped continues")
    add_view(verb)
    add_systems(verb)
    group = verb.add_argument_group("on several machines")
    group.add_argument("--on", metavar="CLUSTER", help="score pairs on a Ray cluster: ray://HOST:10001, or local")
    what = "models on the cluster, each in a process of its own (default: %(default)s)"
    group.add_argument("--workers", type=int, default=2, metavar="N", help=what)
    group.add_argument("--gpus", type=float, default=0.0, metavar="N", help="GPUs of each (default: none)")


def _inviting(verbs: Verbs[Parser]) -> None:
    verb = add_verb(verbs, "invite", "make a link for a judge, for voters or for a reader; list the links; close one")
    parts = verb.add_subparsers(dest="what", metavar="WHAT", required=True)
    part = add_verb(
        parts, "judge", "a link that opens the page Label alone, under this name, with the list as it is now"
    )
    part.add_argument("name", help="the judge's name")
    part.add_argument("--dataset", required=True)
    part.add_argument("--goal", type=int, default=0, metavar="N", help="grades for a day (default: none)")
    part = add_verb(parts, "voter", "a link, for any number of people, to a blind vote between two systems")
    add_view(part)
    add_systems(part, "the two systems, the baseline first")
    part.add_argument("--questions", type=int, default=0, metavar="N", help="the most that one voter is asked (0: all)")
    part = add_verb(parts, "reader", "a link to the report of a comparison, which follows the grades")
    add_view(part)
    add_systems(part)
    add_measures(part, MEASURES)
    part.add_argument("--baseline", help="the system to compare against (default: the first stage, else the first)")
    part.add_argument("--price", type=float, metavar="USD", help="of the machine's hour in US dollars")
    add_only(part)
    add_identical_ids(part)
    for part in list(parts.choices.values()):
        part.add_argument(
            "--address", help="where people open the app (default: RERANK_LENS_ADDRESS, else this machine)"
        )
    add_verb(parts, "list", "the links that were made, the withdrawn ones too").add_argument("--dataset")
    add_verb(parts, "withdraw", "close a link, at once and for good").add_argument("id", metavar="ID")
    for action in [action for part in parts.choices.values() for action in part._actions if action.dest == "json"]:
        action.default = argparse.SUPPRESS  # --json may stand before the part as well


def _keeping(verbs: Verbs[Parser]) -> None:
    more = "People may go on grading meanwhile. The copy is checked before it gets its name."
    verb = add_verb(verbs, "backup", "copy the workspace into one file, as it is at one moment", more)
    verb.add_argument("path", type=Path, metavar="FILE", help="the copy")
    verb.add_argument("--force", action="store_true", help="replace a file that is there")
    more = "The app has to be stopped. The copy is checked first; the replaced workspace is kept beside it."
    verb = add_verb(verbs, "restore", "put a copy that `backup` wrote in the workspace's place", more)
    verb.add_argument("path", type=Path, metavar="FILE", help="the copy; it stays as it is")
