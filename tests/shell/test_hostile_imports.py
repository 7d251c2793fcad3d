"""Files made to harm, given to the verbs: each is taken, or refused by one line that names it, without a traceback.

In this process, by the function that the command calls; RERANK_LENS_HOSTILE_VERBS says how many (60 without it), and
RERANK_LENS_HOSTILE_PROCESSES how many more by a process of their own (1 without it), whose start takes most of the
time. The seed of each file is its number; RERANK_LENS_HOSTILE_FROM names the first one.
"""

from __future__ import annotations

import os
import random
import re
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from rerank_core.__main__ import main
from rerank_core.corpus.ingest import import_dataset
from rerank_core.shell.answer import DONE, FAILED, NO, NOTHING, USAGE
from rerank_core.store import datasets
from rerank_core.store.workspace import Workspace
from tests.corpus.test_hostile_files import MOST_MEMORY, SLOWEST, make_file, peak

COUNT = int(os.environ.get("RERANK_LENS_HOSTILE_VERBS", "60"))
PROCESSES = int(os.environ.get("RERANK_LENS_HOSTILE_PROCESSES", "1"))
GOOD = '{"id": "d1", "text": "fish"}\n{"id": "d2", "text": "owls"}\n'
FIRST = int(os.environ.get("RERANK_LENS_HOSTILE_FROM", "100000"))
"""The seed of the first file: others than those that the reading functions are tried with."""


def verbs(path: Path, number: int) -> list[list[str]]:
    """Every way to give a file to the command; `import` more often than the others."""
    file, name, good = str(path), f"set {number}", str(path.parent / "good.jsonl")
    return [
        *[["import", name, file]] * 4,
        ["import", name, str(path.parent)],
        ["import", name, file, "--chunk-words", "5", "--overlap-words", "0"],
        ["import", name, file, "--look"],
        ["import", name, good, "--queries", file],
        ["import", name, good, "--qrels", file],
        ["import-queries", "beside", file],
        ["import-labels", "beside", file],
        ["import-run", "beside", file],
        ["update", "beside", file, "--dry-run"],
        ["remove", "beside", "--from", file, "--dry-run"],
        ["remove-queries", "beside", "--from", file, "--dry-run"],
        ["watch", file],
    ]


def outcome(code: int, err: str, path: Path, words: list[str]) -> str:
    """ "taken", "refused" or "refused, with a line"; AssertionError for anything else."""
    case = f"file {path.parent.name}, {words[0]} {path.name}: {code} {err[-1_500:]}"
    assert "Traceback" not in err, case
    if code in (DONE, NO, NOTHING):
        return "taken"
    assert code in (USAGE, FAILED), case
    if "--look" in words and code == FAILED and not err:
        return "looked at, and not to be imported"
    assert len(re.findall("^error: ", err, re.MULTILINE)) == 1, case
    said = err[err.index("error: ") :]
    assert str(path.parent) in said or "'beside'" in said, case
    assert len(said) < 8_000, case
    return "refused, with a line" if re.search(r"\bline \d", said) else "refused"


@pytest.fixture
def beside(workspace: Workspace, tmp_path: Path) -> Workspace:
    (tmp_path / "beside.jsonl").write_text(GOOD)
    import_dataset(workspace, "beside", tmp_path / "beside.jsonl")
    return workspace


def harmful(tmp_path: Path, seed: int) -> tuple[Path, list[str]]:
    """A file in a folder of its own, with a good one beside it, and what it is given to."""
    rng = random.Random(seed)
    folder = tmp_path / f"f{seed}"
    folder.mkdir()
    path = make_file(rng, folder)
    words = rng.choice(verbs(path, seed))
    if str(folder / "good.jsonl") in words:
        (folder / "good.jsonl").write_text(GOOD)
    return path, words


def test_each_verb_takes_a_file_or_refuses_it_in_one_line_that_names_it(beside, tmp_path, capsys):
    outcomes: Counter[str] = Counter()
    slowest, memory = 0.0, peak()
    for seed in range(FIRST, FIRST + COUNT):
        path, words = harmful(tmp_path, seed)
        started = time.process_time()
        code = main(["--workspace", str(beside.path), *words])
        seconds = time.process_time() - started
        outcomes[outcome(code, capsys.readouterr().err, path, words)] += 1
        assert seconds < SLOWEST, f"file {seed}, {words[0]} {path.name}: {seconds:.1f} s"
        slowest = max(slowest, seconds)
        assert peak() < memory + MOST_MEMORY, f"file {seed}, {words[0]} {path.name}: {peak():,} MiB"
        for left in path.parent.iterdir():
            left.unlink()
    with beside.open() as db:
        assert db.execute("SELECT count(*) FROM dataset WHERE state = 'importing'").fetchone()[0] == 0
        assert datasets.get_dataset(db, "beside").n_docs == 2
    with capsys.disabled():
        print(f"\n{COUNT:,} files by the verbs: {dict(outcomes)}, the slowest {slowest:.2f} s, at most {peak():,} MiB")
    assert {"taken", "refused, with a line"} <= set(outcomes), "both happen"


LAUNCH = """
import resource, subprocess, sys
code = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, timeout=120).returncode
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024)
raise SystemExit(code)
"""
"""Started by a process as large as this one, a command is counted with that size (Linux carries it through exec)."""


def run_alone(command: list[str]) -> tuple[int, str, int]:
    """Exit code, standard error, and the most memory of this one process in MiB."""
    done = subprocess.run([sys.executable, "-c", LAUNCH, *command], capture_output=True, text=True, timeout=180)
    return done.returncode, done.stderr, int(done.stdout)


def test_a_process_of_its_own_does_the_same(beside, tmp_path):
    outcomes: Counter[str] = Counter()
    most = 0
    for seed in range(FIRST + COUNT, FIRST + COUNT + PROCESSES):
        path, words = harmful(tmp_path, seed)
        command = [sys.executable, "-m", "rerank_core", "--workspace", str(beside.path), *words]
        code, said, memory = run_alone(command)
        outcomes[outcome(code, said, path, words)] += 1
        most = max(most, memory)
    assert most < MOST_MEMORY, f"{most:,} MiB"
    print(f"{PROCESSES:,} processes: {dict(outcomes)}, at most {most:,} MiB")
