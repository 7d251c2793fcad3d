"""The layers of the house: who may import whom, and how long a page may be."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
CORE = sorted((ROOT / "rerank_core").rglob("*.py"))
PAGES = [ROOT / "app.py", *sorted((ROOT / "pages").glob("*.py"))]
SIBLINGS = {"retrieval", "rerankers", "inference", "evaluation", "store"}
# a reranker runs on a device that inference names
ALLOWED = {("rerankers", "inference")}
STANDARD_ONLY = {"types.py", "errors.py"}


def imports(path: Path) -> Iterator[str]:
    """Every module that a file imports, wherever it does."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, f"{path}: imports are absolute here"
            yield node.module


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", CORE, ids=name)
def test_core_never_imports_streamlit_or_pages(path):
    assert not [module for module in imports(path) if module.split(".")[0] in ("streamlit", "pages")]


@pytest.mark.parametrize("path", CORE, ids=name)
def test_siblings_do_not_import_siblings(path):
    own = path.relative_to(ROOT / "rerank_core").parts[0]
    if own not in SIBLINGS:
        return
    others = {module.split(".")[1] for module in imports(path) if module.startswith("rerank_core.")} & SIBLINGS
    assert {(own, other) for other in others - {own}} <= ALLOWED


@pytest.mark.parametrize("path", [path for path in CORE if path.name in STANDARD_ONLY], ids=name)
def test_types_and_errors_need_the_standard_library_only(path):
    assert {module.split(".")[0] for module in imports(path)} <= sys.stdlib_module_names


@pytest.mark.parametrize("path", [p for p in CORE if "views" not in p.parts], ids=name)
def test_altair_stays_in_views(path):
    assert "altair" not in {module.split(".")[0] for module in imports(path)}


@pytest.mark.parametrize("path", PAGES, ids=name)
def test_pages_are_thin(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 90
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.ClassDef | ast.For | ast.While | ast.BinOp)]
    assert "session_state" not in path.read_text(encoding="utf-8")


def test_only_the_state_and_the_board_touch_session_state():
    users = {
        path.name
        for path in (ROOT / "pages" / "ui").rglob("*.py")
        if "session_state" in path.read_text(encoding="utf-8")
    }
    assert users <= {"state.py", "board.py"}


def test_opening_the_app_imports_no_torch():
    code = "import sys, pages.ui.frame, pages.ui.view, pages.ui.outbox.commit, pages.ui.work, pages.ui.board.data; " \
        "print(*{'torch', 'transformers', 'sentence_transformers'} & set(sys.modules))"  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=120, check=True
    )
    assert done.stdout.strip() == ""
