"""Links: what they ask for is opened or said to be missing, and the address holds the whole view."""

from __future__ import annotations

from urllib.parse import parse_qs

import pytest
from streamlit.proto.PageLink_pb2 import PageLink
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from pages.ui.doors import DOORS
from tests.pages.conftest import VIEW, open_page, shown, texts

OF_A_DATASET = ("Compare", "Evaluate", "Inspect", "Label", "Agreement", "LLM_grades", "Present")
ALL_THREE = ["first-stage", "minilm-cosine", "minilm-maxsim"]


def links(app: AppTest) -> dict[str, tuple[str, dict[str, list[str]]]]:
    """Label -> (page, query parameters) of every page link."""
    protos = [one.proto for one in app.get("page_link")]
    return {shown(one.label).strip("*"): (one.page, parse_qs(one.query_string)) for one in protos}


def warned(app: AppTest) -> str:
    return texts(app.warning).replace("**", "")


def address(app: AppTest) -> dict[str, list[str]]:
    return {key: [value] if isinstance(value, str) else list(value) for key, value in app.query_params.items()}


def opened(app: AppTest) -> bool:
    """Whether the page shows anything of a dataset."""
    return bool(app.selectbox or app.get("bidi_component") or app.tabs or app.button)


@pytest.mark.parametrize("page", OF_A_DATASET)
def test_a_link_to_an_unknown_dataset_says_so_and_opens_nothing(page, birds):
    app = open_page(page, ds="customer *x*", q="foo bar", sys="acme-large", judge="Ann")
    assert not app.exception
    assert "This link is for the dataset customer *x*, which this workspace does not have." in texts(
        app.warning
    ).replace("**", "")
    assert not opened(app)
    assert address(app)["ds"] == ["customer *x*"]
    assert address(app)["q"] == ["foo bar"]
    here, query = links(app)["birds"]
    assert here == page
    assert query["ds"] == ["birds"]
    assert "q" not in query


def test_the_link_to_what_is_here_leads_out(birds):
    app = open_page("Compare", ds="customer-x", q="q9")
    _, query = links(app)["birds"]
    app.query_params.clear()
    for key, value in query.items():
        app.query_params[key] = value
    app.run()
    assert not app.warning
    assert app.selectbox(key="ds").value == "birds"
    assert address(app)["ds"] == ["birds"]


@pytest.mark.parametrize("page", ["Compare", "Inspect"])
def test_a_link_to_an_unknown_query_says_so(page, birds):
    app = open_page(page, ds="birds", q="nobody asked this")
    assert "the query nobody asked this, which this dataset does not have" in warned(app)
    assert not app.get("bidi_component")
    assert "who eats fish" in links(app)
    assert links(app)["who eats fish"][1]["q"] == ["q1"]


@pytest.mark.parametrize("written", ["q1", "who eats fish"])
def test_a_query_is_found_by_its_id_and_by_its_text_as_older_links_say_it(written, birds):
    app = open_page("Compare", ds="birds", q=written)
    assert app.selectbox(key="q").value == "q1"
    assert address(app)["q"] == ["q1"]


def test_systems_are_found_by_id_and_by_label(birds):
    app = open_page("Compare", ds="birds", sys=["minilm-maxsim", "First stage as it is"])
    assert app.multiselect(key="sys").value == ["minilm-maxsim", "first-stage"]
    assert address(app)["sys"] == ["minilm-maxsim", "first-stage"]


def test_a_link_to_unknown_systems_only_says_so(birds):
    app = open_page("Compare", ds="birds", sys=["acme-large", "acme-small"])
    assert "system acme-large, acme-small, which this workspace does not have" in warned(app)
    assert not app.get("bidi_component")
    assert address(app)["sys"] == ["acme-large", "acme-small"]


def test_an_unknown_system_beside_known_ones_is_named_and_stays_in_the_address_until_others_are_chosen(birds):
    app = open_page("Compare", ds="birds", sys=["first-stage", "acme-large"], **VIEW)
    assert "a system that is not in this workspace: acme-large" in warned(app)
    assert address(app)["sys"] == ["first-stage", "acme-large"]
    app.run()
    assert "acme-large" in texts(app.warning)
    app.multiselect(key="sys").set_value(["first-stage", "minilm-cosine"]).run()
    assert "acme-large" not in texts(app.warning)
    assert address(app)["sys"] == ["first-stage", "minilm-cosine"]


