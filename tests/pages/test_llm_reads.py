"""What the LLM would read, on Inspect: two contexts, their tokens, what came and went; no text leaves unasked."""

from __future__ import annotations

import json

from rerank_core.store import jobs
from tests.pages.conftest import VIEW, open_page, texts

TWO = {"sys": ["Your search as it is (no reranker)", "MiniLM bi-encoder (cosine)"]}


def reads(**query):
    return open_page("Inspect", **{**VIEW, **TWO, **query})


def said(app):
    assert not app.exception, app.exception[0].message
    return texts(app.markdown) + texts(app.caption) + texts(app.info) + texts(app.error)


def test_a_query_that_only_one_system_ranked_says_where_to_go(birds):
    assert "ranked by two systems" in said(reads())


def test_both_contexts_stand_with_their_tokens_and_what_changed(ranked):
    app = reads(reads="1")
    text = said(app)
    assert "**1** of 1 passages are new in the prompt, 1 are gone" in text
    assert "Before: Your search as it is (no reranker)" in text
    assert "● only after" in text
    contexts = [block.value for block in app.code]
    assert len(contexts) == 2
    assert all(context.startswith('<passage number="1">') for context in contexts)


def test_the_same_passages_in_another_order_are_neither_gained_nor_lost(ranked):
    assert "**0** of 3 passages are new in the prompt, 0 are gone" in said(reads(reads="3"))


def test_nothing_is_sent_before_a_model_is_named_and_somebody_clicks(workspace, ranked):
    app = reads()
    assert "Enter the name of the model" in said(app)
    next(one for one in app.text_input if one.label == "Model").set_value("m")
    next(one for one in app.text_input if one.label == "Address").set_value("http://127.0.0.1:9/v1")
    next(one for one in app.text_input if one.label == "Key variable").set_value("")
    app.run()
    with workspace.open() as db:
        assert jobs.recent(db, "llm-answers") == []
    button = next(one for one in app.button if one.label == "Ask for both answers")
    assert not button.disabled
    button.click()
    app.run()
    with workspace.open() as db:
        (job,) = jobs.recent(db, "llm-answers")
        assert job.params["systems"] == ["first-stage", "minilm-cosine"]
        found = {"answer": "Terns <b>do</b>.", "statements": [["Terns eat fish.", True]], "useful": [True],
                 "faithfulness": 1.0, "context_precision": None}  # fmt: skip
        jobs.finish(db, job.id, "done", result=json.loads(json.dumps(dict.fromkeys(job.params["systems"], found))))
    app.run()
    assert [metric.value for metric in app.metric if metric.label == "Faithfulness"] == ["1.00", "1.00"]
    assert [metric.value for metric in app.metric if metric.label == "Context precision"] == ["–", "–"]
