"""Query variants on the pages: added, chosen, paid for on a click, shown, and part of the link."""

from __future__ import annotations

import json

import pytest

from rerank_core.experiment.job_requests import WriteRequest
from rerank_core.retrieval.query_variants.query_variant import QueryVariant
from rerank_core.store import jobs, query_variants
from rerank_core.systems.query_variants import add_query_variant
from rerank_core.systems.query_variants import query_variants as variants
from rerank_core.systems.systems import get_system
from tests.conftest import BIRD_QUERIES
from tests.pages.conftest import VIEW, open_page, shown, texts
from tests.pages.test_building_systems import choose, rerankers, save, widget

NAME = "hyde *two*"
HYDE = QueryVariant("hyde", "gpt-4o-mini", prompt="Answer <b>now</b>.")


@pytest.fixture
def chosen(workspace, birds):
    """A page with the variant chosen by its link."""
    add_query_variant(workspace, HYDE, NAME)
    return lambda page: open_page(page, **VIEW, ds="birds", qv=NAME)


def button(app, label):
    return next(one for one in app.button if one.label == label)


@pytest.mark.parametrize("page", ["Compare", "Evaluate", "Inspect"])
def test_nothing_is_sent_before_the_cost_was_read_and_the_page_waits(workspace, chosen, page):
    app = chosen(page)
    assert not app.exception
    assert "HyDE by gpt-4o-mini, own prompt has not written for 2 of 2 queries yet" in texts(app.markdown)
    assert "2 queries to write" in texts(app.markdown)
    assert "less than $0.01 at $0.15 in and $0.6 out" in texts(app.markdown)
    with workspace.open() as db:
        assert jobs.open_jobs(db, WriteRequest.kind) == []
    button(app, "Have them written").click().run()
    with workspace.open() as db:
        (job,) = jobs.open_jobs(db, WriteRequest.kind)
    assert (job.kind, job.lane) == (WriteRequest.kind, "network")
    assert QueryVariant.from_dict(job.params["variant"]) == HYDE


def test_a_failing_model_is_shown_and_can_be_asked_again(workspace, chosen):
    button(chosen("Compare"), "Have them written").click().run()
    with workspace.write() as db:
        (job,) = jobs.open_jobs(db, WriteRequest.kind)
        jobs.finish(db, job.id, "failed", "LLM at x: refuses the key")
    app = chosen("Compare")
    assert "LLM at x: refuses the key" in texts(app.error)
    assert button(app, "Have them written")


def test_what_was_written_stands_beside_the_query_as_it_is(workspace, chosen):
    with workspace.write() as db:
        for query in BIRD_QUERIES:
            query_variants.put_written(db, HYDE.key, query.text, [f"Answer **to** {query.text}"])
    app = chosen("Compare")
    assert not app.exception
    assert app.text[0].value == "Answer **to** who eats fish"
    assert "Searched for: HyDE by gpt-4o-mini, own prompt" in [shown(one.label) for one in app.expander]
    assert "Answer <b>now</b>." in [one.value for one in app.code]
    assert app.query_params["qv"] == NAME
    with workspace.open() as db:
        (job, *_) = jobs.open_jobs(db, "compare")
    assert QueryVariant.from_dict(json.loads(job.params["settings"])["variant"]) == HYDE


def test_a_link_to_a_variant_that_is_not_here_says_so(birds):
    app = open_page("Compare", **VIEW, ds="birds", qv="gone")
    assert "gone" in texts(app.warning) + texts(app.markdown) + texts(app.error)
    assert not app.text


def test_a_variant_is_added_with_a_prompt_of_ones_own_and_removed(workspace, birds):
    app = open_page("Rerankers")
    app.text_input(key="variant-model").set_value("gpt-4o-mini")
    prompt = app.text_area(key="variant-prompt-hyde")
    assert "Write a passage that could stand" in prompt.value
    prompt.set_value("Answer in Latin.")
    app.text_input(key="variant-name").set_value("latin")
    button(app, "Add the variant").click().run()
    assert variants(workspace) == {"latin": QueryVariant("hyde", "gpt-4o-mini", prompt="Answer in Latin.")}
    app = open_page("Rerankers")
    app.text_input(key="variant-model").set_value("gpt-4o-mini")
    app.text_input(key="variant-variable").set_value("sk-mykey123456")
    button(app, "Add the variant").click().run()
    assert "never the key" in texts(app.error)
    app.button(key="remove-variant").click().run()
    assert variants(workspace) == {}


def test_a_system_with_its_own_first_stage_can_have_one(workspace, birds):
    add_query_variant(workspace, HYDE, NAME)
    app = rerankers()
    choose(app, "Own first stage")
    widget(app.selectbox, "own-variant").set_value(NAME).run()
    save(app, "with hyde")
    spec = get_system(workspace, "with hyde").spec
    assert spec.settings.variant == HYDE
    app = open_page("Evaluate", **VIEW, ds="birds", sys="with hyde")
    assert "has not written for 2 of 2 queries yet" in texts(app.markdown)
