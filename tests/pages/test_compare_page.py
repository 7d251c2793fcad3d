"""The page Compare: before there is a ranking, with one, and when something failed."""

from __future__ import annotations

import math

import pytest
from streamlit.testing.v1 import AppTest

from rerank_core.corpus.additions import import_trec_run
from rerank_core.experiment.experiment import Experiment
from rerank_core.ranking.pipeline import Pipeline
from rerank_core.retrieval.encoder import SentenceEncoder
from rerank_core.retrieval.index_folder import writing
from rerank_core.retrieval.settings import RetrievalSettings
from rerank_core.retrieval.vector_search import SearchFacts
from rerank_core.store import datasets, jobs, judgments, rankings
from rerank_core.store.rankings import candidates_key
from rerank_core.store.workspace import Workspace
from rerank_core.systems.systems import get_system
from rerank_core.types import Doc, Query, Ranking, ScoredDoc
from tests.pages.conftest import CLIENT, WORDS_ONLY, compare, grade_event, open_page, payloads, send, texts
from tests.support.reports import BASE, ranked_dataset


def stored(workspace: Workspace, name: str = "birds") -> dict[str, dict[str, int]]:
    with workspace.open() as db:
        return judgments.qrels(db, datasets.get_dataset(db, name).id)


def states(app: AppTest) -> dict[str, str]:
    return {column["id"]: column["state"] for column in payloads(app)[0]["columns"]}


def open_kinds(workspace: Workspace) -> list[str]:
    with workspace.open() as db:
        return [job.kind for job in jobs.open_jobs(db)]


def test_before_anything_is_ranked_each_column_waits_and_the_work_is_asked_for(workspace, birds):
    app = compare()
    assert states(app) == {"first-stage": "waiting", "minilm-cosine": "waiting", "minilm-maxsim": "waiting"}
    assert open_kinds(workspace) == ["warm", "compare", "run", "recall"]
    assert {button.label for button in app.button} >= {"Stop"}
    assert "Recall of the candidates: shown once" in texts(app.sidebar.caption)


def test_where_dense_search_does_not_look_at_everything_the_page_says_what_it_finds(workspace, birds, monkeypatch):
    settings = RetrievalSettings()
    encoder = SentenceEncoder(settings.dense_model)
    with writing(workspace.index_folder / birds.fingerprint / f"dense-{encoder.key}") as folder:
        SearchFacts("approximate", "faiss", 4, 2, 0.981, 60, "queries of the dataset").save(folder)
    said = "Dense: approximate search by faiss: recall@100 0.981 against exact, over 60 queries of the dataset."
    assert said not in texts(open_page("Compare").sidebar.caption)
    # a dataset of that size is too large for a test
    monkeypatch.setattr("pages.ui.sidebar.ANN_FROM", birds.n_docs)
    assert said in texts(open_page("Compare").sidebar.caption)


def test_drawing_the_page_again_asks_for_the_same_work_only_once(workspace, birds):
    compare().run()
    compare()
    assert open_kinds(workspace) == ["warm", "compare", "run", "recall"]


def test_a_stopped_job_is_said_and_not_taken_up_unasked(workspace, birds):
    app = compare()
    with workspace.write() as db:
        jobs.cancel(db, next(job.id for job in jobs.open_jobs(db, "compare")))
    app.run()
    assert "Stopped" in texts(app.info)
    assert "compare" not in open_kinds(workspace)
    next(button for button in app.button if button.label == "Go on").click().run()
    assert "compare" in open_kinds(workspace)


def test_a_failed_job_shows_its_reason_and_a_way_to_go_on(workspace, birds):
    app = compare()
    with workspace.write() as db:
        (job,) = jobs.open_jobs(db, "compare")
        jobs.finish(db, job.id, "failed", "MemoryError; the worker's log has the details")
    app.run()
    assert "MemoryError" in texts(app.error)
    assert "Go on" in {button.label for button in app.button}


def test_a_dataset_without_queries_says_so_and_offers_a_field(another_dataset):
    app = compare()
    assert not app.exception
    assert "no queries yet" in texts(app.info)
    assert app.text_input(key="typed_query").placeholder
    assert len(app.get("bidi_component")) == 0


