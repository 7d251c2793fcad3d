"""Invitations: links that open one thing for one kind of guest. The secret of a link is kept as its hash only."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlite_utils import Database

from rerank_core.errors import NotFoundError
from rerank_core.store import row_values
from rerank_core.store.workspace import now

KINDS = ("judge", "voter", "reader")
_HASH = re.compile("[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class InvitationRow:
    """A link that was made. `name`: the judge's, "" for voters and readers. `opens`: what it opens, as JSON.

    `made`, `used` (last), `withdrawn`: ISO 8601 in UTC, "" where that did not happen. `token_hash`: SHA-256 of the
    link's secret, in hex.
    """

    id: str
    token_hash: str
    kind: str
    dataset_id: int
    dataset: str
    name: str
    opens: str
    made: str
    used: str
    withdrawn: str


_SELECT = """SELECT i.id, token_hash, kind, dataset_id, dataset.name, i.name, opens, made, used, withdrawn
             FROM invitation i JOIN dataset ON dataset.id = dataset_id"""


def add(db: Database, invitation_id: str, token_hash: str, kind: str, dataset_id: int, name: str, opens: str) -> None:
    """Keep an invitation, inside `Workspace.write()`; `kind` is one of KINDS."""
    db.execute(
        "INSERT INTO invitation (id, token_hash, kind, dataset_id, name, opens, made) VALUES (?, ?, ?, ?, ?, ?, ?)",
        [invitation_id, token_hash, kind, dataset_id, name, opens, now()],
    )


def find(db: Database, invitation_id: str) -> InvitationRow | None:
    """The invitation of this id; None where there is none (any more), or none that this version can read."""
    row = db.execute(f"{_SELECT} WHERE i.id = ?", [invitation_id]).fetchone()
    return None if row is None else _invitation(row)


def listed(db: Database, dataset_id: int | None = None) -> list[InvitationRow]:
    """All invitations, of one dataset or of all (None), newest first, the withdrawn ones too.

    What this version cannot read opens nothing, and is left out.
    """
    where, values = ("", []) if dataset_id is None else ("WHERE dataset_id = ?", [dataset_id])
    rows = db.execute(f"{_SELECT} {where} ORDER BY made DESC, i.id", values).fetchall()
    return [found for row in rows if (found := _invitation(row)) is not None]


def withdraw(db: Database, invitation_id: str) -> None:
    """Close a link for good, inside `Workspace.write()`; one that is closed stays as it is. Raises NotFoundError."""
    if find(db, invitation_id) is None:
        raise NotFoundError(f"There is no invitation '{invitation_id}'.")
    db.execute("UPDATE invitation SET withdrawn = ? WHERE id = ? AND withdrawn = ''", [now(), invitation_id])


def note_use(db: Database, invitation_id: str) -> None:
    """Write down that the link was opened now, inside `Workspace.write()`."""
    db.execute("UPDATE invitation SET used = ? WHERE id = ?", [now(), invitation_id])


def _invitation(row: Sequence[Any]) -> InvitationRow | None:
    """None: this version cannot read it."""
    own_id, token_hash, kind, dataset_id, *texts = row
    try:
        if kind not in KINDS or _HASH.fullmatch(row_values.own_text(token_hash)) is None:
            return None
        facts = row_values.own_text(own_id), token_hash, kind, row_values.whole(dataset_id)
        return InvitationRow(*facts, *map(row_values.text, texts))
    except row_values.UNREADABLE:
        return None
