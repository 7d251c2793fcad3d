"""The tokenizers of the tiny models, written as the files that the hub has: tokenizer.json and its configuration.

Byte-level tokens are Qwen's own: `qwen_merges.json` holds those merges of Qwen's vocabulary, in their order, that its
prompts and `INPUTS` need, so that these texts are cut into the very pieces that the real tokenizer makes of them (see
`make_qwen_merges.py`). The other two vocabularies are made up: letters, and some words of the inputs.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from pathlib import Path
from string import punctuation
from typing import Any

from tests.rerankers.reference.inputs import QUERIES, TEXTS

HERE = Path(__file__).parent
Files = dict[str, Any]
_ENGLISH = "who eats fish otter otters tern terns dive for small near the coast river rivers live beside and a of in"


def _special(content: str, special: bool = True) -> dict[str, Any]:
    return {"content": content, "lstrip": False, "normalized": False, "rstrip": False, "single_word": False,
            "special": special}  # fmt: skip


def _added(tokens: Mapping[str, int], plain: Sequence[str] = ()) -> list[dict[str, Any]]:
    return [{"id": place, **_special(token, token not in plain)} for token, place in tokens.items()]


def _letters() -> list[str]:
    """Each letter and sign of the inputs as an uncased vocabulary has it; the emoji and Korean ones are left out."""
    plain = unicodedata.normalize("NFD", " ".join([*QUERIES.values(), *TEXTS.values()]).lower())
    return sorted({letter for letter in plain if letter.strip() and ord(letter) < 0xAC00})


def wordpiece(typed: bool = True, markers: Sequence[str] = ()) -> tuple[int, Files]:
    """(size, files) of an uncased BERT tokenizer. `typed` False: without token types, as ModernBERT's."""
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "[unused0]", "[unused1]"]
    words = [*punctuation, *_letters(), *(f"##{letter}" for letter in _letters()), *_ENGLISH.split(), "##s", "##ing"]
    vocabulary = {token: place for place, token in enumerate(dict.fromkeys([*special, *words]))}
    added = {token: vocabulary[token] for token in special[:5]}
    extra = {marker: len(vocabulary) + place for place, marker in enumerate(markers)}
    pair_type = 1 if typed else 0
    tokenizer = {
        "version": "1.0", "truncation": None, "padding": None,
        "added_tokens": _added(added) + _added(extra, plain=markers),
        "normalizer": {"type": "BertNormalizer", "clean_text": True, "handle_chinese_chars": True,
                       "strip_accents": None, "lowercase": True},
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "post_processor": _template("[CLS] A [SEP]", f"[CLS] A [SEP] B:{pair_type} [SEP]:{pair_type}", added),
        "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": True},
        "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
                  "max_input_chars_per_word": 100, "vocab": vocabulary},
    }  # fmt: skip
    names = {"unk_token": "[UNK]", "sep_token": "[SEP]", "pad_token": "[PAD]", "cls_token": "[CLS]",
             "mask_token": "[MASK]"}  # fmt: skip
    config = {
        "tokenizer_class": "BertTokenizer" if typed else "PreTrainedTokenizerFast", "model_max_length": 512, **names,
        "added_tokens_decoder": {
            str(place): _special(token, token not in markers) for token, place in (added | extra).items()
        },
    }  # fmt: skip
    if not typed:
        config["model_input_names"] = ["input_ids", "attention_mask"]
    return len(vocabulary) + len(extra), {"tokenizer.json": tokenizer, "tokenizer_config.json": config}


