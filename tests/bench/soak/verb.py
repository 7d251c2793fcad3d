"""`python -m tests.bench soak`: three people for half an hour; does anything grow that should not?"""

from __future__ import annotations

import json
import os
import random
import statistics
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from rerank_core.corpus.ingest import ImportOptions, import_dataset
from rerank_core.errors import SettingsError
from rerank_core.experiment.experiment import Experiment
from rerank_core.judging.plan import LabelPlan, save_plan
from rerank_core.ranking.pipeline import Pipeline
from rerank_core.retrieval.settings import RetrievalSettings
from rerank_core.shell.answer import DONE, FAILED, Call, VerbResult
from rerank_core.shell.option_groups import Parser
from rerank_core.store import datasets, judgments
from rerank_core.store.datasets import DatasetRow
from rerank_core.store.passages import VARIABLE as BOUND
from rerank_core.store.workspace import VARIABLE, Workspace
from rerank_core.systems.systems import FIRST_STAGE
from rerank_core.types import Progress
from tests.bench.machine import load_line, machine
from tests.bench.soak.watched import NUMBERS, Look, look

WHAT = "three scripted people for half an hour: memory, open files, logs and kept vectors while they work"
_LIBRARIES = ("streamlit", "playwright", "torch")
_EVERY = 10.0  # seconds between looks
_GROWS = 5.0  # percent of memory, from the first third after the warm-up to the last
_MORE_HANDLES = 8  # an open database has three, and pages come and go
_MOST_WAL = 64.0  # MiB
_MOST_LOGS = 5.0


def add_options(parser: Parser) -> None:
    """How long, and how small the bound on kept vectors is."""
    parser.add_argument("--minutes", type=float, default=30.0, help="of work, warm-up included (default: %(default)s)")
    parser.add_argument("--warm-up", type=float, help="minutes of it that do not count (default: a third)")
    parser.add_argument("--kept", type=int, default=8, help="bound on kept vectors, MiB (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", help="where the workspace is put (default: the temporary folder)")
    parser.add_argument("--looks", type=Path, help="a file that each look is written to, a line of JSON each")


def soak(call: Call) -> VerbResult:
    """Rows: what was watched, after the warm-up and at the end. Fails where something grew, broke or was lost."""
    options = call.options
    warm_up = options.minutes / 3 if options.warm_up is None else options.warm_up
    if not 0 < warm_up < options.minutes or options.kept < 1:
        raise SettingsError("a soak has minutes, a shorter warm-up, and a bound of 1 MiB or more")
    from tests.bench.ui.browsing import missing

    load = os.getloadavg()[0]
    if absent := missing():
        lacking = "; ".join(f"{name} needs {lack}" for name, lack in absent.items())
        return VerbResult({"absent": absent}, (f"not installed: {lacking}",))
    with TemporaryDirectory(prefix="rerank-lens-soak-", dir=options.folder) as folder:
        looks, did, failed, lost = _work(call, Path(folder), warm_up)
    here = machine(load, _LIBRARIES)
    rows = summary(looks, warm_up * 60)
    wrong = [*complaints(rows, options.kept), *(f"{count} x {what}" for what, count in failed.items()), *lost]
    lines = (
        f"{options.minutes:g} minutes, {warm_up:g} of them warm-up; {load_line(here)}",
        "done: " + ", ".join(f"{count:,} x {what}" for what, count in sorted(did.items())),
        "rows at the end: " + ", ".join(f"{table} {count:,}" for table, count in looks[-1].rows.items()),
        *(f"WRONG: {one}" for one in wrong),
    )
    value = {"machine": here, "rows": rows, "did": did, "wrong": wrong, "tables": dict(looks[-1].rows)}
    return VerbResult(value, lines, rows, FAILED if wrong else DONE)


