"""What it saves to keep passages' token vectors: MaxSim of 100 passages, encoded anew or read from mapped files.

Bundled MiniLM, one query, made-up passages of about 143 tokens (`rerank_world.pairs`). In each round, in turn: a model
that has seen nothing, one whose vectors lie in this process's memory, and for each type one that reads a store which
another filled; the files are in the system's cache. Ratios are of one round; medians over rounds. The query is encoded
each time.

    .venv/bin/python tests/bench/kept_vectors.py [--rounds 7] [--passages 100] [--tokens 143]
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))

from rerank_core.rerankers.catalogue.catalog import get
from rerank_core.rerankers.catalogue.model_key import model_key
from rerank_core.rerankers.load import load
from rerank_core.rerankers.local.passage_memory import Kept
from rerank_core.rerankers.local.token_vectors import TYPES
from rerank_core.store.passages import StoredPassages
from rerank_core.store.vectors import StoredVectors
from rerank_core.store.workspace import Workspace
from tests.bench.rerank.world import pairs, tau

MODEL = get("minilm-maxsim")


def scorer(kind: str, folder: Path | None = None):
    """The model with its vectors in memory, or in the store of this folder."""
    settings = {"token_vectors": kind}
    name = model_key(MODEL, settings)
    kept = Kept(name, name, StoredPassages(folder), StoredVectors(Workspace(folder / "ws.db"))) if folder else None
    return load(MODEL, settings, device="cpu", kept=kept)


def timed(scoring, query: str, texts: list[str]) -> tuple[float, list[float]]:
    """Milliseconds, scores."""
    started = perf_counter()
    scores = scoring.score(query, texts)
    return (perf_counter() - started) * 1000, scores


def memory() -> tuple[float, float]:
    """What this process holds now in MB: of its own, and of files that it maps."""
    lines = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text("utf-8").splitlines())
    own, mapped = (int(lines[name].split()[0]) / 1000 for name in ("RssAnon", "RssFile"))
    return own, mapped


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for option, value in (("--rounds", 7), ("--passages", 100), ("--tokens", 143)):
        parser.add_argument(option, type=int, default=value)
    parser.add_argument("--only", nargs=2, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    reader = scorer(asked.only[0] if asked.only else "float32", Path(asked.only[1]) if asked.only else None)
    query, texts = pairs(reader._model.tokenizer, asked.passages, asked.tokens + 9)
    if asked.only:
        reader.align(query, texts[0])  # what the query's model takes is not the vectors'
        before = memory()
        timed(reader, query, texts)
        print(*(after - earlier for after, earlier in zip(memory(), before, strict=True)))
        return
    tokens = statistics.mean(reader.limit.count(texts))
    with tempfile.TemporaryDirectory() as folder:
        folders = {kind: Path(folder) / kind for kind in TYPES}
        exact = timed(reader, query, texts)[1]
        for kind, own in folders.items():
            timed(scorer(kind, own), query, texts)
        kept = {kind: scorer(kind, own) for kind, own in folders.items()}
        ms: dict[str, list[float]] = {"encoded anew": [], "in memory, float32": []}
        scores = {}
        for _ in range(asked.rounds):
            reader._passages._kept.clear()
            reader._passages._bytes = 0
            ms["encoded anew"].append(timed(reader, query, texts)[0])
            ms["in memory, float32"].append(timed(reader, query, texts)[0])
            for kind, one in kept.items():
                took, scores[kind] = timed(one, query, texts)
                ms.setdefault(f"mapped, {kind}", []).append(took)
        print(f"{asked.passages} passages of {tokens:.0f} tokens (cut at 256), {asked.rounds} rounds")
        for name, times in ms.items():
            ratio = statistics.median(fresh / took for fresh, took in zip(ms["encoded anew"], times, strict=True))
            print(f"{name:20} {statistics.median(times):9.1f} ms   {ratio:8.1f} x")
        for kind, own in folders.items():
            size = sum(file.stat().st_size for file in own.glob("*.bin")) / 1e6
            drift = max(abs(one - other) for one, other in zip(exact, scores[kind], strict=True))
            command = [sys.executable, __file__, "--only", kind, str(own), "--passages", str(asked.passages)]
            added = subprocess.run(
                [*command, "--tokens", str(asked.tokens)], capture_output=True, text=True, check=True
            )
            heap, mapped = map(float, added.stdout.split())
            print(
                f"{kind:8} {size:6.1f} MB on disk, a new process takes {heap:.1f} MB and maps {mapped:.1f} MB, "
                f"drift {drift:.2g}, tau {tau(exact, scores[kind]):.4f}"
            )


if __name__ == "__main__":
    main()