def unigram() -> tuple[int, Files]:
    """(size, files) of XLM-R's tokenizer over letters and some words; other signs are unknown."""
    letters = sorted({letter for letter in " ".join([*QUERIES.values(), *TEXTS.values()]) if letter.strip()})
    words = [f"\u2581{word}" for word in _ENGLISH.split()]
    known = [(letter, -9.0) for letter in letters if ord(letter) < 0xAC00]
    pieces = [("<s>", 0.0), ("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), ("\u2581", -6.0), *known]
    pieces += [(word, -4.0 - place / 10) for place, word in enumerate(dict.fromkeys(words))]
    pieces = [*dict(pieces).items(), ("<mask>", 0.0)]
    added = {token: place for place, (token, _) in enumerate(pieces) if re.fullmatch("<(/?s|pad|unk|mask)>", token)}
    metaspace = {"type": "Metaspace", "replacement": "\u2581", "prepend_scheme": "always", "split": True}
    tokenizer = {
        "version": "1.0", "truncation": None, "padding": None, "added_tokens": _added(added), "normalizer": None,
        "pre_tokenizer": {"type": "Sequence", "pretokenizers": [{"type": "WhitespaceSplit"}, metaspace]},
        "post_processor": _template("<s> A </s>", "<s> A </s> </s> B </s>", added),
        "decoder": metaspace,
        "model": {"type": "Unigram", "unk_id": 3, "vocab": pieces, "byte_fallback": False},
    }  # fmt: skip
    config = {"tokenizer_class": "XLMRobertaTokenizer", "model_max_length": 512, "bos_token": "<s>",
              "eos_token": "</s>", "sep_token": "</s>", "cls_token": "<s>", "unk_token": "<unk>",
              "pad_token": "<pad>", "mask_token": "<mask>",
              "added_tokens_decoder": {str(place): _special(token) for token, place in added.items()}}  # fmt: skip
    return len(pieces), {"tokenizer.json": tokenizer, "tokenizer_config.json": config}


def _template(single: str, pair: str, ids: Mapping[str, int]) -> dict[str, Any]:
    def parts(text: str) -> list[dict[str, Any]]:
        found = []
        for part in text.split():
            name, _, kind = part.partition(":")
            place = {"id": name, "type_id": int(kind or 0)}
            found.append({"Sequence" if name in "AB" else "SpecialToken": place})
        return found

    used = {part.partition(":")[0] for part in pair.split()} - {"A", "B"}
    tokens = {token: {"id": token, "ids": [ids[token]], "tokens": [token]} for token in sorted(used)}
    return {"type": "TemplateProcessing", "single": parts(single), "pair": parts(pair), "special_tokens": tokens}


# the pattern that Qwen's tokenizers cut texts by before they merge bytes
QWEN_PATTERN = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
QWEN_ADDED = ("<|endoftext|>", "<|im_start|>", "<|im_end|>", "<think>", "</think>")
_PLAIN = ("<think>", "</think>")


def byte_letters() -> list[str]:
    """How byte-level vocabularies write each of the 256 bytes: itself where it can be seen, else a letter from U+0100.

    The table of GPT-2's encoder.py.
    """
    seen = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = iter(range(256, 512))
    return [chr(byte) if byte in seen else chr(next(others)) for byte in range(256)]


def byte_level(chat_template: str = "", begin: str | None = None) -> tuple[int, dict[str, int], Files]:
    """(size, token -> id, files) of Qwen's tokenizer, with the merges that the inputs need.

    `begin`: a token more, for the begin of a text.
    """
    merges = json.loads((HERE / "qwen_merges.json").read_text("utf-8"))
    tokens = dict.fromkeys([*byte_letters(), *(merge.replace(" ", "") for merge in merges)])
    vocabulary = {token: place for place, token in enumerate(tokens)}
    added = {token: len(vocabulary) + place for place, token in enumerate((*QWEN_ADDED, *([begin] if begin else [])))}
    tokenizer = {
        "version": "1.0", "truncation": None, "padding": None, "added_tokens": _added(added, _PLAIN),
        "normalizer": {"type": "NFC"},
        "pre_tokenizer": {"type": "Sequence", "pretokenizers": [
            {"type": "Split", "pattern": {"Regex": QWEN_PATTERN}, "behavior": "Isolated", "invert": False},
            {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": False, "use_regex": False}]},
        "post_processor": {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": False, "use_regex": False},
        "decoder": {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": False, "use_regex": False},
        "model": {"type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": "",
                  "end_of_word_suffix": "", "fuse_unk": False, "byte_fallback": False, "ignore_merges": False,
                  "vocab": vocabulary, "merges": merges},
    }  # fmt: skip
    kind = "PreTrainedTokenizerFast" if begin else "Qwen2Tokenizer"
    config = {"tokenizer_class": kind, "model_max_length": 4096, "eos_token": "<|im_end|>",
              "pad_token": "<|endoftext|>", "bos_token": begin, "unk_token": None, "add_prefix_space": False,
              "added_tokens_decoder": {
                  str(place): _special(token, token not in _PLAIN) for token, place in added.items()}}  # fmt: skip
    if chat_template:
        config["chat_template"] = chat_template
    files = {"tokenizer.json": tokenizer, "tokenizer_config.json": config}
    return len(vocabulary) + len(added), vocabulary | added, files