@pytest.mark.parametrize(
    ("key", "value", "known"),
    [
        ("depth", "999", "50"),
        ("top", "7", "25"),
        ("rel", "grade 9", "grade 1"),
        ("base", "acme-large", "Your search as it is (no reranker)"),
        ("ret", "telepathy", "BM25 (words)"),
        ("fuse", "cold", "Union"),
        ("w", "7.5", "0.5"),
        ("lang", "xx", "That of the passages"),
        ("ff", "no such field", None),
    ],
)
def test_a_setting_that_is_not_offered_is_named_and_nothing_is_opened(key, value, known, birds):
    app = open_page("Compare", **{"ds": "birds", key: value})
    assert value in texts(app.warning)
    assert not app.get("bidi_component")
    assert address(app)[key] == [value]
    assert known is None or known in links(app)


def test_a_setting_of_one_page_that_is_not_offered_is_named_too(birds):
    app = open_page("Evaluate", ds="birds", only="tag: nobody")
    assert "the group of queries tag: nobody, which this page does not have" in warned(app)
    assert not app.dataframe
    assert address(app)["only"] == ["tag: nobody"]


def test_the_address_says_dataset_query_and_systems_even_at_their_defaults(birds):
    app = open_page("Compare")
    assert address(app) == {"ds": ["birds"], "q": ["q1"], "sys": ALL_THREE}


def test_what_is_changed_goes_into_the_address_and_back_at_its_default_out_of_it(birds):
    app = open_page("Compare")
    app.select_slider(key="depth").set_value(20).run()
    assert address(app)["depth"] == ["20"]
    app.select_slider(key="depth").set_value(50).run()
    assert "depth" not in address(app)


def test_another_dataset_takes_its_own_query_and_no_filter_of_the_last_one(birds, another_dataset):
    app = open_page("Compare", ds="birds", q="q1", depth="20")
    app.selectbox(key="ds").set_value("silent").run()
    assert address(app)["ds"] == ["silent"]
    assert "q" not in address(app)
    assert address(app)["depth"] == ["20"]


def open_app(page: str, **query: str) -> AppTest:
    """The app as its server runs it: the first script, with its navigation, and the page in it."""
    app = AppTest.from_string("from pages.ui import menu\nmenu.run()", default_timeout=60)
    app._page_hash = calc_hash(page)
    for key, value in query.items():
        app.query_params[key] = value
    return app.run()


def entries(app: AppTest) -> dict[str, PageLink]:
    """Those of the menu; the settings below it have links of their own."""
    links = {shown(one.proto.label): one.proto for one in app.sidebar.get("page_link")}
    return {name: links[name] for name in DOORS if name in links}


def test_every_entry_of_the_sidebar_carries_the_view_and_is_called_by_its_name(birds):
    app = open_app("Compare", ds="birds", depth="20")
    assert not app.exception
    found = entries(app)
    assert list(found) == list(DOORS)
    for name, entry in found.items():
        query = parse_qs(entry.query_string)
        assert (name, query) == (name, {"ds": ["birds"], "q": ["q1"], "sys": ALL_THREE, "depth": ["20"]})
    assert [entry.page for entry in found.values()] == ["", *(name.replace(" ", "_") for name in list(DOORS)[1:])]
    heads = ["Grade", "Compare and decide", "Present", "Your data", "Technical"]
    assert [one.value for one in app.sidebar.caption][:5] == heads
    # and it follows what is changed
    app.select_slider(key="depth").set_value(30).run()
    assert parse_qs(entries(app)["Evaluate"].query_string)["depth"] == ["30"]


@pytest.mark.parametrize("page", ["Home", "Data", "Rerankers"])
def test_a_page_without_the_view_hands_it_on(page, birds):
    app = open_app(page, ds="birds", q="q2", depth="20")
    assert not app.exception
    assert parse_qs(entries(app)["Compare"].query_string) == {"ds": ["birds"], "q": ["q2"], "depth": ["20"]}
    assert address(app) == {"ds": ["birds"], "q": ["q2"], "depth": ["20"]}
