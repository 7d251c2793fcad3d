"""The names of measures: how they are written, which other spellings mean the same, what a name says."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Literal, get_args

from rerank_core.errors import BadInputError

Kind = Literal["nDCG", "nDCG_exp", "nDCG_condensed", "RR", "AP", "P", "R", "Success", "Judged", "Bpref"]
KINDS: tuple[Kind, ...] = get_args(Kind)

BINARY: frozenset[Kind] = frozenset({"RR", "AP", "P", "R", "Success", "Bpref"})
"""Kinds that ask only "relevant or not", so that a level (the lowest grade that counts as relevant) matters."""

_NEEDS_CUTOFF: frozenset[Kind] = frozenset({"P", "R", "Success"})
_TAKES_NO_CUTOFF: frozenset[Kind] = frozenset({"Bpref"})
_LARGEST_CUTOFF = 1_000_000

OFFERED = "nDCG@10, RR@10, AP, AP@100, P@5, R@100, Success@10, Judged@10, Bpref, nDCG, nDCG_exp@10, nDCG_condensed@10"
"""Examples of every kind, for messages and forms."""

_ALIASES: dict[str, Kind] = {
    "ndcg": "nDCG",
    "ndcg_cut": "nDCG",
    "ndcg_exp": "nDCG_exp",
    "ndcg_burges": "nDCG_exp",
    "ndcg_condensed": "nDCG_condensed",
    "rr": "RR",
    "mrr": "RR",
    "recip_rank": "RR",
    "reciprocal_rank": "RR",
    "ap": "AP",
    "map": "AP",
    "map_cut": "AP",
    "average_precision": "AP",
    "p": "P",
    "precision": "P",
    "r": "R",
    "recall": "R",
    "success": "Success",
    "hit": "Success",
    "hits": "Success",
    "hit_rate": "Success",
    "judged": "Judged",
    "bpref": "Bpref",
}

_SHAPE = re.compile(r"(?P<name>[A-Za-z_]+?)(?:\((?P<settings>[^()]*)\))?(?:[@_.](?P<k>[0-9]{1,9}))?")


@dataclass(frozen=True, slots=True)
class Measure:
    """One measure.

    `k` is the cutoff (None: the whole ranking). `level` is the lowest grade that counts as relevant, for the kinds in
    `BINARY` only; None means that the name does not say it: the evaluation says it (1 by default).
    `str(measure)` is the canonical name, as ir_measures writes it: "nDCG@10", "R(rel=2)@100".

    Raises BadInputError where the parts cannot go together.
    """

    kind: Kind
    k: int | None = None
    level: int | None = None

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise _unknown(str(self.kind))
        if self.k is None and self.kind in _NEEDS_CUTOFF:
            raise _wrong(self.kind, "has no cutoff", f"{self.kind}@10, for instance")
        if self.k is not None and self.kind in _TAKES_NO_CUTOFF:
            raise _wrong(f"{self.kind}@{self.k}", "takes no cutoff", self.kind)
        if self.k is not None and not 1 <= self.k <= _LARGEST_CUTOFF:
            raise _wrong(f"{self.kind}@{self.k}", "has a cutoff out of range", f"1 to {_LARGEST_CUTOFF}")
        if self.level is not None and self.kind not in BINARY:
            raise _wrong(self.kind, "uses every grade and takes no level", f"rel= only on {', '.join(sorted(BINARY))}")
        if self.level is not None and self.level < 1:
            raise _wrong(self.kind, f"has the level {self.level}", "a level of 1 or more")

    def __str__(self) -> str:
        """The canonical name."""
        level = f"(rel={self.level})" if self.level is not None else ""
        return f"{self.kind}{level}" + (f"@{self.k}" if self.k is not None else "")

    def at_level(self, level: int) -> Measure:
        """The measure with `level` written into its name, where it names none: the name to store and to show.

        A bare name means level 1, so level 1 changes nothing; nor does any level on a kind that uses every grade.
        """
        return self if self.level is not None or level == 1 or self.kind not in BINARY else replace(self, level=level)


def parse_measure(name: str) -> Measure:
    """The measure that `name` means: a canonical name or an alias, in any case.

    Understood beside the canonical names: `ndcg_cut_10 ndcg_cut.10 NDCG@10 recip_rank mrr@10 map map_cut_100
    precision@5 P_5 recall_100 hit_rate@10 hits@10 ndcg_burges@10 nDCG(dcg='exp-log2')@10
    nDCG(judged_only=True)@10`. Raises BadInputError, with the names offered, for anything else.
    """
    match = _SHAPE.fullmatch(name.strip())
    kind = _ALIASES.get(match["name"].lower()) if match else None
    if match is None or kind is None:
        raise _unknown(name)
    kind, level = _read_settings(name, kind, match["settings"] or "")
    return Measure(kind, int(match["k"]) if match["k"] else None, level)


def _read_settings(name: str, kind: Kind, settings: str) -> tuple[Kind, int | None]:
    level = None
    for setting in filter(None, (part.strip() for part in settings.split(","))):
        key, _, value = (part.strip().strip("'\"") for part in setting.partition("="))
        if key == "rel" and re.fullmatch(r"-?[0-9]{1,9}", value):
            level = int(value)
        elif kind == "nDCG" and (key, value) in _NDCG_SETTINGS:
            kind = _NDCG_SETTINGS[key, value]
        else:
            raise _wrong(name, f"has a setting that is not known here: {setting}", "R(rel=2)@100, for instance")
    return kind, level


_NDCG_SETTINGS: dict[tuple[str, str], Kind] = {
    ("dcg", "log2"): "nDCG",
    ("dcg", "exp-log2"): "nDCG_exp",
    ("judged_only", "True"): "nDCG_condensed",
    ("judged_only", "False"): "nDCG",
}


def _unknown(name: str) -> BadInputError:
    return _wrong(name, "is not a measure known here", OFFERED)


def _wrong(name: str, problem: str, expected: str) -> BadInputError:
    return BadInputError("measure", None, f"{name!r} {problem}", expected)
