"""A dataset in a real PostgreSQL with pgvector: the orders, a server that is killed, a refresh, a fill."""

import numpy as np
import psycopg
import pytest

from rerank_core.corpus.changes import PassageChange, change_passages
from rerank_core.corpus.ingest import import_dataset
from rerank_core.errors import BadInputError, CancelledError, NotReadyError, ProviderError, SettingsError
from rerank_core.experiment.connected import add_template, connect_dataset, connection_of
from rerank_core.experiment.experiment import Experiment
from rerank_core.ranking.connecting import look
from rerank_core.ranking.filling import fill
from rerank_core.ranking.index_recall import index_recall
from rerank_core.ranking.pipeline import Pipeline
from rerank_core.ranking.refreshing import refresh
from rerank_core.retrieval.engines.default_templates import default_templates
from rerank_core.retrieval.engines.postgres import PostgresEngine
from rerank_core.retrieval.engines.source import EngineSource, Fields
from rerank_core.retrieval.engines.template import Template
from rerank_core.retrieval.fusion import rrf
from rerank_core.retrieval.settings import RetrievalSettings
from rerank_core.store import datasets, engine_answers, judgments, rankings
from rerank_core.store.judgments import GradeEvent
from rerank_core.types import Query, no_progress
from tests.conftest import BIRD_QUERIES, BIRDS, ROOT

NAMED = Fields("id", "body", "title", ("kind",), "embedding")


@pytest.fixture
def source(postgres):
    postgres.run("DROP TABLE IF EXISTS birds")
    return EngineSource("postgres", postgres.address, "birds", NAMED, timeout=5)


@pytest.fixture
def filled(workspace, birds, source):
    """The four birds in a table, with vectors."""
    assert fill(workspace, birds, source).put == len(BIRDS)
    return source


@pytest.fixture
def connected(workspace, filled):
    engine = PostgresEngine(filled)
    chosen = default_templates(filled, engine.columns("birds"))
    engine.close()
    return connect_dataset(workspace, "elsewhere", filled, chosen, BIRD_QUERIES)


def experiment(workspace, *systems, name="elsewhere", depth=10, template="exact"):
    settings = RetrievalSettings((f"engine:{template}",), depth=depth)
    return Experiment.of(workspace, name, systems or ("first-stage",), settings=settings)


def test_on_the_demo_exact_is_our_dense_order_hnsw_is_measured_and_rrf_is_ours(workspace, postgres, capsys):
    import_dataset(workspace, "demo", ROOT / "data" / "demo")
    with workspace.open() as db:
        demo = datasets.get_dataset(db, "demo")
        queries = datasets.get_queries(db, demo.id)[:25]
    postgres.run("DROP TABLE IF EXISTS demo")
    source = EngineSource("postgres", postgres.address, "demo", Fields("id", "body", "title", (), "embedding"))
    fill(workspace, demo, source)
    engine = PostgresEngine(source)
    templates = default_templates(source, engine.columns("demo"))
    engine.close()
    assert [template.name for template in templates] == ["hybrid", "words", "exact", "hnsw"]
    connect_dataset(workspace, "there", source, templates, queries)
    pipeline = Pipeline(workspace)

    def docids(name, template):
        settings = RetrievalSettings((template,), depth=50)
        made = Experiment.of(workspace, name, ["first-stage"], settings=settings)
        return {query.qid: pipeline.candidates(made, query)[1] for query in queries}

    ours, exact, hnsw = docids("demo", "dense"), docids("there", "engine:exact"), docids("there", "engine:hnsw")
    for query in queries:
        scores = {doc.docid: doc.score for doc in ours[query.qid].docs}
        # the same up to what float16 of our store leaves open: places of one score to four digits may change
        for here, elsewhere in zip(ours[query.qid].docs[:20], exact[query.qid].docs[:20], strict=True):
            assert elsewhere.score == pytest.approx(here.score, abs=2e-3)
            assert scores.get(elsewhere.docid, here.score) == pytest.approx(here.score, abs=2e-3)
    same = np.mean([ours[query.qid].docids[:10] == exact[query.qid].docids[:10] for query in queries])
    assert same >= 0.9
    recall = np.mean([len({*exact[q.qid].docids} & {*hnsw[q.qid].docids}) / 50 for q in queries])
    with capsys.disabled():
        print(f"\n[pgvector, demo] first ten places as ours: {same:.0%}; HNSW recall@50 {recall:.4f}")
    assert recall >= 0.95
    words, hybrid = docids("there", "engine:words"), docids("there", "engine:hybrid")
    for query in queries:
        scores = rrf([exact[query.qid].docs, words[query.qid].docs])
        expected = sorted(scores, key=lambda docid: (-scores[docid], docid))[:50]
        assert list(hybrid[query.qid].docids) == expected


