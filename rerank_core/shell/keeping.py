"""The verbs that keep the workspace safe: a copy of it, and such a copy put back."""

from __future__ import annotations

from rerank_core.shell.answer import Call, VerbResult, facts_result
from rerank_core.store.backup import back_up, restore


def backup(call: Call) -> VerbResult:
    """Where the copy lies, and how large it is in bytes."""
    target = call.options.path
    back_up(call.workspace, target, call.options.force)
    return facts_result({"backup": str(target), "bytes": target.stat().st_size})


def restore_backup(call: Call) -> VerbResult:
    """What lies where now; `replaced` is None where there was no workspace before."""
    kept = restore(call.workspace, call.options.path)
    return facts_result({"workspace": str(call.workspace.path), "replaced": None if kept is None else str(kept)})