def _work(call: Call, folder: Path, warm_up: float) -> tuple[list[Look], dict[str, int], dict[str, int], list[str]]:
    """The looks, how often what was done, what failed, and what was lost."""
    from tests.bench.soak.sessions import Engineer, Expert, Steward, lost_grades
    from tests.bench.ui.browsing import ROOT, chromium, end, free_port, start_streamlit

    options = call.options
    workspace, dataset = _demo(folder, ROOT, call.progress)
    port, log = free_port(), folder / "server.log"
    env = {VARIABLE: str(workspace.path), "HF_HUB_OFFLINE": "1", BOUND: str(options.kept)}
    web = start_streamlit(ROOT / "app.py", env, port, log)
    try:
        with chromium() as browser:
            rng = random.Random(options.seed)
            sessions = [
                kind(browser.new_context().new_page(), f"http://127.0.0.1:{port}", workspace, rng)
                for kind in (Expert, Engineer, Steward)
            ]
            looks = _turns(call, sessions, lambda since: look(workspace, web.pid, log, since))
    finally:
        end(web)
    did, failed = (
        sum((getattr(one, name) for one in sessions), start=type(sessions[0].did)()) for name in ("did", "failed")
    )
    with workspace.open() as db:
        kept = judgments.last_event(db, dataset.id)
    lost = (
        []
        if kept >= did["grade on the board"]
        else [f"{kept} rows of grades for {did['grade on the board']} on the board"]
    )
    broken = lost_grades(workspace, folder)
    return looks, dict(did), dict(failed), [*lost, *([broken] if broken else [])]


def _demo(folder: Path, root: Path, progress: Progress) -> tuple[Workspace, DatasetRow]:
    """The demo with a list to grade, found by words alone; all else is left to the app's own worker."""
    workspace = Workspace(folder / "workspace.db")
    import_dataset(workspace, "demo", root / "data" / "demo", ImportOptions(), progress)
    settings = RetrievalSettings(("bm25",), depth=50)
    experiment = Experiment.of(workspace, "demo", [FIRST_STAGE], settings=settings)
    with workspace.open() as db:
        queries = datasets.get_queries(db, experiment.dataset.id)
    Pipeline(workspace).run(experiment, queries, progress)
    save_plan(workspace, experiment.dataset, LabelPlan(experiment.ids, settings.to_json(), depth=50, overlap=1.0))
    return workspace, experiment.dataset


def _turns(call: Call, sessions: Sequence[Any], take: Any) -> list[Look]:
    """Each session does a step in turn until the time is up; a look every few seconds."""
    started = time.monotonic()
    end_at, looks = started + 60 * call.options.minutes, [take(started)]
    while time.monotonic() < end_at:
        for session in sessions:
            session.step()
            if time.monotonic() - started > looks[-1].seconds + _EVERY:
                looks.append(take(started))
                _keep(call.options.looks, looks[-1])
                minutes = int(looks[-1].seconds / 60)
                call.progress(minutes, int(call.options.minutes), f"{sum(one.did.total() for one in sessions):,} steps")
    return [*looks, take(started)]


def _keep(path: Path | None, one: Look) -> None:
    if path is not None:
        with path.open("a") as out:
            out.write(json.dumps({**{name: getattr(one, name) for name in ("seconds", *NUMBERS)}, **one.rows}) + "\n")


def summary(looks: Sequence[Look], warm_up: float) -> list[dict[str, Any]]:
    """A row per number: its median in the first third after `warm_up` seconds, in the last, the change, the peak."""
    late = [one for one in looks if one.seconds >= warm_up] or list(looks)
    third = max(1, len(late) // 3)
    rows = []
    for name in NUMBERS:
        first, last, all_of_it = (
            [value for one in part if (value := getattr(one, name)) is not None]
            for part in (late[:third], late[-third:], looks)
        )
        if not first or not last:
            continue
        then, now = statistics.median(first), statistics.median(last)
        change = 100 * (now - then) / then if then else 0.0
        rows.append(
            {"what": name, "after warm-up": round(then, 1), "at the end": round(now, 1), "change %": round(change, 1),
             "peak": round(max(all_of_it), 1)}
        )  # fmt: skip
    return rows


def complaints(rows: Sequence[dict[str, Any]], kept: int) -> list[str]:
    """What of a `summary` is not as promised; `kept`: the bound on kept vectors in MiB."""
    by_name = {row["what"]: row for row in rows}
    wrong = [
        f"{name} grew by {by_name[name]['change %']} %"
        for name in ("web", "worker")
        if name in by_name and by_name[name]["change %"] > _GROWS
    ]
    for name in ("web_handles", "worker_handles"):
        if name in by_name and (more := by_name[name]["at the end"] - by_name[name]["after warm-up"]) > _MORE_HANDLES:
            wrong.append(f"{name} grew by {more:g}")
    for name, most in (("wal", _MOST_WAL), ("logs", _MOST_LOGS), ("kept", float(kept))):
        if name in by_name and by_name[name]["peak"] > most:
            wrong.append(f"{name} reached {by_name[name]['peak']} MiB")
    if "worker" not in by_name:
        wrong.append("no worker was seen")
    return wrong