def test_a_typed_query_that_is_known_chooses_the_known_one(workspace, birds):
    app = compare()
    app.text_input(key="typed_query").set_value("hovering hunter").run()
    assert payloads(app)[0]["query"]["qid"] == "q2"
    with workspace.open() as db:
        assert len(datasets.get_queries(db, birds.id)) == 2


def test_the_columns_hold_the_rankings_and_a_failed_one_its_reason(ranked):
    board, _ = payloads(compare())
    first, turned, failed = board["columns"]
    assert [row["docid"] for row in first["rows"]] == list(ranked.found)
    assert [row["docid"] for row in turned["rows"]] == list(ranked.reversed)
    assert [row["delta"] for row in turned["rows"]] == [2, 0, -2]
    assert (failed["state"], failed["rows"]) == ("failed", [])
    assert failed["message"] == "OSError: the weights are cut off"
    assert board["docs"]["007"]["meta"][:2] == [["id", "007"], ["kind", "bird"]]


def test_a_grade_is_kept_and_moves_the_figures_but_not_the_board(workspace, ranked):
    app = compare()
    before = payloads(app)[0]["version"]
    first = ranked.found[0]
    down = send(app, grade_event(1, first, 3))
    assert stored(workspace) == {"q1": {first: 3}}
    assert (down["ack"], down["labels"], down["n"], down["total"]) == ({CLIENT: 1}, {first: 3}, 1, 1)
    # one relevant passage: at rank 1 of the first system, at rank 3 of the one that turns it round
    assert down["measures"]["first-stage"]["nDCG@10"]["value"] == 1.0
    assert down["measures"]["minilm-cosine"]["nDCG@10"]["value"] == pytest.approx(1 / math.log2(4))
    assert down["measures"]["minilm-cosine"]["nDCG@10"]["delta"] == pytest.approx(1 / math.log2(4) - 1)
    assert down["measures"]["minilm-cosine"]["RR@10"]["value"] == pytest.approx(1 / 3)
    assert down["measures"]["ideal"]["nDCG@10"]["value"] == 1.0
    assert payloads(app)[0]["version"] == before


def test_the_baseline_is_not_compared_with_itself(ranked):
    down = send(compare(), grade_event(1, ranked.found[0], 3))
    assert down["measures"]["first-stage"]["nDCG@10"]["delta"] is None
    assert down["means"]["first-stage"]["nDCG@10"]["delta"] is None


def test_a_failed_system_has_no_figure_and_is_out_of_the_means(ranked):
    down = send(compare(), grade_event(1, ranked.found[0], 3))
    assert "minilm-maxsim" not in down["measures"]
    assert "minilm-maxsim" not in down["means"]


def test_an_undo_brings_back_what_was_there(workspace, ranked):
    app, first = compare(), ranked.found[0]
    send(app, grade_event(1, first, 3), grade_event(2, first, 0))
    assert send(app, grade_event(3, "", -1, kind="undo"))["labels"] == {first: 3}
    assert send(app, grade_event(4, "", -1, kind="undo"))["labels"] == {}
    assert stored(workspace) == {}


def test_the_same_outbox_twice_is_kept_once(workspace, ranked):
    app, first = compare(), ranked.found[0]
    events = [grade_event(1, first, 3), grade_event(2, first, 1)]
    send(app, *events)
    assert send(app, *events)["ack"] == {CLIENT: 2}
    with workspace.open() as db:
        assert [row["grade"] for row in judgments.history(db, ranked.dataset.id)] == [3, 1]


def test_a_grade_off_the_scale_is_refused_acknowledged_and_holds_nothing_up(workspace, ranked):
    first, second, _ = ranked.found
    down = send(compare(), grade_event(1, first, 9), grade_event(2, second, 1))
    assert down["ack"] == {CLIENT: 2}
    assert down["refused"] == ["'birds' has no such grade, or goes by no such rule: 1 not kept"]
    assert stored(workspace) == {"q1": {second: 1}}


def test_a_rule_that_no_judge_goes_by_is_refused_acknowledged_and_holds_nothing_up(workspace, ranked):
    first, second, _ = ranked.found
    refused = [
        grade_event(seq, first, 3, rule=rule) for seq, rule in enumerate(("adjudication", "mapped", "no such rule"), 1)
    ]
    down = send(compare(), *refused, grade_event(4, second, 1, rule="pool"))
    assert down["ack"] == {CLIENT: 4}
    assert stored(workspace) == {"q1": {second: 1}}


