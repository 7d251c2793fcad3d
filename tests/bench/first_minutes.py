"""How long until somebody has what they came for: a judge's first grade, one's own files compared, a query ranked.

    nice -n -15 python tests/bench/first_minutes.py          # all three, each on a workspace of its own
    nice -n -15 python tests/bench/first_minutes.py typed

`judge`: an invited judge, from opening the link to the first grade that is saved. `files`: three files of a company,
from dropping them on Home to the first column on Compare, and to all three. `typed`: a query that is typed on one
dataset while the vectors of another one are made, until all three columns are there; three queries.

Prints JSON, with clicks, keys and seconds, and the machine's load before and after.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from playwright.sync_api import Browser, expect

from rerank_core.experiment.experiment import Experiment
from rerank_core.experiment.job_requests import RunRequest, submit
from rerank_core.judging import invitations
from rerank_core.judging.invitations import GradingTask
from rerank_core.judging.plan import load_plan
from rerank_core.store import datasets, jobs
from rerank_core.store.workspace import VARIABLE, Workspace
from rerank_core.systems.systems import ALWAYS_READY
from rerank_core.types import Doc, Query
from tests.bench.ui.browsing import ROOT, chromium
from tests.support.browser import new_page, streamlit_server
from tests.support.presented import make_presented

PATIENT_MS = 900_000
WORDS = (
    "refund",
    "order",
    "account",
    "invoice",
    "days",
    "support",
    "device",
    "update",
    "policy",
    "customer",
    "request",
    "window",
    "error",
    "payment",
    "warranty",
    "delivery",
    "parcel",
    "password",
    "address",
    "contract",
    "service",
    "answer",
    "return",
    "voucher",
    "store",
    "holiday",
    "battery",
    "cable",
    "manual",
    "sensor",
)
READY = ".body > .column.ready:visible:not([data-column='ideal'])"


@contextmanager
def app(workspace: Workspace) -> Iterator[str]:
    """The address of a server on this workspace, with its worker."""
    env = {VARIABLE: str(workspace.path), "HF_HUB_OFFLINE": "1"}
    with streamlit_server(ROOT / "app.py", env) as url:
        yield url


def text(rng: random.Random, words: int = 120) -> str:
    return " ".join(rng.choice(WORDS) for _ in range(words)).capitalize() + "."


def judge(browser: Browser, folder: Path) -> dict[str, Any]:
    """Link to first saved grade; the server has shown a page before, as it has where somebody made the invitation."""
    workspace = Workspace(folder / "judge.db")
    dataset = make_presented(workspace)
    plan = load_plan(workspace, dataset)
    assert plan is not None
    with app(workspace) as url, new_page(browser) as lead:
        lead.goto(f"{url}/Label?ds=shop&judge=Lead")
        expect(lead.locator(".label.started")).to_be_attached(timeout=PATIENT_MS)
        seconds = []
        for number in range(3):
            made = invitations.invite_judge(workspace, dataset, f"Judge {number}", GradingTask(plan, goal=5))
            with new_page(browser) as page:
                started = time.perf_counter()
                page.goto(invitations.link(url, made.code))
                expect(page.locator(".label[data-state='reading']")).to_be_attached(timeout=PATIENT_MS)
                page.keyboard.press("2")
                expect(page.locator(".last[data-pending='0'] .saving")).to_contain_text("saved", timeout=PATIENT_MS)
                seconds.append(round(time.perf_counter() - started, 2))
    return {"clicks": 0, "keys": 1, "seconds": seconds}


def files(browser: Browser, folder: Path) -> dict[str, Any]:
    """Files dropped on Home, looked at, imported, compared."""
    rng = random.Random(3)
    tables: dict[str, list[list[str]]] = {
        "kb_articles.csv": [["article_id", "headline", "body"]],
        "search_queries.csv": [["query_id", "search_term"]],
        "grades.csv": [["query_id", "article_id", "grade"]],
    }
    for number in range(300):
        tables["kb_articles.csv"].append([f"a{number}", text(rng, 5), text(rng, 60)])
    for number in range(30):
        tables["search_queries.csv"].append([f"s{number}", text(rng, 4)])
        tables["grades.csv"].append([f"s{number}", f"a{number}", "3"])
    paths = [folder / name for name in tables]
    for path in paths:
        with path.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows(tables[path.name])
    workspace = Workspace(folder / "files.db")
    with workspace.open():
        pass
    clicks = 0
    with app(workspace) as url, new_page(browser) as page:
        page.goto(url)
        expect(page.locator("input[type=file]").first).to_be_attached(timeout=PATIENT_MS)
        started = time.perf_counter()
        page.locator("input[type=file]").first.set_input_files(paths)
        button = page.get_by_role("button", name="Import", exact=True)
        expect(button).to_be_enabled(timeout=PATIENT_MS)
        looked = time.perf_counter()
        button.click()
        clicks += 1
        page.get_by_role("button", name="Compare it").click(timeout=PATIENT_MS)
        clicks += 1
        imported = time.perf_counter()
        expect(page.locator(READY).first).to_be_visible(timeout=PATIENT_MS)
        first = time.perf_counter()
        expect(page.locator(READY)).to_have_count(3, timeout=PATIENT_MS)
        end = time.perf_counter()
    steps = {"preview": looked, "imported": imported, "first column": first, "three columns": end}
    return {
        "passages": 300,
        "drops": 1,
        "clicks": clicks,
        "seconds": {n: round(at - started, 1) for n, at in steps.items()},
    }


def made(workspace: Workspace, name: str, passages: int, seed: int) -> datasets.DatasetRow:
    rng = random.Random(seed)
    with workspace.write() as db:
        dataset_id = datasets.begin_dataset(db, name, "bench")
        datasets.add_docs(db, dataset_id, [Doc(f"{name}{n}", text(rng), text(rng, 5)) for n in range(passages)])
        datasets.add_queries(db, dataset_id, [Query(f"q{n}", text(rng, 5)) for n in range(2)])
        datasets.finish_dataset(db, dataset_id, {})
        return datasets.get_dataset(db, name)


def wait_for_jobs(workspace: Workspace) -> None:
    while True:
        with workspace.open() as db:
            if not jobs.open_jobs(db):
                return
        time.sleep(0.5)


def typed(browser: Browser, folder: Path) -> dict[str, Any]:
    """A typed query on a dataset of 500 passages while 20,000 others are embedded."""
    workspace = Workspace(folder / "typed.db")
    made(workspace, "here", 500, 1)
    made(workspace, "other", 20_000, 2)
    seconds, done = [], []
    with app(workspace) as url, new_page(browser) as page:
        page.goto(f"{url}/Compare?ds=here")
        expect(page.locator(READY)).to_have_count(3, timeout=PATIENT_MS)
        wait_for_jobs(workspace)
        with workspace.write() as db:
            submit(db, RunRequest.of(Experiment.of(workspace, "other", ALWAYS_READY)), True)
        time.sleep(8)
        for number in range(3):
            query = text(random.Random(10 + number), 6)
            field = page.get_by_label("Try a query")
            field.fill(query)
            started = time.perf_counter()
            field.press("Enter")
            expect(page.locator(".summary .query")).to_contain_text(query, timeout=PATIENT_MS)
            expect(page.locator(READY)).to_have_count(3, timeout=PATIENT_MS)
            seconds.append(round(time.perf_counter() - started, 2))
            with workspace.open() as db:
                other = [job for job in jobs.open_jobs(db) if job.kind == "run"]
            done.append([(job.done, job.total, job.message[:60]) for job in other])
    return {"candidates": 50, "seconds": seconds, "beside": done}


BENCHES: dict[str, Callable[[Browser, Path], dict[str, Any]]] = {"judge": judge, "files": files, "typed": typed}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("which", nargs="*", choices=[*BENCHES, []], help="which of them (default: all)")
    chosen = parser.parse_args().which or list(BENCHES)
    with chromium() as browser, tempfile.TemporaryDirectory() as folder:
        for name in chosen:
            before = os.getloadavg()[0]
            found = BENCHES[name](browser, Path(folder))
            print(json.dumps({name: found, "load": [round(before, 1), round(os.getloadavg()[0], 1)]}), flush=True)


if __name__ == "__main__":
    main()
