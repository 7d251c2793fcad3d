"""The words of the engineers' pages are explained on each of them; the expert's and the stakeholders' need none."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from tests.pages.conftest import ROOT, texts


def open_page(name: str) -> AppTest:
    # by way of the first page, so that links to other pages are known
    script = next((ROOT / "pages").glob(f"[0-9]_{name}.py"))
    return AppTest.from_file(str(ROOT / "app.py"), default_timeout=60).switch_page(f"pages/{script.name}").run()


@pytest.mark.parametrize(
    "page",
    ["Compare", "Evaluate", "Data", "Rerankers", "Inspect", "Agreement", "LLM_grades"],
)
def test_the_glossary_explains_a_word(workspace, ranked, page):
    app = open_page(page)
    assert "Rank-biased overlap" not in texts(app.markdown)
    next(one for one in app.button if one.label == "Glossary").click().run()
    assert not app.exception
    assert "Rank-biased overlap" in texts(app.markdown)


@pytest.mark.parametrize("page", ["Label", "Present"])
def test_pages_without_jargon_need_no_glossary(workspace, ranked, page):
    app = open_page(page)
    assert not app.exception
    assert not [one for one in app.button if one.label == "Glossary"]
