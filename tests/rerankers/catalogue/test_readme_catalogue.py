"""The catalogue that people read is the catalogue."""

from __future__ import annotations

from rerank_core.rerankers.catalogue.facts import markdown_table
from tests.conftest import ROOT

BEGIN, END = "<!-- catalogue -->", "<!-- /catalogue -->"


def test_the_readme_shows_the_catalogue_as_it_is() -> None:
    readme = (ROOT / "rerank_core" / "rerankers" / "README.md").read_text("utf-8")
    assert (readme.count(BEGIN), readme.count(END)) == (1, 1)
    shown = readme.partition(BEGIN)[2].partition(END)[0].strip()
    assert shown == markdown_table().strip(), (
        "put the output of `python -c 'from rerank_core.rerankers.catalogue.facts import markdown_table; "
        f"print(markdown_table())'` between {BEGIN} and {END} in rerank_core/rerankers/README.md"
    )
