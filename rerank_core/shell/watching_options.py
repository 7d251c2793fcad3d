"""The options of the verb that watches traffic."""

from __future__ import annotations

from pathlib import Path

from rerank_core.monitoring.alerts import RATE
from rerank_core.monitoring.logs.forms import FORMS
from rerank_core.monitoring.traffic import LAST
from rerank_core.shell.option_groups import Parser, Verbs, add_verb

_MORE = """Logs are read into the workspace first; what is there already is not read twice, so that the same file may be
named each time. Then the newest requests are held against a reference, system by system: p50, p95 and p99, level and
spread of scores, reranks that failed, were skipped, left the order, found no kept score. Nothing but alerts is printed
where no terminal looks on, so that a scheduler sends a mail for these alone."""


def add_watching(verbs: Verbs[Parser]) -> None:
    """Add watch."""
    verb = add_verb(
        verbs, "watch", "check the traffic of production: a line per alert, exit code 1 where there is one", _MORE
    )
    verb.add_argument("logs", nargs="*", type=Path, metavar="LOG", help="logs to read first, .gz too; .csv: clicks")
    verb.add_argument("--form", choices=FORMS, help="what the logs are (default: seen by their first rows)")
    what = "for JSON lines: a JSON file that says where what stands (rerank_core/monitoring/README.md)"
    verb.add_argument("--schema", type=Path, metavar="FILE", help=what)
    what = "what is checked: the newest requests, by number or time: 500, 30m, 1h, 7d (default: %(default)s)"
    verb.add_argument("--last", default=LAST, metavar="N|TIME", help=what)
    what = "what it is held against, such as 2026-11-01..2026-11-08 (default: what is before, 20,000 requests at most)"
    verb.add_argument("--reference", metavar="FROM..TO", help=what)
    verb.add_argument("--budget", metavar="p95=MS", help="milliseconds that a percentile may take: p95=200,p99=400")
    what = "where nothing changed, so many looks have an alert: shared out over all checks (default: %(default)s)"
    verb.add_argument("--false-alarms", type=float, default=RATE, metavar="RATE", help=what)
    verb.add_argument("--seed", type=int, default=0, help="of the shuffles (default: %(default)s)")
    verb.add_argument("--all", action="store_true", help="also say what was checked and is no alert")
    group = verb.add_argument_group("canary")
    what = "score fifty kept pairs again, and say whether the model behind the name changed; the first call keeps them"
    group.add_argument("--canary", metavar="SYSTEM", help=what)
    group.add_argument("--dataset", help="where the first call takes the pairs from")
    group.add_argument("--new-canary", action="store_true", help="keep new pairs and scores in place of the old")
