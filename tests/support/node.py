"""Runs the pages' JavaScript under node, where it is installed."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

_NODE = shutil.which("node") or ""
needs_node = pytest.mark.skipif(not _NODE, reason="node is not installed")


def _run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([_NODE, *arguments], capture_output=True, text=True, timeout=60, check=False)


def passes_its_node_tests(script: Path) -> None:
    """Run `script` by node's own test runner; what it prints is the reason where it fails."""
    done = _run("--test", str(script))
    assert done.returncode == 0, done.stdout + done.stderr


def is_one_module(script: str, folder: Path) -> None:
    """`script` loads as an ES module whose only export is the default one, a function."""
    module = folder / "joined.mjs"
    module.write_text(script, encoding="utf-8")
    done = _run("-e", f"import({str(module)!r}).then((m) => console.log(Object.keys(m).join(), typeof m.default))")
    assert done.stdout.strip() == "default function", done.stderr


def sets_no_markup(script: str) -> None:
    """Texts go into the page as text: nothing in `script` reads them as HTML or as code."""
    assert not [word for word in ("innerHTML", "outerHTML", "insertAdjacentHTML", "eval(") if word in script]