def test_passages_are_stored_when_they_are_seen_and_an_answer_is_asked_once(workspace, connected, postgres):
    postgres.run("ANALYZE birds")
    assert connected.n_docs == 0
    pipeline, asked = Pipeline(workspace), experiment(workspace, template="words")
    _, found = pipeline.candidates(asked, BIRD_QUERIES[0])
    assert set(found.docids) == {"d1", "d3", "007"}
    assert found.seconds > 0
    with workspace.open() as db:
        row = datasets.get_dataset(db, "elsewhere")
        docs = datasets.get_docs(db, row.id, list(found.docids))
        assert row.n_docs == 3
        assert row.fingerprint == connected.fingerprint
    assert docs["d1"].title == "Terns"
    assert docs["d3"].metadata == {"kind": "mammal"}
    postgres.run("DELETE FROM birds")
    # at another settings' key the engine's answer is taken, and it is not asked
    both = RetrievalSettings(("engine:words",), depth=10, fusion="union")
    _, again = Pipeline(workspace).candidates(Experiment.of(workspace, "elsewhere", settings=both), BIRD_QUERIES[0])
    assert again.docids == found.docids
    (kept,) = engine_answers.StoredAnswers(workspace, row).all()
    assert kept.hashes == {docid: doc.text_hash for docid, doc in docs.items()}
    assert len(kept.request) == 32
    assert kept.at


def test_two_templates_are_fused_here_and_each_passage_says_who_found_it(workspace, connected):
    settings = RetrievalSettings(("engine:exact", "engine:words"), depth=10)
    made = Experiment.of(workspace, "elsewhere", ["first-stage"], settings=settings)
    _, found = Pipeline(workspace).candidates(made, BIRD_QUERIES[1])
    assert found.docs[0].docid == "d2"
    assert found.docs[0].found_by == {"engine:exact": 1, "engine:words": 1}


@pytest.mark.parametrize(
    "text", ["'; DROP TABLE birds; --", "fish' OR '1'='1", "{{k}} %s %(k)s", "a & b | ! <-> (", '\x01 \\ "quotes"']
)
def test_what_somebody_types_is_never_sql(workspace, connected, postgres, text):
    made = experiment(workspace, template="hybrid")
    _, found = Pipeline(workspace).candidates(made, Query("q9", text))
    assert set(found.docids) == {doc.docid for doc in BIRDS}


def test_a_template_cannot_change_the_database(workspace, connected, postgres):
    text = "WITH gone AS (DELETE FROM birds RETURNING id, body) SELECT *, {{query}} FROM gone LIMIT {{k}}"
    add_template(workspace, connected, Template("evil", text))
    with pytest.raises(ProviderError, match="asked to change something: A template only reads"):
        Pipeline(workspace).candidates(experiment(workspace, template="evil"), BIRD_QUERIES[0])
    with psycopg.connect(postgres.address) as connection:
        assert connection.execute("SELECT count(*) FROM birds").fetchone() == (len(BIRDS),)


