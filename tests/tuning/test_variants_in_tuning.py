"""Query variants as a part of the search: their lists, their worth, and a winner that searches with one."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlite_utils import Database

from rerank_core.errors import SettingsError
from rerank_core.experiment.experiment import Experiment
from rerank_core.retrieval.query_variants.query_variant import QueryVariant
from rerank_core.store import datasets, rankings
from rerank_core.systems.composites.spec import OwnFirstStage
from rerank_core.systems.systems import get_system
from rerank_core.tuning.inputs import as_settings, list_experiments, pool_experiments, read_inputs, what_is_missing
from rerank_core.tuning.record import record, save_winner, winner
from rerank_core.tuning.search_space import FirstStage, SearchSpace
from rerank_core.tuning.tune import Tuned, tune
from rerank_core.tuning.variant_lists import AS_TYPED
from tests.support.searched_worlds import SMALL, searched_world

HYDE = QueryVariant("hyde", "m", "http://127.0.0.1:9/v1", "WRITER_KEY")
WITH = replace(SMALL, variants=(("HyDE by m", HYDE),), most=200)


def tuned(workspace, help_of_variants: float) -> Tuned:
    experiment = searched_world(workspace, [], help_of=4.0, queries=40, space=WITH, help_of_variants=help_of_variants)
    return tune(experiment, space=WITH, splits=40)


def test_every_list_and_pair_is_tried_with_each_variant_and_no_imported_run_is():
    space = SearchSpace(lists=(("bm25",), ("run:old",), ("bm25", "run:old")), variants=(("HyDE", HYDE),))
    assert space.all_lists == (*space.lists, ("bm25 @ HyDE",), ("bm25 @ HyDE", "run:old"))
    labels = [setting.label() for setting in WITH.first_stages(FirstStage())]
    assert sum(label.endswith(", HyDE by m") for label in labels) == len(SMALL.first_stages(SMALL_DEFAULT))


SMALL_DEFAULT = next(SMALL._fused())


def test_a_list_with_a_variant_is_found_as_the_same_settings_with_it_find_it(workspace):
    experiment = searched_world(workspace, [], help_of=0.0, space=WITH)
    lists = list_experiments(experiment, WITH)
    assert lists["dense"].settings.variant is None
    assert lists["dense @ HyDE by m"].settings == replace(lists["dense"].settings, variant=HYDE)
    plain, with_variant = pool_experiments(experiment, WITH, [])
    assert with_variant.settings == replace(plain.settings, variant=HYDE)


def test_settings_that_have_a_variant_are_tried_as_typed_too(workspace):
    plain = searched_world(workspace, [], help_of=0.0)
    experiment = replace(plain, settings=replace(plain.settings, variant=HYDE))
    lists = list_experiments(experiment, replace(SMALL, variants=((AS_TYPED, None),)))
    assert lists["bm25"].settings.variant == HYDE
    assert lists["bm25 @ as typed"].settings.variant is None


def test_a_variant_that_finds_more_is_better_by_what_it_finds_and_wins(workspace):
    found = tuned(workspace, 3.0)
    (worth,) = found.variants
    assert worth.corrected.low > 0
    assert worth.sentence.startswith(f"HyDE by m: better by {worth.corrected.mean:.3f} nDCG@10 on queries that the")
    assert found.baseline.best.label().endswith(", HyDE by m")
    assert found.baseline.held_out_value > found.baseline.default_value


def test_one_that_finds_less_is_worse_and_changes_nothing_else(workspace):
    found = tuned(workspace, -3.0)
    (worth,) = found.variants
    assert worth.corrected.high < 0
    assert "worse by" in worth.sentence
    assert "HyDE" not in found.baseline.best.label()


def test_the_winner_is_kept_as_a_system_that_searches_with_its_variant(workspace):
    found = record(tuned(workspace, 3.0))
    chosen = winner(found, "first-stage")
    spec = get_system(workspace, save_winner(workspace, found, "first-stage", "with HyDE", "world")).spec
    assert isinstance(spec, OwnFirstStage)
    assert spec.settings == as_settings(chosen.setting.first, chosen.settings, {"HyDE by m": HYDE})
    assert spec.settings.variant == HYDE
    with pytest.raises(SettingsError, match="no query variant 'HyDE by m'"):
        as_settings(chosen.setting.first, chosen.settings)


def test_a_rerankers_scores_are_read_from_every_pool_and_one_that_is_missing_is_told(workspace):
    experiment = searched_world(workspace, ["minilm-cosine"], help_of=4.0, space=WITH)
    assert what_is_missing(experiment, WITH).nothing
    assert len(read_inputs(experiment, WITH).queries) == 30
    model = next(one for one in experiment.systems if one.id == "minilm-cosine")
    with workspace.write() as db:
        forget(db, pool_experiments(experiment, WITH, [model])[1], "q00")
    missing = what_is_missing(experiment, WITH)
    assert (missing.queries, missing.pairs) == (1, {"minilm-cosine": 40})
    assert "q00" not in {lists.qid for lists in read_inputs(experiment, WITH).queries}


def forget(db: Database, pool: Experiment, qid: str) -> None:
    query = next(query for query in datasets.get_queries(db, pool.dataset.id) if query.qid == qid)
    key = pool.key(query)
    assert rankings.get_candidates(db, key) is not None
    db.execute("DELETE FROM ranking WHERE candidates_key = ?", [key])


@pytest.mark.parametrize(
    "variants", [["hyde"], {"": {"kind": "hyde", "model": "m"}}, {"h": {"kind": "dream", "model": "m"}}, {"h": 3}]
)
def test_variants_that_cannot_be_are_refused(variants):
    with pytest.raises(SettingsError):
        SearchSpace.from_dict({"variants": variants})
