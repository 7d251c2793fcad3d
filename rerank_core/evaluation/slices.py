"""Where a system hurts: the mean delta in each slice of the queries."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import fsum

from rerank_core.evaluation.compare import TIE
from rerank_core.types import Query


@dataclass(frozen=True, slots=True)
class SliceDelta:
    """One slice. `mean` is the mean delta (system minus baseline) over its `n` compared queries; None where n is 0."""

    name: str
    n: int
    mean: float | None
    wins: int
    losses: int
    ties: int


def slice_deltas(deltas: Mapping[str, float], slices: Mapping[str, Collection[str]]) -> list[SliceDelta]:
    """Every slice, the one that the system hurts most first; slices without a compared query last.

    `deltas`: qid -> system minus baseline. `slices`: name -> qids; a query may be in several, and a qid that is not
    compared is left out. Equal means keep the order of `slices`. A mean over few queries is no proof: show `n`.
    """
    rows = []
    for name, qids in slices.items():
        known = [deltas[qid] for qid in dict.fromkeys(qids) if qid in deltas]
        wins, losses = sum(delta > TIE for delta in known), sum(delta < -TIE for delta in known)
        mean = fsum(known) / len(known) if known else None
        rows.append(SliceDelta(name, len(known), mean, wins, losses, len(known) - wins - losses))
    return sorted(rows, key=lambda row: (row.mean is None, row.mean or 0.0))


TAG, LENGTH, SCRIPT = "tag", "length", "script"
UNTAGGED = "no tag"
LENGTHS = (("single keyword", 1, 1), ("2–4 words", 2, 4), ("5–9 words", 5, 9), ("10 words or more", 10, None))
NO_SPACES = "written without spaces"
LATIN, OTHER, NO_LETTERS = "Latin letters", "other letters", "no letters"

# scripts that do not set words apart: their words cannot be counted this way
_UNSPACED = ("CJK", "HIRAGANA", "KATAKANA", "THAI", "LAO", "KHMER", "MYANMAR", "TIBETAN")


def query_slices(queries: Iterable[Query]) -> dict[str, list[str]]:
    """Qids by slice, "kind: slice", in the order of `queries`, as `slice_deltas` takes them; empty slices are left out.

    Kinds: `TAG` (a query is in every slice that it is tagged with, or in `UNTAGGED`), `LENGTH` (words between spaces;
    `NO_SPACES` where a script has none), `SCRIPT` (that of most letters: a guess at the language and no more). A kind
    with one slice only would say what the whole set says, and is left out.
    """
    kinds: dict[str, dict[str, list[str]]] = {TAG: {}, LENGTH: {}, SCRIPT: {}}
    for query in queries:
        for tag in dict.fromkeys(query.tags or (UNTAGGED,)):
            kinds[TAG].setdefault(tag, []).append(query.qid)
        kinds[LENGTH].setdefault(_length(query.text), []).append(query.qid)
        kinds[SCRIPT].setdefault(_script(query.text), []).append(query.qid)
    return {
        f"{kind}: {name}": qids for kind, slices in kinds.items() if len(slices) > 1 for name, qids in slices.items()
    }


def in_slices(slices: Mapping[str, Sequence[str]], chosen: Iterable[str]) -> list[str]:
    """The qids of the chosen slices: in any of those of one kind, and so for every kind that is chosen.

    "tag: a", "tag: b", "length: 2–4 words" are the short queries with one of the two tags. `slices`: as `query_slices`
    gives them; a name that is not there has no queries. [] where nothing is chosen.
    """
    kinds: dict[str, set[str]] = {}
    for name in chosen:
        kinds.setdefault(name.split(":")[0], set()).update(slices.get(name, ()))
    common = set.intersection(*kinds.values()) if kinds else set()
    return list(dict.fromkeys(qid for qids in slices.values() for qid in qids if qid in common))


def _length(text: str) -> str:
    if any(name.startswith(_UNSPACED) for name in _letters(text)):
        return NO_SPACES
    words = max(1, len(text.split()))
    return next(name for name, low, high in LENGTHS if low <= words and (high is None or words <= high))


def _script(text: str) -> str:
    letters = _letters(text)
    if not letters:
        return NO_LETTERS
    latin = sum(name.startswith("LATIN") for name in letters)
    return LATIN if 2 * latin >= len(letters) else OTHER


def _letters(text: str) -> list[str]:
    """The Unicode names of the letters of a text."""
    return [unicodedata.name(character, "") for character in text if character.isalpha()]
