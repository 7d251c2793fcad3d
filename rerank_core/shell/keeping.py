"""The verbs that keep the workspace: a copy of it, such a copy put back, and its datasets in order."""

from __future__ import annotations

from pathlib import Path

from rerank_core.corpus.keeping import STAYS, belongings, delete_dataset, rename_dataset
from rerank_core.errors import SettingsError
from rerank_core.reports.dataset_export import export_dataset
from rerank_core.shell.answer import USAGE, Call, VerbResult, facts_result
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


def dataset(call: Call) -> VerbResult:
    """What was done. Raises SettingsError where an action lacks its target, or has one that it does not take."""
    options = call.options
    if options.action == "delete":
        if options.target is not None:
            raise SettingsError("dataset delete takes one name.")
        return _delete(call)
    if options.target is None:
        wanted = "the new name" if options.action == "rename" else "a new folder, or a .zip file"
        raise SettingsError(f"dataset {options.action} {options.name}: name {wanted} too.")
    if options.action == "rename":
        return facts_result(
            {"before": options.name, "dataset": rename_dataset(call.workspace, options.name, options.target)}
        )
    export_dataset(call.workspace, options.name, Path(options.target))
    return facts_result({"exported": options.name, "path": options.target})


def _delete(call: Call) -> VerbResult:
    """Without --yes what would go, and exit code 2: nothing was done."""
    name = call.options.name
    if not call.options.yes:
        would = belongings(call.workspace, name)
        shown = facts_result({"would delete": name, **would.to_dict()})
        last = f"Nothing was deleted. To delete it: dataset delete {name!r} --yes"
        return VerbResult(shown.value, (STAYS, last), shown.rows, USAGE)
    went = delete_dataset(call.workspace, name, call.progress)
    shown = facts_result({"deleted": name, **went.to_dict()})
    return VerbResult(shown.value, (STAYS,), shown.rows)
