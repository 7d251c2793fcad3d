"""Files that were uploaded and wait for their import: a folder for each upload, beside the workspace's file."""

from __future__ import annotations

import re
import secrets
import shutil
import time
from pathlib import Path

from rerank_core.store import row_values
from rerank_core.store.file_place import beside
from rerank_core.store.workspace import Workspace

LONGEST_WAIT = 3600.0  # seconds, for what was looked at and never imported; the page lays it down again


def uploads_folder(workspace: Workspace) -> Path:
    """Where the uploads of a workspace lie."""
    return beside(workspace.path, ".uploads")


def shown_source(workspace: Workspace, text: str) -> str:
    """The text without the places of uploads: people know an uploaded file by its own name."""
    root = re.escape(str(uploads_folder(workspace)))
    return re.sub(rf"{root}[/\\][0-9a-f]{{16}}(?:[/\\](?=\S))?", "", text).replace("  ", " ")


def make_upload_folder(workspace: Workspace) -> Path:
    """A new folder for one upload, for its owner alone. Its name was never used before: job rows name such folders."""
    root = uploads_folder(workspace)
    root.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder = root / secrets.token_hex(8)
    folder.mkdir(mode=0o700)
    return folder


def discard_upload(workspace: Workspace, source: Path) -> None:
    """Remove the upload that `source` is, or is a file of; anything else is left alone."""
    root = uploads_folder(workspace)
    for folder in (source, source.parent):
        if folder.parent == root:
            shutil.rmtree(folder, ignore_errors=True)


def discard_read_uploads(workspace: Workspace, longest_wait: float = LONGEST_WAIT) -> None:
    """Remove the uploads whose import or change has ended, in whatever way, and those that waited too long for one.

    What a job waits for or reads stays, and what was only looked at: it may still be taken. `longest_wait`: in seconds;
    0 as a server starts, when nobody can be looking. Raises WorkspaceError.
    """
    root = uploads_folder(workspace)
    folders = [folder for folder in root.iterdir() if folder.is_dir()] if root.is_dir() else []
    if not folders:
        return
    jobs = _jobs(workspace)
    for folder in folders:
        own = [(is_open, is_look) for named, is_open, is_look in jobs if named == folder]
        has_ended = any(not is_look for _, is_look in own)
        waited = time.time() - folder.stat().st_mtime > longest_wait
        if not any(is_open for is_open, _ in own) and (has_ended or waited):
            shutil.rmtree(folder, ignore_errors=True)


def _jobs(workspace: Workspace) -> list[tuple[Path, bool, bool]]:
    """(an upload's folder, whether the job is open, whether it is only a look), for each job that reads an upload."""
    root = uploads_folder(workspace)
    with workspace.open() as db:
        rows = db.execute("SELECT state, params FROM job WHERE kind IN ('import', 'change')").fetchall()
    found = []
    for state, text in rows:
        try:
            params = row_values.mapping(text)
        except row_values.UNREADABLE:
            continue
        for name in ("path", "remove_path"):
            source = Path(str(params.get(name) or ""))
            for folder in (source, source.parent):
                if folder.parent == root:
                    found.append((folder, state in ("waiting", "running"), bool(params.get("preview"))))
    return found
