"""Trained models go along with the workspace, and their names lead nowhere else."""

from __future__ import annotations

import pytest

from rerank_core.errors import WorkspaceError
from rerank_core.store.backup import back_up, restore
from rerank_core.store.dense_models import put_dense_model
from rerank_core.store.systems import drop_system, put_system
from rerank_core.store.trained_folders import as_kept, as_source, delete_trained, folder_beside, left_by
from rerank_core.store.workspace import Workspace


def test_a_model_beside_the_workspace_is_kept_by_its_name_and_others_as_they_are(tmp_path):
    path, moved = tmp_path / "a.db", tmp_path / "b" / "c.db"
    kept = as_kept(path, str(folder_beside(path) / "model-1"))
    assert kept == "trained:model-1"
    assert as_source(moved, kept) == str(tmp_path / "b" / "trained" / "model-1")
    for other in ("bundled", "org/name", str(tmp_path / "model"), "trained/model-1"):
        assert as_source(path, as_kept(path, other)) == other


@pytest.mark.parametrize("name", ["trained:../secret", "trained:/etc", "trained:", "trained:.."])
def test_a_name_leads_out_of_no_folder(tmp_path, name):
    assert as_source(tmp_path / "a.db", name) == name


def model(workspace: Workspace, name: str) -> None:
    folder = folder_beside(workspace.path) / name
    folder.mkdir(parents=True)
    (folder / "config.json").write_text("{}")
    with workspace.write() as db:
        put_system(db, name, f"cross-encoder:trained:{name}", {})


def test_a_backup_and_a_restore_take_along_what_is_in_use(workspace, tmp_path):
    model(workspace, "used")
    (folder_beside(workspace.path) / "unused").mkdir()
    (tmp_path / "backups").mkdir()
    target = tmp_path / "backups" / "monday.db"
    back_up(workspace, target)
    assert [path.name for path in folder_beside(target).iterdir()] == ["used"]
    # what is there already is the same model
    back_up(workspace, target, overwrite=True)
    new = Workspace(tmp_path / "new" / "workspace.db")
    restore(new, target)
    assert (folder_beside(new.path) / "used" / "config.json").is_file()


def test_a_model_that_cannot_be_copied_ends_the_backup_and_leaves_no_half(workspace, tmp_path):
    model(workspace, "used")
    (tmp_path / "backups").mkdir()
    # a file where the folder of models would be
    (tmp_path / "backups" / "trained").write_text("")
    with pytest.raises(WorkspaceError, match="cannot be copied"):
        back_up(workspace, tmp_path / "backups" / "monday.db")
    assert [path.name for path in (tmp_path / "backups").iterdir()] == ["trained"]


def test_a_folder_is_left_where_the_last_that_names_it_goes(workspace, tmp_path):
    model(workspace, "both")
    folder = folder_beside(workspace.path) / "both"
    with workspace.write() as db:
        put_system(db, "plain", "cross-encoder:org/name", {})
        assert left_by(db, workspace.path, system="plain") is None
        assert left_by(db, workspace.path, system="both") == folder
        put_dense_model(db, "ours", {"name": "trained:both"})
        # each of the two is used by the other
        assert left_by(db, workspace.path, system="both") is None
        assert left_by(db, workspace.path, dense_model="ours") is None
        drop_system(db, "both")
        assert left_by(db, workspace.path, dense_model="ours") == folder


def test_what_lies_beside_a_deleted_model_goes_and_its_neighbours_stay(workspace, tmp_path):
    model(workspace, "one")
    model(workspace, "one-more")
    beside = folder_beside(workspace.path)
    (beside / "one.figures.json").write_text("{}")
    (beside / "one.taught").mkdir()
    delete_trained(workspace.path, beside / "one")
    assert [path.name for path in beside.iterdir()] == ["one-more"]
    for elsewhere in (tmp_path, beside, beside / ".."):
        with pytest.raises(WorkspaceError, match="was not trained in this workspace"):
            delete_trained(workspace.path, elsewhere)
    assert beside.is_dir()


def test_signs_of_patterns_in_a_name_are_only_signs(tmp_path):
    beside = folder_beside(tmp_path / "a.db")
    for name in ("m[1]", "m[1].taught", "m1.kept"):
        (beside / name).mkdir(parents=True)
    delete_trained(tmp_path / "a.db", beside / "m[1]")
    assert [path.name for path in beside.iterdir()] == ["m1.kept"]
