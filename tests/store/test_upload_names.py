"""People know an upload by its own name: no message and no source of a dataset says where it lay."""

from __future__ import annotations

from pathlib import Path

import pytest

from rerank_core.corpus.ingest import import_dataset
from rerank_core.corpus.uploaded import named_as_uploaded, read_once
from rerank_core.errors import BadInputError
from rerank_core.store import datasets, jobs
from rerank_core.store.uploads import discard_read_uploads, make_upload_folder, shown_source


@pytest.fixture
def upload(workspace) -> Path:
    folder = make_upload_folder(workspace)
    (folder / "a.csv").write_text("id,text\n1,x\n")
    (folder / "q.csv").write_text("query_id,search_term\n1,x\n")
    return folder


def test_the_place_of_an_upload_is_taken_out_of_a_text(workspace, upload):
    assert shown_source(workspace, f"{upload}/a.csv, line 2: no.") == "a.csv, line 2: no."
    assert shown_source(workspace, str(upload)) == ""
    assert shown_source(workspace, "/data/uploads/a.csv") == "/data/uploads/a.csv"


def test_a_dataset_is_from_the_files_that_were_uploaded(workspace, upload):
    import_dataset(workspace, "one", upload / "a.csv")
    import_dataset(workspace, "both", upload)
    with workspace.open() as db:
        assert [row.source for row in datasets.list_datasets(db)] == ["a.csv", "a.csv, q.csv"]


def test_an_error_names_the_file_and_the_upload_is_gone(workspace, upload):
    (upload / "a.csv").write_text("id,text\n1\n")
    with pytest.raises(BadInputError) as caught, read_once(workspace, upload):
        import_dataset(workspace, "one", upload)
    assert str(caught.value).startswith("a.csv, line 2: the row has 1 cells.")
    assert not upload.exists()


def test_an_error_of_the_folder_itself_names_no_place(workspace, upload):
    (upload / "a.csv").unlink()
    with pytest.raises(BadInputError) as caught, named_as_uploaded(workspace):
        import_dataset(workspace, "one", upload)
    assert str(caught.value).startswith("the uploaded files: the folder has no file of passages")
    assert str(workspace.path.parent) not in str(caught.value)
    assert upload.exists()


def test_a_path_of_this_machine_is_named_as_it_is_and_stays(workspace, tmp_path):
    path = tmp_path / "mine.csv"
    path.write_text("id,text\n1\n")
    with pytest.raises(BadInputError, match=str(path)), read_once(workspace, path):
        import_dataset(workspace, "one", path)
    assert path.exists()


def test_a_server_that_starts_clears_what_no_job_waits_for(workspace, upload):
    waits = make_upload_folder(workspace)
    with workspace.write() as db:
        jobs.submit(db, "import", {"path": str(waits)})
    discard_read_uploads(workspace)
    assert upload.exists()
    discard_read_uploads(workspace, longest_wait=0.0)
    assert not upload.exists()
    assert waits.exists()
