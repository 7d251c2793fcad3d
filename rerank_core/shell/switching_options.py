"""The options of the verbs switch and when."""

from __future__ import annotations

from pathlib import Path

from rerank_core.shell.option_groups import (
    Parser,
    Verbs,
    add_identical_ids,
    add_level,
    add_margin,
    add_only,
    add_run,
    add_verb,
    add_view,
    one_measure,
)

_SWITCH = """The verdict is over the same queries. A score floor is carried over by what it does: the floor of the new
system is the lowest from which it is as precise as the old one is at its own. Precision is of the graded passages among
the first --top; it is checked on queries that did not choose the floors."""
_WHEN = """Signals: how far the first candidate leads the second or third, the spread of the first 10 scores, the
overlap of the retrievers. A floor is fitted on some queries and looked at on the others, fold by fold. With --save-as
the router is kept as a system."""


def add_switching(verbs: Verbs[Parser]) -> None:
    """Add switch and when."""
    verb = add_verb(verbs, "switch", "say what changes with one system in place of another", _SWITCH)
    add_view(verb)
    verb.add_argument("--from", dest="before", required=True, metavar="ID", help="the system that is live now")
    verb.add_argument("--to", dest="after", required=True, metavar="ID", help="the system to replace it")
    verb.add_argument("--floor", type=float, metavar="SCORE", help="the raw score below which it shows nothing now")
    verb.add_argument("--precision", type=float, metavar="P", help="in place of --floor: the lowest that is so precise")
    verb.add_argument("--top", type=int, default=5, metavar="K", help="the passages that count (default: %(default)s)")
    verb.add_argument("--out", type=Path, metavar="FILE", help="write the queries that change as CSV")
    verb.add_argument("--strict", action="store_true", help="exit 1 unless it is safe")
    _common(verb)
    verb = add_verb(verbs, "when", "say for which queries a reranker is worth asking", _WHEN)
    add_view(verb)
    verb.add_argument("--system", required=True, metavar="ID", help="the reranker")
    verb.add_argument("--seed", type=int, default=0, help="of the folds (default: %(default)s)")
    verb.add_argument("--save-as", metavar="NAME", help="keep the router as a system of this name")
    _common(verb)


def _common(verb: Parser) -> None:
    verb.add_argument("--measure", type=one_measure, default="nDCG@10", help="default: %(default)s")
    verb.add_argument("--price", type=float, metavar="USD", help="of an hour of the machine, for local models")
    add_level(verb)
    add_only(verb)
    add_identical_ids(verb)
    add_margin(verb)
    add_run(verb)
