"""What keeps a library that is not always installed from being imported, told without importing it."""

from __future__ import annotations

import importlib.util
from functools import lru_cache
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement

from rerank_core.rerankers.model import Extra


def extra_problem(extra: Extra) -> str | None:
    """A sentence for a person, with the pip line; None: nothing that can be seen from outside stands in the way.

    Looked at: the library is there; its version is one of `extra.versions`; what its own metadata asks for is there in
    the versions that it asks for; and the modules of other libraries that it imports exist (`extra.imports`).
    """
    if importlib.util.find_spec(extra.module) is None:
        return f"Needs a library that is not installed: {extra.pip}"
    return _misfit(extra) if extra.versions else None


@lru_cache(maxsize=8)
def _misfit(extra: Extra) -> str | None:
    """What does not fit together; looked up once, as it takes 30 ms and pages ask for many rows."""
    wanted = [Requirement(extra.module + extra.versions)]
    try:
        asked = [Requirement(line) for line in metadata.requires(extra.module) or ()]
    except metadata.PackageNotFoundError:
        # a copy on the path, without metadata: nothing is known about it
        return None
    wanted += [one for one in asked if one.marker is None or one.marker.evaluate({"extra": ""})]
    problem = next((found for one in wanted if (found := _version_problem(one))), None)
    problem = problem or next((f"{name} is gone" for name in extra.imports if not _there(name)), None)
    return problem and f"{extra.module} cannot be used here ({problem}): {extra.pip}"


def _version_problem(wanted: Requirement) -> str | None:
    try:
        found = metadata.version(wanted.name)
    except metadata.PackageNotFoundError:
        return f"{wanted.name} is not installed"
    fits = wanted.specifier.contains(found, prereleases=True)
    return None if fits else f"{wanted.name} {found} is installed, {wanted.specifier} is needed"


def _there(name: str) -> bool:
    """Whether a module exists; only its package's place is looked up, so that nothing is imported."""
    package, *rest = name.split(".")
    spec = importlib.util.find_spec(package)
    places = [Path(place).joinpath(*rest) for place in (spec and spec.submodule_search_locations) or ()]
    return any(place.is_dir() or place.with_suffix(".py").is_file() for place in places)
