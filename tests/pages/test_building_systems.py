"""Building systems on the page: what is saved is a system as any other, what cannot work is refused with the reason."""

from __future__ import annotations

import pytest

from pages.ui import state
from rerank_core.rerankers.catalogue.catalog import catalog
from rerank_core.systems.composites.spec import Blend, Cascade, Condition, OwnFirstStage, Router, Signals
from rerank_core.systems.systems import all_systems, get_system
from tests.pages.conftest import open_page, texts


def rerankers():
    return open_page("Rerankers")


def widget(elements, key):
    return next(element for element in elements if element.key == key)


def labelled(elements, label):
    return next(element for element in elements if element.label == label)


def choose(app, kind):
    app.session_state["kind"] = kind
    app.run()


def save(app, name):
    kind = app.session_state["kind"]
    widget(app.text_input, f"name-{kind}").set_value(name)
    widget(app.button, f"save-{kind}").click()
    app.run()
    assert not app.exception
    return app


@pytest.mark.parametrize(
    ("kind", "spec"), [("Cascade", Cascade), ("Blend", Blend), ("Router", Router), ("Own first stage", OwnFirstStage)]
)
def test_each_kind_is_saved_as_it_is_proposed(workspace, birds, kind, spec):
    app = rerankers()
    choose(app, kind)
    save(app, "mine")
    assert "'mine' is saved" in texts(app.success)
    assert isinstance(get_system(workspace, "mine").spec, spec)


def test_signals_need_one_signal_and_say_so(workspace, birds):
    app = rerankers()
    choose(app, "Signals")
    save(app, "mine")
    assert "Signals need one signal" in texts(app.error)
    assert "mine" not in [system.id for system in all_systems(workspace)]


def test_weights_of_sources_are_read_line_by_line(workspace, birds):
    app = rerankers()
    choose(app, "Signals")
    labelled(app.checkbox, "Some sources count more").check().run()
    labelled(app.text_area, "Weights, one line each").set_value("bird = 2\nmammal: 3").run()
    save(app, "mine")
    assert "Weights, line 2" in texts(app.error)
    labelled(app.text_area, "Weights, one line each").set_value("bird = 2\nmammal = 0.5").run()
    save(app, "mine")
    spec = get_system(workspace, "mine").spec
    assert isinstance(spec, Signals)
    assert spec.authority.table == (("bird", 2.0), ("mammal", 0.5))


def test_a_name_of_the_catalogue_is_refused(workspace, birds):
    app = save(rerankers(), "minilm-cosine")
    assert "a name of its own" in texts(app.error)


def test_every_model_of_the_catalogue_shows_its_settings(workspace, birds):
    app = rerankers()
    for model in (model.id for model in catalog() if model.settings):
        widget(app.selectbox, "variant_of").set_value(model).run()
        assert not app.exception, model
        assert widget(app.selectbox, "variant_of").value == model


def test_a_server_of_ones_own_is_ready_once_it_has_an_address(workspace, birds):
    app = rerankers()
    widget(app.selectbox, "variant_of").set_value("http-rerank").run()
    widget(app.text_input, "set-http-rerank-base_url").set_value("http://127.0.0.1:8080")
    widget(app.text_input, "name-variant-http-rerank").set_value("our server")
    widget(app.button, "save-variant-http-rerank").click()
    app.run()
    assert "'our server' is saved" in texts(app.success)
    system = get_system(workspace, "our server")
    assert system.state.ready
    assert system.settings["base_url"] == "http://127.0.0.1:8080"


def test_a_setting_that_cannot_be_is_refused(workspace, birds):
    app = rerankers()
    widget(app.selectbox, "variant_of").set_value("http-rerank").run()
    widget(app.text_input, "set-http-rerank-base_url").set_value("http://somebody:secret@127.0.0.1")
    widget(app.text_input, "name-variant-http-rerank").set_value("leaky")
    widget(app.button, "save-variant-http-rerank").click()
    app.run()
    assert texts(app.error)
    assert "secret" not in texts(app.error)


def test_a_system_is_replaced_only_after_a_question(workspace, birds):
    app = save(rerankers(), "mine")
    assert isinstance(get_system(workspace, "mine").spec, Cascade)
    choose(app, "Blend")
    assert widget(app.text_input, "name-Blend").value == ""  # the name of the cascade is not offered for the blend
    save(app, "mine")
    assert "There is a system 'mine' already" in texts(app.markdown)
    assert isinstance(get_system(workspace, "mine").spec, Cascade)
    save(app, "mine too")
    assert isinstance(get_system(workspace, "mine too").spec, Blend)
    save(app, "Mine")
    widget(app.button, "replace-Blend").click().run()
    assert isinstance(get_system(workspace, "mine").spec, Blend)
    assert "'mine' is saved" in texts(app.success)


def test_what_was_saved_is_a_click_away_from_its_column(workspace, birds):
    app = save(rerankers(), "mine")
    assert widget(app.button, "show-saved-mine").label == "Show on Compare"
    widget(app.button, "show-saved-mine").click().run()
    shown = app.session_state[state.LINKED]["sys"]
    assert (shown[0], shown[-1]) == ("first-stage", "mine")


def test_menus_list_what_is_ready_first_and_ones_own_before_all(workspace, birds):
    app = save(rerankers(), "mine")
    options = widget(app.selectbox, "cascade0").options
    assert options[0] == "mine"
    ready = [option for option in options if "(needs" not in option]
    assert options[: len(ready)] == ready
    assert any(option.endswith("(needs download)") for option in options)


def test_a_router_reads_how_sure_the_first_stage_is(workspace, birds):
    app = rerankers()
    choose(app, "Router")
    labelled(app.selectbox, "If the query").set_value("lead_2_below").run()
    labelled(app.text_input, "…").set_value("little").run()
    save(app, "mine")
    assert "Write a number such as 0.2" in texts(app.error)
    labelled(app.text_input, "…").set_value("0.25").run()
    save(app, "mine")
    assert get_system(workspace, "mine").spec.rules[0].when == (Condition("lead_2_below", 0.25),)
