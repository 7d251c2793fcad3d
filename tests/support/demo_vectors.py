"""Makes data/vectors/demo.npz anew, after a change of the demo's passages: `python -m tests.support.demo_vectors`."""

from __future__ import annotations

import json
from pathlib import Path

from rerank_core.retrieval.dense_model import DenseModel
from rerank_core.retrieval.encoders import open_encoder
from rerank_core.store.shipped_vectors import write_shipped
from rerank_core.types import Doc

DATA = Path(__file__).resolve().parents[2] / "data"
VECTORS = DATA / "vectors" / "demo.npz"


def demo_texts() -> dict[str, str]:
    """Text hash -> what of a demo's passage is embedded."""
    rows = [json.loads(line) for line in (DATA / "demo" / "corpus.jsonl").read_text(encoding="utf-8").splitlines()]
    docs = [Doc(row["_id"], row["text"], row.get("title", "")) for row in rows]
    return {doc.text_hash: doc.content for doc in docs}


def main() -> None:
    """Embed all passages with the bundled model, those of like length together."""
    encoder = open_encoder(DenseModel())
    texts = sorted(demo_texts().items(), key=lambda pair: len(pair[1]))
    vectors = {}
    for start in range(0, len(texts), encoder.batch_size):
        some = texts[start : start + encoder.batch_size]
        made = encoder.encode_documents([text for _, text in some])
        vectors.update(zip([text_hash for text_hash, _ in some], made, strict=True))
    write_shipped(VECTORS, encoder.key, vectors)
    print(f"{VECTORS}: {len(vectors):,} vectors of {encoder.key}, {VECTORS.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
