"""The layered BGE rerankers against their formulas, written out for one passage at a time without any library layer."""

from __future__ import annotations

import json
import math
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from rerank_core.errors import RerankLensError, SettingsError
from rerank_core.rerankers.catalogue.catalog import get, model_from_name
from rerank_core.rerankers.load import load
from rerank_core.rerankers.tokens import seen_end
from tests.support.flag_folders import GEMMA2, MINICPM

QUERY = "who eats fish"
TEXTS = ["Terns dive for small fish.", "A kestrel hunts voles.", "Otters eat fish beside rivers. " * 6, ""]
PROMPT = {
    "minicpm": "Given a query A and a passage B, determine whether the passage contains an answer to the query by "
    "providing a prediction of either 'Yes' or 'No'.",
    "gemma2": "Predict whether passage B contains an answer to query A.",
}


def scorer(family: str, folder: Path, **settings):
    model = model_from_name(family, str(folder))
    return load(model, {"precision": "float32", "max_length": 128, **settings}, device="cpu")


def weights_of(folder: Path) -> dict:
    from safetensors.torch import load_file

    return {name: value for path in folder.glob("*.safetensors") for name, value in load_file(path).items()}


def parts_of(folder: Path, prompt: str, query: str, text: str) -> tuple[list[int], list[int], list[int]]:
    """The tokens of the query's part, of the passage, and of the prompt's part."""
    from tokenizers import Tokenizer

    inner = Tokenizer.from_file(str(folder / "tokenizer.json"))

    def ids(part: str) -> list[int]:
        return inner.encode(part, add_special_tokens=False).ids

    begin = inner.token_to_id("<bos>")
    return [begin, *ids(f"A: {query}"), *ids("\n")], ids(f"B: {text}"), [*ids("\n"), *ids(prompt)]