def test_a_server_killed_in_mid_run_is_one_line_and_the_run_goes_on_later(workspace, connected, postgres):
    made = experiment(workspace, "first-stage", "minilm-maxsim")
    with workspace.open() as db:
        queries = datasets.get_queries(db, connected.id)

    def kill_after_the_first(done, total, message=""):
        if done == len(made.systems):
            postgres.kill()

    with pytest.raises(ProviderError) as raised:
        Pipeline(workspace).run(made, queries, kill_after_the_first)
    place = f"PostgreSQL at 127.0.0.1:{postgres.port} (birds): "
    assert str(raised.value) == f"{place}nothing listens there: Start it, or correct the address."
    keys = list(made.keys(queries).values())
    with workspace.open() as db:
        kept = rankings.get_rankings(db, keys, [system.key for system in made.systems])
    assert [len(kept.get(key, {})) for key in keys] == [2, 0]
    postgres.start()
    assert Pipeline(workspace).run(made, queries) == {"first-stage": 0, "minilm-maxsim": 0}
    with workspace.open() as db:
        again = rankings.get_rankings(db, keys, [system.key for system in made.systems])
    assert again[keys[0]] == kept[keys[0]]
    assert len(again[keys[1]]) == 2


def test_a_connection_lost_between_two_questions_is_opened_again(workspace, connected, postgres):
    pipeline, made = Pipeline(workspace), experiment(workspace)
    pipeline.candidates(made, BIRD_QUERIES[0])
    postgres.kill()
    postgres.start()
    assert pipeline.candidates(made, BIRD_QUERIES[1])[1].docids[0] == "d2"


def test_a_refresh_says_what_changed_and_makes_the_grades_of_a_changed_text_stale(workspace, connected, postgres):
    pipeline, made = Pipeline(workspace), experiment(workspace, "first-stage", template="words")
    pipeline.candidates(made, BIRD_QUERIES[0])
    with workspace.write() as db:
        events = [GradeEvent("1" * 36, seq, "grade", "q1", docid, 2) for seq, docid in enumerate(["d1", "d3"])]
        judgments.record(db, connected.id, "ann", events, connected.scale)
    assert refresh(workspace, made.dataset).sentence() == "Asked again: 1 answer. Nothing changed."
    postgres.run(
        "UPDATE birds SET body = 'Terns steal fish, fish and fish.' WHERE id = 'd1'",
        "DELETE FROM birds WHERE id = '007'",
        "INSERT INTO birds (id, title, body) VALUES ('d9', 'Ospreys', 'An osprey eats fish alone.')",
    )
    looked = refresh(workspace, made.dataset, preview=True)
    assert not looked.applied
    found = refresh(workspace, made.dataset)
    assert (found.answers, found.new, found.gone, found.changed_texts, found.changed) == (1, 1, 1, 1, ("d1",))
    assert (found.stale_grades, looked.stale_grades, found.applied) == (1, 1, True)
    with workspace.open() as db:
        row = datasets.get_dataset(db, "elsewhere")
        docs = datasets.get_docs(db, row.id, ["d1", "d9", "007"])
        stale = {
            grade.docid: judgments.is_stale(
                grade.text_hash, datasets.text_hashes(db, row.id, [grade.docid])[grade.docid]
            )
            for grade in judgments.in_force(db, row.id)
        }
        assert connection_of(db, row).epoch == 2
    assert docs["d1"].text == "Terns steal fish, fish and fish."
    assert stale == {"d1": True, "d3": False}
    assert row.fingerprint != connected.fingerprint
    # what was asked again is taken without asking once more
    postgres.run("DELETE FROM birds")
    _, after = pipeline.candidates(experiment(workspace, template="words"), BIRD_QUERIES[0])
    assert after.docids[0] == "d1"
    assert "d9" in after.docids
    assert "007" not in after.docids


def test_a_refresh_that_fails_or_is_stopped_changes_nothing(workspace, connected, postgres):
    pipeline, made = Pipeline(workspace), experiment(workspace, template="words")
    pipeline.candidates(made, BIRD_QUERIES[0])
    postgres.run("UPDATE birds SET body = 'Other fish.' WHERE id = 'd1'")

    def stop(done, total, message=""):
        raise CancelledError("stopped")

    with pytest.raises(CancelledError):
        refresh(workspace, made.dataset, stop)
    postgres.run("ALTER TABLE birds RENAME COLUMN body TO content")
    with pytest.raises(ProviderError, match="no such column"):
        refresh(workspace, made.dataset)
    with workspace.open() as db:
        row = datasets.get_dataset(db, "elsewhere")
        assert row.fingerprint == connected.fingerprint
        assert datasets.get_docs(db, row.id, ["d1"])["d1"].text == BIRDS[0].text


