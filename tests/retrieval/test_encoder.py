import shutil

import numpy as np
import pytest

from rerank_core.errors import NotReadyError
from rerank_core.retrieval.encoder import SentenceEncoder, find_model, model_key


@pytest.fixture(scope="module")
def bundled():
    encoder = SentenceEncoder("bundled", device="cpu")
    encoder.load()
    return encoder


def test_the_bundled_model_puts_like_texts_together(bundled):
    texts = ["You get your money back within 14 days.", "The train leaves at noon.", "Refunds take two weeks."]
    vectors = bundled.encode_documents(texts)
    assert vectors.shape == (3, 384)
    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(np.ones(3), abs=1e-5)
    similarity = vectors @ bundled.encode_query("refund period")
    assert similarity.argmin() == 1


def test_odd_texts_are_encoded(bundled):
    texts = ["", "x" * 10_000, "שלום مرحبا", "🎉", "half \ud83d pair", "<script>", "\x00"]
    assert np.isfinite(bundled.encode_documents(texts)).all()


def test_it_says_where_it_runs(bundled):
    assert bundled.device == "cpu"
    assert SentenceEncoder("bundled").device is None  # not loaded yet


def test_loading_writes_nothing_to_the_screen(capfd):
    SentenceEncoder("bundled", device="cpu").load()
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("name", ["nobody/has-this-model", "/no/such/folder", "a b c", "../up"])
def test_a_model_that_is_not_here_is_not_ready_and_nothing_is_downloaded(name):
    assert find_model(name) is None
    with pytest.raises(NotReadyError, match="neither"):
        SentenceEncoder(name)


def test_a_folder_that_is_no_model_is_not_ready(tmp_path):
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(NotReadyError, match="could not be loaded"):
        SentenceEncoder(str(tmp_path)).load()


def test_a_copy_of_the_model_has_the_same_digest_and_other_weights_another(tmp_path):
    original = find_model("bundled")
    copy = tmp_path / "copy"
    copy.mkdir()
    for file in ("config.json", "tokenizer.json"):
        shutil.copyfile(original / file, copy / file)
    (copy / "model.safetensors").write_bytes(b"weights")
    again = tmp_path / "again" / "copy"
    shutil.copytree(copy, again)
    assert model_key("copy", again) == model_key("copy", copy)
    (again / "model.safetensors").write_bytes(b"Weights")
    assert model_key("copy", again) != model_key("copy", copy)


def test_a_downloaded_model_is_known_by_its_commit(tmp_path):
    first, second = (tmp_path / "snapshots" / commit for commit in ("aaa", "bbb"))
    for folder in (first, second):
        folder.mkdir(parents=True)
    assert model_key("org/m", first) != model_key("org/m", second)
    assert model_key("org/m", first).startswith("m-")
