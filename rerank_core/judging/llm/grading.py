"""Asking a language model for grades: several pairs at a time, each answer kept as it comes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from itertools import islice

from rerank_core.errors import ProviderError
from rerank_core.experiment.job_requests import LlmGradeRequest
from rerank_core.experiment.whole_set import WholeSet, load_whole_set
from rerank_core.judging.llm.judge import Judge, Question, make_judge, plan_work
from rerank_core.judging.llm.prompt import GradeReply
from rerank_core.judging.pool import pool
from rerank_core.rerankers.services.llm.chat import Chat, open_chat
from rerank_core.store import datasets, llm_grades, scales
from rerank_core.store.datasets import DatasetRow
from rerank_core.store.llm_grades import LlmGrade, Pair
from rerank_core.store.workspace import Workspace
from rerank_core.types import Progress, no_progress

GIVE_UP = 10
"""Where none of the first answers can be used, this many are enough to stop."""
_OF_THE_PAIR = frozenset({None, 200, 400, 413, 422})  # the service lives, and has a problem with this question
_MOST_KEPT = 4000
_LOOK = 0.5  # seconds after which a stop is heard, whether an answer came or not
_DRAIN = 30.0  # seconds that a stop waits for the answers on their way


def pairs_of(whole: WholeSet, k: int, graded: bool) -> list[Pair]:
    """The first `k` of every system, query by query; with `graded` also every pair that a person graded."""
    orders = [{qid: ranking.docids for qid, ranking in whole.rankings(system).items()} for system in whole.labels]
    pooled = pool(orders, k)
    more = whole.qrels if graded else {}
    return [
        (qid, docid) for qid in whole.queries for docid in dict.fromkeys([*pooled.get(qid, ()), *more.get(qid, ())])
    ]


def grade_job(workspace: Workspace, request: LlmGradeRequest, progress: Progress) -> dict[str, int]:
    """The job of the worker: `grade_pairs` over `pairs_of`, counts as there."""
    experiment = request.experiment(workspace, request.systems)
    with workspace.open() as db:
        scale = scales.get_scale(db, experiment.dataset.id)
    judge = make_judge(request.judge, scale)
    pairs = pairs_of(load_whole_set(experiment), request.k, request.graded)
    return grade_pairs(workspace, experiment.dataset, pairs, judge, progress, request.retry)


def grade_pairs(
    workspace: Workspace,
    dataset: DatasetRow,
    pairs: Sequence[Pair],
    judge: Judge,
    progress: Progress = no_progress,
    retry: bool = False,
) -> dict[str, int]:
    """Have `pairs` graded and keep the answers; what was answered before is not asked again.

    An answer that is no grade of the scale is kept as a failure with its reason, and asked again with `retry`. Returns
    counts of pairs: graded, failed (in this call), kept (answered before). Raises NotReadyError without the library or
    the key, ProviderError where the service does not answer or none of the first answers can be used, CancelledError
    where `progress` does: what was answered until then is kept, also what was on its way.
    """
    with workspace.open() as db:
        queries = {query.qid: query for query in datasets.get_queries(db, dataset.id)}
        work = plan_work(db, dataset.id, queries, pairs, judge, retry)
    counts = {"graded": 0, "failed": 0, "kept": work.graded + work.failed}
    if not work.questions:
        return counts
    chat = open_chat(judge.settings)
    asking = _Asking(workspace, dataset, judge, chat)
    name, total = judge.settings["model"], len(work.questions)
    try:
        progress(0, total, f"{name}: asking")
        for answered in asking.answers(work.questions):
            for one in answered:
                counts["failed" if one.grade is None else "graded"] += 1
            _check(counts, answered, chat)
            unusable = f"unusable answers: {counts['failed']:,}"
            progress(counts["graded"] + counts["failed"], total, f"{name}: {unusable}")
    finally:
        asking.drain()
        chat.close()
    return counts


def _check(counts: dict[str, int], answered: Sequence[LlmGrade], chat: Chat) -> None:
    if answered and not counts["graded"] and counts["failed"] >= GIVE_UP:
        vendor = chat.provider.vendor
        problem = answered[-1].problem.removeprefix(f"{vendor}: ")
        raise ProviderError(
            vendor, None, False, f"none of the first {counts['failed']} answers is of use; it {problem}"
        )


@dataclass
class _Asking:
    """The questions on their way, as many at a time as the judge's settings allow."""

    workspace: Workspace
    dataset: DatasetRow
    judge: Judge
    chat: Chat
    _pool: ThreadPoolExecutor = field(init=False)
    _open: set[Future[LlmGrade]] = field(init=False, default_factory=set)

    def __post_init__(self) -> None:
        self._pool = ThreadPoolExecutor(max_workers=self.judge.settings["parallel"])

    def answers(self, questions: Sequence[Question]) -> Iterator[list[LlmGrade]]:
        """The answers as they come, a few or none at a time and already kept. Raises ProviderError."""
        left = iter(questions)
        while True:
            room = self.judge.settings["parallel"] - len(self._open)
            self._open |= {self._pool.submit(self._ask, question) for question in islice(left, room)}
            if not self._open:
                return
            done, self._open = wait(self._open, _LOOK, FIRST_COMPLETED)
            yield self._keep(done)

    def drain(self) -> None:
        """Wait a while for what is on its way and keep it: it is paid for."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        done, _ = wait(self._open, _DRAIN)
        self._open = set()
        self._keep({future for future in done if not future.cancelled() and future.exception() is None})

    def _keep(self, done: set[Future[LlmGrade]]) -> list[LlmGrade]:
        failed = [error for future in done if (error := future.exception()) is not None]
        answered = [future.result() for future in done if future.exception() is None]
        if answered:
            with self.workspace.write() as db:
                llm_grades.put(db, self.dataset.id, self.judge.id, answered)
        if failed:
            raise failed[0]
        return answered

    def _ask(self, question: Question) -> LlmGrade:
        wanted = {"temperature": 0, "max_tokens": self.judge.settings["max_answer_tokens"]}
        ids = question.qid, question.docid, question.query_hash, question.text_hash
        try:
            reply = self.chat.ask(self.judge.prompt.system, question.message, wanted)
        except ProviderError as error:
            if error.retryable or error.status not in _OF_THE_PAIR:
                raise
            return LlmGrade(*ids, None, str(error))
        # an answer that was cut may hold a draft of a grade, and no more
        answer = GradeReply(None, reply.problem) if reply.problem else self.judge.prompt.read(reply.text)
        kept = reply.text[:_MOST_KEPT]
        return LlmGrade(*ids, answer.grade, answer.problem, kept, reply.input_tokens, reply.output_tokens)
