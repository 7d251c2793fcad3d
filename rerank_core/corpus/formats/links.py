"""Symbolic links in a folder that is imported: they must not lead out of it."""

from __future__ import annotations

from pathlib import Path

LEADS_OUT = "a link that leads out of the folder"
LEADS_NOWHERE = "a link that leads nowhere"


def why_not_followed(path: Path, root: Path) -> str:
    """Why a file under `root` is not read; "" for what is no link, or links to a file that lies under `root` too.

    The folders between the two are no links: a walk does not follow those.
    """
    if not path.is_symlink():
        return ""
    try:
        target = path.resolve(strict=True)
    except (OSError, RuntimeError):
        return LEADS_NOWHERE
    return "" if target.is_relative_to(root.resolve()) else LEADS_OUT
