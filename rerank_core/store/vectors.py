"""Embeddings kept by (model, text hash), so that only changed texts are embedded again."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from sqlite_utils import Database

from rerank_core.store.workspace import Workspace

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class StoredVectors:
    """Vectors in the workspace as float16 (half the space; a cosine moves by less than 0.001)."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def get_many(self, model: str, hashes: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        """Text hash -> vector of shape (dimensions,), for those that are kept."""
        import numpy as np

        found: dict[str, NDArray[np.float32]] = {}
        with self._workspace.open() as db:
            sql = """SELECT text_hash, data FROM vector
                     WHERE model = ? AND text_hash IN (SELECT value FROM json_each(?))"""
            for text_hash, data in db.execute(sql, [model, json.dumps(list(hashes))]):
                if isinstance(data, bytes) and data and len(data) % 2 == 0:
                    found[text_hash] = np.frombuffer(data, dtype=np.float16).astype(np.float32)
        lengths = Counter(map(len, found.values())).most_common(1)
        # one of another length, or with values that are no numbers, is made anew, and replaced
        return {
            text_hash: vector
            for text_hash, vector in found.items()
            if len(vector) == lengths[0][0] and np.isfinite(vector).all()
        }

    def put_many(self, model: str, items: Mapping[str, NDArray[np.float32]]) -> None:
        """Keep text hash -> vector of shape (dimensions,)."""
        import numpy as np

        rows = [(model, text_hash, vector.astype(np.float16).tobytes()) for text_hash, vector in items.items()]
        with self._workspace.write() as db:
            db.conn.executemany("INSERT OR REPLACE INTO vector (model, text_hash, data) VALUES (?, ?, ?)", rows)


def count_without_vector(db: Database, dataset_id: int, model: str, most: int) -> int:
    """How many passages of a dataset have no vector of this model, counted up to `most`."""
    sql = """SELECT count(*) FROM (SELECT 1 FROM doc WHERE dataset_id = ? AND NOT EXISTS
             (SELECT 1 FROM vector WHERE model = ? AND vector.text_hash = doc.text_hash) LIMIT ?)"""
    return int(db.execute(sql, [dataset_id, model, most]).fetchone()[0])
