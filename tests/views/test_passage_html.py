"""A passage as HTML: escaped, grey where the model did not look, tinted by what a sentence adds."""

from __future__ import annotations

import re

import pytest

from rerank_core.experiment.inspection import Occlusion, Sentence
from rerank_core.types import Ranking, ScoredDoc
from rerank_core.views.passage import neighbours_frame, occlusion_html, others_frame, seen_html, sentences_frame
from rerank_core.views.story import link_html

TEXT = "Fish <swim>. Birds fly. Cats nap."
FOUND = Occlusion(TEXT, 2.0, (Sentence(0, 12, -1.0), Sentence(13, 23, 0.5), Sentence(24, 33, None)))
DOCS = (ScoredDoc("a", 3.0, 1), ScoredDoc("b", 2.0, 2), ScoredDoc("c", 1.5, 3), ScoredDoc("d", 0.5, 4))
RANKING = Ranking("q", "S", DOCS)


def visible(html):
    return re.sub(r"<[^>]*>", "", html).replace("&lt;", "<").replace("&gt;", ">")


def test_foreign_text_stays_text():
    for html in (seen_html(TEXT, None), occlusion_html(FOUND), link_html("Compare?q=<x>&a=b", "<x>")):
        assert "<swim>" not in html
        assert "<x>" not in html


def test_what_the_model_did_not_see_is_marked_in_words():
    assert visible(seen_html(TEXT, 12)) == "Fish <swim>.[not seen by the model:]  Birds fly. Cats nap."
    assert visible(seen_html(TEXT, None)) == visible(seen_html(TEXT, len(TEXT))) == TEXT


def test_each_sentence_has_its_number_and_its_change_and_the_strongest_tint_is_the_largest_change():
    html = occlusion_html(FOUND)
    assert visible(html) == "Fish <swim>.1 (-1.00) Birds fly.2 (+0.50) [not seen by the model:] Cats nap."
    assert "rgba(0,114,178,0.55)" in html
    assert "rgba(213,94,0,0.28)" in html or "rgba(213,94,0,0.27)" in html
    assert html.count("<span") == html.count("</span>")


def test_a_passage_in_which_nothing_changes_anything_is_not_tinted():
    html = occlusion_html(Occlusion("One.", 1.0, (Sentence(0, 4, 0.0),)))
    assert ",0.00)" in html


def test_the_rank_without_a_sentence_is_among_the_others_as_they_are():
    frame = sentences_frame(FOUND, RANKING, "b")
    # b has 2.0; without the first sentence 1.0, below a and c; without the second 2.5, below a alone
    assert frame.values.tolist() == [[1, -1.0, 3, "Fish <swim>."], [2, 0.5, 2, "Birds fly."]]


def test_neighbours_stand_around_it_with_their_distance():
    frame = neighbours_frame(RANKING, "b", {"a": "Sea"}, {"a": 3}, around=1)
    assert frame["Rank"].tolist() == [1, 2, 3]
    assert frame["Difference"].tolist() == pytest.approx([1.0, 0.0, -0.5])
    assert frame["Passage"].tolist() == ["Sea", "→ b", "c"]
    assert frame["Grade"].isna().tolist() == [False, True, True]


def test_a_system_that_did_not_retrieve_it_has_no_rank():
    other = Ranking("q", "T", (ScoredDoc("a", None, 1, tokens_cut=7),))
    frame = others_frame({"S": RANKING, "T": other}, {"S": "Ess", "T": "Tee"}, "b", "S")
    assert frame["System"].tolist() == ["→ Ess", "Tee"]
    assert frame["Rank"].isna().tolist() == [False, True]
    assert others_frame({"T": other}, {"T": "Tee"}, "a", "S")["Tokens cut"].tolist() == [7]
