"""Single texts through the packed engine: embeddings and token vectors as sentence-transformers makes them.

A model whose transformer or whose modules the engine does not know is run by the library itself, which says why.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, Protocol

from rerank_core.inference.choice.runners import chosen
from rerank_core.inference.device import abilities
from rerank_core.inference.encoders.tokens import Tokens, read_encoder, release, tokens_by
from rerank_core.inference.engine import GPU_TOKENS
from rerank_core.inference.pair_tokens import UnknownModelError
from rerank_core.inference.precision import Abilities, Arithmetic, Plan, Precision, in_torch, plan
from rerank_core.inference.streams import PACK, Streams
from rerank_core.inference.texts.term_weights import TermWeights
from rerank_core.inference.texts.text_modules import Made, TextModules, split
from rerank_core.inference.texts.text_tokens import Task, Text, TextTokens, prompt_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

Output = Literal["sentence_embedding", "token_embeddings"]
"""One vector per text, or one per token."""
Run = Callable[[Sequence[Text]], Sequence[Made]]
_AT_ONCE = 256
"""Texts that are tokenized in one call."""
_TOLERANCE, _OF_TERMS = 1e-5, 1e-4
"""Of a vector's values; of terms' weights, which are logits that are kept in 16 bits."""
_SAID = "What the library gives for a few texts, this engine must give too. "
_PROBES: dict[Task, tuple[str, ...]] = {"query": ("", "a", _SAID), "document": ("", "a", _SAID * 12)}


class Texts(Protocol):
    """Runs a sentence-transformers model over texts.

    `description`: how, in words; `note`: what a person should know of that, "" for nothing.
    """

    description: str
    note: str

    def encode(self, texts: Sequence[str], task: Task, keep: tuple[str, ...], prompt: str | None = None) -> list[Made]:
        """What `keep` names of each text, in their order. `prompt` None: the model's own for the task."""


class TextEngine:
    """A model whose transformer the engine runs. Safe for several threads."""

    def __init__(self, library: LibraryTexts, tokens: TextTokens, run: Run, how: Plan, streams: int) -> None:
        """Use `open_texts`. `library` runs what `tokens` cannot give. `streams` 0: one large pack at a time."""
        self._library, self._tokens, self._run = library, tokens, run
        count, size = streams or 1, PACK if streams else GPU_TOKENS
        at_once = f"{count} {'packs' if count > 1 else 'pack'} of {size:,} tokens at once"
        self.plan, self.note = how, how.note
        self.description = ", ".join(filter(None, (how.description, at_once, how.chosen)))

    def encode(self, texts: Sequence[str], task: Task, keep: tuple[str, ...], prompt: str | None = None) -> list[Made]:
        """See `Texts.encode`."""
        made: dict[int, Made] = {}
        for places in _batches(texts, _AT_ONCE):
            given = [texts[place] for place in places]
            inputs = self._tokens.texts(given, task, keep, prompt)
            found = self._library.encode(given, task, keep, prompt) if inputs is None else self._run(inputs)
            made.update(zip(places, found, strict=True))
        return [made[place] for place in range(len(texts))]


class LibraryTexts:
    """A model that the library runs. `reason`: why the engine does not."""

    def __init__(self, model: Any, batch_size: int, reason: str) -> None:
        self._model, self._batch_size = model, batch_size
        self.description = f"the library's own model, {batch_size} texts at once"
        self.note = f"run by the library, not by the fast engine: {reason}"

    def encode(self, texts: Sequence[str], task: Task, keep: tuple[str, ...], prompt: str | None = None) -> list[Made]:
        """See `Texts.encode`; as the library's own `encode` goes about it."""
        import torch

        made: dict[int, Made] = {}
        device = self._model.device
        for places in _batches(texts, self._batch_size):
            own = prompt_of(self._model, task) if prompt is None else prompt
            features = self._model.preprocess([texts[place] for place in places], prompt=own, task=task)
            on_device = {name: one.to(device) if torch.is_tensor(one) else one for name, one in features.items()}
            with torch.inference_mode():
                found = self._model(on_device, task=task)
            lengths = [features["input_ids"].shape[1]] * len(places)
            made.update(zip(places, split(found, lengths, keep), strict=True))
        return [made[place] for place in range(len(texts))]


def open_texts(model: Any, precision: Precision, device: str, output: Output) -> Texts:
    """What runs a sentence-transformers model (float32), which belongs to it from now on.

    The engine where it gives the model's own output to 1e-5 for a few texts, else the library.
    """
    import torch

    model.eval()
    library = LibraryTexts(model, 16 if device == "cpu" else 128, "")
    here = abilities(device)
    how = plan(precision, here)
    try:
        return _engine(library, model, how, here, output)
    except UnknownModelError as unknown:
        reason = str(unknown)
    if how.arithmetic != "float32":
        model.to(getattr(torch, how.arithmetic))
    return LibraryTexts(model, 16 if device == "cpu" else 128, reason)


