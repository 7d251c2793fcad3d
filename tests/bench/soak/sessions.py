"""Three people at work in a browser, a step at a time: one grades, one compares and evaluates, one brings in data.

Steps use controls by their role and name, and go on without one that is not there: what is measured is the server.
"""

from __future__ import annotations

import itertools
import json
import random
import string
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from rerank_core.experiment import job_requests
from rerank_core.experiment.job_requests import ImportRequest
from rerank_core.store import datasets, jobs
from rerank_core.store.workspace import Workspace
from tests.bench.ui.browsing import READY

if TYPE_CHECKING:
    from playwright.sync_api import Page

PATIENCE = 60_000
_WORDS = ("refund", "order", "account", "invoice", "battery", "update", "policy", "customer", "payment", "password")
_VIEW = "ds=demo&ret=BM25%20(words)&depth=20"  # words alone: what is waited for is the pages, not embeddings
_PARTS = ("Queries", "Slices", "Scores", "Candidate depth", "Cost", "Report and export")


@dataclass
class Session:
    """Somebody at a page: `step` does one thing. `did`: how often each thing was done; `failed`: or was not."""

    page: Page
    url: str
    workspace: Workspace
    rng: random.Random
    did: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._steps: Iterator[tuple[str, Callable[[], None]]] = itertools.cycle(self.steps())

    def steps(self) -> list[tuple[str, Callable[[], None]]]:
        """What is done, by name, in turn."""
        raise NotImplementedError

    def step(self) -> None:
        """Do the next thing. One that fails is counted, and the next step begins on a page opened anew."""
        name, do = next(self._steps)
        try:
            do()
            self.did[name] += 1
            boxes = self.page.locator("[data-testid='stException']")
            if boxes.count():
                self.failed[f"an exception was shown after: {name}"] += 1
                self.page.goto("about:blank")
        except Exception as error:
            self.failed[f"{name}: {type(error).__name__}: {str(error).splitlines()[0][:120]}"] += 1
            self.page.goto("about:blank")

    def open(self, path: str, wait: str = READY) -> None:
        """Open a page of the app and wait until `wait` is there."""
        self.page.goto(self.url + path)
        self.page.locator(READY).wait_for(state="attached", timeout=PATIENCE)
        self.page.locator(wait).first.wait_for(state="attached", timeout=PATIENCE)

    def typed(self) -> str:
        """A query that nobody typed before."""
        return " ".join(self.rng.choices(_WORDS, k=3)) + " " + "".join(self.rng.choices(string.ascii_lowercase, k=6))


class Expert(Session):
    """Grades on Label by keyboard, and comes back as somebody else when the list is done."""

    judges = itertools.count(1)

    def steps(self) -> list[tuple[str, Callable[[], None]]]:
        """A page load now and then, and grades."""
        return [("open Label", self._open), *[("grade ten passages", self._grade)] * 30]

    def _open(self) -> None:
        self.open(f"/Label?ds=demo&judge=expert-{next(self.judges)}", ".label[data-state='reading']")

    def _grade(self) -> None:
        if not self.page.locator(".label[data-state='reading']").count():
            self._open()
        for _ in range(10):
            self.page.keyboard.press(self.rng.choice("0123"))
            self.page.wait_for_timeout(60)
        self.page.locator(".last[data-pending='0']").wait_for(state="attached", timeout=PATIENCE)


class Engineer(Session):
    """Compares, grades on the board, types queries of their own, and evaluates."""

    def steps(self) -> list[tuple[str, Callable[[], None]]]:
        """A round over the pages that compute."""
        evaluate = [(f"Evaluate, {part}", lambda part=part: self._evaluate(part)) for part in _PARTS]
        grading = [("open Compare", self._compare), *[("grade on the board", self._grade)] * 4]
        return [
            *grading,
            ("type a query", self._type),
            *grading,
            *evaluate,
            ("Inspect", lambda: self.open(f"/Inspect?{_VIEW}")),
        ]

    def _compare(self) -> None:
        self.open(f"/Compare?{_VIEW}&q=q{self.rng.randint(1, 60):02}&judge=engineer", ".column .card")

    def _grade(self) -> None:
        if not self.page.locator(".column .card").count():
            self._compare()
        card = self.page.locator(".column:visible .card").nth(self.rng.randrange(5))
        card.focus()
        self.page.keyboard.press(self.rng.choice("0123"))
        self.page.locator(".summary[data-pending='0']").wait_for(state="attached", timeout=PATIENCE)

    def _type(self) -> None:
        box = self.page.get_by_role("textbox", name="Try a query")
        box.fill(self.typed())
        box.press("Enter")
        self.page.wait_for_timeout(500)
        self.page.locator(READY).wait_for(state="attached", timeout=PATIENCE)
        self.page.locator(".column .card").first.wait_for(state="attached", timeout=PATIENCE)

    def _evaluate(self, part: str) -> None:
        self.open(f"/Evaluate?{_VIEW}&part={part.replace(' ', '%20')}")


class Steward(Session):
    """Brings in datasets, looks at them, takes them away, and walks over the other pages."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self._number = 0

    def steps(self) -> list[tuple[str, Callable[[], None]]]:
        """A dataset's life, and the pages that only show."""
        shown = [(name, lambda path=path: self.open(path)) for name, path in (
            ("Start", "/"),
            ("Data", "/Data"), ("Rerankers", "/Rerankers"), ("Agreement", "/Agreement?ds=demo&judge=lead"),
            ("Present", f"/Present?{_VIEW}"), ("LLM grades", f"/LLM_grades?{_VIEW}"),
        )]  # fmt: skip
        return [("import", self._import), ("compare what came", self._compare), *shown, ("delete", self._delete)]

    @property
    def _name(self) -> str:
        return f"soak {self._number}"

    def _import(self) -> None:
        self._number += 1
        path = self.workspace.path.parent / f"{self._name}.jsonl"
        texts = [" ".join(self.rng.choices(_WORDS, k=40)) for _ in range(120)]
        path.write_text("".join(json.dumps({"id": f"d{n}", "text": text}) + "\n" for n, text in enumerate(texts)))
        (beside := path.with_suffix(".queries")).write_text(json.dumps({"_id": "q1", "text": self.typed()}) + "\n")
        request = ImportRequest(name=self._name, path=str(path), options={"queries": str(beside)})
        with self.workspace.write() as db:
            job = job_requests.submit(db, request)
        for _ in range(5 * PATIENCE // 100):
            with self.workspace.open() as db:
                state = jobs.get(db, job)
            if not state.is_open:
                break
            self.page.wait_for_timeout(100)
        path.unlink()
        beside.unlink()
        if state.state != "done":
            raise AssertionError(f"{state.state}: {state.message}")

    def _compare(self) -> None:
        self.open(f"/Compare?{_VIEW.replace('demo', self._name.replace(' ', '%20'))}", ".column .card")

    def _delete(self) -> None:
        with self.workspace.open() as db:
            if self._name not in {row.name for row in datasets.list_datasets(db)}:
                return  # its import failed, which is counted already
            for job in jobs.open_jobs(db):
                if job.params.get("dataset") == self._name:
                    with self.workspace.write() as writing:
                        jobs.cancel(writing, job.id)
        with self.workspace.write() as db:
            datasets.drop_dataset(db, datasets.get_dataset(db, self._name).id)


def lost_grades(workspace: Workspace, folder: Path) -> str:
    """What the file's own check says, "" where it is whole."""
    with workspace.open() as db:
        found = [row[0] for row in db.execute("PRAGMA integrity_check")]
    return "" if found == ["ok"] else "; ".join(found[:3])
