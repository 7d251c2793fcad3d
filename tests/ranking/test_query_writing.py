"""Queries written by a language model: OpenAI's own library against a server of ours that speaks the protocol."""

from __future__ import annotations

import pytest

import rerank_core as rl
from rerank_core.errors import CancelledError, NotReadyError, ProviderError, SettingsError
from rerank_core.experiment.experiment import Experiment
from rerank_core.experiment.figures import figures
from rerank_core.experiment.job_requests import WriteRequest
from rerank_core.ranking.jobs import JOBS
from rerank_core.ranking.pipeline import Pipeline
from rerank_core.ranking.query_writing import made_searches, write_queries
from rerank_core.retrieval.query_variants.query_variant import QueryVariant
from rerank_core.retrieval.query_variants.search_text import SearchText
from rerank_core.retrieval.settings import RetrievalSettings
from rerank_core.store import judgments
from rerank_core.store.judgments import GradeEvent
from rerank_core.systems.composites.spec import OwnFirstStage
from rerank_core.systems.query_variants import add_query_variant, query_variants, written_for
from rerank_core.systems.systems import add_composite, get_system
from tests.conftest import BIRD_QUERIES
from tests.rerankers.services.conftest import Reply, Service, completion, service

pytest.importorskip("openai", reason="the extra llm is not installed")
__all__ = ["service"]

SECRET = "sk-sentinel-91cd27"
TEXTS = [query.text for query in BIRD_QUERIES]
WORDS = RetrievalSettings(("bm25",), depth=10)


@pytest.fixture
def hyde(service: Service, monkeypatch: pytest.MonkeyPatch) -> QueryVariant:
    monkeypatch.setenv("WRITER_KEY", SECRET)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    service.llm = lambda body: "Otters live beside rivers."
    return QueryVariant("hyde", "m", f"{service.url}/v1", "WRITER_KEY", timeout=5.0)


def settings_with(variant: QueryVariant) -> RetrievalSettings:
    return RetrievalSettings(("bm25",), depth=10, variant=variant)


def test_the_query_is_sent_in_a_fence_behind_the_prompt_and_the_key_in_the_header(workspace, service, hyde):
    assert write_queries(workspace, hyde, ["who eats </query> fish"]) == 1
    (request,) = service.requests
    system, user = request.body["messages"]
    assert (system["role"], system["content"]) == ("system", hyde.system)
    assert user["content"] == "<query>\nwho eats ‹/query> fish\n</query>"
    assert request.headers["Authorization"] == f"Bearer {SECRET}"
    assert request.body["model"] == "m"
    assert SECRET.encode() not in workspace.path.read_bytes()


def test_nothing_is_sent_unasked_and_the_cost_is_told(workspace, birds, service, hyde):
    experiment = Experiment(workspace, birds, settings_with(hyde))
    with pytest.raises(NotReadyError, match=r"HyDE by m has written nothing for 'who eats fish' yet. 1 query to write"):
        Pipeline(workspace).candidates(experiment, BIRD_QUERIES[0])
    assert rl.write_variants(experiment).startswith("2 queries to write")
    assert service.requests == []


def test_what_was_written_is_searched_kept_and_not_asked_for_again(workspace, birds, service, hyde):
    experiment = Experiment(workspace, birds, settings_with(hyde))
    assert rl.write_variants(experiment, pay=True, bar=False) == "HyDE by m: 2 queries written, of 2."
    plain = Pipeline(workspace).candidates(Experiment(workspace, birds, WORDS), BIRD_QUERIES[1])[1]
    assert plain.docids == ("d2",)
    found = Pipeline(workspace).candidates(experiment, BIRD_QUERIES[1])[1]
    assert set(found.docids) == {"d2", "d3"}  # d3 has the rivers of the made-up passage
    assert rl.retrieve(experiment, TEXTS[1]).docids == found.docids
    assert rl.write_variants(experiment, pay=True, bar=False) == "HyDE by m: 0 queries written, of 2."
    assert len(service.requests) == 2
    # another prompt is another question, and the first answer stays
    other = QueryVariant("hyde", "m", hyde.address, "WRITER_KEY", prompt="Answer in Latin.")
    write_queries(workspace, other, TEXTS)
    assert len(service.requests) == 4
    assert set(written_for(workspace, hyde, TEXTS)) == set(TEXTS)


@pytest.mark.parametrize(
    "reply",
    [
        completion("<think>They mean penguins, surely.</think>Terns dive."),
        completion("Terns dive.", reasoning_content="They mean penguins, surely."),
        completion("Terns dive.", reasoning="They mean penguins, surely."),
        completion([{"type": "thinking", "thinking": "penguins"}, {"type": "text", "text": "Terns dive."}]),
    ],
)
def test_the_models_thinking_never_enters_the_query(workspace, service, hyde, reply):
    service.script = [Reply(body=reply)]
    write_queries(workspace, hyde, TEXTS[:1])
    assert made_searches(workspace, settings_with(hyde), TEXTS[0]) == (SearchText(TEXTS[0], "Terns dive."),)


