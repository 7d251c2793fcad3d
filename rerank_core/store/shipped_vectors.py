"""Vectors that come with a dataset: made once by a script, so that nobody waits for them at the first start."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from rerank_core.store.vectors import StoredVectors
from rerank_core.store.workspace import Workspace

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def write_shipped(path: Path, model: str, vectors: Mapping[str, NDArray[np.float32]]) -> None:
    """Write text hash -> vector of shape (dimensions,) as float16, in the order of the hashes; `path` ends in .npz.

    `model`: the key of the encoder that made them; another encoder never finds them.
    """
    import numpy as np

    hashes = sorted(vectors)
    rows = np.stack([vectors[text_hash] for text_hash in hashes]).astype(np.float16)
    np.savez(path, model=np.array(model), hashes=np.array(hashes, dtype="S"), vectors=rows)


def read_shipped(path: Path) -> tuple[str, dict[str, NDArray[np.float32]]]:
    """The encoder's key and text hash -> vector; ("", {}) where no such file is there, or a damaged one."""
    import numpy as np

    try:
        with path.open("rb") as raw, np.load(raw, allow_pickle=False) as file:
            model, hashes, rows = str(file["model"]), file["hashes"], file["vectors"]
            named = [text_hash.decode("ascii") for text_hash in hashes.tolist()]
            return model, dict(zip(named, rows.astype(np.float32), strict=True))
    except (OSError, EOFError, ValueError, KeyError, AttributeError, TypeError, zipfile.BadZipFile):
        return "", {}


def keep_shipped(workspace: Workspace, path: Path) -> int:
    """Put the file's vectors where those of dense retrieval are kept; return how many. What is there stays.

    A text that has none, or another encoder, is embedded as ever.
    """
    model, vectors = read_shipped(path)
    store = StoredVectors(workspace)
    known = store.get_many(model, list(vectors))
    new = {text_hash: vector for text_hash, vector in vectors.items() if text_hash not in known}
    if new:
        store.put_many(model, new)
    return len(new)
