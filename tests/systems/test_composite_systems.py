"""Composites as systems: saved by name, ranked by the pipeline with real members, kept apart when something is gone."""

from __future__ import annotations

import pytest

from rerank_core.errors import NameTakenError, SettingsError
from rerank_core.experiment.experiment import Experiment
from rerank_core.ranking.pipeline import Pipeline
from rerank_core.retrieval.settings import RetrievalSettings
from rerank_core.store.backup import back_up
from rerank_core.store.systems import drop_system
from rerank_core.store.trained_folders import folder_beside
from rerank_core.store.workspace import Workspace
from rerank_core.systems.composites.spec import (
    Authority,
    Blend,
    Cascade,
    Condition,
    Member,
    OwnFirstStage,
    Router,
    Rule,
    Signals,
    Stage,
)
from rerank_core.systems.systems import add_composite, add_variant, all_systems, get_system
from tests.conftest import BIRD_QUERIES

SETTINGS = RetrievalSettings()
MIX = Blend((Member("first-stage"), Member("minilm-cosine", 2)), "zscore")
CASCADE = Cascade((Stage("minilm-cosine", 2), Stage("mix")))


@pytest.fixture
def saved(workspace):
    add_composite(workspace, "mix", MIX)
    add_composite(workspace, "two steps", CASCADE)
    add_composite(workspace, "official", Signals("two steps", authority=Authority("kind", (("bird", 2),)), base="rank"))
    add_composite(workspace, "router", Router((Rule((Condition("tag", "short"),), "official"),), "minilm-cosine"))
    return workspace


def test_a_saved_composite_is_a_system_with_facts_of_its_own(saved) -> None:
    system = get_system(saved, "two steps")
    assert system.state.ready
    assert [leaf.id for leaf in system.leaves] == ["minilm-cosine", "first-stage"]
    assert system.model.parameters == get_system(saved, "minilm-cosine").model.parameters
    assert system.scored_by is None
    assert system.key != get_system(saved, "mix").key


def test_composites_of_composites_rank_with_real_members(saved, birds) -> None:
    pipeline = Pipeline(saved)
    cosine = pipeline.rank(
        Experiment(saved, birds, SETTINGS), BIRD_QUERIES[0], get_system(saved, "minilm-cosine")
    ).ranking
    made = pipeline.rank(Experiment(saved, birds, SETTINGS), BIRD_QUERIES[0], get_system(saved, "two steps"))
    assert made.error == ""
    assert sorted(made.ranking.docids) == sorted(cosine.docids)
    assert set(made.ranking.docids[:2]) == set(cosine.docids[:2])
    assert made.ranking.docids[2:] == cosine.docids[2:]
    assert [doc.parts["stage"] for doc in made.ranking.docs] == [2, 2, 1, 1]


def test_a_router_passes_its_members_answer_on_and_says_why(saved, birds) -> None:
    pipeline = Pipeline(saved)
    plain, tagged = (
        pipeline.rank(Experiment(saved, birds, SETTINGS), query, get_system(saved, "router")).ranking
        for query in BIRD_QUERIES
    )
    assert plain.notes == ("routed to minilm-cosine, as no rule applies",)
    assert tagged.notes[0] == "routed to official, by rule 1: it has the tag 'short'"
    assert set(tagged.docs[0].parts) == {"relevance", "authority"}


def test_a_circle_or_a_name_that_is_taken_is_refused_and_nothing_changes(saved) -> None:
    with pytest.raises(SettingsError, match="mix → router → official → two steps → mix"):
        add_composite(saved, "mix", Cascade((Stage("router"),)), replace=True)
    with pytest.raises(SettingsError, match="a name of its own, not 'minilm-cosine'"):
        add_composite(saved, "minilm-cosine", MIX)
    with pytest.raises(SettingsError, match="There is no system 'nobody'"):
        add_composite(saved, "new", Cascade((Stage("nobody"),)))
    assert get_system(saved, "mix").spec == MIX


