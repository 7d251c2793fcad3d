"""Who may come in by the side route, and who may not."""

from __future__ import annotations

import pytest

from pages.ui.outbox.events import GradeEvent
from pages.ui.outbox.passes import IDLE_SECONDS, PARTING_SECONDS, Gate, Visitor

ANN = Visitor("http://localhost:8501", "ann's cookies")
BEN = Visitor("http://localhost:8501", "ben's cookies")
ONE, TWO = "11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def live():
    return {"s1", "s2"}


@pytest.fixture
def gate(live, clock):
    return Gate(lambda session: session in live, clock)


def nothing(events):
    return {}


def event(seq, key="mine", client=ONE):
    return GradeEvent(client, seq, "grade", "d1", 1, 1, "q1", key)


def test_a_pass_admits_the_visitor_that_it_was_granted_to(gate):
    token = gate.grant("s1", "board", ANN, "mine", nothing)
    assert gate.find(token, ANN).reply is nothing


def test_a_token_is_long_random_and_of_one_session_and_component(gate):
    components = [("s1", "board"), ("s1", "label"), ("s2", "board")]
    tokens = {gate.grant(session, component, ANN, "mine", nothing) for session, component in components}
    assert len(tokens) == 3
    assert all(len(token) >= 43 for token in tokens)  # 32 random bytes


@pytest.mark.parametrize("token", ["", "x", "é", "a" * 100_000])
def test_a_token_that_was_never_granted_opens_nothing(gate, token):
    gate.grant("s1", "board", ANN, "mine", nothing)
    assert gate.find(token, ANN) is None


@pytest.mark.parametrize("other", [BEN, Visitor("http://evil.example", ANN.login), Visitor("", ANN.login)])
def test_a_token_in_other_hands_opens_nothing(gate, other):
    assert gate.find(gate.grant("s1", "board", ANN, "mine", nothing), other) is None


def test_a_visitor_without_an_origin_is_nobody(gate):
    nobody = Visitor("", "")
    assert gate.find(gate.grant("s1", "board", nobody, "mine", nothing), nobody) is None


def test_a_session_that_is_not_connected_opens_nothing_until_it_is_again(gate, live):
    token = gate.grant("s1", "board", ANN, "mine", nothing)
    live.remove("s1")
    assert gate.find(token, ANN) is None
    live.add("s1")
    assert gate.find(token, ANN) is not None


def test_what_a_closing_tab_sends_comes_in_after_its_session_ended_for_a_while(gate, live, clock):
    token = gate.grant("s1", "board", ANN, "mine", nothing)
    other = gate.grant("s2", "board", ANN, "mine", nothing)
    gate.end("s1")
    live.remove("s1")
    clock.now = PARTING_SECONDS - 1
    assert gate.find(token, ANN).admits([event(1)]) == [event(1)]
    assert gate.find(token, ANN).admits([event(1, "another's")]) == []
    assert gate.find(token, BEN) is None
    clock.now = PARTING_SECONDS + 1
    assert gate.find(token, ANN) is None
    assert gate.find(other, ANN) is not None


def test_a_session_that_ended_has_new_tokens_when_its_name_comes_back(gate, clock):
    token = gate.grant("s1", "board", ANN, "mine", nothing)
    gate.end("s1")
    assert gate.grant("s1", "board", ANN, "mine", nothing) != token
    clock.now = PARTING_SECONDS + 1
    assert gate.find(token, ANN) is None


def test_a_pass_that_nobody_used_runs_out_and_its_session_gets_another(gate, clock):
    token = gate.grant("s1", "board", ANN, "mine", nothing)
    clock.now = IDLE_SECONDS
    assert gate.find(token, ANN) is not None
    clock.now = 2 * IDLE_SECONDS + 1
    assert gate.find(token, ANN) is None
    assert gate.grant("s1", "board", ANN, "mine", nothing) != token


def test_another_run_of_the_page_keeps_the_token_and_answers_from_now_on(gate):
    token = gate.grant("s1", "board", ANN, "mine", nothing)
    again = gate.grant("s1", "board", ANN, "another query", dict)
    assert again == token
    assert gate.find(token, ANN).reply is dict


def test_a_session_that_somebody_else_took_up_has_new_tokens_and_nothing_of_the_old_ones(gate):
    token = gate.grant("s1", "board", ANN, "ann's", nothing)
    assert gate.grant("s1", "board", BEN, "ben's", nothing) != token
    assert gate.find(token, ANN) is None
    assert gate.find(gate.grant("s1", "board", BEN, "ben's", nothing), BEN).outbox_keys == {"ben's"}


def test_events_of_what_the_session_was_shown_come_in_from_all_its_components(gate):
    gate.grant("s1", "board", ANN, "mine", nothing)
    token = gate.grant("s1", "label", ANN, "another", nothing)
    gate.grant("s2", "board", ANN, "theirs", nothing)
    events = [event(1), event(2, "another"), event(1, "theirs", TWO)]
    assert gate.find(token, ANN).admits(events) == events[:2]


def test_what_follows_an_event_that_stays_out_stays_out_as_its_acknowledgement_would_cover_both(gate):
    shown = gate.find(gate.grant("s1", "board", ANN, "mine", nothing), ANN)
    events = [event(1), event(2, "never shown"), event(3), event(1, client=TWO)]
    assert shown.admits(events) == [events[0], events[3]]
