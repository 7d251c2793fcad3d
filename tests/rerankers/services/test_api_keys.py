"""A key is read from the environment and goes into one header: it is nowhere else, whatever happens."""

from __future__ import annotations

import logging
import pickle
import traceback

import pytest

from rerank_core.errors import NotReadyError, ProviderError, SettingsError
from rerank_core.rerankers.catalogue.catalog import get
from rerank_core.rerankers.catalogue.model_key import model_key
from rerank_core.rerankers.catalogue.state import state
from rerank_core.rerankers.load import load
from rerank_core.rerankers.rerank import rerank
from rerank_core.store import rankings
from rerank_core.store.datasets import DatasetRow
from rerank_core.store.scores import StoredScores
from rerank_core.store.workspace import Workspace
from rerank_core.types import Doc, Query, Ranking, ScoredDoc
from tests.rerankers.services.conftest import APIS, KEYS, KINDS, SENTINEL, Reply

DOCS = {name: Doc(name, f"text {name}", "Title") for name in "abc"}
CANDIDATES = Ranking("q", "bm25", tuple(ScoredDoc(docid, None, rank) for rank, docid in enumerate(DOCS, 1)))
QUERY = Query("q", "who eats fish")
# services that say the key back to us, in every way that they can
BAD = {
    "refused": [Reply(401, {"message": f"bad key {SENTINEL}"})],
    "invalid": [Reply(400, {"error": {"message": f"bad key {SENTINEL}", "code": SENTINEL}})] * 2,
    "down": [Reply(500, f"{SENTINEL}".encode())] * 4,
    "cut": [Reply(cut=True)] * 4,
    "malformed": [Reply(body=f"<b>{SENTINEL}</b>".encode())],
    "slow": [Reply(body={}, wait=0.5)] * 4,
}


@pytest.fixture
def kept(workspace: Workspace, birds: DatasetRow) -> Workspace:
    """A workspace that holds the candidates."""
    with workspace.write() as db:
        rankings.put_candidates(db, "candidates", birds.id, "{}", CANDIDATES)
    return workspace


def bytes_of(workspace: Workspace) -> bytes:
    """The database and all files beside it."""
    return b"".join(path.read_bytes() for path in workspace.path.parent.iterdir() if path.is_file())


def everything_of(error: BaseException | None) -> str:
    """What anybody could print of an error and of those behind it."""
    told = ""
    while error is not None:
        told += f"{error} {error!r} {error.args} {vars(error)}" + "".join(traceback.format_exception(error))
        error = error.__cause__ or error.__context__
    return told


@pytest.mark.parametrize("name", KINDS)
def test_the_key_goes_into_the_header_and_nowhere_else(name, opened, service, kept: Workspace, caplog) -> None:
    caplog.set_level(logging.DEBUG)
    reranker = opened(name)
    row, _, own, _ = APIS[name]
    settings = {"base_url": service.url, **own}
    key = model_key(get(row), settings)
    ranking = rerank(reranker, "system", QUERY, CANDIDATES, DOCS, StoredScores(kept), key)
    with kept.write() as db:
        rankings.put_ranking(db, "candidates", "system", ranking)
    assert all(request.headers["Authorization"].endswith(SENTINEL) for request in service.requests)
    stored = bytes_of(kept)
    assert b"candidates" in stored
    assert SENTINEL.encode() not in stored
    told = f"{reranker!r} {reranker._provider!r} {ranking!r} {key} {caplog.text} {state(get(row), settings)}"
    assert SENTINEL not in told
    assert caplog.records  # the libraries did log


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("bad", BAD)
def test_no_error_and_no_log_holds_the_key(name, bad, opened, service, kept: Workspace, caplog) -> None:
    caplog.set_level(logging.DEBUG)
    reranker = opened(name, timeout=0.2 if bad == "slow" else 5.0)
    service.script = list(BAD[bad]) * (3 if "llm" in name else 1)
    with pytest.raises(ProviderError) as caught:
        rerank(reranker, "system", QUERY, CANDIDATES, DOCS)
    with kept.write() as db:
        rankings.put_ranking(db, "candidates", "system", None, str(caught.value))
    stored = bytes_of(kept)
    assert str(caught.value).encode() in stored
    assert SENTINEL.encode() not in stored
    assert SENTINEL not in everything_of(caught.value)
    assert SENTINEL not in caplog.text


@pytest.mark.parametrize("name", KINDS)
def test_without_its_key_a_service_says_which_variable_to_set(name, monkeypatch, service) -> None:
    for variable in KEYS:
        monkeypatch.delenv(variable)
    row, _, own, module = APIS[name]
    pytest.importorskip(module)
    settings = {"base_url": service.url, **own}
    now = state(get(row), settings)
    assert now.kind == "needs-key"
    assert "_KEY" in now.detail
    with pytest.raises(NotReadyError, match=r"Needs a key: set \w+_KEY"):
        load(get(row), settings)


def test_a_server_without_a_key_gets_no_header(opened, service) -> None:
    opened("http-documents", key_variable="").score("fish", ["fish"])
    assert "Authorization" not in service.requests[0].headers


def test_a_language_model_without_a_key_does_not_get_the_key_of_another(opened, service) -> None:
    # the library would take OPENAI_API_KEY by itself
    opened("llm-logprobs", key_variable="").score("fish", ["fish"])
    assert SENTINEL not in str(service.requests[0].headers)


@pytest.mark.parametrize("pasted", [SENTINEL, "CO_API_KEY=" + SENTINEL, "sk_live_key", "SECRET"])
def test_a_key_pasted_in_place_of_its_variable_is_refused_and_not_repeated(pasted: str) -> None:
    with pytest.raises(SettingsError, match="key_variable must be the name of an environment variable") as caught:
        get("http-rerank").checked({"key_variable": pasted})
    assert pasted not in everything_of(caught.value)


@pytest.mark.parametrize(
    "address",
    [
        f"http://user:{SENTINEL}@gpu:8000",
        f"http://{SENTINEL}@gpu:8000",
        f"http://gpu:8000/?key={SENTINEL}",
        f"http://gpu:8000/#{SENTINEL}",
        f"gpu:8000/{SENTINEL}",
        f"file:///{SENTINEL}",
    ],
)
def test_an_address_that_may_hold_a_secret_is_refused_and_not_repeated(address: str) -> None:
    with pytest.raises(SettingsError, match="base_url must be an address") as caught:
        get("http-rerank").checked({"base_url": address})
    assert SENTINEL not in everything_of(caught.value)


@pytest.mark.parametrize("name", KINDS)
def test_a_reranker_cannot_be_written_down_with_its_key(name, opened) -> None:
    with pytest.raises((TypeError, pickle.PicklingError, AttributeError)):
        pickle.dumps(opened(name))
