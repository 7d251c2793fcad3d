"""Threads of a product sleep while they wait, in the worker and in every verb; what the environment says goes first."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from rerank_core.ranking import own_process

VERB = "from rerank_core.__main__ import main; main(['systems', '--json']); import torch"


def spins(code: str, environment: dict[str, str]) -> int:
    """How often a thread looks before it sleeps, as OpenMP itself prints it while torch loads it."""
    environment = {**environment, "OMP_DISPLAY_ENV": "VERBOSE"}
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True)
    return int(next(line for line in ran.stderr.splitlines() if "GOMP_SPINCOUNT" in line).split("'")[1])


@pytest.fixture
def bare(tmp_path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("OMP_")}
    return {**kept, "RERANK_LENS_WORKSPACE": str(tmp_path / "workspace.db")}


def test_the_worker_and_the_verbs_have_threads_that_sleep(bare, monkeypatch):
    monkeypatch.setattr(os, "environ", bare)
    assert spins("import torch", own_process.environment()) == 0
    assert spins(VERB, bare) == 0
    assert spins("import torch", bare) > 0


def test_what_the_environment_says_stays(bare, monkeypatch):
    monkeypatch.setattr(os, "environ", {**bare, "OMP_WAIT_POLICY": "ACTIVE"})
    assert own_process.environment()["OMP_WAIT_POLICY"] == "ACTIVE"
    assert spins(VERB, dict(os.environ)) > 0