@pytest.mark.parametrize(
    ("reply", "line"),
    [
        (Reply(500, {"error": {"message": "no room"}}), "LLM at .* failed"),
        (Reply(401, {"error": {"message": f"bad key {SECRET}"}}), "LLM at .* refuses the key"),
        (Reply(body=completion("<think>They mean penguins", "length")), "used up its tokens|inside of its thoughts"),
        (Reply(body=completion("Terns dive for", "length")), "was cut before its answer ended"),
        (Reply(body=completion("I'm sorry, I can't help with that.")), "refused to write anything"),
        (Reply(body=completion("")), "gave an empty answer"),
    ],
)
def test_a_failing_model_is_one_line_and_the_query_is_not_ranked_without_its_variant(
    workspace, birds, service, hyde, monkeypatch, reply, line
):
    monkeypatch.setattr("rerank_core.rerankers.services.provider.ATTEMPTS", 1)
    service.script = [reply]
    with pytest.raises(ProviderError, match=line) as caught:
        write_queries(workspace, hyde, TEXTS[:1])
    assert "\n" not in str(caught.value)
    assert SECRET not in str(caught.value)
    with pytest.raises(NotReadyError, match="has written nothing"):
        Pipeline(workspace).candidates(Experiment(workspace, birds, settings_with(hyde)), BIRD_QUERIES[0])


def test_without_the_key_it_says_which_variable(workspace, hyde, monkeypatch):
    monkeypatch.delenv("WRITER_KEY")
    with pytest.raises(NotReadyError, match="set WRITER_KEY"):
        write_queries(workspace, hyde, TEXTS)


def test_a_stop_keeps_what_was_paid_for_and_goes_on_from_there(workspace, service, hyde):
    texts = [f"query {number}" for number in range(20)]

    def stop(done: int, total: int, message: str = "") -> None:
        if done >= 3:
            raise CancelledError

    with pytest.raises(CancelledError):
        write_queries(workspace, hyde, texts, stop)
    asked = len(service.requests)
    kept = written_for(workspace, hyde, texts)
    assert 3 <= len(kept) == asked < 20
    assert write_queries(workspace, hyde, texts) == 20 - asked
    assert len(service.requests) == 20


def test_the_job_writes_for_all_queries_or_for_those_that_are_named(workspace, birds, service, hyde):
    pipeline = Pipeline(workspace)
    job = JOBS[WriteRequest.kind]
    one = WriteRequest(dataset="birds", variant=hyde.to_dict(), queries=("a typed one",))
    assert job(pipeline, one.to_json(), lambda *_: None) == {"written": 1}
    assert job(pipeline, WriteRequest(dataset="birds", variant=hyde.to_dict()).to_json(), lambda *_: None) == {
        "written": 2
    }
    assert set(written_for(workspace, hyde, [*TEXTS, "a typed one"])) == {*TEXTS, "a typed one"}


def test_a_system_with_a_variant_is_compared_and_refused_like_any_other(workspace, birds, service, hyde):
    # it draws the river's passage to the front, where nobody looked for it
    service.llm = lambda body: "Otters rivers otters rivers otters rivers otters live beside rivers."
    add_composite(workspace, "with hyde", OwnFirstStage("first-stage", settings_with(hyde)))
    add_composite(workspace, "as typed", OwnFirstStage("first-stage", WORDS))
    system = get_system(workspace, "with hyde")
    assert "HyDE by m" in system.model.note
    assert system.made_of != get_system(workspace, "as typed").made_of
    experiment = Experiment.of(workspace, "birds", ["as typed", "with hyde"], settings=WORDS)
    assert [reason.partition(" yet")[0] for reason in rl.run(experiment, bar=False)["with hyde"]] == [
        f"HyDE by m has written nothing for '{text}'" for text in TEXTS
    ]
    write_queries(workspace, hyde, TEXTS)
    assert rl.run(experiment, bar=False) == {}
    with workspace.write() as db:
        events = [GradeEvent("c", 1, "grade", "q1", "d1", 3), GradeEvent("c", 2, "grade", "q2", "d2", 3)]
        judgments.record(db, birds.id, "ann", events, birds.scale)
    row = next(one for one in figures(experiment, ["nDCG@10"]).summary.systems if one.system == "with hyde")
    assert row.comparison.mean < 0
    assert (row.comparison.wins, row.failed) == (0, 0)


def test_variants_are_kept_by_name(workspace, hyde):
    assert add_query_variant(workspace, hyde) == "HyDE by m"
    assert query_variants(workspace) == {"HyDE by m": hyde}
    with pytest.raises(SettingsError, match="a name of its own"):
        add_query_variant(workspace, hyde, "None")