@pytest.mark.parametrize("name", ["mix", "MIX", "  Mix "])
def test_a_system_is_not_replaced_unless_somebody_says_so(saved, name) -> None:
    other = Blend((Member("first-stage"), Member("minilm-maxsim")))
    key = get_system(saved, "mix").key
    with pytest.raises(NameTakenError, match="There is a system 'mix' already"):
        add_composite(saved, name, other)
    assert get_system(saved, "mix").spec == MIX
    assert add_composite(saved, "mix", MIX) == "mix"  # the same again destroys nothing
    assert add_composite(saved, name, other, replace=True) == "mix"
    assert get_system(saved, "mix").spec == other
    assert get_system(saved, "mix").key != key  # what was ranked before is not shown as the new one's
    assert [system.id for system in all_systems(saved)].count("mix") == 1


def test_a_model_with_settings_is_not_replaced_unless_somebody_says_so_and_has_its_own_name(workspace) -> None:
    assert add_variant(workspace, "short", "minilm-cosine", {"max_length": 16}) == "short"
    with pytest.raises(NameTakenError):
        add_variant(workspace, "Short", "minilm-cosine", {"max_length": 32})
    assert get_system(workspace, "short").settings == {"max_length": 16}
    add_variant(workspace, "short", "minilm-cosine", {"max_length": 32}, replace=True)
    assert get_system(workspace, "short").settings == {"max_length": 32}
    labels = [system.label for system in all_systems(workspace)]
    assert "short" in labels
    assert get_system(workspace, "minilm-cosine").label in labels
    assert get_system(workspace, "minilm-cosine").label != "minilm-cosine"
    for name in ("run:mine", "", "  ", "MiniLM-Cosine"):
        with pytest.raises(SettingsError, match="a name of its own"):
            add_variant(workspace, name, "minilm-cosine", {})


def test_a_composite_whose_member_is_gone_says_so_and_the_others_stay(saved, birds) -> None:
    with saved.write() as db:
        drop_system(db, "mix")
    assert {"two steps", "official", "router", "minilm-cosine"} <= {system.id for system in all_systems(saved)}
    broken = get_system(saved, "two steps")
    assert broken.state.kind == "not-found"
    assert Pipeline(saved).rank(Experiment(saved, birds, SETTINGS), BIRD_QUERIES[0], broken).error == (
        "two steps: It needs the system 'mix', which is not there."
    )
    add_composite(saved, "mix", MIX)
    assert (
        Pipeline(saved)
        .rank(Experiment(saved, birds, SETTINGS), BIRD_QUERIES[0], get_system(saved, "two steps"))
        .ranking
        is not None
    )


def test_a_first_stage_of_a_model_that_was_trained_here_moves_with_the_workspace(workspace, tmp_path) -> None:
    trained = folder_beside(workspace.path) / "encoder-1"
    trained.mkdir(parents=True)
    ours = OwnFirstStage("first-stage", RetrievalSettings(("dense",), dense_model=str(trained)))
    add_composite(workspace, "ours", ours)
    assert add_composite(workspace, "ours", ours) == "ours"
    others = OwnFirstStage("first-stage", RetrievalSettings(("dense",), dense_model=str(tmp_path / "theirs")))
    add_composite(workspace, "theirs", others)
    assert get_system(workspace, "ours").spec == ours
    (tmp_path / "elsewhere").mkdir()
    back_up(workspace, tmp_path / "elsewhere" / "copy.db")
    # no list of dense models names it: the system alone does
    moved = folder_beside(tmp_path / "elsewhere" / "copy.db") / "encoder-1"
    assert moved.is_dir()
    copy = Workspace(tmp_path / "elsewhere" / "copy.db")
    assert get_system(copy, "ours").spec.settings.dense_model == str(moved)
    assert get_system(copy, "theirs").spec == others
