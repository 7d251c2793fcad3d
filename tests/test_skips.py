"""A skip is a failure where CI is set, unless its reason is on the list."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.conftest import ROOT
from tests.support.skips import allowed

TEST = """
import pytest

def test_runs():
    pass

@pytest.mark.skipif(True, reason={reason!r})
def test_skips():
    pass
"""
PLUGIN = """
from tests.support.skips import Skips

def pytest_configure(config):
    config.pluginmanager.register(Skips())
"""


@pytest.mark.parametrize(
    ("reason", "ci", "code"),
    [
        ("no such library", "true", 1),
        ("no such library", "", 0),
        ("the labelled collections are not at /nowhere", "true", 0),
    ],
)
def test_only_a_listed_reason_passes_where_ci_is_set(tmp_path, reason, ci, code):
    (tmp_path / "conftest.py").write_text(PLUGIN)
    (tmp_path / "test_one.py").write_text(TEST.format(reason=reason))
    (tmp_path / "test_two.py").write_text(f"import pytest\npytest.skip({reason!r}, allow_module_level=True)\n")
    env = {**os.environ, "CI": ci, "PYTHONPATH": str(ROOT)}
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", tmp_path, tmp_path],
        env=env,
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert run.returncode == code, run.stdout
    assert run.stdout.count(reason) == 2 * bool(code)


def test_a_comment_or_a_blank_line_allows_nothing():
    assert not allowed("# a reason", ["# a reason", "", "  "])
    assert not allowed("anything", [])
