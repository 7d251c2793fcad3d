"""Make the reference scores of the families whose authors' code runs on transformers 4.56.

    python3.11 -m venv V && V/bin/pip install torch==2.11.0 transformers==4.56.2 pylate==1.6.0 batched
    V/bin/pip install --no-deps mxbai-rerank==0.1.6
    PYTHONPATH=. V/bin/python -m tests.rerankers.reference.make_scores

Python 3.11.7, tokenizers 0.22.2, sentence-transformers 5.3.0, numpy 2.4.6; float32 on a CPU. The authors' packages are
called where there is one; Qwen3 and SPLADE are the code and the formula that the sets name. Behind the chat template
stand models in sentence-transformers' own form (LogitScore), which have no authors' code but that library's.
"""

from __future__ import annotations

from tests.rerankers.reference.scores_file import Score, make

PACKAGES = ("torch", "transformers", "tokenizers", "numpy")
_INSTRUCTION = "find fish"


def sentence_transformers(folder: str, length: int) -> Score:
    """CrossEncoder.predict without its sigmoid."""
    import torch
    from sentence_transformers import CrossEncoder

    model = CrossEncoder(folder, device="cpu", max_length=length)

    def score(query: str, texts: list[str]) -> list[float]:
        return list(model.predict([(query, text) for text in texts], activation_fn=torch.nn.Identity()))

    return score


def _causal(folder: str):
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder, padding_side="left")
    return tokenizer, AutoModelForCausalLM.from_pretrained(folder, torch_dtype=torch.float32).eval()


def qwen3(folder: str, length: int) -> Score:
    """README.md of QwenLM/Qwen3-Embedding at f4ad0c4: `process_inputs`, `compute_logits` before the softmax."""
    import torch

    tokenizer, model = _causal(folder)
    no, yes = tokenizer.convert_tokens_to_ids("no"), tokenizer.convert_tokens_to_ids("yes")
    prefix = tokenizer.encode(
        '<|im_start|>system\nJudge whether the Document meets the requirements based on the Query and the Instruct '
        'provided. Note that the answer can only be "yes" or "no".<|im_end|>\n<|im_start|>user\n',
        add_special_tokens=False,
    )  # fmt: skip
    suffix = tokenizer.encode("<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n", add_special_tokens=False)

    @torch.no_grad()
    def score(query: str, texts: list[str]) -> list[float]:
        pairs = [f"<Instruct>: {_INSTRUCTION}\n<Query>: {query}\n<Document>: {text}" for text in texts]
        room = length - len(prefix) - len(suffix)
        inputs = tokenizer(
            pairs, padding=False, truncation="longest_first", return_attention_mask=False, max_length=room
        )
        inputs["input_ids"] = [prefix + ids + suffix for ids in inputs["input_ids"]]
        inputs = tokenizer.pad(inputs, padding=True, return_tensors="pt", max_length=length)
        logits = model(**inputs).logits[:, -1, :]
        return (logits[:, yes] - logits[:, no]).tolist()

    return score


def mxbai(instruction: str):
    """The package mxbai-rerank itself."""

    def open_at(folder: str, length: int) -> Score:
        import torch
        from mxbai_rerank import MxbaiRerankV2

        model = MxbaiRerankV2(folder, device="cpu", torch_dtype=torch.float32, max_length=length)

        def score(query: str, texts: list[str]) -> list[float]:
            return model.predict([query] * len(texts), texts, instruction=instruction or None).tolist()

        return score

    return open_at


def chat(folder: str, length: int) -> Score:
    """The logit of one word after the model's own chat template over query and passage, by transformers alone."""
    import torch

    tokenizer, model = _causal(folder)
    yes = tokenizer.convert_tokens_to_ids("yes")

    @torch.no_grad()
    def score(query: str, texts: list[str]) -> list[float]:
        found = []
        for text in texts:
            messages = [{"role": "query", "content": query}, {"role": "document", "content": text}]
            prompt = tokenizer.apply_chat_template(messages, tokenize=False)
            inputs = tokenizer(prompt, return_tensors="pt", add_special_tokens=False)
            found.append(float(model(**inputs).logits[0, -1, yes]))
        return found

    return score


def pylate(folder: str, length: int) -> Score:
    """ColBERT.encode and `colbert_scores` of pylate."""
    from pylate import models, scores

    model = models.ColBERT(folder, device="cpu", document_length=length)

    def score(query: str, texts: list[str]) -> list[float]:
        asked = model.encode([query], is_query=True, convert_to_tensor=True, show_progress_bar=False)
        # one at a time: a passage without any token left cannot be padded with others
        found = [
            model.encode([text], is_query=False, convert_to_tensor=True, show_progress_bar=False) for text in texts
        ]
        return [float(scores.colbert_scores(asked[0][None], one[0][None])) if len(one[0]) else 0.0 for one in found]

    return score


def splade(folder: str, length: int) -> Score:
    """naver/splade at 8dcd33a, splade/models/transformer_rep.py, `Splade.encode` with agg="max", dot product."""
    import torch
    from transformers import AutoModelForMaskedLM, AutoTokenizer

    tokenizer, model = AutoTokenizer.from_pretrained(folder), AutoModelForMaskedLM.from_pretrained(folder).eval()

    @torch.no_grad()
    def encode(texts: list[str]) -> torch.Tensor:
        tokens = tokenizer(texts, padding="longest", truncation="longest_first", max_length=length,
                           return_tensors="pt")  # fmt: skip
        out = model(**tokens)["logits"]
        return torch.max(torch.log(1 + torch.relu(out)) * tokens["attention_mask"].unsqueeze(-1), dim=1)[0]

    def score(query: str, texts: list[str]) -> list[float]:
        return (encode([query]) @ encode(texts).T)[0].tolist()

    return score


def main() -> None:
    """Write every set."""
    library, predict = (*PACKAGES, "sentence-transformers"), "sentence-transformers, CrossEncoder.predict"
    for folder in ("bert", "xlm_r", "modern_bert"):
        make(f"{folder}_predict", "cross-encoder", folder, predict, library, (64, 512), sentence_transformers,
             cut="longest_first")  # fmt: skip
    readme = "the code of QwenLM/Qwen3-Embedding's README.md at f4ad0c4"
    make("qwen3", "yes-no", "qwen3", readme, PACKAGES, (128, 256, 512), qwen3, template="qwen3",
         instruction=_INSTRUCTION)  # fmt: skip
    for name, instruction in (("mxbai", ""), ("mxbai_instruction", _INSTRUCTION)):
        make(name, "yes-no", "qwen2", "mxbai-rerank, MxbaiRerankV2.predict", (*PACKAGES, "mxbai-rerank"),
             (128, 256, 512), mxbai(instruction), template="mxbai", instruction=instruction)  # fmt: skip
    make("chat_scores", "cross-encoder", "chat_scores", "transformers, apply_chat_template and the last logit",
         PACKAGES, (4096,), chat)  # fmt: skip
    for folder in ("pylate", "pylate_plain"):
        make(folder, "late-interaction", folder, "pylate, ColBERT.encode and colbert_scores", (*library, "pylate"),
             (48, 64, 128), pylate, token_vectors="float32")  # fmt: skip
    make("splade", "sparse", "splade", "the formula of naver/splade at 8dcd33a", PACKAGES, (64, 256), splade)


if __name__ == "__main__":
    main()
