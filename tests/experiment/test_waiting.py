"""What open work says of itself: how far it is, how long it takes, and what it stands in line behind."""

from __future__ import annotations

import pytest

from rerank_core.experiment.waiting import about, ahead_of, name_of, sentence
from rerank_core.store.jobs import PREPARING, STANDING, Job


def job(number, kind, state="running", urgent=False, doing="", left=None, done=0, total=0, message="", **params):
    return Job(number, kind, params, urgent, state, done, total, message, False, {}, doing, left)


INDEX = job(
    1, "compare", urgent=True, doing=PREPARING, left=370.0, done=32, total=1486,
    message="Preparing clinical-kb (once)", dataset="clinical-kb",
)  # fmt: skip


def test_an_index_counts_passages_and_says_how_long_it_takes():
    assert sentence(INDEX, [INDEX]) == "Preparing clinical-kb (once): 32 of 1,486 passages, about 6 min left"


def test_who_stands_in_line_is_told_behind_what_and_for_how_long():
    other = job(2, "compare", urgent=True, doing=STANDING, dataset="shop")
    assert sentence(other, [INDEX, other]) == 'In line behind "preparing clinical-kb", about 6 min'
    later = job(3, "compare", urgent=True, doing=STANDING, dataset="news")
    run = job(4, "run", doing="", left=60.0, dataset="demo")
    assert sentence(later, [INDEX, run, later]) == 'In line behind "preparing clinical-kb" and 1 more, about 7 min'


def test_where_one_of_them_does_not_know_nothing_is_promised():
    standing = job(2, "run", doing=STANDING, dataset="shop")
    query = job(3, "compare", urgent=True, dataset="demo")
    assert sentence(standing, [standing, query]) == 'In line behind "a query on demo"'


def test_work_that_is_not_taken_up_yet_names_what_is_before_it():
    first, second = job(1, "import", name="kb", left=20.0), job(2, "import", "waiting", name="shop")
    third = job(3, "import", "waiting", name="news")
    assert sentence(second, [first, second, third]) == 'In line behind "importing kb", about 20 s'
    assert [one.id for one in ahead_of(third, [first, second, third])] == [1, 2]
    assert sentence(third, [first, second, third]) == 'In line behind "importing kb" and 1 more'


def test_files_do_not_wait_for_the_models_nor_a_query_for_what_gives_way_to_it():
    imported = job(5, "import", "waiting", name="shop")
    query = job(6, "compare", "waiting", urgent=True, dataset="demo")
    assert sentence(imported, [INDEX, imported]) == "Starting"
    assert sentence(query, [INDEX, job(2, "run", dataset="demo"), query]) == "Starting"


def test_a_whole_set_says_what_it_ranks_and_a_download_how_many_bytes():
    run = job(1, "run", done=34, total=180, left=41.0, message="MaxSim: who eats fish", dataset="demo")
    assert sentence(run, [run]) == "Ranking all queries of demo: 34 of 180, about 40 s left · MaxSim: who eats fish"
    fetched = job(2, "download", done=18_000_000, total=91_000_000, message="org/model", system="tiny")
    assert sentence(fetched, [fetched]) == "org/model: 18 MB of 91 MB"


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (0.4, "a few seconds"),
        (7.9, "a few seconds"),
        (21, "about 20 s"),
        (58, "about 60 s"),
        (95, "about 2 min"),
        (370, "about 6 min"),
        (5400, "about 2 h"),
    ],
)
def test_a_length_of_time_is_no_more_exact_than_it_is_known(seconds, expected):
    assert about(seconds) == expected


def test_a_kind_from_another_version_is_still_named():
    assert name_of(job(1, "dream")) == "dream"
    assert name_of(job(1, "import")) == "importing …"