def test_without_a_server_that_routes_the_page_offers_no_route(ranked):
    assert payloads(compare())[1]["route"] is None


def test_what_comes_down_says_as_of_when_it_is(ranked):
    app = compare()
    name, before = payloads(app)[1]["as_of"]
    assert send(app, grade_event(1, ranked.found[0], 3))["as_of"] == [name, before + 1]
    app.button(key="forth").click().run()
    assert payloads(app)[1]["as_of"][0] != name


def test_an_event_of_another_dataset_goes_to_that_dataset(workspace, ranked, another_dataset):
    down = send(compare(), grade_event(1, "d3", 1, outbox_key='["silent", "me"]', qid="q9"))
    assert down["ack"] == {CLIENT: 1}
    assert (stored(workspace, "silent"), stored(workspace)) == ({"q9": {"d3": 1}}, {})


def test_an_event_of_nothing_that_is_here_is_acknowledged_and_said_to_be_lost(workspace, ranked):
    app = compare()
    keys = ['["gone", "me"]', "not json", "[]", '[["silent"], "me"]', "{}", '["birds"]', "17"]
    for seq, key in enumerate(keys, 1):
        down = send(app, grade_event(seq, "d3", 1, outbox_key=key))
        assert (down["ack"], len(down["refused"])) == ({CLIENT: seq}, 1), key
        assert stored(workspace) == {}, key


def test_without_the_workspace_nothing_is_acknowledged_and_the_page_says_where_the_grades_are(workspace, ranked):
    app, away = compare(), workspace.path.with_name("away.db")
    app.session_state["board"] = {"outbox": [grade_event(1, ranked.found[0], 3)]}
    workspace.path.rename(away)
    app.run()
    assert not app.exception
    assert "not where it was" in texts(app.error)
    assert "grades stay in the browser's tab" in texts(app.error)
    assert not workspace.path.exists()
    away.rename(workspace.path)
    assert payloads(app.run())[1]["ack"] == {CLIENT: 1}
    assert stored(workspace) == {"q1": {ranked.found[0]: 3}}


def test_a_grade_carries_the_name_of_its_judge(workspace, ranked):
    app = compare()
    app.text_input(key="judge").set_value("Ada").run()
    assert payloads(app)[1]["outbox_key"] == '["birds", "Ada"]'
    send(app, grade_event(1, ranked.found[0], 2, outbox_key='["birds", "Ada"]'))
    with workspace.open() as db:
        assert [row.judge for row in judgments.in_force(db, ranked.dataset.id)] == ["Ada"]


def test_looking_needs_no_name_and_the_first_grade_waits_for_it(workspace, ranked):
    app = compare()
    board, sync = payloads(app)
    assert (board["outbox_key"], sync["route"]) == ('["birds", ""]', None)
    assert not [field for field in app.text_input if field.key == "new_judge"]
    waiting = grade_event(1, ranked.found[0], 2, outbox_key='["birds", ""]')
    assert send(app, waiting)["ack"] == {}
    assert stored(workspace) == {}
    assert "1 grade waits for your name" in texts(app.markdown)
    app.text_input(key="new_judge").set_value("Ada")
    next(button for button in app.button if button.label == "Start").click().run()
    assert payloads(app)[1]["ack"] == {CLIENT: 1}
    with workspace.open() as db:
        assert [(row.judge, row.docid) for row in judgments.in_force(db, ranked.dataset.id)] == [
            ("Ada", ranked.found[0])
        ]
    assert payloads(app.run())[0]["outbox_key"] == '["birds", "Ada"]'


def test_the_next_and_the_previous_query(ranked):
    app = compare()
    app.button(key="forth").click().run()
    assert payloads(app)[0]["query"]["qid"] == "q2"
    assert app.button(key="forth").disabled
    app.button(key="back").click().run()
    assert payloads(app)[0]["query"]["qid"] == "q1"


def test_queries_of_equal_text_can_both_be_chosen(workspace, birds):
    with workspace.write() as db:
        datasets.add_queries(db, birds.id, [Query("twin", "who eats fish")])
        datasets.count_queries(db, birds.id)
    app = compare()
    for _ in range(2):
        app.button(key="forth").click().run()
    assert payloads(app)[0]["query"]["qid"] == "twin"
    app.run()
    assert payloads(app)[0]["query"]["qid"] == "twin"


