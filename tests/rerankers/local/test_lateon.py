"""A folder as lightonai/LateOn's goes through our loading: scores are those of plain transformers and MaxSim.

Of the real folder it has what is published of it and of its kin (GTE-ModernColBERT-v1, LateOn-regularized): ModernBERT
under pylate's modules, one dense layer without bias, ModernBERT's kind of tokenizer (byte pairs, [CLS], [SEP], [MASK]),
the markers "[Q] " and "[D] " added at its end, queries of 32 and passages of 300 tokens, and signs of punctuation that
passages leave out. Its sizes are small and its weights random. Whether the real one fills queries up with [MASK] is in
its own settings: both ways are held here.
"""

from __future__ import annotations

import json
import string
from pathlib import Path

import pytest

from rerank_core.rerankers.catalogue.catalog import get, model_from_name
from rerank_core.rerankers.catalogue.local_folder import is_complete
from rerank_core.rerankers.load import load
from tests.rerankers.conftest import SMALL, TEXTS

QUERIES = ["who eats fish", "", "where do terns, kestrels and puffins nest near the coast? " * 4]
PASSAGES = [*TEXTS, "Otters eat fish. " * 150, "", "...", "  \n(fish)", "\u6c34\u9ce5"]
DIMENSIONS = 16


def byte_pair_tokenizer():
    """ModernBERT's kind of tokenizer, with pylate's two markers behind its vocabulary."""
    from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
    from transformers import PreTrainedTokenizerFast

    inner = Tokenizer(models.BPE())
    inner.normalizer = normalizers.NFC()
    inner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    inner.decoder = decoders.ByteLevel()
    special = ["[UNK]", "[CLS]", "[SEP]", "[PAD]", "[MASK]"]
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=500, special_tokens=special, initial_alphabet=alphabet, show_progress=False
    )
    inner.train_from_iterator(TEXTS * 5, trainer)
    ids = [(token, inner.token_to_id(token)) for token in ("[CLS]", "[SEP]")]
    inner.post_processor = processors.TemplateProcessing("[CLS] $A [SEP]", "[CLS] $A [SEP] $B:1 [SEP]:1", ids)
    names = {f"{token[1:-1].lower()}_token": token for token in special}
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=inner, model_max_length=8192, model_input_names=["input_ids", "attention_mask"], **names
    )
    tokenizer.add_tokens(["[Q] ", "[D] "])
    return tokenizer


