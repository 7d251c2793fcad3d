"""Logged queries: merged, drawn by how often they are asked, and added to a dataset with their lists."""

import json
from collections import Counter

import pytest

from rerank_core.errors import BadInputError, NotFoundError
from rerank_core.monitoring.eval_set import add_from_traffic
from rerank_core.monitoring.importing import import_log
from rerank_core.monitoring.queries import draw, merge_near_duplicates
from rerank_core.store import datasets
from rerank_core.store.imported_runs import imported_rankings, list_imported
from rerank_core.store.traffic_requests import AskedQuery, asked_queries
from rerank_core.systems.systems import get_system
from rerank_core.types import Doc, Query
from tests.monitoring.test_log_forms import lines, own


def asked(*queries):
    return [AskedQuery(text.lower(), text, count) for text, count in queries]


def groups(*queries):
    return [group.keys for group in merge_near_duplicates(asked(*queries))]


def test_spellings_and_orders_of_one_question_are_merged():
    found = groups(
        ("how do I return shoes", 9), ("how do i return shoes?", 4), ("return shoes how do I", 2), ("opening hours", 5)
    )
    assert found == [("how do i return shoes", "how do i return shoes?", "return shoes how do i"), ("opening hours",)]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("iphone 14 case black leather", "iphone 15 case black leather"),
        ("coffee with sugar and milk", "coffee without sugar and milk"),
        ("darf ich kein fleisch essen heute", "darf ich fleisch essen heute"),
        ("cat food", "car food"),
    ],
)
def test_what_means_something_else_stays_apart(one, other):
    assert len(groups((one, 3), (other, 2))) == 2


def test_groups_are_ordered_by_all_their_askings():
    found = merge_near_duplicates(asked(("opening hours", 5), ("return shoes please", 4), ("return shoes, please", 3)))
    assert [(group.text, group.count) for group in found] == [("return shoes please", 7), ("opening hours", 5)]


def test_drawing_follows_frequency_and_its_seed():
    found = merge_near_duplicates(asked(("often asked thing", 90), ("seldom", 9), ("once", 1)))
    assert draw(found, 2, seed=3) == draw(found, 2, seed=3)
    assert draw(found, 9) == found
    first = Counter(draw(found, 1, seed)[0].text for seed in range(1_000))
    # 90, 9 and 1 in 100
    assert 860 <= first["often asked thing"] <= 940
    assert 60 <= first["seldom"] <= 120
    assert first["once"] > 0


@pytest.fixture
def birds(workspace):
    with workspace.write() as db:
        row = datasets.begin_dataset(db, "birds", "birds")
        datasets.add_docs(db, row, [Doc("d1", "about gulls"), Doc("d2", "about terns")])
        datasets.add_queries(db, row, [Query("7", "TERNS")])
        datasets.finish_dataset(db, row, {})
    return workspace


def log_of(tmp_path, *rows):
    return lines(tmp_path / "log.jsonl", *rows)


def test_queries_come_with_their_lists_as_systems(birds, tmp_path):
    terns = Doc("d2", "about terns").text_hash
    rows = [
        own(candidates=[{"place": 0, "text_hash": "aa", "id": "d1"}, {"place": 1, "text_hash": terns}]),
        own(request="r2", query="terns", candidates=[{"place": 0, "id": "d1"}, {"place": 1, "id": "gone"}]),
        own(kind="shadow", system="sha dow"),
    ]
    import_log(birds, log_of(tmp_path, *rows))
    with birds.open() as db:
        found = merge_near_duplicates(asked_queries(db))
    added = add_from_traffic(birds, "birds", found)
    assert (added.queries, added.known) == (1, 1)
    assert added.qids["terns"] == "7"  # the dataset's own
    assert added.unknown == 2  # "gone", and the shadow's "text:bb"
    with birds.open() as db:
        row = datasets.get_dataset(db, "birds")
        assert [(query.text, query.tags) for query in datasets.get_queries(db, row.id)][1:] == [
            ("Gulls?", ("traffic",))
        ]
        assert row.n_queries == 2
        runs = {run.name: imported_rankings(db, run.id) for run in list_imported(db)}
    served, before = runs[f"logged-mini-{row.id}"], runs[f"logged-mini-{row.id}-before"]
    gulls = added.qids["gulls?"]
    assert [(doc.docid, doc.score) for doc in served[gulls].docs] == [("d2", 2.5), ("d1", -1.0)]
    assert before[gulls].docids == ("d1", "d2")
    assert served["7"].docids == ("gone", "d1")
    assert added.systems[0] == f"run:logged-mini-{row.id}"
    for system in added.systems:
        assert get_system(birds, system).state.ready


def test_a_later_query_joins_the_same_systems(birds, tmp_path):
    import_log(birds, log_of(tmp_path, own(), own(request="r2", query="plovers")))
    with birds.open() as db:
        first, second = merge_near_duplicates(asked_queries(db))
    add_from_traffic(birds, "birds", [first])
    systems = add_from_traffic(birds, "birds", [second]).systems
    with birds.open() as db:
        runs = list_imported(db)
        assert {f"run:{run.name}" for run in runs} == set(systems)
        assert len(imported_rankings(db, runs[0].id)) == 2
    again = add_from_traffic(birds, "birds", [first, second])
    assert (again.queries, again.known) == (0, 2)


def test_hashes_alone_make_no_eval_set(birds, tmp_path):
    row = own()
    del row["query"]
    import_log(birds, log_of(tmp_path, row))
    with birds.open() as db:
        found = merge_near_duplicates(asked_queries(db))
    with pytest.raises(BadInputError, match="hashes alone"):
        add_from_traffic(birds, "birds", found)
    with pytest.raises(NotFoundError):
        add_from_traffic(birds, "nowhere", merge_near_duplicates(asked(("x", 1))))


def test_a_list_of_ids_keeps_its_order(birds, tmp_path):
    rows = [{"time": 1e9, "query": "gulls", "results": ["d2", "d1"]}]
    path = tmp_path / "ids.jsonl"
    path.write_text(json.dumps(rows[0]))
    import_log(birds, path)
    with birds.open() as db:
        found = merge_near_duplicates(asked_queries(db))
    add_from_traffic(birds, "birds", found)
    with birds.open() as db:
        (run,) = list_imported(db)
        (ranking,) = imported_rankings(db, run.id).values()
    assert [(doc.docid, doc.score) for doc in ranking.docs] == [("d2", -1.0), ("d1", -2.0)]
