"""Where a row's facts were looked up: a page for all of them, and pages of their own for some."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

Fact = Literal["released", "deprecated", "replaced by", "licence", "languages", "max tokens", "parameters"]
FACTS: tuple[Fact, ...] = get_args(Fact)

LOOKED_UP = "2026-11-29"

# sources that are no page
COUNTED = "counted from its architecture"
COUNTED_IN_FILE = "counted in the file that comes with the app"
POSITIONS = "the position table of its architecture"


@dataclass(frozen=True, slots=True)
class Provenance:
    """Of one row. Dates are ISO, a month where the day is not known; None: not found, which is not "never".

    `deprecated` is the date from which its vendor advises against it, `replaced_by` the id of the row of
    the next generation. `source` is the page of each fact that `sources` does not name; a value of `sources` is a
    page's address, or words where we know the fact without a page. All were read on the day `read`. A price has its
    source and date in `pricing`.
    """

    source: str
    released: str | None = None
    deprecated: str | None = None
    replaced_by: str | None = None
    sources: Mapping[Fact, str] = field(default_factory=dict)
    read: str = LOOKED_UP

    @property
    def text(self) -> str:
        """The page and its date, then other sources, each with its facts in the order of FACTS.

        >>> Provenance("https://a.org", sources={"parameters": COUNTED, "licence": "https://b.org"}).text
        'https://a.org (2026-11-29); licence: https://b.org; parameters: counted from its architecture'
        """
        facts: dict[str, list[Fact]] = {}
        for fact in FACTS:
            if fact in self.sources:
                facts.setdefault(self.sources[fact], []).append(fact)
        return "; ".join(
            [f"{self.source} ({self.read})", *(f"{', '.join(named)}: {source}" for source, named in facts.items())]
        )
