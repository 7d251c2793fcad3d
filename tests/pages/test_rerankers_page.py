"""The page Rerankers: the catalogue, a download that somebody asks for, a model added by name."""

from __future__ import annotations

import re

import pytest
from streamlit.testing.v1 import AppTest

from rerank_core.corpus.import_roots import VARIABLE
from rerank_core.store import jobs
from rerank_core.store.systems import get_systems, put_system
from rerank_core.store.trained_folders import folder_beside
from rerank_core.systems.systems import all_systems
from tests.pages.conftest import open_page, texts

PAGE = "Rerankers"


def press(app: AppTest, label: str) -> AppTest:
    return next(button for button in app.button if button.label == label).click().run()


def add(app: AppTest, family: str, name: str) -> AppTest:
    next(one for one in app.selectbox if one.label == "Family").set_value(family)
    next(one for one in app.text_input if one.label == "Hub name or local folder").set_value(name)
    return press(app, "Add")


def downloads(workspace) -> list:
    with workspace.open() as db:
        return jobs.open_jobs(db, "download")


def test_every_system_of_the_catalogue_is_a_row(workspace, birds):
    app = open_page(PAGE)
    assert not app.exception
    assert len(app.dataframe[0].value) == len(all_systems(workspace))


def test_nothing_is_downloaded_unasked(workspace, birds):
    app = open_page(PAGE)
    assert downloads(workspace) == []
    press(app, "Download")
    (job,) = downloads(workspace)
    assert job.params == {"system": "ms-marco-tinybert-l2-v2"}
    assert "Stop" in {button.label for button in app.button}


def test_a_download_that_failed_shows_its_reason(workspace, birds):
    app = press(open_page(PAGE), "Download")
    with workspace.write() as db:
        (job,) = jobs.open_jobs(db, "download")
        jobs.finish(db, job.id, "failed", "The hub did not answer.")
    assert "The hub did not answer." in texts(app.run().error)


def test_a_model_added_by_name_is_in_the_table_at_once(workspace, birds):
    app = open_page(PAGE)
    before = len(app.dataframe[0].value)
    add(app, "cross-encoder", "some-org/some-model")
    assert "some-model is in the list" in texts(app.warning)
    assert len(app.dataframe[0].value) == before + 1
    with workspace.open() as db:
        assert list(get_systems(db)) == ["cross-encoder:some-org/some-model"]


def test_a_model_of_the_catalogue_is_not_added_twice(workspace, birds):
    add(open_page(PAGE), "cross-encoder", "cross-encoder/ms-marco-TinyBERT-L2-v2")
    ids = [system.id for system in all_systems(workspace)]
    assert len(ids) == len(set(ids))


def test_a_folder_that_is_not_there_is_told(birds):
    assert "/nowhere/model does not exist" in texts(add(open_page(PAGE), "cross-encoder", "/nowhere/model").warning)


@pytest.mark.parametrize("name", ["", "   "])
def test_a_model_without_a_name_is_refused(workspace, birds, name):
    app = add(open_page(PAGE), "cross-encoder", name)
    assert "a model needs a name" in texts(app.error)
    with workspace.open() as db:
        assert not get_systems(db)


def test_an_added_model_can_be_taken_off_again(workspace, birds):
    app = add(open_page(PAGE), "cross-encoder", "some-org/some-model")
    press(app, "Remove")
    assert not app.exception
    with workspace.open() as db:
        assert not get_systems(db)


def test_two_folders_of_one_name_can_be_told_apart_on_compare(workspace, birds, tmp_path):
    app = open_page(PAGE)
    for parent in ("a", "b"):
        add(app, "cross-encoder", str(tmp_path / parent / "model"))
    chooser = open_page("Compare").multiselect(key="sys")
    assert len(set(chooser.options)) == len(chooser.options)
    for parent in ("a", "b"):
        assert [option for option in chooser.options if str(tmp_path / parent / "model") in option]


@pytest.mark.parametrize("name", ["/etc", "~root", "~nosuchuser/x", "./data", "data", "a" * 5000])
def test_others_who_open_the_app_have_no_folder_of_the_server_read(name, workspace, birds, monkeypatch, tmp_path):
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    app = add(open_page("Rerankers"), "cross-encoder", name)
    assert not app.exception
    assert re.search("read only within the folders|is neither a model's name", texts(app.error))
    with workspace.open() as db:
        assert get_systems(db) == {}


def test_words_and_filters_narrow_the_table_down_and_what_is_ready_stands_first(birds):
    app = open_page(PAGE)
    states = list(app.dataframe[0].value["State"])
    assert states[:3] == ["Ready"] * 3
    assert "Ready" not in states[3:]
    next(one for one in app.text_input if one.label == "Search").set_value("MiniLM cross").run()
    names = list(app.dataframe[0].value["Reranker"])
    assert names
    assert all("MiniLM" in name for name in names)
    next(one for one in app.text_input if one.label == "Search").set_value("nothing is called so").run()
    assert "Nothing matches" in texts(app.info)
    assert not app.dataframe


def test_a_link_holds_the_filters(birds):
    app = open_page(PAGE, needs="a key")
    assert set(app.dataframe[0].value["State"]) == {"Needs a key"}


def test_figures_are_written_as_people_read_them(birds):
    table = open_page(PAGE).dataframe[0].value.set_index("Id")
    assert table.loc["ms-marco-tinybert-l2-v2", "To fetch"] == "18 MB"
    assert table.loc["ms-marco-minilm-l6-v2", "Parameters"] == "22.7 million"
    assert table.loc["qwen3-reranker-4b", "Parameters"] == "4.0 billion"
    assert table.loc["qwen3-reranker-4b", "State"] == "Needs a GPU"


def test_a_folder_is_named_after_itself(workspace, birds, tmp_path):
    app = add(open_page(PAGE), "cross-encoder", str(tmp_path / "our-model"))
    assert list(next(one for one in app.selectbox if one.label == "Added by you").options) == ["our-model"]


def test_a_trained_model_that_nothing_uses_any_more_goes_with_its_files_where_somebody_says_so(workspace, birds):
    folder = folder_beside(workspace.path) / "model-1"
    folder.mkdir(parents=True)
    with workspace.write() as db:
        put_system(db, "ours", "cross-encoder:trained:model-1", {})
        put_system(db, "theirs", "cross-encoder:org/name", {})
    app = open_page(PAGE)
    chosen = next(one for one in app.selectbox if one.label == "Added by you")
    chosen.select("theirs").run()
    assert "model-1" not in "".join(one.label for one in app.checkbox)
    next(one for one in app.selectbox if one.label == "Added by you").select("ours").run()
    next(one for one in app.checkbox if one.label == "Delete the trained model too: model-1").check().run()
    app.button(key="remove-system").click().run()
    assert not app.exception
    assert not folder.exists()
    assert list(next(one for one in app.selectbox if one.label == "Added by you").options) == ["theirs"]
