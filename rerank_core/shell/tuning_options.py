"""The options of the verb that searches settings."""

from __future__ import annotations

from rerank_core.evaluation.equivalence import DEFAULT_MARGIN
from rerank_core.shell.option_groups import (
    Parser,
    Verbs,
    add_level,
    add_run,
    add_systems,
    add_verb,
    add_view,
    one_measure,
)
from rerank_core.tuning.held_out import SPLITS
from rerank_core.tuning.search_space import MOST_SETTINGS

_MORE = """It searches the first stage alone, and with each system over it: retrievers, fusion, RRF's k, weights, depth,
the share of the reranker in a blend, the keep of a two-step cascade. Settings are chosen on one half of the graded
queries and measured on the other, many times over. All of it is computed from kept ranks and scores; with --run what
is missing is ranked first."""


def add_tuning(verbs: Verbs[Parser]) -> None:
    """Add tune."""
    verb = add_verb(verbs, "tune", "find the best settings, and say whether they hold on queries not searched", _MORE)
    add_view(verb)
    add_systems(verb)
    verb.add_argument("--measure", type=one_measure, default="nDCG@10", help="default: %(default)s")
    add_level(verb)
    verb.add_argument(
        "--deepest", type=int, default=100, metavar="N", help="the deepest candidates (default: %(default)s)"
    )
    verb.add_argument(
        "--first-stages",
        nargs="+",
        default=[],
        metavar="LIST",
        help="what may find candidates: bm25, dense, run:NAME, two joined by + (default: bm25 dense bm25+dense)",
    )
    verb.add_argument(
        "--variants",
        nargs="+",
        default=[],
        metavar="NAME|JSON",
        help="query variants to try beside the settings' own, each as for --variant; 'as typed': the query alone",
    )
    verb.add_argument(
        "--most", type=int, default=MOST_SETTINGS, metavar="N", help="settings per search (default: %(default)s)"
    )
    verb.add_argument(
        "--splits", type=int, default=SPLITS, help="how often the queries are halved (default: %(default)s)"
    )
    verb.add_argument("--seed", type=int, default=0, help="of the halves (default: %(default)s)")
    verb.add_argument(
        "--margin",
        type=float,
        default=DEFAULT_MARGIN,
        help="the smallest difference that matters to you (default: %(default)s)",
    )
    verb.add_argument(
        "--precision",
        type=float,
        metavar="P",
        help="fit a score floor to the best setting: this share of the graded passages that it shows is relevant",
    )
    verb.add_argument("--limit-ms", type=float, metavar="MS", help="how long reranking a query may take")
    verb.add_argument("--save-as", metavar="NAME", help="keep the best one as a system of this name")
    verb.add_argument("--strict", action="store_true", help="exit 1 unless a system is worth it")
    add_run(verb)
