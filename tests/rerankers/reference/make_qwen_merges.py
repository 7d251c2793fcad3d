"""Write qwen_merges.json: the merges of Qwen's vocabulary that the prompts and the inputs need.

    python -m tests.rerankers.reference.make_qwen_merges PATH/TO/qwen.tiktoken

`qwen.tiktoken` was that of dashscope 2.0.2 (dashscope/resources, Apache-2.0): 151,643 byte strings with their ranks.
Python 3.11.7, regex 2026.11.19. A merge of the lowest rank is made first, as in tiktoken, so that the merges that were
made are all that these texts need: with them alone the same ones are made in the same order.
"""

from __future__ import annotations

import base64
import json
import sys
import unicodedata
from itertools import pairwise
from pathlib import Path

import regex

from rerank_core.rerankers.local.yes_no_prompts import TEMPLATES
from tests.rerankers.reference.inputs import QUERIES, TEXTS
from tests.rerankers.reference.tiny_tokenizers import HERE, QWEN_ADDED, QWEN_PATTERN, byte_letters


def prompts() -> list[str]:
    """Every text that a template puts around a query and a passage, with the two answers."""
    found = [" yes no 0 1", "instruction: find fish", "Given a web search query, retrieve relevant passages"]
    for template in TEMPLATES.values():
        found += [template.head, *template.tail, template.yes, template.no]
    return found


def texts() -> list[str]:
    """All inputs, in each of the places where a prompt puts them."""
    asked = ["query: {}", "instruction: find fish\nquery: {}", "<Instruct>: find fish\n<Query>: {}\n<Document>: "]
    read = ["document: {}", "<Document>: {}", "{}"]
    found = [place.format(query) for place in asked for query in QUERIES.values()]
    return [*prompts(), *found, *(place.format(text) for place in read for text in TEXTS.values())]


def main(path: Path) -> None:
    """Merge every piece of every text by rank, and write down the merges that were made."""
    ranks = {base64.b64decode(token): int(rank) for token, rank in map(str.split, path.read_text().splitlines())}
    letters = byte_letters()
    made: dict[tuple[bytes, bytes], int] = {}
    added = "|".join(map(regex.escape, QWEN_ADDED))
    for text in texts():
        for part in regex.split(added, unicodedata.normalize("NFC", text)):
            for piece in regex.findall(QWEN_PATTERN, part):
                _merge([bytes([byte]) for byte in piece.encode()], ranks, made)
    lines = sorted(made, key=lambda pair: made[pair])
    written = [" ".join("".join(letters[byte] for byte in side) for side in pair) for pair in lines]
    (HERE / "qwen_merges.json").write_text(json.dumps(written, ensure_ascii=False, indent=0) + "\n", "utf-8")
    print(len(written), "merges")


def _merge(parts: list[bytes], ranks: dict[bytes, int], made: dict[tuple[bytes, bytes], int]) -> None:
    while len(parts) > 1:
        known = [ranks.get(one + other, len(ranks)) for one, other in pairwise(parts)]
        rank, place = min((rank, place) for place, rank in enumerate(known))
        if rank == len(ranks):
            return
        made[parts[place], parts[place + 1]] = rank
        parts[place : place + 2] = [parts[place] + parts[place + 1]]


if __name__ == "__main__":
    main(Path(sys.argv[1]))