def test_no_system_chosen_is_told(birds):
    app = compare()
    app.multiselect(key="sys").set_value([]).run()
    assert "at least one system" in texts(app.info)
    assert not app.exception


def test_no_retriever_chosen_is_told(birds):
    app = compare()
    app.multiselect(key="ret").set_value([]).run()
    assert "at least one retriever" in texts(app.warning)
    assert not app.exception


def test_a_system_that_is_not_ready_says_what_it_needs_and_the_others_are_made(workspace, birds):
    app = compare()
    app.multiselect(key="sys").set_value(["first-stage", "ms-marco-tinybert-l2-v2"]).run()
    columns = {column["id"]: column for column in payloads(app)[0]["columns"]}
    assert columns["first-stage"]["state"] == "waiting"
    assert columns["ms-marco-tinybert-l2-v2"]["state"] == "failed"
    assert "Needs a download" in columns["ms-marco-tinybert-l2-v2"]["message"]
    with workspace.open() as db:
        assert jobs.open_jobs(db, "compare")[-1].params["systems"] == ["first-stage"]


def test_a_workspace_that_is_no_database_is_told_in_a_line(not_a_database):
    before = not_a_database.read_bytes()
    app = compare()
    assert not app.exception
    assert str(not_a_database) in texts(app.error)
    assert not_a_database.read_bytes() == before


def test_links_name_what_is_shown(ranked):
    app = open_page("Compare", ds="birds", q="hovering hunter", depth="100")
    assert payloads(app)[0]["query"]["qid"] == "q2"
    assert app.select_slider(key="depth").value == 100


def test_a_run_from_elsewhere_is_told_as_not_on_the_same_candidates(workspace, ranked, tmp_path):
    path = tmp_path / "theirs.trec"
    path.write_text("q1 Q0 d2 1 9.5 theirs\nq1 Q0 d1 2 8.5 theirs\n")
    system, _ = import_trec_run(workspace, "birds", path)
    Pipeline(workspace).rank(
        Experiment(workspace, ranked.dataset, WORDS_ONLY), Query("q1", "who eats fish"), get_system(workspace, system)
    )
    board, _ = payloads(compare(sys=["Your search as it is (no reranker)", "theirs"]))
    badges = {column["label"]: [badge["text"] for badge in column["badges"]] for column in board["columns"]}
    assert badges["theirs"] == ["ranked other candidates than the rest: not a fair comparison"]
    assert badges["Your search as it is (no reranker)"] == []


def test_the_language_of_words_is_said_and_chosen_and_an_english_model_is_warned_of(workspace):
    texts_of = ["冬天不要完全关闭暖气，否则水管会结冰。", "咖啡机每周要用专用药片清洗一次。"]
    with workspace.write() as db:
        dataset = datasets.begin_dataset(db, "chinese", "", None)
        datasets.add_docs(db, dataset, [Doc(str(place), text) for place, text in enumerate(texts_of)])
        datasets.add_queries(db, dataset, [Query("q1", "咖啡机")])
        datasets.finish_dataset(db, dataset, {})
    app = open_page("Compare", ds="chinese", depth="20")
    assert "Words are read as Chinese" in texts(app.caption)
    assert "trained on English; these passages look Chinese" in texts(app.warning)
    app = compare(ds="chinese", lang="German")
    assert "Words are read as German" in texts(app.caption)
    assert not app.warning


def test_a_query_that_is_a_passage_is_mentioned(workspace: Workspace) -> None:
    queries = [Query("a", "text of a"), Query("x", "text of x")]
    ranked_dataset(workspace, {BASE: {"a": "ab", "x": "ab"}}, {"a": {"b": 1}}, queries=queries)
    letters = {"ds": "letters", "depth": "10", "sys": "Your search as it is (no reranker)"}
    assert "The passage a has the same id as this query" in texts(compare(**letters, q="text of a").caption)
    assert "own id" not in texts(compare(**letters, q="text of x").caption)


