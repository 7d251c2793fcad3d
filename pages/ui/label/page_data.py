"""What the desk is built from: whose it is, the scale, and what may be shown."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from rerank_core.store.scales import Grade

LONGEST_NOTE = 4_000  # characters


@dataclass(frozen=True, slots=True)
class Link:
    """A way on, once all is graded."""

    label: str
    href: str


@dataclass(frozen=True, slots=True)
class LabelData:
    """The static part of the page.

    `outbox_key` names the dataset and the judge, as on Compare. `scale`: lowest grade first. `show_rank`: whether a
    passage's best place in the results is shown. `grouped`: the passages of one query come together, so that
    "passage 3 of 12" says something.
    """

    outbox_key: str
    scale: Sequence[Grade]
    show_rank: bool = False
    grouped: bool = True
    next: Sequence[Link] = ()

    def to_json(self) -> dict[str, Any]:
        """The payload of the component, with a version that follows from it."""
        payload = {
            "outbox_key": self.outbox_key,
            "scale": [step._asdict() for step in self.scale],
            "show_rank": self.show_rank,
            "grouped": self.grouped,
            "next": [asdict(link) for link in self.next],
            "longest_note": LONGEST_NOTE,
        }
        text = json.dumps(payload, ensure_ascii=True, separators=(",", ":"))
        return {"version": hashlib.sha256(text.encode("ascii")).hexdigest()[:16], **payload}
