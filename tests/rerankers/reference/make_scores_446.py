"""Make the reference scores of the families whose authors' packages run on transformers 4.46: FlagEmbedding, ColBERT.

    python3.11 -m venv V && V/bin/pip install torch==2.13.0 transformers==4.46.3 FlagEmbedding==1.4.2 sentencepiece \
        "numpy<2.4" ujson gitpython bitarray ninja scipy
    V/bin/pip install --no-deps colbert-ai==0.2.22
    PYTHONPATH=. V/bin/python -m tests.rerankers.reference.make_scores_446

Python 3.11.7, tokenizers 0.20.3, float32 on a CPU.
"""

from __future__ import annotations

from tests.rerankers.reference.scores_file import Score, make

PACKAGES = ("torch", "transformers", "tokenizers", "numpy")


def flag(folder: str, length: int) -> Score:
    """FlagReranker.compute_score."""
    from FlagEmbedding import FlagReranker

    model = FlagReranker(folder, use_fp16=False, devices="cpu", max_length=length)

    def score(query: str, texts: list[str]) -> list[float]:
        return model.compute_score([(query, text) for text in texts], normalize=False)

    return score


def flag_llm(folder: str, length: int) -> Score:
    """FlagLLMReranker.compute_score."""
    from FlagEmbedding import FlagLLMReranker

    model = FlagLLMReranker(folder, use_fp16=False, devices="cpu", max_length=length)

    def score(query: str, texts: list[str]) -> list[float]:
        return model.compute_score([(query, text) for text in texts], normalize=False)

    return score


def minicpm(folder: str, length: int) -> Score:
    """LayerWiseFlagLLMReranker.compute_score after three layers."""
    from FlagEmbedding import LayerWiseFlagLLMReranker

    model = LayerWiseFlagLLMReranker(folder, use_fp16=True, devices="cpu", max_length=length, cutoff_layers=[3])

    def score(query: str, texts: list[str]) -> list[float]:
        return model.compute_score([(query, text) for text in texts], normalize=False)

    return score


def gemma2(folder: str, length: int) -> Score:
    """LightWeightFlagLLMReranker.compute_score after three layers; passages are halved after the first and the second.

    On a CPU it computes in float32, whatever is asked for.
    """
    from FlagEmbedding import LightWeightFlagLLMReranker

    model = LightWeightFlagLLMReranker(
        folder, use_fp16=True, devices="cpu", max_length=length, cutoff_layers=[3], compress_ratio=2,
        compress_layers=[1, 2],
    )  # fmt: skip

    def score(query: str, texts: list[str]) -> list[float]:
        return model.compute_score([(query, text) for text in texts], normalize=False)

    return score


def colbert(folder: str, length: int) -> Score:
    """Checkpoint's query and passage encoders and `colbert_score` of Stanford's package."""
    from colbert.infra import ColBERTConfig
    from colbert.modeling.checkpoint import Checkpoint
    from colbert.modeling.colbert import ColBERT, colbert_score

    # its C++ extension is for packed scores, which are not needed here
    ColBERT.loaded_extensions = True
    config = ColBERTConfig(doc_maxlen=length)
    model = Checkpoint(folder, colbert_config=config)

    def score(query: str, texts: list[str]) -> list[float]:
        asked = model.queryFromText([query])
        passages, mask = model.doc(*model.doc_tokenizer.tensorize(texts), keep_dims="return_mask")
        return colbert_score(asked.float(), passages.float(), mask, config=config).tolist()

    return score


def main() -> None:
    """Write every set."""
    for folder in ("bert", "xlm_r"):
        make(f"{folder}_flag", "cross-encoder", folder, "FlagEmbedding, FlagReranker.compute_score",
             (*PACKAGES, "FlagEmbedding"), (64, 512), flag, cut="passage")  # fmt: skip
    make("gemma_flag", "flag-llm", "gemma", "FlagEmbedding, FlagLLMReranker.compute_score",
         (*PACKAGES, "FlagEmbedding"), (64, 512), flag_llm, precision="float32")  # fmt: skip
    make("minicpm_flag", "flag-layerwise", "minicpm", "FlagEmbedding, LayerWiseFlagLLMReranker.compute_score",
         (*PACKAGES, "FlagEmbedding"), (64, 512), minicpm, precision="float32", layer=3)  # fmt: skip
    make("gemma2_flag", "flag-lightweight", "gemma2", "FlagEmbedding, LightWeightFlagLLMReranker.compute_score",
         (*PACKAGES, "FlagEmbedding"), (64, 512), gemma2, precision="float32", layer=3, compress_ratio=2,
         compress_layers="1, 2")  # fmt: skip
    make("colbert", "late-interaction", "colbert", "colbert-ai, Checkpoint and colbert_score",
         (*PACKAGES, "colbert-ai"), (48, 180), colbert, token_vectors="float32")  # fmt: skip


if __name__ == "__main__":
    main()
