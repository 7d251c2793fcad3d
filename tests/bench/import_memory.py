"""Imports 200,000 generated passages and prints time and memory: python tests/bench/import_memory.py [passages]."""

import json
import multiprocessing
import random
import resource
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from rerank_core.corpus.ingest import import_dataset  # noqa: E402
from rerank_core.store.workspace import Workspace  # noqa: E402


def megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def generate(path: Path, passages: int, words: int = 150) -> None:
    """Words by a Zipf-like draw over 300,000 made-up ones, so that vocabulary grows as in real text."""
    random.seed(7)
    letters = "abcdefghijklmnopqrstuvwxyz"
    vocabulary = ["".join(random.choices(letters, k=random.randint(2, 11))) for _ in range(300_000)]
    with path.open("w", encoding="utf-8") as stream:
        for number in range(passages):
            drawn = [vocabulary[int(300_000 ** random.random()) - 1] for _ in range(random.randint(20, 2 * words))]
            text = ", ".join(" ".join(drawn[at : at + 9]) for at in range(0, len(drawn), 9)) + "."
            stream.write(
                json.dumps({"_id": f"d{number}", "title": drawn[0], "text": text, "metadata": {"n": number}}) + "\n"
            )


def main(passages: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        corpus = Path(folder, "corpus.jsonl")
        # in a process of its own, so that this one's peak is the import's
        child = multiprocessing.get_context("spawn").Process(target=generate, args=(corpus, passages))
        child.start()
        child.join()
        print(f"generated {passages:,} passages, {corpus.stat().st_size / 2**20:.0f} MiB")
        marks: dict[int, float] = {}
        before = megabytes()
        started, cpu = time.monotonic(), time.process_time()

        def progress(done: int, total: int, message: str = "") -> None:
            if done and done % (passages // 4) == 0:
                marks[done] = megabytes()

        workspace = Workspace(Path(folder, "workspace.db"))
        report = import_dataset(workspace, "bench", corpus, progress=progress)
        print(
            f"wall {time.monotonic() - started:.1f} s, cpu {time.process_time() - cpu:.1f} s, peak {megabytes():.0f} MB"
        )
        print(
            f"peak RSS (MB) before: {before:.0f}, after passages:", {done: round(size) for done, size in marks.items()}
        )
        print(f"over 512 tokens: {report.over_512:,}; workspace {workspace.path.stat().st_size / 2**20:.0f} MiB")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200_000)
