"""The words of all pages but Label and Present, in plain English, in one place."""

from __future__ import annotations

import streamlit as st

from pages.ui.markdown import plain

TERMS: dict[str, dict[str, str]] = {
    "How good a ranking is": {
        "Grade": "A person's judgment of a passage for a query, from 0 (not relevant) up. A passage that nobody graded "
        "has no grade, which is not grade 0.",
        "nDCG@10": "How close the first ten places come to the best possible order: 1 is perfect, 0 has "
        "nothing useful. High grades count more, and so do high places.",
        "RR@10": "One over the place of the first relevant passage: 1 for the first place, 0.5 for the second, 0 "
        "beyond the tenth. Its mean over queries is MRR.",
        "P@5": "The share of the first five passages that are relevant.",
        "R@10": "Recall: the share of all relevant passages that is among the first ten.",
        "AP": "The mean precision at each relevant passage. Its mean over queries is MAP.",
        "Bpref": "How rarely a passage graded not relevant stands above a relevant one; ungraded passages are left "
        "out.",
        "Relevant from": "The lowest grade that counts as relevant, for measures that know only yes and no.",
        "Judged@10": "The graded share of the first ten passages. Where it is low, the other figures say little.",
        "Hole": "An ungraded passage among the first ten. It counts as not relevant, although nobody looked at it.",
    },
    "Which system is better": {
        "Margin": "The smallest difference that matters to you. Two systems are equal within it where a larger one is "
        "ruled out.",
        "System": "A reranker with its settings, or several combined.",
        "Baseline": "The system that the others are compared with.",
        "Δ (difference)": "The system's figure minus the baseline's: above 0, the system is better.",
        "95 % interval": "Where the true difference probably lies, given how many queries there are and how much "
        "they vary. Where it contains 0, the data cannot tell the two apart.",
        "Won / tied / lost": "On how many queries the system won, tied and lost against the baseline.",
        "p, corrected": "How often chance alone would show a difference as large, corrected for comparing several "
        "systems.",
        "Slice": "Queries that have something in common: a tag, a length, a script.",
    },
    "How far apart two orders are": {
        "RBO": "Rank-biased overlap: how much two rankings share, the top counting most. 1: the same; 0: nothing.",
        "τ-AP": "A rank correlation in which mistakes at the top count most. 1: the same order; 0: no relation; "
        "-1: the reverse.",
        "Jaccard@10": "Of all passages in the first ten of either, the share that is in the first ten of both.",
        "Rank change": "Places that a passage stands above (▲) or below (▼) its place in the baseline.",
    },
    "Where the loss comes from": {
        "Candidates": "The passages that were found for a query. Every reranker orders the same ones.",
        "Lost by retrieval": "Relevant passages are not among the candidates: no reranker can bring them back.",
        "Lost by ordering": "Relevant passages are there, in the wrong places.",
        "Ideal order": "The candidates sorted by their grades: the most that any reranker could reach.",
        "Not retrieved": "The system did not return this passage. That says nothing about its grade.",
    },
    "Inside a model": {
        "Raw score": "The number that a model gives to a passage. Its scale is the model's own: never compare it "
        "across systems.",
        "Tokens": "The pieces of words that a model reads. It sees no more than its limit; the rest of a passage "
        "is cut.",
        "Bi-encoder": "Query and passage become one vector each; the score says how alike the two are.",
        "Cross-encoder": "Query and passage are read together: slower, and mostly better.",
        "MaxSim": "Late interaction: each query token looks for the passage token most like it, and these add up.",
        "Threshold": "The score below which a system shows nothing.",
        "Sentence left out": "The score without one sentence, minus the score with it: what the sentence carries.",
    },
    "How grades are made": {
        "Pool": "The passages to grade: the first k of every system together.",
        "Cohen's kappa": "How far two judges agree beyond chance: 1 always, 0 no more than chance would.",
        "Krippendorff's alpha": "The same for any number of judges, with missing grades allowed. The further apart two "
        "grades are, the more they count.",
        "Adjudicated": "Settled by one person after judges differed. It counts before all other grades.",
        "What matters": "The order of grading by how much a grade can change the verdict between two systems. Such "
        "passages are not a fair sample, so some others are drawn at random.",
        "Spot check": "A person's grade of a passage that a language model graded, given without seeing that grade.",
    },
    "Efficiency": {
        "p50, p95": "Half of the queries took less than p50, 95 of 100 less than p95.",
        "Cold, warm": "Cold: the first query after a model was loaded. Warm: all later ones.",
        "Pareto front": "The systems that no other system beats in one respect without being worse in another.",
        "$ / 1,000": "What 1,000 queries cost: paid by use to a service, or as a share of a machine's hour.",
    },
}


def offer() -> None:
    """A button at the foot of the sidebar that opens the glossary."""
    if st.sidebar.button("Glossary", icon=":material/menu_book:"):
        _words()


@st.dialog("Glossary", width="large")
def _words() -> None:
    sought = st.text_input("Find a word", placeholder="nDCG, interval, RBO …").strip().lower()
    for part, terms in TERMS.items():
        matching = {name: text for name, text in terms.items() if sought in f"{name} {text}".lower()}
        if matching:
            st.markdown(f"##### {part}")
            st.markdown("\n".join(f"- **{plain(name)}**: {plain(text)}" for name, text in matching.items()))
