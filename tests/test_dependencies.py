"""What is shipped imports only what `pip install rerank-lens` or one of its extras brings: no test, no test's peer.

A library that a declared one requires (tokenizers by transformers) need not be declared again.
"""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from importlib.metadata import PackageNotFoundError, packages_distributions, requires
from pathlib import Path

from tests.conftest import ROOT

SHIPPED = [ROOT / "app.py", *(ROOT / "pages").rglob("*.py"), *(ROOT / "rerank_core").rglob("*.py")]
OWN = {"rerank_core", "pages"}


def distribution(requirement: str) -> str:
    """The name alone, as the registry compares names."""
    return re.sub(r"[-_.]+", "-", re.match(r"[\w.-]+", requirement)[0]).lower()


def required(name: str) -> set[str]:
    """What a distribution itself requires, without its extras; nothing where it is not installed."""
    try:
        return {distribution(each) for each in requires(name) or () if "extra ==" not in each}
    except PackageNotFoundError:
        return set()


def imported(path: Path) -> set[str]:
    """The top-level modules that a file imports, wherever it does."""
    modules = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            modules |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            modules.add(node.module)
    return {module.split(".")[0] for module in modules}


def test_shipped_files_import_only_what_is_declared():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = [names for extra, names in project["optional-dependencies"].items() if extra != "dev"]
    declared = {distribution(name) for names in (project["dependencies"], *extras) for name in names}
    brought = declared.union(*map(required, declared))
    providers = packages_distributions()
    undeclared = {
        f"{path.relative_to(ROOT)}: {module}"
        for path in SHIPPED
        for module in imported(path) - OWN - sys.stdlib_module_names
        if not {distribution(name) for name in providers.get(module, [module])} & brought
    }
    assert undeclared == set()
