from rerank_core.retrieval.filters import allowed_docids, filterable_fields
from rerank_core.types import Doc

DOCS = [
    Doc("1", "", metadata={"lang": "en", "tags": ["faq", "billing"], "draft": True, "id": "x1"}),
    Doc("2", "", metadata={"lang": "de", "tags": ["faq"], "draft": False, "id": "x2"}),
    Doc("3", "", metadata={"lang": "en", "tags": [], "draft": None, "id": "x3"}),
    Doc("4", ""),
]


def test_no_filter_is_not_the_same_as_nothing_allowed():
    assert allowed_docids(DOCS, ()) is None
    assert allowed_docids(DOCS, (("lang", ("fr",)),)) == frozenset()


def test_any_value_of_a_field_and_every_field():
    assert allowed_docids(DOCS, (("lang", ("en", "de")),)) == {"1", "2", "3"}
    assert allowed_docids(DOCS, (("lang", ("en",)), ("draft", (True,)))) == {"1"}


def test_a_list_passes_with_any_of_its_items():
    assert allowed_docids(DOCS, (("tags", ("billing", "other")),)) == {"1"}


def test_true_and_one_and_its_text_are_three_values():
    docs = [Doc("bool", "", metadata={"a": True}), Doc("int", "", metadata={"a": 1}), Doc("s", "", metadata={"a": "1"})]
    assert allowed_docids(docs, (("a", (True,)),)) == {"bool"}
    assert allowed_docids(docs, (("a", (1.0,)),)) == {"int"}
    assert allowed_docids(docs, (("a", ("1",)),)) == {"s"}


def test_fields_come_with_their_values_and_counts():
    fields = filterable_fields(DOCS)
    assert fields["lang"] == (("en", 2), ("de", 1))
    assert fields["tags"] == (("faq", 2), ("billing", 1))
    assert fields["draft"] == ((False, 1), (True, 1))


def test_a_field_of_more_values_than_the_limit_is_left_out():
    assert "id" in filterable_fields(DOCS, max_values=3)
    assert "id" not in filterable_fields(DOCS, max_values=2)


def test_a_field_that_holds_objects_is_left_out():
    docs = [
        Doc("1", "", metadata={"a": "x"}),
        Doc("2", "", metadata={"a": {"b": 1}}),
        Doc("3", "", metadata={"a": "x"}),
    ]
    assert filterable_fields(docs) == {}
