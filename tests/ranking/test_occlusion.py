"""One sentence left out at a time: what is scored, and what is refused."""

from __future__ import annotations

import pytest

from rerank_core.errors import CancelledError, SettingsError
from rerank_core.experiment.inspection import Occlusion, Sentence, rank_with, why_not
from rerank_core.ranking import jobs
from rerank_core.ranking.one_pair import occlude
from rerank_core.ranking.pipeline import Pipeline
from rerank_core.rerankers.family import Scorer, TokenLimit
from rerank_core.systems.composites.spec import Blend, Member
from rerank_core.systems.systems import add_composite, get_system
from rerank_core.types import Doc, Query, Ranking, ScoredDoc

QUERY = Query("q1", "fish")


class CountsFish(Scorer):
    """A model that sees so many words, and scores a text by how often it reads "fish" in them."""

    def __init__(self, room: int | None = None) -> None:
        self.room = room
        self.asked: list[str] = []

    @property
    def limit(self):
        return None if self.room is None else TokenLimit(self.room, 0, lambda ts: [len(t.split()) for t in ts], False)

    def score(self, query, texts):
        self.asked += texts
        return [float(text.split()[: self.room].count(query)) for text in texts]


@pytest.fixture
def pipeline(workspace, birds):
    return Pipeline(workspace)


def given(pipeline, scorer):
    system = get_system(pipeline.workspace, "minilm-cosine")
    pipeline._scorers[system.key] = scorer
    return system


def test_the_change_is_the_score_without_the_sentence_minus_the_score_with_it(pipeline):
    doc = Doc("d", "We like fish and fish . Birds fly. More fish .")
    found = occlude(pipeline, QUERY, doc, given(pipeline, CountsFish()))
    assert found.score == 3.0
    assert [(doc.text[one.start : one.end], one.change) for one in found.sentences] == [
        ("We like fish and fish .", 1.0 - 3.0),
        ("Birds fly.", 3.0 - 3.0),
        ("More fish .", 2.0 - 3.0),
    ]


def test_what_is_left_out_makes_no_room_for_what_was_not_seen(pipeline):
    scorer = CountsFish(room=4)
    doc = Doc("d", "No bird here. And fish fish fish. Last one.")
    found = occlude(pipeline, QUERY, doc, given(pipeline, scorer))
    # four words are seen: "No bird here. And"; no text that is scored holds a fish
    assert found.score == 0.0
    assert all("fish" not in text for text in scorer.asked)
    assert [one.change for one in found.sentences] == [0.0, 0.0, None, None]
    assert doc.text[found.sentences[2].start : found.sentences[2].end] == " fish fish fish."


def test_the_title_is_a_sentence_of_its_own(pipeline):
    found = occlude(pipeline, QUERY, Doc("d", "Birds fly.", "All fish"), given(pipeline, CountsFish()))
    assert [one.change for one in found.sentences] == [-1.0, 0.0]
    assert found.text == "All fish\nBirds fly."


def test_a_stop_is_heard(pipeline):
    def stop(*_):
        raise CancelledError("stopped")

    with pytest.raises(CancelledError):
        occlude(pipeline, QUERY, Doc("d", "Fish. Fish."), given(pipeline, CountsFish()), stop)


def test_who_gives_no_score_of_its_own_says_so(pipeline, workspace):
    with pytest.raises(SettingsError, match="no score of its own"):
        occlude(pipeline, QUERY, Doc("d", "Fish."), get_system(workspace, "first-stage"))
    add_composite(workspace, "both", Blend((Member("first-stage"), Member("minilm-cosine"))))
    both = get_system(workspace, "both")
    assert "made of other systems" in why_not(both)
    with pytest.raises(SettingsError, match="made of other systems"):
        occlude(pipeline, QUERY, Doc("d", "Fish."), both)
    assert "would cost money" in why_not(get_system(workspace, "cohere-rerank-v3.5"))
    assert why_not(get_system(workspace, "minilm-cosine")) == ""


def test_the_worker_leaves_sentences_out_and_the_result_survives_json(workspace, birds):
    params = {"dataset": "birds", "qid": "q1", "docid": "d3", "system": "minilm-cosine"}
    found = Occlusion.from_dict(jobs.JOBS["occlude"](Pipeline(workspace), params, lambda *_: None))
    title, sentence = found.sentences
    assert found.text[sentence.start : sentence.end] == "Otters eat fish and live beside rivers."
    assert sentence.change < 0  # the sentence that answers "who eats fish" lifts the score
    assert isinstance(title, Sentence)


def test_a_rank_with_another_score():
    docs = (ScoredDoc("a", 3.0, 1), ScoredDoc("b", 2.0, 2), ScoredDoc("c", 1.0, 3))
    ranking = Ranking("q1", "S", docs)
    assert rank_with(ranking, "b", 2.0) == 2
    assert rank_with(ranking, "b", 3.5) == 1
    assert rank_with(ranking, "b", 1.0) == 3
    assert rank_with(ranking, "a", 0.0) == 3