def test_cards_lead_to_inspect_with_the_whole_view(ranked):
    app = compare(ds="birds", q="hovering hunter")
    said = dict(pair.split("=") for pair in payloads(app)[0]["inspect"].split("&"))
    assert {"ds": "birds", "q": "q2", "depth": "20"}.items() <= said.items()


def test_who_comes_back_from_inspect_finds_the_card(ranked):
    board, _ = payloads(compare(by="minilm-cosine", doc=ranked.found[1]))
    assert board["place"] == {"column": "minilm-cosine", "docid": ranked.found[1]}
    plain, _ = payloads(compare())
    assert plain["place"] is None
    assert plain["version"] == board["version"]


def test_asking_why_leaves_for_inspect_at_this_pair(ranked, monkeypatch):
    left = []
    monkeypatch.setattr("streamlit.switch_page", lambda page, *, query_params: left.append((page, query_params)))
    app = compare()
    app.session_state["board_board"] = {"why": {"system": "minilm-cosine", "docid": ranked.found[1]}}
    app.run()
    assert not app.exception
    ((page, params),) = left
    assert page.title == "Inspect"
    said = {"by": ["minilm-cosine"], "doc": [ranked.found[1]], "ds": ["birds"], "q": ["q1"]}
    assert said.items() <= params.items()


def test_each_filter_is_a_chip_that_takes_it_off(workspace, birds):
    app = compare(ff="kind", fv=["bird", "mammal"])
    chips = [button for button in app.button if str(button.key).startswith("filter-chip")]
    assert [chip.label for chip in chips] == ["kind = bird", "kind = mammal"]
    chips[0].click().run()
    assert app.multiselect(key="fv").value == ["mammal"]
    next(button for button in app.button if button.label == "kind = mammal").click().run()
    assert app.multiselect(key="fv").value == []
    assert not [button for button in app.button if str(button.key).startswith("filter-chip")]


def test_a_card_says_which_part_its_model_did_not_read(workspace, ranked):
    key = candidates_key(ranked.dataset.fingerprint, WORDS_ONLY.key(), "who eats fish")
    cosine = get_system(workspace, "minilm-cosine")
    cut = Ranking("q1", cosine.key, (ScoredDoc(ranked.found[0], 1.0, 1, tokens_cut=256),), 0.5)
    with workspace.write() as db:
        rankings.put_ranking(db, key, cosine.key, cut)
    columns = {column["id"]: column for column in payloads(compare())[0]["columns"]}
    # the model reads 256 tokens at once
    assert columns["minilm-cosine"]["rows"][0]["share"] == 0.5
    assert columns["first-stage"]["rows"][0]["share"] is None


def test_what_words_alone_found_is_shown_as_such_until_meaning_follows(workspace, birds, ranked):
    app = open_page("Compare", depth="20")  # words and meaning: only words are ranked
    board = payloads(app)[0]
    assert "Words only for now; meaning follows." in texts(app.info)
    assert [row["docid"] for row in board["columns"][0]["rows"]] == list(ranked.found)
    with workspace.open() as db:
        (job,) = jobs.open_jobs(db, "compare")
    assert '"retrievers": ["bm25", "dense"]' in job.params["settings"]


def test_one_bar_and_one_stop_which_ends_the_whole_set_too(workspace, birds, ranked):
    app = open_page("Compare", depth="20")
    with workspace.open() as db:
        assert {job.kind for job in jobs.open_jobs(db)} >= {"compare", "run", "recall"}
    stops = [button for button in app.button if button.label == "Stop"]
    assert len(stops) == 1
    stops[0].click().run()
    with workspace.open() as db:
        assert not [job for job in jobs.open_jobs(db) if job.kind in ("compare", "run", "recall")]
    assert "Stopped" in texts(app.info)


def test_a_time_that_was_taken_while_the_machine_was_busy_says_so_and_is_taken_again_on_a_click(
    workspace, birds, ranked
):
    with workspace.write() as db:
        db.execute("UPDATE ranking SET busy = 0.6 WHERE seconds = 0.5")
    app = compare()
    assert [column["rough"] for column in payloads(app)[0]["columns"]] == [False, True, False]
    assert "The machine was busy while these were timed" in texts(app.caption)
    next(button for button in app.button if button.label == "Measure again").click().run()
    with workspace.open() as db:
        (job,) = jobs.open_jobs(db, "measure")
    assert job.params["qid"] == "q1"
