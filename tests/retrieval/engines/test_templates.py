"""Templates: what somebody typed is a value, and never a part of the engine's language."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rerank_core.errors import SettingsError
from rerank_core.retrieval.engines.template import Template

MATCH = Template("words", '{"query": {"match": {"body": "{{query}}"}}, "size": "{{ k }}"}')


@given(st.text())
def test_a_query_is_one_json_value_whatever_it_holds(query):
    filled = MATCH.as_json({"query": query, "k": 20})
    assert filled == {"query": {"match": {"body": query}}, "size": 20}
    assert json.loads(json.dumps(filled)) == filled


def test_a_query_that_looks_like_a_place_is_not_filled_again():
    assert MATCH.as_json({"query": "{{k}}", "k": 20})["query"]["match"]["body"] == "{{k}}"


@pytest.mark.parametrize("text", ['{"q": "title:({{query}})"}', '{"{{query}}": 1}', '{"a": ["x {{query}}"]}'])
def test_a_place_inside_of_a_text_is_refused(text):
    with pytest.raises(SettingsError, match="whole value"):
        Template("bad", text).as_json({"query": "x", "k": 1})


@pytest.mark.parametrize(
    ("name", "text", "problem"),
    [
        ("a b", "{{query}}", "no name"),
        ("", "{{query}}", "no name"),
        ("a", " ", "no text"),
        ("a", '{"size": 10}', "same for every query"),
        ("a", "{{query}} {{password}}", "password"),
    ],
)
def test_what_cannot_be_asked_is_refused(name, text, problem):
    with pytest.raises(SettingsError, match=problem):
        Template(name, text)


def test_json_that_is_none_names_the_template():
    with pytest.raises(SettingsError, match="'a' is no JSON"):
        Template("a", '{"size": {{k}}, "q": "{{query}}"}').as_json({})


def test_sql_gets_parameters_and_a_cast_vector():
    sql = Template("a", "SELECT 1 WHERE t LIKE '%a' AND q = {{query}} ORDER BY v <=> {{vector}} LIMIT {{k}}").as_sql()
    assert sql == "SELECT 1 WHERE t LIKE '%%a' AND q = %(query)s ORDER BY v <=> %(vector)s::vector LIMIT %(k)s"


def test_a_place_in_quotes_is_refused_in_sql():
    with pytest.raises(SettingsError, match="without quotes"):
        Template("a", "SELECT 1 WHERE q = 'it''s {{query}}' LIMIT {{k}}").as_sql()


def test_a_template_is_read_back_equal_and_json_may_stand_as_json():
    template = Template("a", "SELECT {{query}}", {"hnsw.ef_search": "200"})
    assert Template.from_dict(template.to_dict()) == template
    read = Template.from_dict({"name": "b", "text": {"query": "{{query}}"}})
    assert read.as_json({"query": "x"}) == {"query": "x"}
    with pytest.raises(SettingsError, match="a name and a text"):
        Template.from_dict({"name": "b"})
