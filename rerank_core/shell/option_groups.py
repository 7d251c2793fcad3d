"""The options that several verbs share, and what is read from them."""

from __future__ import annotations

import argparse
import csv
import json
from collections.abc import Sequence
from dataclasses import replace

from rerank_core.errors import BadInputError, SettingsError
from rerank_core.evaluation.names import Measure, parse_measure
from rerank_core.experiment.experiment import Experiment
from rerank_core.retrieval.languages import AUTO, LANGUAGES, NONE
from rerank_core.retrieval.query_variants.query_variant import QueryVariant
from rerank_core.retrieval.settings import FUSIONS, RETRIEVERS, RetrievalSettings
from rerank_core.shell.answer import CODES
from rerank_core.store.workspace import Workspace
from rerank_core.systems.query_variants import query_variants
from rerank_core.systems.systems import ALWAYS_READY

Verbs = argparse._SubParsersAction
Parser = argparse.ArgumentParser
EPILOG = f"{CODES}\n\nThe workspace is the file that RERANK_LENS_WORKSPACE names, or --workspace before the verb."


def add_verb(verbs: Verbs[Parser], name: str, what: str, more: str = "") -> Parser:
    """A verb with --help and --json; `more` stands in its --help under the first line."""
    described = f"{what[0].upper()}{what[1:]}." + (f"\n\n{more}" if more else "")
    verb = verbs.add_parser(
        name, help=what, description=described, epilog=EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    verb.add_argument("--json", action="store_true", help="print the result as JSON, and no progress")
    return verb


def add_view(verb: Parser) -> None:
    """A dataset, and how its candidates are found."""
    verb.add_argument("--dataset", required=True)
    group = verb.add_argument_group("how candidates are found")
    group.add_argument(
        "--retrievers",
        default=",".join(RETRIEVERS),
        help="comma separated; run:NAME is an imported run (default: %(default)s)",
    )
    group.add_argument("--fusion", choices=FUSIONS, default="rrf")
    group.add_argument("--weights", help="one for each retriever, comma separated (minmax, zscore, dbsf)")
    group.add_argument("--depth", type=int, default=50, help="candidates per query, 10 to 1,000 (default: %(default)s)")
    what = "a hub name, a folder, or a service's model: openai:NAME, cohere:NAME, voyage:NAME (default: %(default)s)"
    group.add_argument("--dense-model", default="bundled", help=what)
    group.add_argument("--dense-address", default="", metavar="URL", help="of a server that speaks as OpenAI does")
    group.add_argument("--dense-key", default="", metavar="VARIABLE", help="the variable that holds the service's key")
    group.add_argument(
        "--query-prefix", metavar="TEXT", help="before each query (default: what the model is known for)"
    )
    group.add_argument("--passage-prefix", metavar="TEXT", help="before each passage (default: the same)")
    group.add_argument(
        "--language",
        choices=(AUTO, NONE, *LANGUAGES),
        default=AUTO,
        metavar="CODE",
        help="the language whose stems and stop words BM25 uses: de, fr ..., none, or %(default)s: detected from the "
        "passages",
    )
    what = "what a language model makes of each query first: a name of the verb variant, or JSON with kind and model"
    group.add_argument("--variant", default="", metavar="NAME|JSON", help=what)
    group.add_argument("--settings", metavar="JSON", help="all of the above, filters and BM25's k1 and b as one object")


def settings_of(arguments: argparse.Namespace, workspace: Workspace) -> RetrievalSettings:
    """The retrieval settings that the options say; the workspace has the variants by name. Raises SettingsError."""
    variant = variant_said(arguments.variant, workspace) if arguments.variant else None
    if arguments.settings:
        given = RetrievalSettings.from_json(arguments.settings)
        return given if variant is None else replace(given, variant=variant)
    return RetrievalSettings(
        retrievers=tuple(arguments.retrievers.split(",")),
        fusion=arguments.fusion,
        weights=_numbers(arguments.weights) if arguments.weights else (),
        depth=arguments.depth,
        dense_model=arguments.dense_model,
        language=arguments.language,
        dense_address=arguments.dense_address,
        dense_key=arguments.dense_key,
        query_prefix=arguments.query_prefix,
        passage_prefix=arguments.passage_prefix,
        variant=variant,
    )


def variant_said(text: str, workspace: Workspace) -> QueryVariant:
    """The query variant that an option names, or says as JSON. Raises SettingsError for one that is not there."""
    if text.lstrip().startswith("{"):
        try:
            return QueryVariant.from_dict(json.loads(text))
        except ValueError as error:
            raise SettingsError(f"--variant is not JSON: {error}.") from error
    known = query_variants(workspace)
    if text not in known:
        names = ", ".join(known) or "none yet"
        raise SettingsError(f"There is no query variant '{text}' in this workspace; there are: {names}.")
    return known[text]


def experiment_of(
    workspace: Workspace, arguments: argparse.Namespace, systems: Sequence[str], baseline: str | None = None
) -> Experiment:
    """The experiment that the options of `add_view` say, with these systems. Raises what `Experiment.of` does."""
    settings, level = settings_of(arguments, workspace), getattr(arguments, "level", 1)
    return Experiment.of(workspace, arguments.dataset, systems, baseline=baseline, level=level, settings=settings)


def add_systems(verb: Parser, what: str = "comma separated (default: %(default)s)") -> None:
    """Which systems."""
    verb.add_argument("--systems", type=_names, default=",".join(ALWAYS_READY), metavar="IDS", help=what)


def add_ties(verb: Parser, default: str) -> None:
    """How equal scores of a TREC run are ordered."""
    what = "equal scores: docid descending at 32 bits as trec_eval 9, or as in the file (default: %(default)s)"
    verb.add_argument("--ties", choices=("file", "trec_eval"), default=default, help=what)


def add_measures(verb: Parser, default: str) -> None:
    """Which measures; systems are compared on the first one."""
    what = "comma separated; systems are compared on the first (default: %(default)s)"
    verb.add_argument("--measures", type=measures, default=default, metavar="NAMES", help=what)
    add_level(verb)


def add_level(verb: Parser) -> None:
    """From which grade on a passage is relevant."""
    verb.add_argument(
        "--level", type=int, default=1, help="the lowest relevant grade for RR, P, R, AP (default: %(default)s)"
    )


def add_only(verb: Parser) -> None:
    """Which slices of the queries."""
    what = 'only the queries of this slice, as the page Evaluate names it ("tag: jargon"); may be given several times'
    verb.add_argument("--only", action="append", default=[], metavar="SLICE", help=what)


def add_identical_ids(verb: Parser) -> None:
    """Whether a query's own passage is left out."""
    verb.add_argument(
        "--ignore-identical-ids",
        action="store_true",
        help="leave out of each ranking the passage that has the query's own id, as BEIR does (ArguAna, Quora)",
    )


def add_margin(verb: Parser) -> None:
    """From which size on a difference matters."""
    what = "the smallest difference that matters: two systems are equal within it (default: the dataset's, else 0.02)"
    verb.add_argument("--margin", type=float, metavar="X", help=what)


def add_run(verb: Parser) -> None:
    """Whether to rank first."""
    verb.add_argument("--run", action="store_true", help="first rank what is not ranked yet, as the verb run does")


def measures(text: str) -> list[Measure]:
    """Measures by name or alias, comma separated; what is no measure is wrong usage."""
    try:
        return [parse_measure(name) for name in text.split(",")]
    except BadInputError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def one_measure(text: str) -> Measure:
    """One measure by name or alias; what is no measure, or several, is wrong usage."""
    parsed = measures(text)
    if len(parsed) != 1:
        raise argparse.ArgumentTypeError("name one measure")
    return parsed[0]


def _names(text: str) -> list[str]:
    # as in a line of CSV: a name that holds a comma stands in double quotes
    names = [name.strip() for name in next(csv.reader([text]), []) if name.strip()]
    if not names or len(set(names)) < len(names):
        raise argparse.ArgumentTypeError("name at least one system, and each only once")
    return names


def _numbers(text: str) -> tuple[float, ...]:
    try:
        return tuple(float(number) for number in text.split(","))
    except ValueError as error:
        raise SettingsError(f"Weights are numbers with commas between them, not {text!r}.") from error
