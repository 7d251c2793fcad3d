"""FlagEmbedding as it is called: what it is given, and what happens where it cannot be imported."""

from __future__ import annotations

import ast
import json
import shutil
import sys
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest

from rerank_core.errors import NotReadyError
from rerank_core.rerankers.catalogue.catalog import get, model_from_name
from rerank_core.rerankers.catalogue.extra_problem import extra_problem
from rerank_core.rerankers.flag.library import flag_library
from rerank_core.rerankers.flag.pairs import YES_NO_PROMPT
from rerank_core.rerankers.load import load
from rerank_core.rerankers.rerank import rerank
from rerank_core.types import Doc, Query, Ranking, ScoredDoc
from tests.support.flag_folders import need_flag

LONG = "who eats fish and where do terns nest "


@pytest.fixture(autouse=True)
def _needed() -> None:
    need_flag()


def inputs_of(scorer, query: str, texts: list[str]) -> list[list[int]]:
    """The token ids that the network is given, without padding, longest first."""
    seen: list[list[int]] = []
    model = scorer._reranker.model
    forward = model.forward

    def watched(*args, **kwargs):
        for ids, mask in zip(kwargs["input_ids"], kwargs["attention_mask"], strict=True):
            seen.append(ids[mask.bool()].tolist())
        return forward(*args, **kwargs)

    model.forward = watched
    try:
        scorer.score(query, texts)
    finally:
        model.forward = forward
    # it tries a batch before it scores it
    return seen[len(texts) :]


@pytest.mark.parametrize("folder", ["bert_folder", "xlmr_folder"])
@pytest.mark.parametrize("text", ["Terns dive.", "", "  \n Terns dive.", "\u6c34\u9ce5 \U0001f426", LONG * 40])
def test_an_encoder_reads_the_tokens_of_the_texts_themselves(request, folder: str, text: str) -> None:
    scorer = load(model_from_name("flag", str(request.getfixturevalue(folder))), {"max_length": 64}, device="cpu")
    tokenizer = scorer._reranker.tokenizer
    query, passage = (tokenizer.backend_tokenizer.encode(one, add_special_tokens=False).ids for one in (LONG, text))
    cls, sep = tokenizer.cls_token_id, tokenizer.sep_token_id
    between = [sep] if folder == "bert_folder" else [sep, sep]
    query = query[:48]
    room = 64 - len(query) - len(between) - 2
    assert inputs_of(scorer, LONG, [text]) == [[cls, *query, *between, *passage[:room], sep]]


def test_a_tokenizer_that_is_read_twice_leaves_a_note_on_the_ranking(bert_folder, tmp_path) -> None:
    folder = tmp_path / "left"
    shutil.copytree(bert_folder, folder)
    config = json.loads((folder / "tokenizer_config.json").read_text("utf-8"))
    (folder / "tokenizer_config.json").write_text(json.dumps(config | {"truncation_side": "left"}), "utf-8")
    docs = {"d": Doc("d", "Terns dive.")}
    candidates = Ranking("q", "first", (ScoredDoc("d", 1.0, 1),))
    notes = [
        rerank(load(model_from_name("flag", str(place)), device="cpu"), "s", Query("q", LONG), candidates, docs).notes
        for place in (bert_folder, folder)
    ]
    assert notes[0] == ()
    assert len(notes[1]) == 1
    assert "reads it again, because its tokenizer cuts texts at their beginning" in notes[1][0]


def test_a_language_model_is_asked_with_a_and_b(gemma_folder) -> None:
    settings = {"max_length": 128, "precision": "float32"}
    scorer = load(model_from_name("flag-llm", str(gemma_folder)), settings, device="cpu")
    (ids,) = inputs_of(scorer, "who eats fish", ["Terns dive."])
    text = scorer._reranker.tokenizer.decode(ids)
    assert text.startswith("<bos>A: who eats fish\nB: Terns dive.\nGiven a query A and a passage B")


@pytest.mark.parametrize("query", ["who eats fish", "", " \n\u6c34", LONG * 40])
def test_the_tokens_that_a_language_model_does_not_read_are_counted(gemma_folder, query: str) -> None:
    settings = {"max_length": 64, "precision": "float32"}
    scorer = load(model_from_name("flag-llm", str(gemma_folder)), settings, device="cpu")
    backend = scorer._reranker.tokenizer.backend_tokenizer

    def ids_of(text: str) -> list[int]:
        return backend.encode(text, add_special_tokens=False).ids

    before = [scorer._reranker.tokenizer.bos_token_id, *ids_of(f"A: {query}")[:48], *ids_of("\n")]
    after = [*ids_of("\n"), *ids_of(YES_NO_PROMPT)]
    starts = ["fish", "fish ", " fish", "  fish", "\n fish", "\t", "\u6c34\u9ce5", "\U0001f426", "("]
    for text in ["", *starts, *(start * 300 for start in starts)]:
        (ids,) = inputs_of(scorer, query, [text])
        kept, whole = ids[len(before) : -len(after)], ids_of(f"B: {text}")
        assert ids == [*before, *whole[: len(kept)], *after]
        assert scorer.limit.tokens_cut(query, [text, "fish"]) == [len(whole) - len(kept), 0]


def test_a_library_that_cannot_be_imported_is_told_in_a_sentence(monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "FlagEmbedding", None)
    with pytest.raises(NotReadyError, match=r"FlagEmbedding cannot be imported here .*rerank-lens\[flag\]"):
        flag_library()


def test_what_stands_in_for_a_lost_module_is_there_for_the_import_alone(tmp_path, monkeypatch) -> None:
    name = "transformers.modeling_attn_mask_utils"

    def stands_in() -> bool:
        return "rerank_core" in str(getattr(sys.modules.get(name), "__doc__", None))

    flag_library()
    assert not stands_in()
    # a library that imports the same name, and then fails
    package = tmp_path / "FlagEmbedding.py"
    package.write_text(f"from {name} import AttentionMaskConverter\nraise RuntimeError('imported it')\n", "utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "FlagEmbedding")
    with pytest.raises(NotReadyError, match="RuntimeError: imported it"):
        flag_library()
    assert not stands_in()


def test_a_module_of_that_name_that_is_there_stays(monkeypatch) -> None:
    own = ModuleType("transformers.modeling_attn_mask_utils")
    monkeypatch.setitem(sys.modules, own.__name__, own)
    flag_library()
    assert sys.modules[own.__name__] is own


def test_what_its_import_takes_from_transformers_is_what_the_row_asks_for() -> None:
    flag_library()
    taken: set[str] = set()
    for name, module in list(sys.modules.items()):
        if not name.startswith("FlagEmbedding"):
            continue
        for node in ast.parse(Path(str(module.__file__)).read_bytes()).body:
            if isinstance(node, ast.ImportFrom) and str(node.module).partition(".")[0] == "transformers":
                stood_in = node.module == "transformers.modeling_attn_mask_utils"
                taken |= set() if stood_in else {alias.name for alias in node.names}
    extra = get("flag-bge-reranker-v2-m3").extra
    assert extra is not None
    assert {name.partition(":")[2] for name in extra.imports} == taken
    assert extra_problem(extra) is None
    more = replace(extra, imports=(*extra.imports, "transformers.pytorch_utils:was_taken_out"))
    assert "transformers.pytorch_utils.was_taken_out is gone" in str(extra_problem(more))