def _engine(library: LibraryTexts, model: Any, how: Plan, here: Abilities, output: Output) -> TextEngine:
    import torch

    body = _body(model)
    weights, tokens = read_encoder(body), TextTokens(model)
    count = int(torch.get_num_threads()) if here.device == "cpu" else 0
    possible = chosen(weights, how, here, count)

    def engine(way: Plan) -> TextEngine:
        # the product with a vocabulary is torch's, whoever runs the blocks
        onednn = (in_torch(way.arithmetic, here) if way.runner == "openvino" else way.runner) == "onednn"
        run = _run(model, body, tokens_by(weights, way, here.device, count), way.arithmetic, onednn)
        return TextEngine(library, tokens, _at_once(run, way, count), way, count)

    if how.arithmetic != "float32":
        # what is rounded cannot be told from what is wrong: the weights are checked as they are
        _check(model, engine(replace(how, runner="torch", arithmetic="float32")), output)
        opened = engine(possible[0])
    else:
        opened = _first_right([partial(engine, way) for way in possible], partial(_check, model, output=output))
    if tokens.all_attended:
        # the library's own body is not needed any more
        release(body)
    return opened


def _first_right(engines: Sequence[Callable[[], TextEngine]], check: Callable[[TextEngine], None]) -> TextEngine:
    """The first one that `check` lets pass; what it raises for the last one is raised."""
    for opened in engines[:-1]:
        one = opened()
        with suppress(UnknownModelError):
            check(one)
            return one
    last = engines[-1]()
    check(last)
    return last


def _at_once(run: Run, how: Plan, count: int) -> Run:
    """`count` packs at once; 0: one large part after the other."""
    if count:
        return Streams(run, count, how.runner == "openvino")
    return lambda texts: [one for part in _parts(texts) for one in run(part)]


def _body(model: Any) -> Any:
    """The transformers encoder within the model."""
    transformer = model[0]
    if type(transformer).__name__ not in ("Transformer", "MLMTransformer"):
        raise UnknownModelError(f"it begins with {type(transformer).__name__}")
    if kinds := {str(one.dtype).removeprefix("torch.") for one in model.parameters()} - {"float32"}:
        # vectors that are kept were made in that type
        raise UnknownModelError(f"its weights are {min(kinds)}")
    whole = transformer.model
    return getattr(whole, whole.base_model_prefix) if transformer.transformer_task == "fill-mask" else whole


def _run(model: Any, body: Any, tokens: Tokens, arithmetic: Arithmetic, onednn: bool) -> Run:
    """The forward pass of a pack through body and modules."""
    import torch

    whole = model[0].model
    after = TextModules(model) if whole is body else TermWeights(whole, list(model)[1:], arithmetic, onednn)

    def run(texts: Sequence[Text]) -> Sequence[Made]:
        rows = tokens(texts)
        with torch.inference_mode():
            return after(texts, rows)

    return run


def _check(model: Any, engine: TextEngine, output: Output) -> None:
    """Raise UnknownModelError where the engine differs from what the library's own methods give for a few texts."""
    import torch

    sparse = type(model).__name__ == "SparseEncoder"
    tolerance, dense = (_OF_TERMS, {"convert_to_sparse_tensor": False}) if sparse else (_TOLERANCE, {})
    tasks: tuple[tuple[Task, Any], ...] = (("query", model.encode_query), ("document", model.encode_document))
    for task, encode in tasks:
        probes = _PROBES[task]
        expected = [torch.as_tensor(one) for one in encode(list(probes), show_progress_bar=False, **dense)]
        for made, wanted in zip(vectors(engine, probes, task, output), expected, strict=True):
            if made.shape != wanted.shape:
                raise UnknownModelError(f"the engine's vectors have shape {tuple(made.shape)}, not the model's own")
            worst = float((made - wanted).abs().max()) if made.numel() else 0.0
            if not worst <= tolerance * max(1.0, float(wanted.abs().max()) if made.numel() else 0.0):
                raise UnknownModelError(f"the engine's vectors differ from the model's own by {worst:.1g}")


def vectors(run: Texts, texts: Sequence[str], task: Task, output: Output, prompt: str | None = None) -> list[Tensor]:
    """Of each text one vector (dimensions,), or those of its tokens that count (tokens, dimensions), in float32."""
    if output == "sentence_embedding":
        return [made[output].float() for made in run.encode(texts, task, (output,), prompt)]
    found = run.encode(texts, task, (output, "attention_mask"), prompt)
    return [made[output][made["attention_mask"].bool()].float() for made in found]


def unit_vectors(made: Sequence[Tensor], dimensions: int | None = None) -> NDArray[np.float32]:
    """Vectors, one per text, cut to the first `dimensions` values (None: all), at length 1: (texts, dimensions)."""
    import numpy as np
    import torch

    if not made:
        return np.zeros((0, 0), dtype=np.float32)
    found: NDArray[np.float32] = unit_rows(torch.stack(list(made))[:, :dimensions]).numpy()
    return found


def unit_rows(rows: Tensor) -> Tensor:
    """The rows at length 1, in float32 and in the machine's memory."""
    import torch

    return torch.nn.functional.normalize(rows.float(), dim=-1).cpu()


def _batches(texts: Sequence[str], size: int) -> Iterator[list[int]]:
    """The places of the texts, the longest first: texts of about one length share a batch."""
    order = sorted(range(len(texts)), key=lambda place: -len(texts[place]))
    for start in range(0, len(order), size):
        yield order[start : start + size]


def _parts(texts: Sequence[Text]) -> Iterator[list[Text]]:
    """Neighbours of at most `GPU_TOKENS` tokens together, or one text."""
    part: list[Text] = []
    tokens = 0
    for text in texts:
        if part and tokens + len(text) > GPU_TOKENS:
            yield part
            part, tokens = [], 0
        part.append(text)
        tokens += len(text)
    if part:
        yield part
