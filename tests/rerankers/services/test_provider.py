"""The door: what is tried again, how long it waits, when it gives up, and what it tells."""

from __future__ import annotations

import time
from email.utils import formatdate

import pytest

from rerank_core.errors import NotReadyError, ProviderError
from rerank_core.rerankers.services.provider import ATTEMPTS, FIRST_WAIT, Provider, key_from


class RefusedError(Exception):
    def __init__(self, status: int, **headers: str) -> None:
        super().__init__("secret text of the vendor")
        self.status_code, self.headers = status, {name.replace("_", "-"): value for name, value in headers.items()}


class Clock:
    """Time that passes only in sleep."""

    def __init__(self) -> None:
        self.now, self.waits = 0.0, []

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds


def provider(clock: Clock, timeout: float = 100.0, jitter: float = 1.0) -> Provider:
    return Provider("Vendor", timeout, clock.sleep, lambda: clock.now, lambda: jitter)


def failing(*errors: Exception):
    """A send that raises these, one a call, and then answers."""
    left = list(errors)

    def send(seconds: float) -> str:
        if left:
            raise left.pop(0)
        return "answer"

    return send


@pytest.mark.parametrize("status", [408, 409, 429, 500, 502, 503, 504])
def test_these_statuses_are_tried_again(status: int) -> None:
    clock = Clock()
    door = provider(clock)
    assert door.call(failing(RefusedError(status), RefusedError(status))) == "answer"
    assert clock.waits == [FIRST_WAIT, 2 * FIRST_WAIT]
    assert door.usage() == {"requests": 3, "retries": 2}


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 413, 418, 422])
def test_these_statuses_are_not(status: int) -> None:
    clock = Clock()
    door = provider(clock)
    with pytest.raises(ProviderError) as caught:
        door.call(failing(RefusedError(status)))
    assert (caught.value.vendor, caught.value.status, caught.value.retryable) == ("Vendor", status, False)
    assert clock.waits == []
    assert door.usage() == {"requests": 1}


def test_failures_of_transport_are_tried_again() -> None:
    import httpx

    clock = Clock()
    assert provider(clock).call(failing(httpx.ConnectError("x"), ConnectionResetError("x"))) == "answer"
    assert len(clock.waits) == 2


def test_after_the_last_attempt_the_error_says_how_often_it_was_tried() -> None:
    clock = Clock()
    with pytest.raises(ProviderError, match=rf"^Vendor: failed, tried {ATTEMPTS} times \(HTTP 500\)$") as caught:
        provider(clock).call(failing(*[RefusedError(500)] * 10))
    assert caught.value.retryable
    assert clock.waits == [FIRST_WAIT, 2 * FIRST_WAIT, 4 * FIRST_WAIT]


def test_chance_shortens_a_wait_by_at_most_half() -> None:
    clock = Clock()
    provider(clock, jitter=0.0).call(failing(RefusedError(500)))
    assert clock.waits == [FIRST_WAIT / 2]


@pytest.mark.parametrize("told", ["7", "7.0"])
def test_a_retry_after_in_seconds_is_kept_to(told: str) -> None:
    clock = Clock()
    provider(clock).call(failing(RefusedError(429, Retry_After=told)))
    assert clock.waits == [7.0]


def test_a_retry_after_that_is_a_date_is_kept_to() -> None:
    clock = Clock()
    provider(clock).call(failing(RefusedError(503, Retry_After=formatdate(time.time() + 30, usegmt=True))))
    assert clock.waits == [pytest.approx(30, abs=2)]


@pytest.mark.parametrize("told", ["soon", "nan", "inf", "", "Wed, 99 Foo 2026"])
def test_a_retry_after_that_cannot_be_read_is_left_out(told: str) -> None:
    clock = Clock()
    provider(clock).call(failing(RefusedError(429, Retry_After=told)))
    assert clock.waits == [FIRST_WAIT]


def test_a_retry_after_beyond_the_deadline_fails_at_once_and_says_what_was_asked() -> None:
    clock = Clock()
    with pytest.raises(ProviderError, match=r"too many requests from us, asks to wait 400 s \(HTTP 429\)"):
        provider(clock).call(failing(RefusedError(429, Retry_After="400")))
    assert clock.waits == []


def test_all_attempts_together_end_at_the_deadline() -> None:
    clock = Clock()
    given = []

    def slow(seconds: float) -> str:
        given.append(seconds)
        clock.now += seconds
        raise TimeoutError

    with pytest.raises(ProviderError, match="gave no answer in time") as caught:
        provider(clock, timeout=10.0).call(slow)
    # the third attempt gets what is left of 3 x 10 seconds after two attempts and two waits
    assert given == [10.0, 10.0, 10.0 - FIRST_WAIT - 2 * FIRST_WAIT]
    assert clock.now == 30.0
    assert (caught.value.status, caught.value.retryable) == (None, True)


def test_an_answer_that_cannot_be_read_is_not_tried_again() -> None:
    with pytest.raises(ProviderError, match=r"gave an answer that cannot be read \(KeyError\)") as caught:
        provider(Clock()).call(failing(KeyError("x")))
    assert not caught.value.retryable


def test_our_own_errors_pass_as_they_are() -> None:
    own = ProviderError("Other", 200, False, "said so")
    with pytest.raises(ProviderError) as caught:
        provider(Clock()).call(failing(own))
    assert caught.value is own


def test_nothing_of_the_foreign_exception_travels_with_ours() -> None:
    with pytest.raises(ProviderError) as caught:
        provider(Clock()).call(failing(RefusedError(401)))
    assert caught.value.__context__ is None
    assert caught.value.__cause__ is None
    assert "secret" not in str(caught.value)


def test_counters_and_notes_are_told_once() -> None:
    door = provider(Clock())
    door.count("tokens", 3)
    door.count("tokens", 4.5)
    door.count("tokens", None)
    door.note("said twice")
    door.note("said twice")
    assert (door.usage(), door.notes()) == ({"tokens": 7.5}, ("said twice",))
    assert (door.usage(), door.notes()) == ({}, ())


def test_a_key_is_the_first_variable_that_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FIRST_KEY", " ")
    monkeypatch.setenv("SECOND_KEY", " value\n")
    assert key_from(["FIRST_KEY", "SECOND_KEY"]) == "value"
    assert key_from([]) == ""
    with pytest.raises(NotReadyError, match="set FIRST_KEY or THIRD_KEY"):
        key_from(["FIRST_KEY", "THIRD_KEY"])
