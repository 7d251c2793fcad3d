"""The catalogue as a Markdown table, for the README."""

from __future__ import annotations

from rerank_core.rerankers.catalogue.catalog import Model, catalog
from rerank_core.rerankers.catalogue.model import readable_bytes

_HEAD = (
    "Reranker", "Parameters", "Max tokens", "Languages", "Licence", "Hosting", "Score", "Cost", "Memory at fp16",
    "Download", "Card",
)  # fmt: skip
UNKNOWN = "not known"
ELSEWHERE = "none here"


def facts(model: Model) -> tuple[str, ...]:
    """One row of the table, in the order of its head; a fact that nobody told is "not known"."""
    remote, nothing = model.hosting == "api", model.family == "first-stage"
    # some rows tell the price within their cost, with its unit and its date
    price = (
        "" if model.price_per_1000 is None or "$" in model.cost else f", ${model.price_per_1000:g} per 1,000 searches"
    )
    return (
        model.label,
        UNKNOWN if model.parameters is None else readable_count(model.parameters),
        f"{model.max_tokens:,}" if model.max_tokens is not None else "any" if nothing else UNKNOWN,
        model.languages or UNKNOWN,
        model.licence or ("none needed" if nothing else UNKNOWN),
        model.hosting,
        model.score_scale,
        model.cost + price,
        ELSEWHERE if remote else _size(model.memory_fp16),
        ELSEWHERE if remote else "comes with the app" if model.download_bytes == 0 else _size(model.download_bytes),
        f"[{_card_name(model.card)}]({model.card})" if model.card else "",
    )


def markdown_table() -> str:
    """All rows of the catalogue, with a head; ends with a line break. Memory is that of the weights alone."""
    rows = (_HEAD, ("---",) * len(_HEAD), *map(facts, catalog()))
    return "".join(f"| {' | '.join(cell.replace('|', '/') for cell in row)} |\n" for row in rows)


def readable_count(count: int) -> str:
    """Such as "4.4M" or "2.7B"; "0" for none."""
    if count == 0:
        return "0"
    return f"{count / 10**9:.1f}B" if count >= 10**9 else f"{count / 10**6:.1f}M"


def _size(count: int | None) -> str:
    if count is None:
        return UNKNOWN
    return "0" if count == 0 else readable_bytes(count)


def _card_name(card: str) -> str:
    return "paper" if "arxiv.org" in card else "card"
