"""Makes one script of a component's files.

A component takes one script, and a module that is loaded from a blob cannot import its neighbours. The files are
therefore put one after the other; `import` lines and the word `export` go, but for `export default`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

# what the board and the Label page share, in the order in which it is put together
_SHARED = ("events.js", "dom.js", "post.js", "mount.js")


def one_module(files: Iterable[Path]) -> str:
    """The outbox's JavaScript, then that of `files`, as one ES module with a default export and no imports."""
    shared = [Path(__file__).with_name(name) for name in _SHARED]
    whole = "\n".join(path.read_text(encoding="utf-8") for path in (*shared, *files))
    whole = re.sub(r"^import .*;$", "", whole, flags=re.MULTILINE)
    return re.sub(r"^export (?!default)", "", whole, flags=re.MULTILINE)