@pytest.fixture(scope="module", params=[True, False], ids=["filled up", "as they are"])
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    import torch
    from safetensors.torch import save_file
    from transformers import ModernBertConfig, ModernBertModel

    torch.manual_seed(13)
    place, tokenizer = tmp_path_factory.mktemp("lateon"), byte_pair_tokenizer()
    tokens = {"pad": tokenizer.pad_token_id, "cls": tokenizer.cls_token_id, "sep": tokenizer.sep_token_id}
    tokens |= {"bos": tokens["cls"], "eos": tokens["sep"]}
    config = ModernBertConfig(
        vocab_size=len(tokenizer), max_position_embeddings=8192, initializer_range=0.3, global_attn_every_n_layers=3,
        local_attention=128, **{f"{name}_token_id": value for name, value in tokens.items()},
        **{**SMALL, "num_hidden_layers": 4},
    )  # fmt: skip
    ModernBertModel(config).save_pretrained(place)
    tokenizer.save_pretrained(place)
    hidden = SMALL["hidden_size"]
    files = {
        "modules.json": [
            {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
            {"idx": 1, "name": "1", "path": "1_Dense", "type": "pylate.models.Dense.Dense"},
        ],
        "1_Dense/config.json": {
            "in_features": hidden, "out_features": DIMENSIONS, "bias": False,
            "activation_function": "torch.nn.modules.linear.Identity",
        },
        "config_sentence_transformers.json": {
            "prompts": {}, "default_prompt_name": None, "similarity_fn_name": "MaxSim", "query_prefix": "[Q] ",
            "document_prefix": "[D] ", "query_length": 32, "document_length": 300, "attend_to_expansion_tokens": False,
            "skiplist_words": list(string.punctuation), "do_query_expansion": request.param,
        },
        "sentence_bert_config.json": {"max_seq_length": 299, "do_lower_case": False},
    }  # fmt: skip
    (place / "1_Dense").mkdir()
    for name, content in files.items():
        (place / name).write_text(json.dumps(content), "utf-8")
    save_file({"linear.weight": torch.randn(DIMENSIONS, hidden)}, place / "1_Dense" / "model.safetensors")
    return place


class Plain:
    """The scores by transformers alone, one text at a time."""

    def __init__(self, folder: Path) -> None:
        from safetensors.torch import load_file
        from tokenizers import Tokenizer
        from transformers import ModernBertModel

        self.model = ModernBertModel.from_pretrained(str(folder)).eval()
        self.tokens = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self.dense = load_file(folder / "1_Dense" / "model.safetensors")["linear.weight"]
        self.own = json.loads((folder / "config_sentence_transformers.json").read_text("utf-8"))

    def ids(self, text: str, marker: str, length: int) -> list[int]:
        """[CLS], the marker, the text's tokens, [SEP]: `length` at most."""
        first, mark, last = map(self.tokens.token_to_id, ("[CLS]", marker, "[SEP]"))
        return [first, mark, *self.tokens.encode(text, add_special_tokens=False).ids[: length - 3], last]

    def vectors(self, ids: list[int], filled: int):
        """Vectors of length 1, shape (tokens, dimensions); nothing attends to the last `filled` tokens."""
        import torch

        seen = [1] * (len(ids) - filled) + [0] * filled
        with torch.no_grad():
            states = self.model(torch.tensor([ids]), attention_mask=torch.tensor([seen])).last_hidden_state[0]
            return torch.nn.functional.normalize(states @ self.dense.T, dim=1)

    def score(self, query: str, text: str) -> float:
        ids = self.ids(query, "[Q] ", 32)
        filled = 32 - len(ids) if self.own["do_query_expansion"] else 0
        asked = self.vectors(ids + [self.tokens.token_to_id("[MASK]")] * filled, filled)
        ids = self.ids(text, "[D] ", 300)
        skipped = {self.tokens.token_to_id(sign) for sign in string.punctuation}
        read = self.vectors(ids, 0)[[place for place, token in enumerate(ids) if token not in skipped]]
        return float((asked @ read.T).max(dim=1).values.sum())


@pytest.mark.parametrize("query", QUERIES)
def test_it_scores_as_plain_transformers_and_maxsim(folder: Path, query: str) -> None:
    assert is_complete(folder)
    plain = Plain(folder)
    expected = [plain.score(query, text) for text in PASSAGES]
    scorer = load(model_from_name("late-interaction", str(folder)), {"token_vectors": "float32"}, device="cpu")
    scores = scorer.score(query, PASSAGES)
    assert scorer.notes() == (), "the engine runs it"
    assert scores == pytest.approx(expected, abs=1e-4)
    assert len({round(score, 3) for score in scores}) == len(PASSAGES)


def test_it_reads_300_tokens_of_a_passage_and_counts_the_rest(folder: Path) -> None:
    scorer, plain = load(model_from_name("late-interaction", str(folder)), {}, device="cpu"), Plain(folder)
    whole = [len(plain.tokens.encode(text, add_special_tokens=False).ids) for text in PASSAGES]
    assert scorer.limit.max_tokens == 300
    assert scorer.limit.tokens_cut(QUERIES[0], PASSAGES) == [max(0, tokens - 297) for tokens in whole]
    assert max(whole) > 297


def test_a_query_takes_32_tokens_at_most_and_its_marker_is_one_of_them(folder: Path) -> None:
    scorer, plain = load(model_from_name("late-interaction", str(folder)), {}, device="cpu"), Plain(folder)
    short, long = (scorer.align(query, PASSAGES[0]).query_tokens for query in (QUERIES[0], QUERIES[2]))
    assert short[:2] == long[:2] == ("[CLS]", "[Q] ")
    assert len(long) == 32
    own = len(plain.ids(QUERIES[0], "[Q] ", 32))
    assert len(short) == (32 if plain.own["do_query_expansion"] else own)


def test_the_row_names_the_family_that_loads_it() -> None:
    row = get("lateon")
    assert (row.family, row.source) == ("late-interaction", "lightonai/LateOn")
