"""The verbs that keep the workspace safe: a copy of it, and such a copy put back."""

from __future__ import annotations

from rerank_core.shell.answer import Answer, Call, told
from rerank_core.store.backup import back_up, restore


def backup(call: Call) -> Answer:
    """Where the copy lies, and how large it is in bytes."""
    target = call.options.path
    back_up(call.workspace, target, call.options.force)
    return told({"backup": str(target), "bytes": target.stat().st_size})


def restore_backup(call: Call) -> Answer:
    """What lies where now; `replaced` is None where there was no workspace before."""
    kept = restore(call.workspace, call.options.path)
    return told({"workspace": str(call.workspace.path), "replaced": None if kept is None else str(kept)})
