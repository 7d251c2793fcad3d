"""Planted faults in replayed logs, clicks with position bias, and the time to read a log."""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from rerank_core.shell.answer import Call, Rows, VerbResult
from rerank_core.shell.option_groups import Parser

WHAT = "planted faults: when they are found, at which rate of false alarms; simulated clicks; the time to read a log"
_SIZE = 250


def add_options(verb: Parser) -> None:
    """What, and how often."""
    verb.add_argument("part", choices=("faults", "clicks", "read"))
    verb.add_argument("--seeds", type=int, default=20, help="drawn logs, or pairs of systems (default: %(default)s)")
    verb.add_argument("--rate", type=float, default=0.01, help="of false alarms per look (default: %(default)s)")
    verb.add_argument("--bias", default="0.5,1.0,1.5", help="of clicks: place k is looked at with (1/k)^bias")
    verb.add_argument("--requests", type=int, default=20_000, help="of the log that is read (default: %(default)s)")
    verb.add_argument("--collections", type=Path, default=Path("../shared/collections"))


def traffic(call: Call) -> VerbResult:
    """One row per fault, or per kind of preference."""
    return {"faults": _faults, "clicks": _clicks, "read": _read}[call.options.part](call)


def _faults(call: Call) -> VerbResult:
    """Each seed and fault is a day of its own, on which the fault begins in the middle, held to a quiet day before."""
    from rerank_core.monitoring.alerts import replay
    from tests.support.traffic import FAULTS, columns, draw_requests

    seeds = call.options.seeds
    looks = alarms = 0
    needed: dict[str, list[int]] = {fault: [] for fault in FAULTS}
    for seed in range(seeds):
        reference = columns(draw_requests(5_000, seed=10_000 + seed))
        for number, fault in enumerate(FAULTS):
            call.progress(seed * len(FAULTS) + number, seeds * len(FAULTS), fault)
            own = 100 * seed + number
            day = columns(draw_requests(3_000, own, fault, since=1_500))
            for end, watched in replay(day, _SIZE, reference, call.options.rate, own):
                if end <= 1_500:
                    looks, alarms = looks + 1, alarms + bool(watched.alerts)
                elif watched.alerts:
                    needed[fault].append(end - 1_500)
                    break
    rows: Rows = [
        {
            "fault": fault,
            "found": f"{len(own)} of {seeds}",
            "requests until then, median": statistics.median(own) if own else None,
            "at most": max(own, default=None),
        }
        for fault, own in needed.items()
    ]
    said = (
        f"Seeds 0 to {seeds - 1}; looks of {_SIZE} requests, a rate of {call.options.rate:g} asked for; {alarms} of "
        f"{looks} looks before the fault had an alert ({alarms / max(1, looks):.4f})."
    )
    return VerbResult({"rows": rows, "looks": looks, "false_alarms": alarms}, (said,), rows)


def _clicks(call: Call) -> VerbResult:
    """Each seed is a pair of systems of its own; both preferences are asked for of the same clicks."""
    from scipy.stats import binomtest

    from tests.support.click_worlds import load_world, pairs_that_differ, simulate

    world = load_world(call.options.collections / "trec-dl-2019")
    pairs = list(pairs_that_differ(world, seed=0))[: call.options.seeds]
    etas = [float(one) for one in call.options.bias.split(",")]
    rows: Rows = []
    for number, eta in enumerate(etas):
        found = []
        for seed, pair in enumerate(pairs):
            call.progress(number * len(pairs) + seed, len(etas) * len(pairs), f"bias (1/k)^{eta}")
            found.append(simulate(world, *pair, seed, eta))
        right = [(one.raw == one.graded, one.corrected == one.graded) for one in found]
        better, worse = right.count((False, True)), right.count((True, False))
        agree: dict[str, Any] = {
            "bias (1/k)^": eta,
            "raw agrees": f"{sum(raw for raw, _ in right)} of {len(pairs)}",
            "corrected agrees": f"{sum(corrected for _, corrected in right)} of {len(pairs)}",
            "only corrected": better,
            "only raw": worse,
            "p (sign test)": binomtest(better, better + worse).pvalue if better + worse else 1.0,
        }
        rows.append(agree)
    said = f"Seeds 0 to {len(pairs) - 1}, a pair of systems each; clicks of 3,000 requests on the list of one of them."
    return VerbResult(rows, (said,), rows)


def _read(call: Call) -> VerbResult:
    from rerank_core.monitoring.importing import import_log
    from rerank_core.store.workspace import Workspace
    from tests.support.traffic import draw_requests, write_own_log

    with tempfile.TemporaryDirectory() as folder:
        log = write_own_log(Path(folder) / "log.jsonl", draw_requests(call.options.requests, seed=1))
        space = Workspace(Path(folder) / "workspace.db")
        rows: Rows = []
        for what in ("first time", "again"):
            started, cpu = time.perf_counter(), time.process_time()
            report = import_log(space, log)
            rows.append({"": what, "requests": report.requests, "new": report.new_requests,
                         "seconds": time.perf_counter() - started, "of the processor": time.process_time() - cpu,
                         "MiB": log.stat().st_size / 2**20})  # fmt: skip
    return VerbResult(rows, (), rows)
