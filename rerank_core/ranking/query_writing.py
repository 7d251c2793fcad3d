"""Has a language model write what is searched for, where somebody asked for it; and reads what it wrote."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from itertools import islice

from rerank_core.errors import NotReadyError
from rerank_core.retrieval.query_variants.query_variant import QueryVariant
from rerank_core.retrieval.query_variants.search_text import SearchText, searches
from rerank_core.retrieval.query_variants.writer import QueryWriter, Written
from rerank_core.retrieval.settings import RetrievalSettings
from rerank_core.store import query_variants as store
from rerank_core.store.workspace import Workspace
from rerank_core.systems.query_variants import cost_of, written_for
from rerank_core.text import shortened
from rerank_core.types import Progress, no_progress

PARALLEL = 4
_LOOK = 0.5  # seconds after which a stop is heard, whether an answer came or not
_DRAIN = 30.0  # seconds that a stop waits for the answers on their way


def made_searches(workspace: Workspace, settings: RetrievalSettings, query: str) -> tuple[SearchText, ...]:
    """What is searched for a query by the settings' variant; () where they have none. Nothing is asked.

    Raises NotReadyError, with the cost, where nothing is written for the query yet.
    """
    variant = settings.variant
    if variant is None or not settings.asks_variant:
        return ()
    if not query.strip():
        return (SearchText(query),)  # nothing to write for, and nothing to find
    written = written_for(workspace, variant, [query])
    if query not in written:
        raise NotReadyError(
            f"{variant.label} has written nothing for '{shortened(query, 60)}' yet. "
            f"{cost_of(workspace, variant, [query]).sentence()} Ask for it under How candidates are found, or by the "
            "verb variant with --pay."
        )
    return searches(variant, query, written[query])


def write_queries(
    workspace: Workspace, variant: QueryVariant, queries: Sequence[str], progress: Progress = no_progress
) -> int:
    """Have the model write for those queries that nothing is written for; how many there were. It may cost money.

    Each answer is kept as it comes. Raises NotReadyError without the extra or the key, ProviderError at the first
    query that has no answer of use, CancelledError where `progress` does: what was answered until then is kept, also
    what was on its way.
    """
    texts = [text for text in dict.fromkeys(queries) if text.strip()]
    there = written_for(workspace, variant, texts)
    missing = [text for text in texts if text not in there]
    if not missing:
        return 0
    writer = QueryWriter(variant)
    pool = ThreadPoolExecutor(max_workers=PARALLEL)
    left, done, total = iter(missing), 0, len(missing)
    under_way: dict[Future[Written], str] = {}
    try:
        progress(0, total, f"{variant.label}: writing")
        while done < total:
            under_way |= {pool.submit(writer.write, text): text for text in islice(left, PARALLEL - len(under_way))}
            ready, _ = wait(under_way, _LOOK, FIRST_COMPLETED)
            done += _keep(workspace, variant, {one: under_way.pop(one) for one in ready})
            progress(done, total, f"{variant.label}: writing")
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
        # what is on its way is paid for
        ready, _ = wait(under_way, _DRAIN)
        good = {one: under_way[one] for one in ready if not one.cancelled() and one.exception() is None}
        _keep(workspace, variant, good)
        writer.close()
    return total


def _keep(workspace: Workspace, variant: QueryVariant, ready: dict[Future[Written], str]) -> int:
    """Write down what came, and raise the first failure of the rest."""
    answers = {text: one.result() for one, text in ready.items() if one.exception() is None}
    if answers:
        with workspace.write() as db:
            for text, written in answers.items():
                store.put_written(db, variant.key, text, written.texts, written.input_tokens, written.output_tokens)
    for one in ready:
        if (error := one.exception()) is not None:
            raise error
    return len(answers)
