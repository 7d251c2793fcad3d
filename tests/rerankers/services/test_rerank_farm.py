"""Several /rerank addresses: batches go to all of them, around one that is away, never above each one's limit."""

from __future__ import annotations

import threading

import pytest

from rerank_core.errors import ProviderError, SettingsError
from rerank_core.rerankers.catalogue.catalog import get
from rerank_core.rerankers.catalogue.model_key import model_key
from rerank_core.rerankers.load import load
from rerank_core.rerankers.services import provider
from tests.rerankers.services.conftest import Reply, Service, relevance

pytest.importorskip("httpx", reason="the extra api is not installed")
TEXTS = [f"fish number {number} in river {number * 7 % 5}" for number in range(40)]
QUERY = "fish in river 3"
EXPECTED = [relevance(QUERY, text) for text in TEXTS]
DEAD = "http://127.0.0.1:1"


@pytest.fixture
def second():
    running = Service()
    yield running
    running.stop()


@pytest.fixture
def farm():
    opened = []

    def make(*addresses: str, **more):
        settings = {"base_url": addresses[0], "more_addresses": " ".join(addresses[1:]), "batch_size": 4, **more}
        opened.append(load(get("http-rerank"), settings))
        return opened[-1]

    yield make
    for one in opened:
        one.close()


def test_the_scores_are_those_of_one_server_and_both_are_asked(farm, service, second):
    both = farm(service.url, second.url, parallel=2)
    assert both.chunk == 4 * 2 * 2
    assert both.score(QUERY, TEXTS) == pytest.approx(EXPECTED)
    assert len(service.requests) + len(second.requests) == 10
    assert min(len(service.requests), len(second.requests)) > 0
    assert both.usage()["requests"] == 10
    assert both.usage() == {}
    assert both.score(QUERY, []) == []


def test_no_address_gets_more_at_a_time_than_is_allowed(farm, service, second):
    now, most, lock = {}, {}, threading.Lock()
    for one in (service, second):
        one.change = counted(one, now, most, lock)
    farm(service.url, second.url, parallel=2).score(QUERY, TEXTS * 2)
    assert most == {id(service): 2, id(second): 2}


def counted(one, now, most, lock):
    """Counts the answers that a server has under way; two wait for each other, so that two are there at a time."""
    barrier = threading.Barrier(2)

    def change(answer):
        with lock:
            now[id(one)] = now.get(id(one), 0) + 1
            most[id(one)] = max(most.get(id(one), 0), now[id(one)])
        try:
            barrier.wait(0.5)
        except threading.BrokenBarrierError:
            barrier.reset()
        with lock:
            now[id(one)] -= 1
        return answer

    return change


def test_an_address_that_is_away_is_left_out_and_that_is_told(farm, service, monkeypatch):
    monkeypatch.setattr(provider, "ATTEMPTS", 1)
    some = farm(DEAD, service.url)
    assert some.score(QUERY, TEXTS) == pytest.approx(EXPECTED)
    assert len(service.requests) == 10
    (note,) = some.notes()
    assert "Left out for a while: Server 127.0.0.1:1" in note
    with pytest.raises(ProviderError, match="cannot be reached"):
        farm(DEAD, "http://127.0.0.1:2").score(QUERY, TEXTS)


def test_what_is_wrong_with_the_request_fails_as_with_one_address(farm, service, second):
    service.script = [Reply(422, {"error": "too long"})] * 20
    second.script = [Reply(422, {"error": "too long"})] * 20
    with pytest.raises(ProviderError, match="does not accept the request"):
        farm(service.url, second.url).score(QUERY, TEXTS)


def test_addresses_are_checked_and_change_no_score(service):
    row = get("http-rerank")
    alone = {"base_url": service.url}
    assert model_key(row, alone) == model_key(row, {**alone, "more_addresses": DEAD, "parallel": 8})
    for bad in ("ftp://x", "http://a http://me:pw@b", "http://a,http://b?key=1"):
        with pytest.raises(SettingsError, match="more_addresses must be an address"):
            load(row, {**alone, "more_addresses": bad})
