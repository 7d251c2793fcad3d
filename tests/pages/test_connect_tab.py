"""The tab that connects a search engine: who may, what is shown of foreign hits, what is saved and when."""

from __future__ import annotations

from rerank_core.experiment.connected import connection_of
from rerank_core.experiment.job_requests import LookRequest
from rerank_core.retrieval.dense_model import DenseModel
from rerank_core.retrieval.engines.source import EngineSource, Fields
from rerank_core.retrieval.engines.template import Template
from rerank_core.store import datasets, jobs
from rerank_core.systems.dense_models import add_dense_model
from tests.pages.conftest import open_page

ADDRESS = "http://127.0.0.1:9/search"
EVIL = "<script>x</script> ![p](http://evil.example/p.png) **b**"


def labels(app) -> list[str]:
    return [field.label for field in app.text_input]


def test_an_engineer_names_no_address_and_an_administrator_does(workspace, birds, tmp_path, monkeypatch):
    roles = tmp_path / "roles.toml"
    monkeypatch.setenv("RERANK_LENS_ROLES", str(roles))
    roles.write_text('"*" = "engineer"\n')
    app = open_page("Data")
    assert not app.exception
    assert "Address, without a key" not in labels(app)
    assert any("by an administrator" in info.value for info in app.info)
    roles.write_text('"*" = "admin"\n')
    assert "Address, without a key" in labels(open_page("Data"))


def test_hits_are_shown_as_text_and_saved_only_on_a_click(workspace, birds):
    app = open_page("Data")
    app.selectbox(key="connect_engine").set_value("http")
    app.text_input(key="connect_address").set_value(ADDRESS)
    app.run()
    (button,) = [one for one in app.button if one.label == "See what is there"]
    button.click()
    app.run()
    with workspace.open() as db:
        (job,) = [job for job in jobs.open_jobs(db) if job.kind == LookRequest.kind]
    request = LookRequest.from_json(job.params)
    assert EngineSource.from_dict(request.source) == EngineSource("http", ADDRESS)
    named = Fields("id", "text")
    found = {
        "source": EngineSource("http", ADDRESS, fields=named).to_dict(),
        "indexes": [],
        "columns": [],
        "templates": [Template("mine", '{"body": {"q": "{{query}}"}}').to_dict()],
        "hits": {"mine": [{"rank": 1, "score": 0.5, "docid": EVIL, "title": EVIL, "text": EVIL}]},
        "problems": {"other": f"HTTP API: {EVIL}"},
    }
    with workspace.write() as db:
        jobs.finish(db, job.id, "done", result=found)
    app.run()
    assert not app.exception
    shown = "\n".join([one.value for one in app.markdown] + [one.value for one in app.error])
    assert "<script>" not in shown
    assert "![p]" not in shown
    assert "script" in shown
    with workspace.open() as db:
        assert [row.name for row in datasets.list_datasets(db)] == ["birds"]
    app.text_input(key="connect_name").set_value("mine")
    app.text_area(key="connect_queries").set_value("one\n\ntwo\none\n")
    app.run()
    (button,) = [one for one in app.button if one.label == "Connect"]
    button.click()
    app.run()
    assert not app.exception
    with workspace.open() as db:
        row = datasets.get_dataset(db, "mine")
        assert [query.text for query in datasets.get_queries(db, row.id)] == ["one", "two"]
        assert connection_of(db, row).source.fields == named
    assert any("is connected" in one.value for one in app.success)


def test_the_dense_model_of_the_vectors_is_one_of_those_that_were_added(workspace, birds):
    e5 = DenseModel("openai:e5-small", "http://gpu-1:8000/v1", "GPU_KEY", passage_prefix="text: ")
    name = add_dense_model(workspace, e5)
    app = open_page("Data")
    app.text_input(key="connect_address").set_value("postgresql://ann@db/shop")
    app.selectbox(key="connect_dense").set_value(name)
    app.run()
    (button,) = [one for one in app.button if one.label == "See what is there"]
    button.click()
    app.run()
    assert not app.exception
    with workspace.open() as db:
        (job,) = [job for job in jobs.open_jobs(db) if job.kind == LookRequest.kind]
    assert EngineSource.from_dict(LookRequest.from_json(job.params).source).dense() == e5


def test_a_key_in_the_address_is_refused_and_not_repeated(workspace, birds):
    app = open_page("Data")
    app.selectbox(key="connect_engine").set_value("postgres")
    app.text_input(key="connect_address").set_value("postgresql://ann:hunter2@db/shop")
    app.run()
    assert any("Take it out" in one.value for one in app.error)
    assert not any("hunter2" in one.value for one in app.error)
    with workspace.open() as db:
        assert LookRequest.kind not in [job.kind for job in jobs.open_jobs(db)]
