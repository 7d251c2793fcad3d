"""A folder that PostgreSQL's own user may enter."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def postgres_folder() -> Iterator[Path]:
    # not under pytest's own folder, which others may not enter
    folder = Path(tempfile.mkdtemp(prefix="rerank-lens-bench-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)
