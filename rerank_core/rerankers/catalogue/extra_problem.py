"""What keeps a library that is not always installed from being imported, told without importing it."""

from __future__ import annotations

import ast
import importlib.util
from collections.abc import Iterable, Iterator
from functools import lru_cache
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement

from rerank_core.rerankers.catalogue.model import Extra


def extra_problem(extra: Extra) -> str | None:
    """A sentence for a person, with the pip line; None: nothing that can be seen from outside stands in the way.

    Looked at: the library is there; its version is one of `extra.versions`; what its own metadata asks for is there in
    the versions that it asks for; and what it imports of other libraries exists (`extra.imports`): the modules, and the
    names that their files bind, which are read and not run.
    """
    if not _is_here(extra.module):
        return f"Needs a library that is not installed: {extra.pip}"
    return _misfit(extra) if extra.versions else None


_here: set[str] = set()
"""Libraries that were found once: pages ask for each of the catalogue's rows, and none goes while they run."""


def _is_here(module: str) -> bool:
    if module not in _here and importlib.util.find_spec(module) is not None:
        _here.add(module)
    return module in _here


@lru_cache(maxsize=8)
def _misfit(extra: Extra) -> str | None:
    """What does not fit together; looked up once, as it takes half a second and pages ask for many rows."""
    wanted = [Requirement(extra.module + extra.versions)]
    try:
        requirements = [Requirement(line) for line in metadata.requires(extra.module) or ()]
    except metadata.PackageNotFoundError:
        # a copy on the path, without metadata: nothing is known about it
        return None
    wanted += [
        requirement
        for requirement in requirements
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""})
    ]
    problem = next((misfit for requirement in wanted if (misfit := _version_problem(requirement))), None)
    problem = problem or next((f"{name.replace(':', '.')} is gone" for name in extra.imports if not _there(name)), None)
    return problem and f"{extra.module} cannot be used here ({problem}): {extra.pip}"


def _version_problem(wanted: Requirement) -> str | None:
    try:
        installed = metadata.version(wanted.name)
    except metadata.PackageNotFoundError:
        return f"{wanted.name} is not installed"
    fits = wanted.specifier.contains(installed, prereleases=True)
    return None if fits else f"{wanted.name} {installed} is installed, {wanted.specifier} is needed"


def _there(name: str) -> bool:
    """Whether "a.module" exists, or binds the name of "a.module:NAME"; nothing is imported."""
    module, _, attribute = name.partition(":")
    places = [place for place in _places(module) if place.is_dir() or _file(place).is_file()]
    if not attribute:
        return bool(places)
    files = [file for place in places for file in (place / "__init__.py", _file(place)) if file.is_file()]
    submodules = (place / attribute for place in places)
    return any(place.is_dir() or _file(place).is_file() for place in submodules) or any(
        _may_bind(file, attribute) for file in files
    )


def _places(module: str) -> list[Path]:
    """Where a module may lie, without the end of a file's name: only its package's place is looked up."""
    package, *rest = module.split(".")
    spec = importlib.util.find_spec(package)
    return [Path(place).joinpath(*rest) for place in (spec and spec.submodule_search_locations) or ()]


def _file(place: Path) -> Path:
    return place.parent / f"{place.name}.py"


def _may_bind(file: Path, name: str) -> bool:
    """Whether a module's own statements bind a name; also where that cannot be told from them."""
    names = _bound(file)
    return name in names or "*" in names or "__getattr__" in names


@lru_cache(maxsize=32)
def _bound(file: Path) -> frozenset[str]:
    """The names that a file's statements bind when it is imported, "*" among them where it imports so."""
    return frozenset(_names(ast.parse(file.read_bytes()).body))


def _names(statements: Iterable[ast.stmt]) -> Iterator[str]:
    for statement in statements:
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield statement.name
        elif isinstance(statement, ast.Import | ast.ImportFrom):
            yield from (alias.asname or alias.name.partition(".")[0] for alias in statement.names)
        elif isinstance(statement, ast.Assign | ast.AnnAssign):
            targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
            yield from (part.id for target in targets for part in ast.walk(target) if isinstance(part, ast.Name))
        elif isinstance(statement, ast.If | ast.Try | ast.With):
            blocks = [getattr(statement, field, []) for field in ("body", "orelse", "finalbody")]
            blocks += [handler.body for handler in getattr(statement, "handlers", [])]
            for block in blocks:
                yield from _names(block)
