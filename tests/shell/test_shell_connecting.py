"""A search engine from a shell: look, connect, fill, refresh."""

from __future__ import annotations

import json

import pytest

from rerank_core.__main__ import main
from rerank_core.store import datasets
from rerank_core.store.workspace import Workspace


@pytest.fixture
def call(tmp_path, capsys):
    def run(*words):
        code = main(["--workspace", str(tmp_path / "workspace.db"), *map(str, words)])
        return code, capsys.readouterr()

    return run


@pytest.fixture
def source(tmp_path, postgres):
    """A source without vectors as a file, its table not there yet."""
    postgres.run("DROP TABLE IF EXISTS shell_birds")
    values = {"engine": "postgres", "address": postgres.address, "index": "shell_birds"}
    path = tmp_path / "source.json"
    path.write_text(json.dumps({**values, "fields": {"docid": "sku", "text": "body", "title": "name"}}))
    (tmp_path / "birds.jsonl").write_text(
        '{"_id": "a", "title": "Heron", "text": "A grey heron waits in the reeds."}\n'
        '{"_id": "b", "title": "", "text": "Swifts sleep in the air."}\n'
    )
    (tmp_path / "queries.txt").write_text("grey heron\nsleeping swifts\n")
    return path


def test_fill_look_connect_run_and_refresh(call, source, tmp_path, postgres):
    assert call("import", "birds", tmp_path / "birds.jsonl")[0] == 0
    code, told = call("index", "--dataset", "birds", "--to", source)
    assert code == 0
    assert "2 passages were put there, 0 were there already" in told.out
    code, told = call("index", "--dataset", "birds", "--to", source)
    assert "0 passages were put there, 2 were there already" in told.out
    server = ("--engine", "postgres", "--address", postgres.address)
    code, told = call("connect", "there", *server)
    assert code == 0
    assert "shell_birds" in told.out
    question = ("--index", "shell_birds", "--question", "where is the heron")
    code, told = call("connect", "there", *server, *question, "--look")
    assert code == 0, told
    assert "id = sku, title = name, text = body, vector = (none)" in told.out
    assert "A grey heron waits" in told.out
    code, told = call("connect", "there", *server, *question, "--queries", tmp_path / "queries.txt")
    assert code == 0, told
    assert "'there' is connected" in told.out
    assert "2 queries" in told.out
    code, told = call("run", "--dataset", "there", "--systems", "first-stage")
    assert code == 0, told
    with Workspace(tmp_path / "workspace.db").open() as db:
        assert datasets.get_dataset(db, "there").n_docs == 2
    postgres.run("UPDATE shell_birds SET body = 'Swifts sleep.' WHERE sku = 'b'")
    code, told = call("refresh", "there", "--dry-run")
    assert "1 with another text" in told.out
    assert "Nothing of it was kept" in told.out
    code, told = call("refresh", "there")
    assert "With another text: b." in told.out
    code, told = call("refresh", "there")
    assert "Nothing changed" in told.out


def test_what_is_missing_is_said_and_nothing_is_made(call, source, tmp_path, postgres):
    assert call("connect", "there", "--engine", "postgres")[0] == 2
    code, told = call("connect", "there", "--engine", "postgres", "--address", "postgresql://u:secret@127.0.0.1/x")
    assert code == 2
    assert "secret" not in told.err + told.out
    postgres.run("CREATE TABLE IF NOT EXISTS oddly (a1 text, b1 text)")
    code, told = call("connect", "there", "--engine", "postgres", "--address", postgres.address, "--index", "oddly")
    assert code == 4
    assert "--id-field, --text-field" in told.out + told.err
    assert "a1, b1" in told.out + told.err
    code, told = call("connect", "there", "--source", source, "--queries", tmp_path / "no.txt")
    assert code in (2, 4)
    assert json.loads(call("datasets", "--json")[1].out) == []
    code, told = call("index", "--dataset", "there", "--to", source)
    assert code == 2


def test_a_template_is_added_to_what_is_connected_and_the_recall_of_an_index_is_told(call, source, tmp_path, postgres):
    call("import", "birds", tmp_path / "birds.jsonl")
    values = json.loads(source.read_text())
    values["fields"]["vector"] = "embedding"
    source.write_text(json.dumps(values))
    assert call("index", "--dataset", "birds", "--to", source)[0] == 0
    assert call("connect", "there", "--source", source, "--queries", tmp_path / "queries.txt")[0] == 0
    code, told = call("connect", "there")
    assert (code, "Add a first stage with --template NAME=FILE" in told.err) == (2, True)
    file = tmp_path / "titles.sql"
    file.write_text("SELECT sku, name, body FROM shell_birds WHERE name ILIKE '%' || {{query}} || '%' LIMIT {{k}}")
    more = ("connect", "there", "--template", f"titles={file}", "--question", "heron")
    code, told = call(*more, "--look")
    assert (code, "A grey heron waits" in told.out, "'there' has" in told.out) == (0, True, False)
    code, told = call(*more)
    assert (code, "'there' has engine:titles." in told.out) == (0, True), told
    assert call("run", "--dataset", "there", "--retrievers", "engine:titles", "--systems", "first-stage")[0] == 0
    file.write_text("SELECT 1")
    code, told = call(*more)
    assert code in (2, 4)
    code, told = call("connect", "there", "--check-recall")
    assert code == 0, told
    assert "engine:hnsw: 100.0% of the first 100 that a whole scan finds, over 2 questions." in told.out
    code, told = call("connect", "other", "--source", source, "--check-recall")
    assert (code, "needs a --question" in told.err) == (2, True)
