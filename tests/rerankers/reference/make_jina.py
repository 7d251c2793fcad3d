"""Make the reference scores of Jina's reranker v2, with the Python code that comes with its weights.

That code is of Jina (CC-BY-NC-4.0) and is not part of this repository. It is read from a folder: the files `*.py` of
jinaai/jina-reranker-v2-base-multilingual, as they also lie in
github.com/shreyansh26/Accelerating-Cross-Encoder-Inference at commit 67c98154.

    python3.11 -m venv V && V/bin/pip install torch==2.13.0 transformers==4.46.3 einops
    PYTHONPATH=. V/bin/python -m tests.rerankers.reference.make_jina FOLDER

Python 3.11.7, tokenizers 0.20.3, numpy 2.4.6, float32 on a CPU.
"""

from __future__ import annotations

import math
import shutil
import sys
from pathlib import Path

from tests.rerankers.reference.scores_file import Score, make


def main(code: Path) -> None:
    """Write the set."""

    def jina(folder: str, length: int) -> Score:
        import torch
        from transformers import AutoModelForSequenceClassification

        for file in code.glob("*.py"):
            shutil.copy(file, folder)
        model = AutoModelForSequenceClassification.from_pretrained(
            folder, trust_remote_code=True, torch_dtype=torch.float32
        ).eval()

        def score(query: str, texts: list[str]) -> list[float]:
            shares = model.compute_score([[query, text] for text in texts], max_length=length)
            # it gives the sigmoid, ours the logit
            return [math.log(share / (1 - share)) for share in shares]

        return score

    make("jina", "cross-encoder", "jina", "its own remote code, compute_score", ("torch", "transformers", "tokenizers",
         "numpy", "einops"), (64, 512), jina, cut="longest_first")  # fmt: skip


if __name__ == "__main__":
    main(Path(sys.argv[1]))
