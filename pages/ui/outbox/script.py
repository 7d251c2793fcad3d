"""Makes one script of a component's files.

A component takes one script, and a module that is loaded from a blob cannot import its neighbours. The files are
therefore put one after the other; `import` lines and the word `export` go, but for `export default`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path


def one_module(files: Iterable[Path]) -> str:
    """The JavaScript of `files`, in their order, as one ES module with a default export and no imports."""
    whole = "\n".join(path.read_text(encoding="utf-8") for path in files)
    whole = re.sub(r"^import .*;$", "", whole, flags=re.MULTILINE)
    return re.sub(r"^export (?!default)", "", whole, flags=re.MULTILINE)
