"""What is compared, as one value: made from names, checked, and the only maker of the candidates' key."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rerank_core.errors import NotFoundError, SettingsError
from rerank_core.experiment.experiment import Experiment
from rerank_core.retrieval.settings import RetrievalSettings
from rerank_core.store.rankings import candidates_key
from rerank_core.systems.systems import get_system
from tests.conftest import BIRD_QUERIES

COSINE, MAXSIM = "minilm-cosine", "minilm-maxsim"


def test_names_make_an_experiment_that_starts_as_the_app_does(workspace, birds):
    experiment = Experiment.of(workspace, "birds", ["first-stage", COSINE])
    assert experiment.dataset == birds
    assert experiment.ids == ("first-stage", COSINE)
    assert (experiment.settings, experiment.baseline, experiment.level) == (
        RetrievalSettings(depth=50),
        "first-stage",
        1,
    )


def test_a_depth_goes_before_the_depth_of_settings(workspace, birds):
    settings = RetrievalSettings(("bm25",), depth=30)
    assert Experiment.of(workspace, "birds", [COSINE], settings=settings).settings == settings
    assert Experiment.of(workspace, "birds", [COSINE], settings=settings, depth=10).settings == replace(
        settings, depth=10
    )


def test_without_the_first_stage_the_first_system_is_the_baseline(workspace, birds):
    assert Experiment.of(workspace, "birds", [MAXSIM, COSINE]).baseline == MAXSIM
    assert Experiment.of(workspace, "birds", [MAXSIM, COSINE], baseline=COSINE).baseline == COSINE
    assert Experiment.of(workspace, "birds").baseline == "first-stage"


@pytest.mark.parametrize(
    ("names", "told", "error"),
    [
        ({"dataset": "fish"}, "There is no dataset 'fish' in this workspace. Known: birds.", NotFoundError),
        ({"systems": ["nobody"]}, "There is no system 'nobody'. Known: first-stage, ", NotFoundError),
        (
            {"systems": [COSINE], "baseline": MAXSIM},
            f"The baseline '{MAXSIM}' is not among the systems.",
            SettingsError,
        ),
        ({"systems": [COSINE, COSINE]}, f"The system '{COSINE}' is named twice.", SettingsError),
        ({"systems": COSINE}, f"Systems are a list of ids, such as ['{COSINE}'], not one text.", SettingsError),
        ({"depth": 5}, "Depth must be a whole number from 10 to 1,000, not 5.", SettingsError),
    ],
)
def test_what_cannot_be_is_said_in_words(workspace, birds, names, told, error):
    with pytest.raises(error) as raised:
        Experiment.of(workspace, **({"dataset": "birds"} | names))
    assert str(raised.value).startswith(told)


def test_a_baseline_from_elsewhere_is_refused_however_an_experiment_is_made(workspace, birds):
    cosine = get_system(workspace, COSINE)
    with pytest.raises(SettingsError, match="is not among the systems"):
        Experiment(workspace, birds, RetrievalSettings(), (cosine,), MAXSIM)
    alone = Experiment(workspace, birds, RetrievalSettings(), (cosine,))
    with pytest.raises(SettingsError, match="The baseline 'first-stage' is not among the systems"):
        alone.check_baseline()


def test_the_key_of_candidates_follows_passages_settings_and_the_querys_text(workspace, birds):
    experiment = Experiment(workspace, birds, RetrievalSettings(("bm25",), depth=10))
    query, other = BIRD_QUERIES
    key = candidates_key(birds.fingerprint, experiment.settings.key(), query.text)
    assert experiment.key(query) == key
    assert experiment.keys([other, query]) == {other.qid: experiment.key(other), query.qid: key}
    assert experiment.key(replace(query, qid="another id")) == key
    changed = [
        experiment.key(other),
        experiment.at_depth(20).key(query),
        replace(experiment, dataset=replace(birds, fingerprint="f")).key(query),
    ]
    assert len({key, *changed}) == 4


def test_other_systems_keep_the_baseline_only_where_it_is_one_of_them(workspace, birds):
    experiment = Experiment.of(workspace, "birds", [COSINE, MAXSIM], baseline=MAXSIM)
    cosine, maxsim = experiment.systems
    assert experiment.with_systems([maxsim]).baseline == MAXSIM
    without = experiment.with_systems([cosine])
    assert (without.ids, without.baseline) == ((COSINE,), "first-stage")