def turned(vectors, theta: float):
    """Rotary positions: pair i of a head's numbers is turned by position / theta^(2i / width)."""
    import torch

    length, width = vectors.shape
    angles = torch.arange(length)[:, None] / theta ** (torch.arange(0, width, 2) / width)
    first, second = vectors[:, : width // 2], vectors[:, width // 2 :]
    return torch.cat(
        [first * angles.cos() - second * angles.sin(), second * angles.cos() + first * angles.sin()], dim=1
    )


def attention(states, weights, stem: str, heads: int, kv_heads: int, scale: float, window: int | None):
    """Causal attention of one passage, shape (tokens, hidden), one head after another."""
    import torch

    queries, keys, values = (states @ weights[f"{stem}{name}_proj.weight"].T for name in "qkv")
    width = queries.shape[1] // heads
    distance = torch.arange(len(states))[:, None] - torch.arange(len(states))[None]
    hidden = (distance < 0) | (distance >= (window or len(states)))
    out = []
    for head in range(heads):
        of_query = slice(head * width, (head + 1) * width)
        of_key = slice(head * kv_heads // heads * width, (head * kv_heads // heads + 1) * width)
        logits = turned(queries[:, of_query], 10000.0) @ turned(keys[:, of_key], 10000.0).T * scale
        out.append(logits.masked_fill(hidden, -math.inf).softmax(dim=1) @ values[:, of_key])
    return torch.cat(out, dim=1) @ weights[f"{stem}o_proj.weight"].T


def gated(states, weights, stem: str, activation):
    gate, up, down = (weights[f"{stem}{name}_proj.weight"].T for name in ("gate", "up", "down"))
    return activation(states @ gate) * (states @ up) @ down


def normed(states, weight, epsilon: float):
    return states / (states.pow(2).mean(dim=1, keepdim=True) + epsilon).sqrt() * weight


def minicpm_score(folder: Path, text: str, layer: int) -> float:
    import torch

    weights = weights_of(folder)
    ids = [token for part in parts_of(folder, PROMPT["minicpm"], QUERY, text) for token in part]
    states = weights["model.embed_tokens.weight"][ids] * MINICPM["scale_emb"]
    # depth is scaled by all four layers of the model, however many are run
    share = MINICPM["scale_depth"] / math.sqrt(4)
    for number in range(layer):
        stem = f"model.layers.{number}."
        inner = normed(states, weights[stem + "input_layernorm.weight"], 1e-5)
        states = states + share * attention(inner, weights, stem + "self_attn.", 4, 4, (32 // 4) ** -0.5, None)
        inner = normed(states, weights[stem + "post_attention_layernorm.weight"], 1e-5)
        states = states + share * gated(inner, weights, stem + "mlp.", torch.nn.functional.silu)
    last = normed(states, weights["model.norm.weight"], 1e-5)[-1]
    # heads begin at layer 2
    return float(last @ weights[f"lm_head.{layer - 2}.linear_head.weight"][0])


def gemma2_score(folder: Path, text: str, layer: int, head: int = 0, ratio: int = 1, squeeze: tuple = ()) -> float:
    import torch

    weights = {name: 1 + value if "norm" in name else value for name, value in weights_of(folder).items()}
    before, passage, after = parts_of(folder, PROMPT["gemma2"], QUERY, text)
    states = weights["model.embed_tokens.weight"][before + passage + after] * math.sqrt(32)
    left, right = len(before), len(after)

    def gelu(value):
        return torch.nn.functional.gelu(value, approximate="tanh")

    for number in range(layer):
        if number in squeeze:
            middle = states[left:-right]
            means = [middle[start : start + ratio].mean(dim=0) for start in range(0, len(middle), ratio)]
            states = torch.cat([states[:left], torch.stack(means), states[-right:]])
        stem = f"model.layers.{number}."
        norm = {
            name: weights[f"{stem}{name}_layernorm.weight"]
            for name in ("input", "post_attention", "pre_feedforward", "post_feedforward")
        }
        # every other layer, from the first, sees the last 24 positions alone
        window = GEMMA2["sliding_window"] if number % 2 == 0 else None
        inner = normed(states, norm["input"], 1e-6)
        inner = attention(inner, weights, stem + "self_attn.", 4, 2, GEMMA2["query_pre_attn_scalar"] ** -0.5, window)
        states = states + normed(inner, norm["post_attention"], 1e-6)
        inner = gated(normed(states, norm["pre_feedforward"], 1e-6), weights, stem + "mlp.", gelu)
        states = states + normed(inner, norm["post_feedforward"], 1e-6)
    last = normed(states, weights["model.norm.weight"], 1e-6)[-1]
    logit = float(last @ weights[f"lm_head.{head}.linear_head.weight"][0])
    return 30 * math.tanh(logit / 30)


@pytest.mark.parametrize("layer", [2, 3, 4])
def test_minicpm_scores_as_its_formula_at_each_layer(minicpm_folder, layer: int) -> None:
    expected = [minicpm_score(minicpm_folder, text, layer) for text in TEXTS]
    assert scorer("flag-layerwise", minicpm_folder, layer=layer).score(QUERY, TEXTS) == pytest.approx(
        expected, abs=1e-5
    )


@pytest.mark.parametrize(
    ("layer", "ratio", "layers"), [(2, 1, ""), (4, 1, "2"), (3, 2, "1"), (4, 4, "3, 1"), (4, 8, "1,2,3"), (2, 2, "2")]
)
def test_gemma_2_scores_as_its_formula_at_each_layer_and_compression(
    gemma2_folder, layer: int, ratio: int, layers: str
) -> None:
    squeeze = tuple(int(part) for part in layers.split(",") if part) if ratio > 1 else ()
    expected = [gemma2_score(gemma2_folder, text, layer, 0, ratio, squeeze) for text in TEXTS]
    settings = {"layer": layer, "compress_ratio": ratio, "compress_layers": layers}
    assert scorer("flag-lightweight", gemma2_folder, **settings).score(QUERY, TEXTS) == pytest.approx(
        expected, abs=1e-4
    )


def test_a_layer_of_gemma_2_may_be_scored_by_its_own_head(gemma2_folder) -> None:
    first, own = (scorer("flag-lightweight", gemma2_folder, layer=4, head=head) for head in ("first", "own"))
    # heads begin at layer 2: that of layer 4 is the third
    assert own.score(QUERY, TEXTS) == pytest.approx([gemma2_score(gemma2_folder, t, 4, 2) for t in TEXTS], abs=1e-4)
    assert first.score(QUERY, TEXTS) == pytest.approx([gemma2_score(gemma2_folder, t, 4, 0) for t in TEXTS], abs=1e-4)


@pytest.mark.parametrize("family", ["flag-layerwise", "flag-lightweight"])
def test_no_layer_means_the_last(family: str, minicpm_folder, gemma2_folder) -> None:
    folder = minicpm_folder if family == "flag-layerwise" else gemma2_folder
    assert scorer(family, folder).score(QUERY, TEXTS) == scorer(family, folder, layer=4).score(QUERY, TEXTS)


@pytest.mark.parametrize("layer", [1, 5])
def test_a_layer_without_a_head_is_refused(minicpm_folder, gemma2_folder, layer: int) -> None:
    for family, folder in (("flag-layerwise", minicpm_folder), ("flag-lightweight", gemma2_folder)):
        with pytest.raises(SettingsError, match="between 2 and 4"):
            scorer(family, folder, layer=layer)


@pytest.mark.parametrize("layers", ["eight", "0", "1;2", "-3"])
def test_compression_layers_that_are_none_are_refused(gemma2_folder, layers: str) -> None:
    with pytest.raises(SettingsError, match="compress_layers"):
        scorer("flag-lightweight", gemma2_folder, compress_layers=layers)


def test_another_architecture_is_refused_and_told(qwen3_folder, minicpm_folder, gemma2_folder) -> None:
    with pytest.raises(RerankLensError, match="no heads on its layers"):
        scorer("flag-layerwise", qwen3_folder)
    with pytest.raises(RerankLensError, match="not a MiniCPM"):
        scorer("flag-layerwise", gemma2_folder)
    with pytest.raises(RerankLensError, match="not a lightweight Gemma 2"):
        scorer("flag-lightweight", minicpm_folder)


def test_a_checkpoint_that_lacks_a_weight_is_refused_and_never_scores_at_random(minicpm_folder, tmp_path: Path) -> None:
    from safetensors.torch import save_file

    weights = weights_of(minicpm_folder)
    folder = tmp_path / "broken"
    shutil.copytree(minicpm_folder, folder, ignore=shutil.ignore_patterns("*.safetensors*"))
    less = {name: value for name, value in weights.items() if name != "model.layers.1.mlp.up_proj.weight"}
    save_file(less, folder / "model.safetensors", {"format": "pt"})
    with pytest.raises(RerankLensError, match=r"lacks 1 of the weights.*layers\.1\.mlp\.up_proj"):
        scorer("flag-layerwise", folder)
    less = {name: value for name, value in weights.items() if name != "lm_head.2.linear_head.weight"}
    save_file(less, folder / "model.safetensors", {"format": "pt"})
    with pytest.raises(RerankLensError, match=r"has no lm_head\.2"):
        scorer("flag-layerwise", folder)


def test_the_code_that_comes_with_a_checkpoint_is_never_run(minicpm_folder, gemma2_folder, tmp_path: Path) -> None:
    for family, original in (("flag-layerwise", minicpm_folder), ("flag-lightweight", gemma2_folder)):
        folder = tmp_path / original.name
        shutil.copytree(original, folder)
        config = json.loads((folder / "config.json").read_text("utf-8"))
        names = {name: place.rpartition("--")[2] for name, place in config["auto_map"].items()}
        (folder / "config.json").write_text(json.dumps(config | {"auto_map": names}), "utf-8")
        for place in names.values():
            (folder / f"{place.partition('.')[0]}.py").write_text(
                f"open({str(tmp_path / 'ran')!r}, 'w').close()\nraise SystemExit('ran')\n", "utf-8"
            )
        for trusted in (False, True):
            assert len(scorer(family, folder, trust_remote_code=trusted).score(QUERY, TEXTS)) == len(TEXTS)
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("family", ["flag-layerwise", "flag-lightweight"])
@pytest.mark.parametrize("query", [QUERY, "", "\n\u6c34", "fish " * 200])
def test_the_tokens_that_no_layer_reads_are_counted(minicpm_folder, gemma2_folder, family, query) -> None:
    kind, folder = ("minicpm", minicpm_folder) if family == "flag-layerwise" else ("gemma2", gemma2_folder)
    loaded, rows = scorer(family, folder, max_length=64), []
    network = loaded._network
    loaded._network = lambda batch: rows.extend(batch) or network(batch)
    starts = ["fish", "fish ", " fish", "\n fish", "\u6c34\u9ce5", "\u00fc"]
    for text in ["", *starts, *(start * 300 for start in starts)]:
        rows.clear()
        loaded.score(query, [text])
        (row,) = rows
        before, whole, after = parts_of(folder, PROMPT[kind], query, text)
        # three quarters of 64 for the query, between the begin and the line break
        before = [*before[:-1][:49], before[-1]]
        kept = row.ids[row.head : -row.tail]
        assert row.ids == [*before, *whole[: len(kept)], *after]
        assert loaded.limit.tokens_cut(query, [text, "fish"]) == [len(whole) - len(kept), 0]


def test_a_long_query_takes_three_quarters_and_never_the_prompt(minicpm_folder) -> None:
    loaded = scorer("flag-layerwise", minicpm_folder, max_length=64)
    query, long = "fish " * 200, "otters " * 100
    _, whole, after = parts_of(minicpm_folder, PROMPT["minicpm"], query, long)
    # FlagEmbedding counts the prompt's length into the room and then puts the prompt behind it
    seen = min(64 + len(after) - 1 - 48 - 1, 64)
    assert loaded.limit.tokens_cut(query, [long]) == [len(whole) - seen]
    assert loaded.score(query, [long]) == pytest.approx(loaded.score(query, [long + "voles"]), abs=1e-6)
    # the words at the very edge of what is seen do count
    end = seen_end(loaded.limit, query, long)
    assert loaded.score(query, [long[:end]]) == pytest.approx(loaded.score(query, [long]), abs=1e-1)
    assert loaded.score(query, [long[: end - len(" otters")]]) != loaded.score(query, [long[:end]])


@pytest.mark.parametrize("start", ["fish ", "  fish ", "\n\nfish ", "\u6c34\u9ce5"])
def test_the_end_of_what_is_read_is_found_behind_the_mark(minicpm_folder, start: str) -> None:
    loaded, text = scorer("flag-layerwise", minicpm_folder, max_length=64), start * 100
    (cut,) = loaded.limit.tokens_cut(QUERY, [text])
    _, whole, _ = parts_of(minicpm_folder, "", QUERY, text)
    end = seen_end(loaded.limit, QUERY, text)
    lengths = [len(parts_of(minicpm_folder, "", QUERY, text[:place])[1]) for place in (end, end + len(start))]
    assert lengths[0] <= len(whole) - cut < lengths[1]


def test_half_precision_is_near_and_still_tells_near_scores_apart(gemma2_folder) -> None:
    exact, half = (scorer("flag-lightweight", gemma2_folder, precision=name) for name in ("float32", "bfloat16"))
    texts = [f"{TEXTS[0]} {number}" for number in range(30)]
    assert half.score(QUERY, texts) == pytest.approx(exact.score(QUERY, texts), abs=0.15)
    assert len(set(half.score(QUERY, texts))) > 25


def test_the_rows_take_their_own_settings() -> None:
    assert get("bge-reranker-v2-minicpm-layerwise").checked({"layer": 28})["layer"] == 28
    settings = {"layer": 28, "compress_ratio": 2, "compress_layers": "24, 40", "head": "own"}
    assert get("bge-reranker-v2.5-gemma2-lightweight").checked(settings) | settings == get(
        "bge-reranker-v2.5-gemma2-lightweight"
    ).checked(settings)
    with pytest.raises(SettingsError, match="compress_ratio"):
        get("bge-reranker-v2.5-gemma2-lightweight").checked({"compress_ratio": 3})


def test_the_modules_import_no_library_of_models() -> None:
    modules = ("flag_embedding", "layered", "minicpm", "gemma2", "weights", "pairs", "library")
    lines = [f"import rerank_core.rerankers.flag.{name}" for name in modules]
    lines += ["import rerank_core.rerankers.catalogue.flag_rows"]
    check = "import sys; assert not {'torch', 'transformers', 'FlagEmbedding', 'safetensors'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", "\n".join([*lines, check])], check=True, timeout=60)
