"""What the authors' code and ours are given: four queries, and eight passages beside each."""

from __future__ import annotations

_LONG_QUERY = " ".join(
    ["which small birds near the coast dive for fish and which otters live beside rivers, GT and all of them?"] * 12
)

QUERIES = {
    "ordinary": "who eats fish",
    "empty": "",
    "long": _LONG_QUERY,
    "unicode": " Größe\ncafé 🐦 GT's 水鸟 e\u0301",
}

TEXTS = {
    "ordinary": "Terns dive for small fish near the coast.",
    "empty": "",
    "blank": " ",
    "leading blanks": "   Otters eat fish, and live beside rivers.",
    "leading lines": "\n\n\tGT: a kestrel hovers.\r\nIt hunts voles (12 of 345)!",
    "cjk": "水鸟在海边吃鱼。カモメは魚を食べる 🐦👩‍🚒 한국",
    "long": "Otters eat fish and live beside rivers; terns dive near the coast. " * 45,
    "punctuation": "!!! ... -- ?",
}
