"""Which of query and passage gives way where both are too long, on the fast engine and on the library's way alike."""

from __future__ import annotations

import json
import shutil

import pytest

from rerank_core.errors import SettingsError
from rerank_core.rerankers.catalogue.catalog import get, model_from_name
from rerank_core.rerankers.catalogue.model_key import model_key
from rerank_core.rerankers.load import load
from rerank_core.rerankers.local.cross_encoder import EnginePairs, LibraryPairs, open_model

LONG = " ".join(["fish"] * 300)
# folder -> what runs it, and how many special tokens stand around a pair
SHAPES = {"bert": (EnginePairs, 3), "xlm_r": (EnginePairs, 4), "modern_bert": (EnginePairs, 3)}


def opened(reference_folder, folder: str, **settings):
    return load(model_from_name("cross-encoder", str(reference_folder(folder))), settings, device="cpu")


@pytest.mark.parametrize("folder", list(SHAPES))
@pytest.mark.parametrize(
    ("cut", "query_words", "text_words", "kept"),
    [
        # 64 tokens: the query keeps 48 at most, then the passage what is left
        ("passage", 3, 300, 64 - 3),
        ("passage", 40, 300, 64 - 40),
        ("passage", 100, 300, 64 - 48),
        # the query is cut even where the passage is short
        ("passage", 100, 2, 2),
        ("passage", 100, 0, 0),
        # the longer of the two gives way first; where both are long each keeps half
        ("longest_first", 3, 300, 64 - 3),
        ("longest_first", 40, 300, None),
        ("longest_first", 100, 2, 2),
    ],
)
def test_a_passage_keeps_what_the_rule_leaves_it(reference_folder, folder, cut, query_words, text_words, kept) -> None:
    kind, special = SHAPES[folder]
    scorer = opened(reference_folder, folder, cut=cut, max_length=64)
    assert isinstance(scorer, kind)
    query, text = " ".join(["who"] * query_words), " ".join(["fish"] * text_words)
    if kept is None:
        # half of the room, and of an odd one the longer text gets the odd token
        kept = (64 - special + 1) // 2
    elif text_words > kept:
        kept -= special
    assert scorer.limit.tokens_cut(query, [text]) == [text_words - kept]
    # what is not read changes nothing; what is read last does
    read = " ".join(["fish"] * kept)
    if text_words > kept:
        other = f"{read} {'otters ' * 200}"
        assert scorer.score(query, [text]) == pytest.approx(scorer.score(query, [other]), abs=1e-5)
        last = scorer.score(query, [f"{' '.join(['fish'] * (kept - 1))} {'otters ' * 200}"])
        assert scorer.score(query, [text]) != pytest.approx(last, abs=1e-5)


def test_the_library_reads_the_tokens_that_the_engine_reads(reference_folder, monkeypatch) -> None:
    from rerank_core.inference.pair_tokens import UnknownModelError
    from rerank_core.rerankers.local import cross_encoder

    texts = ["Terns dive.", "", LONG, "fish " * 40, "\n  otters"]
    engine = opened(reference_folder, "bert", cut="passage", max_length=64)

    def unknown(*arguments):
        raise UnknownModelError("for this test")

    monkeypatch.setattr(cross_encoder, "_engine", unknown)
    library = opened(reference_folder, "bert", cut="passage", max_length=64)
    assert isinstance(library, LibraryPairs)
    library.batch_size = 2
    for query in ("who", "", "who " * 100):
        assert library.score(query, texts) == pytest.approx(engine.score(query, texts), abs=1e-5)
        assert library.limit.tokens_cut(query, texts) == engine.limit.tokens_cut(query, texts)
    assert library.score("who", []) == []


def test_a_chat_template_cannot_be_cut_at_the_passage_alone(reference_folder) -> None:
    with pytest.raises(SettingsError, match=r"cut must be longest_first .* chat template"):
        opened(reference_folder, "chat_scores", cut="passage")


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("sentence_bert_config.json", {"processing_kwargs": {"text": {"truncation": "only_second"}}}, "tokenizer how"),
        ("config_sentence_transformers.json", {"prompts": {"find": "find: "}, "default_prompt_name": "find"}, "prompt"),
    ],
)
def test_a_model_with_its_own_way_of_reading_pairs_keeps_it(reference_folder, tmp_path, name, content, reason) -> None:
    folder = tmp_path / "own"
    shutil.copytree(reference_folder("bert"), folder)
    modules = [
        {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.base.modules.transformer.Transformer"}
    ]
    own = {
        "modules.json": modules,
        "sentence_bert_config.json": {
            "transformer_task": "sequence-classification",
            "modality_config": {"text": {"method": "forward", "method_output_name": "logits"}},
            "module_output_name": "scores",
        },
        "config_sentence_transformers.json": {"model_type": "CrossEncoder"},
    }
    own[name] |= content
    for file, facts in own.items():
        (folder / file).write_text(json.dumps(facts), "utf-8")
    settings = {"max_length": 64, "precision": "exact", "cut": "longest_first"}
    scorer = open_model("cross-encoder", folder, settings, "cpu")
    assert isinstance(scorer, LibraryPairs)
    assert reason in scorer.notes()[0]
    with pytest.raises(SettingsError, match=reason):
        open_model("cross-encoder", folder, settings | {"cut": "passage"}, "cpu")


def test_each_row_is_cut_as_its_authors_cut() -> None:
    bge = ["bge-reranker-v2-m3", "bge-reranker-base", "bge-reranker-large"]
    assert {get(row).checked({})["cut"] for row in bge} == {"passage"}
    others = ["ms-marco-minilm-l6-v2", "ms-marco-tinybert-l2-v2", "cross-encoder:org/model"]
    assert {get(row).checked({})["cut"] for row in others} == {"longest_first"}


def test_both_rows_of_the_m3_weights_read_the_same_length_and_say_so() -> None:
    rows = get("bge-reranker-v2-m3"), get("flag-bge-reranker-v2-m3")
    assert {row.checked({})["max_length"] for row in rows} == {512}
    assert all("512" in row.note for row in rows)
    # a system that was saved when an empty length meant the model's own keeps what it meant
    assert rows[0].checked({"max_length": None})["max_length"] == 8192


def test_the_rule_is_part_of_the_key_and_kept_scores_of_the_former_default_stay_theirs(tmp_path) -> None:
    model, bge = get("ms-marco-minilm-l6-v2"), get("bge-reranker-v2-m3")
    assert model_key(model, {"cut": "longest_first"}) == model_key(model, {})
    assert model_key(model, {"cut": "passage"}) != model_key(model, {})
    # a key that names neither is what the row once wrote by default: longest_first, the model's own length
    assert '{"cut": "passage", "max_length": 512}' in model_key(bge, {})
    assert " {} " in model_key(model, {})