def test_an_old_text_stays_until_a_refresh_and_is_counted(workspace, connected, postgres):
    pipeline = Pipeline(workspace)
    pipeline.candidates(experiment(workspace, template="words"), BIRD_QUERIES[0])
    postgres.run("UPDATE birds SET body = body || ' They fly.' WHERE id = 'd1'")
    pipeline.candidates(experiment(workspace, template="exact"), BIRD_QUERIES[0])
    with workspace.open() as db:
        assert engine_answers.count_answers(db, connected.id) == (2, 1)
        assert datasets.get_docs(db, connected.id, ["d1"])["d1"].text == BIRDS[0].text


def test_a_fill_that_was_stopped_goes_on(workspace, birds, source, postgres, monkeypatch):
    monkeypatch.setattr("rerank_core.ranking.filling.BATCH", 2)

    def stop(done, total, message=""):
        if message.startswith("filling"):
            raise CancelledError("stopped")

    with pytest.raises(CancelledError):
        fill(workspace, birds, source, stop)
    done = fill(workspace, birds, source)
    assert (done.put, done.there) == (2, 2)
    with psycopg.connect(postgres.address) as connection:
        rows = connection.execute("SELECT id, title, body, kind, vector_dims(embedding) FROM birds ORDER BY id")
        stored = {row[0]: row[1:] for row in rows}
        (index,) = connection.execute("SELECT indexdef FROM pg_indexes WHERE indexname LIKE '%hnsw'").fetchone()
    assert stored["d3"] == ("Otters", BIRDS[2].text, "mammal", 384)
    assert stored["d2"] == ("", BIRDS[1].text, None, 384)
    assert set(stored) == {doc.docid for doc in BIRDS}
    assert "vector_cosine_ops" in index


def test_a_look_guesses_fields_and_shows_hits_and_keeps_nothing(workspace, filled):
    bare = EngineSource("postgres", filled.address)
    assert "birds" in look(workspace, bare).indexes
    found = look(workspace, EngineSource("postgres", filled.address, "birds"), question="hovering hunter")
    assert found.source.fields == Fields("id", "body", "title", (), "embedding")
    assert not found.problems
    assert found.hits["hybrid"][0]["docid"] == "d2"
    assert len(found.hits["exact"]) == 3
    with workspace.open() as db:
        assert "PostgreSQL" not in str([row.source for row in datasets.list_datasets(db)])


FAILURES = {
    "an index that is gone": ("SELECT id, body, {{query}} FROM missing LIMIT {{k}}", "has no such table"),
    "a field that is missing": ("SELECT id, content, {{query}} FROM birds LIMIT {{k}}", "has no such column"),
    "a query that is wrong": ("SELEC {{query}} LIMIT {{k}}", "does not accept the query"),
    "half an answer": ("SELECT id, {{query}} AS q FROM birds LIMIT {{k}}", "has no text in 'body', it has id, q"),
    "no limit": ("SELECT id, body, {{query}} FROM birds", "has no LIMIT"),
    "a timeout": ("SELECT id, body, {{query}}, pg_sleep(9) FROM birds LIMIT {{k}}", "took longer than 0.5 s"),
}


@pytest.mark.parametrize("name", FAILURES)
def test_a_failing_query_is_one_line_with_the_address(workspace, connected, filled, name):
    text, problem = FAILURES[name]
    quick = EngineSource("postgres", filled.address, "birds", NAMED, timeout=0.5)
    connect_dataset(workspace, "quick", quick, [Template("t", text)], BIRD_QUERIES)
    with pytest.raises(ProviderError, match=problem) as raised:
        Pipeline(workspace).candidates(experiment(workspace, name="quick", template="t"), BIRD_QUERIES[0])
    assert str(raised.value).startswith("PostgreSQL at 127.0.0.1:")
    assert "\n" not in str(raised.value)


