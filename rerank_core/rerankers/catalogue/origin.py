"""What the page of the catalogue shows of a row's history and of the sources of its facts."""

from __future__ import annotations

from rerank_core.rerankers.catalogue.pricing import PRICES
from rerank_core.rerankers.catalogue.provenance_rows import PROVENANCE


def describe_origin(model_id: str) -> dict[str, str | None]:
    """The columns "Released", "Deprecated", "Replaced by" and "Facts from"; None: not known.

    "Facts from" ends with the source of the price, with its own month.
    """
    known, price = PROVENANCE.get(model_id), PRICES.get(model_id)
    sources = [known.text] if known else []
    if price:
        sources.append(f"price: {price.source} ({price.on})")
    return {
        "Released": known.released if known else None,
        "Deprecated": known.deprecated if known else None,
        "Replaced by": known.replaced_by if known else None,
        "Facts from": "; ".join(sources) or None,
    }
