"""A passage that is embedded gives its token vectors too, where a late-interaction system of the same model is in view.

Both come from the same last layer of the model: without this it would read each passage twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rerank_core.experiment.experiment import Experiment
from rerank_core.ranking.kept_passages import kept_passages
from rerank_core.rerankers.catalogue.local_folder import folder_of
from rerank_core.rerankers.local.late_interaction import is_bi_encoder, shelf_of
from rerank_core.rerankers.local.passage_memory import Shelf
from rerank_core.rerankers.local.token_vectors import TokenVectors, rounded
from rerank_core.retrieval.encoder import Encoder, SentenceEncoder
from rerank_core.store.passages import named_bound
from rerank_core.systems.systems import System
from rerank_core.types import text_hash

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class OnePass:
    """An encoder that also puts the passages' token vectors where the late-interaction system looks for them.

    It stops doing so after half of what may be kept of all passages: the oldest would go before they are asked for.
    """

    def __init__(self, encoder: SentenceEncoder, shelf: Shelf[TokenVectors], kind: str) -> None:
        """`kind`: one of `token_vectors.TYPES`."""
        self._encoder, self._shelf, self._kind = encoder, shelf, kind
        self._room = named_bound() // 2

    @property
    def key(self) -> str:
        """See `Encoder.key`."""
        return self._encoder.key

    @property
    def batch_size(self) -> int:
        """See `Encoder.batch_size`."""
        return self._encoder.batch_size

    @property
    def note(self) -> str:
        """See `Encoder.note`."""
        return self._encoder.note

    def encode_documents(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """See `Encoder.encode_documents`."""
        if self._room <= 0:
            return self._encoder.encode_documents(texts)
        vectors, tokens = self._encoder.encode_with_tokens(texts)
        made = {text_hash(text): rounded(rows, self._kind) for text, rows in zip(texts, tokens, strict=bool(tokens))}
        self._room -= sum(one.nbytes for one in made.values())
        if made:
            self._shelf.put(made)
        return vectors

    def encode_query(self, text: str) -> NDArray[np.float32]:
        """See `Encoder.encode_query`."""
        return self._encoder.encode_query(text)


def with_token_vectors(encoder: Encoder | None, experiment: Experiment) -> Encoder | None:
    """The encoder, or one that does both in one pass where that is of use.

    It is not where there are more passages than the queries' candidates can be: most would never be reranked.
    """
    dataset, most = experiment.dataset, experiment.settings.depth * experiment.dataset.n_queries
    if not isinstance(encoder, SentenceEncoder) or dataset.n_docs > most:
        return encoder
    for system in (leaf for one in experiment.systems for leaf in one.leaves):
        if _reads_the_same(system, encoder):
            kept = kept_passages(experiment.workspace, system.model, system.settings)
            kind = str(system.model.checked(system.settings)["token_vectors"])
            return encoder if kept is None else OnePass(encoder, shelf_of(kept, kind), kind)
    return encoder


def _reads_the_same(system: System, encoder: SentenceEncoder) -> bool:
    """Whether a system compares the token vectors of this very model, of as many tokens, exactly."""
    if system.model.family != "late-interaction":
        return False
    settings, folder = system.model.checked(system.settings), folder_of(system.model)
    if settings["max_length"] is not None or settings["precision"] != "exact" or settings.get("trust_remote_code"):
        return False
    return folder is not None and folder.resolve() == encoder.folder.resolve() and is_bi_encoder(folder)