def test_nobody_listens_no_such_database_no_key(workspace, source, monkeypatch):
    dead = EngineSource("postgres", "postgresql://postgres@127.0.0.1:1/postgres", "birds", NAMED, timeout=2)
    with pytest.raises(ProviderError, match=r"127\.0\.0\.1:1 \(birds\): nothing listens there"):
        look(workspace, dead)
    gone = EngineSource("postgres", source.address.removesuffix("postgres") + "gone", timeout=2)
    with pytest.raises(ProviderError, match=r'database "gone" does not exist.*Correct the name'):
        look(workspace, gone)
    monkeypatch.delenv("RERANK_TEST_PG_KEY", raising=False)
    keyed = EngineSource("postgres", source.address, key_variable="RERANK_TEST_PG_KEY")
    with pytest.raises(NotReadyError, match="RERANK_TEST_PG_KEY"):
        look(workspace, keyed)


def test_a_connected_dataset_is_searched_by_its_templates_alone(workspace, connected, birds):
    assert Experiment.of(workspace, "elsewhere").settings.retrievers == ("engine:hybrid",)
    with pytest.raises(SettingsError, match="its retrievers are engine:hybrid"):
        Experiment.of(workspace, "elsewhere", settings=RetrievalSettings(("bm25",)))
    with pytest.raises(SettingsError, match="has no template 'engine:old'"):
        Experiment.of(workspace, "elsewhere", settings=RetrievalSettings(("engine:old",)))
    with pytest.raises(SettingsError, match="not connected"):
        Experiment.of(workspace, "birds", settings=RetrievalSettings(("engine:hybrid",)))
    with pytest.raises(SettingsError, match="neither filtered here nor mixed"):
        RetrievalSettings(("engine:hybrid", "bm25"))
    with pytest.raises(SettingsError, match="neither filtered here nor mixed"):
        RetrievalSettings(("engine:hybrid",), filters=(("kind", ("bird",)),))
    with pytest.raises(SettingsError, match="searched by its engine"):
        # as a system that finds its own candidates would ask for them
        Pipeline(workspace).retriever(connected, RetrievalSettings())
    with pytest.raises(BadInputError, match="a refresh"):
        change_passages(workspace, "elsewhere", PassageChange(remove=("d1",)), no_progress)
    with pytest.raises(SettingsError, match="another template 'words'"):
        add_template(workspace, connected, Template("words", "SELECT {{query}} LIMIT {{k}}"))


def test_what_a_vector_index_misses_is_measured_against_a_whole_scan(workspace, filled, postgres):
    template = Template("near", "SELECT * FROM birds ORDER BY embedding <=> {{vector}} LIMIT {{k}}")
    # as an index that holds two of the four birds would do
    half = Template(
        "half",
        "SELECT * FROM birds WHERE id IN ('d1', 'd2') OR current_setting('enable_indexscan') = 'off' "
        "ORDER BY embedding <=> {{vector}} LIMIT {{k}}",
    )
    words = next(one for one in default_templates(filled, []) if one.name == "words")
    found = look(workspace, filled, [template, half, words], "a bird", ["a bird", "fish"])
    by_name = {recall.template: recall for recall in found.recalls}
    assert list(by_name) == ["near", "half"]  # words have no vector
    assert (by_name["near"].recall, by_name["near"].questions) == (1.0, 2)
    assert by_name["half"].recall == 0.5
    assert by_name["half"].sentence() == "half: 50.0% of the first 100 that a whole scan finds, over 2 questions"
    assert found.to_dict()["recalls"][1]["recall"] == 0.5
    assert look(workspace, filled, [template], "a bird").recalls == ()
    with pytest.raises(SettingsError, match="PostgreSQL alone"):
        index_recall(EngineSource("qdrant", "http://x", "birds"), None, [template], ["a bird"], None)
    with pytest.raises(SettingsError, match="takes a template with"):
        index_recall(filled, None, [words], ["a bird"], None)
