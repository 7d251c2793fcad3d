"""How a ranking was made is kept beside it, and goes with it."""

from __future__ import annotations

import pytest

from rerank_core.store.evidence import (
    SEARCH,
    Evidence,
    get_evidence,
    installed_versions,
    put_evidence,
    rankings_made,
    search_seconds,
)
from rerank_core.store.rankings import put_candidates, put_ranking
from rerank_core.types import Ranking, ScoredDoc

DOCS = (ScoredDoc("d1", 1.0, 1),)


@pytest.fixture
def searched(workspace, birds):
    with workspace.write() as db:
        put_candidates(db, "key", birds.id, "{}", Ranking("q1", "first-stage", DOCS, 0.25))
    return workspace


@pytest.mark.parametrize("cold", [True, False, None])
def test_it_reads_back_as_it_was_written(searched, cold):
    kept = Evidence(cold, 0.01, "cpu: 2 threads", {"torch": "2.13.0"})
    with searched.write() as db:
        put_evidence(db, "key", "system@1", kept)
        put_evidence(db, "key", SEARCH, Evidence(None))
        assert get_evidence(db, ["key", "other"], "system@1") == {"key": kept}
        assert get_evidence(db, ["key"], SEARCH) == {"key": Evidence(None)}


def test_it_goes_with_its_candidates(searched):
    with searched.write() as db:
        put_evidence(db, "key", SEARCH, Evidence(True))
        db.execute("DELETE FROM candidates")
        assert get_evidence(db, ["key"], SEARCH) == {}


def test_only_rankings_that_succeeded_count_as_made(searched):
    with searched.write() as db:
        put_ranking(db, "key", "good@1", Ranking("q1", "good@1", DOCS, 0.5, {"tokens": 3.0}))
        put_ranking(db, "key", "bad@1", None, "no room")
        made = rankings_made(db, ["key"], "good@1")["key"]
        assert (made.seconds, made.usage) == (0.5, {"tokens": 3.0})
        assert rankings_made(db, ["key"], "bad@1") == {}


def test_the_seconds_of_a_search_are_those_of_its_candidates(searched):
    with searched.open() as db:
        assert search_seconds(db, ["key", "other"]) == {"key": 0.25}


def test_more_keys_than_one_statement_takes_are_asked_for_in_parts(searched):
    keys = [f"no {place}" for place in range(1200)]
    with searched.open() as db:
        assert search_seconds(db, [*keys, "key"]) == {"key": 0.25}
        assert get_evidence(db, keys, SEARCH) == {}
        assert rankings_made(db, keys, "good@1") == {}


def test_a_library_that_is_not_installed_has_no_version():
    assert list(installed_versions(["numpy", "no-such-library", "scipy"])) == ["numpy", "scipy"]
