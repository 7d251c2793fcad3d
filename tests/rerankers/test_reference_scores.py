"""Ours gives the scores that the authors' own code gave for the same tiny models, kept in `reference/`."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rerank_core.rerankers.catalogue.catalog import model_from_name
from rerank_core.rerankers.load import load
from tests.rerankers.reference.inputs import QUERIES, TEXTS
from tests.rerankers.reference.scores_file import Set, sets
from tests.support.flag_folders import need_flag

SETS = list(sets())
# FlagReranker's scores are those of our cross-encoders, and of FlagEmbedding as it is called here
SETS += [
    replace(made, family="flag", settings={"precision": "float32"})
    for made in SETS
    if made.name.endswith("_flag") and made.family == "cross-encoder"
]


@pytest.mark.parametrize("made", SETS, ids=lambda made: f"{made.name} by {made.family}")
def test_scores_are_those_of_the_authors_code(made: Set, reference_folder) -> None:
    if made.family in ("flag", "flag-llm"):
        need_flag()
    model = model_from_name(made.family, str(reference_folder(made.folder)))
    for length, wanted in made.scores.items():
        scorer = load(model, {**made.settings, "max_length": int(length)}, device="cpu")
        for name, query in QUERIES.items():
            found = scorer.score(query, list(TEXTS.values()))
            # SPLADE keeps a passage's weights in half precision
            near = {"rel": 1e-4} if made.family == "sparse" else {"abs": 1e-4}
            assert found == pytest.approx(list(wanted[name]), **near), (length, name)
