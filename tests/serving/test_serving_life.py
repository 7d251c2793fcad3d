"""Keys, limits, the cache, the log, the shadow, and an end that loses nothing."""

from __future__ import annotations

import json
import os
import queue
import re
import signal
import stat
import subprocess
import sys
import threading
import time

import httpx
import pytest

from rerank_core.rerankers.family import Scorer
from rerank_core.serving.answering import Desk
from rerank_core.serving.asked import asked
from rerank_core.serving.limits import Admission, Limits
from rerank_core.serving.request_log import RERANK, RequestLog
from rerank_core.serving.score_cache import TimedScores
from rerank_core.serving.served import Served
from rerank_core.serving.shadow import DROPPED, FAILED, RANKED, WAITING, Shadow
from rerank_core.shell.serving_options import KEYS_VARIABLE
from rerank_core.systems.systems import add_variant, get_system
from tests.conftest import ROOT
from tests.serving.conftest import BLEND, CROSS, MAXSIM, QUERIES
from tests.support.lens_server import serving

KEY = "a-key-of-more-than-16-signs"
BODY = {"query": "who eats fish", "documents": ["A tern eats fish.", "A vole eats grass."]}


class Held(Scorer):
    """Scores when it is let."""

    def __init__(self) -> None:
        self.let, self.begun = threading.Event(), threading.Semaphore(0)

    def score(self, query, texts):
        self.begun.release()
        assert self.let.wait(60)
        return [float(len(text)) for text in texts]


@pytest.fixture
def cross(world):
    return Served(world.workspace, get_system(world.workspace, CROSS), TimedScores(600))


def hold(served: Served) -> Held:
    model = served._models[served.system.key]
    model._shared = held = Held()
    return held


def test_a_key_is_asked_for_everywhere_but_at_health(cross, client):
    with serving(Desk(cross, Limits(), keys=[KEY, "another-key-of-16-signs"])) as base:
        assert client.get(f"{base}/health").status_code == 200
        for header in ({}, {"authorization": "Bearer wrong"}, {"authorization": KEY}, {"authorization": "Bearer"}):
            refused = client.post(f"{base}/v2/rerank", json=BODY, headers=header)
            assert (refused.status_code, refused.headers["www-authenticate"]) == (401, "Bearer")
            assert client.get(f"{base}/info", headers=header).status_code == 401
            assert client.get(f"{base}/metrics", headers=header).status_code == 401
            assert KEY not in refused.text
        right = {"authorization": f"bearer {KEY}", "host": "any.example"}
        assert client.post(f"{base}/v2/rerank", json=BODY, headers=right).status_code == 200
        assert client.get(f"{base}/metrics", headers=right).status_code == 200


def test_whoever_comes_when_all_places_are_taken_is_told_to_come_again(cross, client):
    held = hold(cross)
    with serving(Desk(cross, Limits(at_once=1, waiting=1))) as base:
        answers = []
        callers = [
            threading.Thread(
                target=lambda: answers.append(httpx.post(f"{base}/rerank", json=BODY, timeout=60).status_code)
            )
            for _ in range(2)
        ]
        for caller in callers:
            caller.start()
        held.begun.acquire(timeout=30)
        while "rerank_lens_inside 2.0" not in client.get(f"{base}/metrics").text:
            time.sleep(0.01)
        refused = client.post(f"{base}/rerank", json=BODY)
        assert refused.status_code == 429
        assert int(refused.headers["retry-after"]) >= 1
        held.let.set()
        for caller in callers:
            caller.join(60)
        assert answers == [200, 200]
        assert client.post(f"{base}/rerank", json=BODY).status_code == 200


def test_retry_after_follows_how_long_a_request_takes():
    desk = Admission(Limits())
    for _ in range(100):
        assert desk.enter()
        desk.leave(20.0)
    assert desk.retry_after == 10
    assert (desk.taken, desk.answered, desk.inside) == (100, 100, 0)


def test_a_body_that_drips_is_given_up(cross):
    import socket

    with serving(Desk(cross, Limits(body_seconds=0.3))) as base:
        host, port = base.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), timeout=30) as line:
            line.sendall(
                b"POST /v2/rerank HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                b"Content-Length: 100\r\n\r\n{"
            )
            assert line.recv(1000).startswith(b"HTTP/1.1 408")


def test_a_score_is_kept_for_its_time_and_no_longer(world, client):
    now = [0.0]
    served = Served(world.workspace, get_system(world.workspace, CROSS), TimedScores(10, clock=lambda: now[0]))
    request = asked("who eats fish", ["A tern.", "A vole."])
    assert served.rank(request).hits == 0
    first = served.rank(request)
    assert (first.pairs, first.hits) == (2, 2)
    changed = asked("who eats fish", ["A tern.", "A vole!"])
    assert served.rank(changed).hits == 1, "a changed text is another key"
    now[0] = 10.5
    assert served.rank(request).hits == 0


def test_the_cache_is_bounded():
    kept = TimedScores(600, most=100)
    for number in range(1000):
        kept.put_many("model", f"query {number}", {"text": (1.0, 0)})
    assert len(kept) == 100
    assert kept.get_many("model", "query 999", ["text"]) == {"text": (1.0, 0)}
    assert kept.get_many("model", "query 0", ["text"]) == {}


def test_what_is_cut_is_said_in_each_protocol(cross, client):
    long = {"query": "fish", "documents": ["short", "fish " * 2000]}
    with serving(Desk(cross, Limits())) as base:
        answer = client.post(f"{base}/v2/rerank", json=long).json()
        (cut,) = answer["meta"]["rerank_lens"]["cut"]
        assert cut["index"] == 1
        assert cut["tokens"] > 1000
        assert answer["meta"]["warnings"] == ["1 of 2 documents are longer than the model reads: see `cut`"]
        assert client.post(f"{base}/rerank", json=long).json()["rerank_lens"]["cut"] == [cut]
        listed = client.post(f"{base}/rerank", json={"query": "fish", "texts": long["documents"]})
        assert listed.headers["x-rerank-lens-cut"] == f"1:{cut['tokens']}"


def test_more_tokens_than_allowed_are_refused(cross, client):
    with serving(Desk(cross, Limits(tokens=50))) as base:
        assert client.post(f"{base}/v2/rerank", json=BODY).status_code == 200
        answer = client.post(f"{base}/v2/rerank", json={"query": "fish", "documents": ["fish " * 60]})
        assert (answer.status_code, answer.json()) == (413, {"message": "a request may have 50 tokens, not 61"})


def test_that_documents_were_reranked_before_is_said_once(cross, client, capsys):
    scored = {"query": "fish", "documents": [{"text": "a tern", "metadata": {"relevance_score": 0.4}}]}
    with serving(Desk(cross, Limits())) as base:
        first, second = (client.post(f"{base}/v2/rerank", json=scored).json() for _ in range(2))
    assert "already carry a reranker's scores (relevance_score)" in first["meta"]["warnings"][0]
    assert "warnings" not in second["meta"]
    assert capsys.readouterr().err.count("relevance_score") == 1


def test_a_blend_by_scores_says_what_it_needs(address, client):
    answer = client.post(f"{address(BLEND)}/v2/rerank", json=BODY)
    assert answer.status_code == 400
    assert "first-stage gives an order without scores" in answer.json()["message"]


def test_metrics_and_openapi_name_what_there_is(address, client):
    base = address(CROSS)
    client.post(f"{base}/rerank", json=BODY)
    text = client.get(f"{base}/metrics").text
    assert re.search(r'rerank_lens_requests_total\{protocol="documents",status="200"\} [1-9]', text)
    assert 'rerank_lens_request_seconds_count{part="total"}' in text
    told = client.get(f"{base}/openapi.json").json()
    assert set(told["paths"]) == {"/v2/rerank", "/v1/rerank", "/rerank", "/health", "/info", "/metrics"}
    info = client.get(f"{base}/info").json()
    assert (info["model_id"], info["score_scale"], info["max_input_length"]) == (CROSS, "logit", 512)


def test_texts_give_probabilities_of_logits_unless_raw_scores_are_asked_for(address, client):
    from math import exp

    asked_for = {"query": "fish", "texts": BODY["documents"]}
    base = address(CROSS)
    raw = client.post(f"{base}/rerank", json=asked_for | {"raw_scores": True}).json()
    told = client.post(f"{base}/rerank", json=asked_for | {"return_text": True}).json()
    assert [row["score"] for row in told] == pytest.approx([1 / (1 + exp(-row["score"])) for row in raw])
    assert {row["text"] for row in told} == set(BODY["documents"])


def test_voyages_client_finds_its_own_names(address, client):
    answer = client.post(
        f"{address(CROSS)}/v1/rerank", json=BODY | {"top_k": 1, "truncation": True, "model": "rerank-3"}
    )
    assert len(answer.json()["data"]) == 1
    assert answer.json()["usage"] == {"total_tokens": 0}


# --- the log and the shadow


def lines(path) -> list[dict]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_the_log_has_what_its_paper_names(cross, client, tmp_path, world):
    path = tmp_path / "log.jsonl"
    with serving(Desk(cross, Limits(), log=RequestLog(path))) as base:
        asked_for = {"query": QUERIES[0].text, "documents": world.documents("q1")}
        answer = client.post(f"{base}/v2/rerank", json=asked_for)
        client.post(f"{base}/v2/rerank", json={"query": 3, "documents": ["secret text"]})
    first, second = lines(path)
    paper = (ROOT / "rerank_core" / "serving" / "README.md").read_text(encoding="utf-8")
    named = set(re.findall(r"^\| `(\w+)` \|", paper, re.MULTILINE))
    assert set(first) | set(second) == named
    assert (first["kind"], second["kind"], second["status"]) == ("rerank", "refused", 400)
    assert first["request"] == answer.json()["id"] == answer.headers["x-request-id"]
    assert [row["id"] for row in first["candidates"]] == list(world.candidates["q1"].docids)
    assert [row["place"] for row in first["ranking"]] == [place for place, _ in world.expected(CROSS, "q1")]
    assert "secret text" not in path.read_text()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_hash_may_stand_for_the_query(cross, tmp_path):
    path = tmp_path / "log.jsonl"
    log = RequestLog(path, hash_query=True)
    request = asked("a name of a person", ["text"])
    log.answered(RERANK, "r", "s", "k", "p", request, cross.rank(request), {"total": 1.0})
    log.close()
    (row,) = lines(path)
    assert len(row["query_hash"]) == 32
    assert "person" not in path.read_text()


def test_a_full_log_turns_and_the_oldest_goes(cross, tmp_path):
    path = tmp_path / "log.jsonl"
    log = RequestLog(path, most_bytes=2000, files=3)
    for number in range(40):
        log.failed(RERANK, f"r{number}", "s", "k", "p", None, 500, "x" * 100, {})
    log.close()
    files = sorted(tmp_path.iterdir())
    assert [file.name for file in files] == ["log.jsonl", "log.jsonl.1", "log.jsonl.2"]
    assert all(file.stat().st_size <= 2000 for file in files)
    kept = [row["request"] for file in reversed(files) for row in lines(file)]
    assert kept == [f"r{number}" for number in range(40 - len(kept), 40)]


def test_a_disk_that_takes_nothing_ends_no_request(tmp_path, capsys):
    path = tmp_path / "log.jsonl"
    path.symlink_to("/dev/full")
    log = RequestLog(path)
    for _ in range(2):
        log.failed(RERANK, "r", "s", "k", "p", None, 500, "x", {})
    assert log.lost == 2
    log.close()
    assert capsys.readouterr().err.count("cannot be written") == 1


HALF_A_LINE = """
import resource, sys
from pathlib import Path
from rerank_core.serving.request_log import RequestLog

log = RequestLog(Path(sys.argv[1]))
for request, room in (("whole", 600), ("half", 600), ("none", 600), ("again", 6000)):
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, -1))
    log.failed("rerank", request, "s", "k", "p", None, 500, "x" * 300, {})
log.close()
print(log.lost)
"""


def test_a_disk_that_takes_half_a_line_keeps_none_of_it(tmp_path):
    """A limit on the size of a file stops a write in its middle, as a full disk does; in a process of its own."""
    path = tmp_path / "log.jsonl"
    command = [sys.executable, "-c", HALF_A_LINE, str(path)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, env=environment)
    assert done.stdout == "2\n"
    assert [row["request"] for row in lines(path)] == ["whole", "again"]


def test_a_log_that_could_not_be_turned_goes_on_when_it_can(tmp_path):
    path = tmp_path / "log.jsonl"
    log = RequestLog(path, most_bytes=500, files=2)
    (tmp_path / "log.jsonl.1").mkdir()  # no file can take its name
    names = iter("abcd")

    def write() -> None:
        log.failed(RERANK, next(names), "s", "k", "p", None, 500, "x" * 300, {})

    write()
    write()
    assert log.lost == 1
    (tmp_path / "log.jsonl.1").rmdir()
    write()
    log.close()
    write()
    assert [row["request"] for row in lines(path)] == ["c"]
    assert [row["request"] for row in lines(tmp_path / "log.jsonl.1")] == ["a"]


def test_an_id_that_is_no_text_stops_neither_log_nor_answer(cross, client, tmp_path):
    path = tmp_path / "log.jsonl"
    with serving(Desk(cross, Limits(), log=RequestLog(path))) as base:
        body = b'{"query": "fish", "documents": [{"text": "a tern", "id": "\\ud800"}]}'
        answer = client.post(f"{base}/v2/rerank", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 200
    assert lines(path)[0]["candidates"][0]["id"] == "\ud800"


def test_a_shadow_ranks_its_share_unseen(world, cross, client, tmp_path):
    path, drawn = tmp_path / "log.jsonl", iter([0.05, 0.5, 0.09, 0.1])
    log, told = RequestLog(path), []
    beside = Served(world.workspace, get_system(world.workspace, MAXSIM))

    def shadow(tell):
        return Shadow(beside, 0.1, log, lambda outcome: (told.append(outcome), tell(outcome)), draw=lambda: next(drawn))

    with serving(Desk(cross, Limits(), log=log, shadow=shadow)) as base:
        answers = [client.post(f"{base}/v2/rerank", json=BODY).json() for _ in range(4)]
        while len(told) < 2:
            time.sleep(0.01)
    assert told == [RANKED, RANKED]
    rows = lines(path)
    seen = [row["request"] for row in rows if row["kind"] == "shadow"]
    assert seen == [answers[0]["id"], answers[2]["id"]]
    assert {row["system"] for row in rows if row["kind"] == "shadow"} == {MAXSIM}
    assert MAXSIM not in json.dumps(answers)


def test_a_shadow_that_fails_or_falls_behind_is_counted_and_no_caller_hears_of_it(world, tmp_path):
    path = tmp_path / "log.jsonl"
    beside = Served(world.workspace, get_system(world.workspace, CROSS))
    held, told, log = hold(beside), [], RequestLog(path)
    outcomes: queue.Queue[str] = queue.Queue()
    shadow = Shadow(beside, 1.0, log, lambda outcome: (told.append(outcome), outcomes.put(outcome)))
    shadow.offer("r", "p", asked("a", ["b"]))
    assert held.begun.acquire(timeout=60)
    for _ in range(WAITING + 3):
        shadow.offer("r", "p", asked("a", ["b"]))
    assert told == [DROPPED] * 3
    held.score = lambda query, texts: [float("nan")]
    held.let.set()
    for _ in range(3 + 1 + WAITING):
        outcomes.get(timeout=60)
    shadow.close()
    log.close()
    assert told == [DROPPED] * 3 + [RANKED] + [FAILED] * WAITING
    assert [row["status"] for row in lines(path)] == [200] + [500] * WAITING


# --- the verb


@pytest.fixture
def command(world):
    def start(*words: str, keys: str = "") -> subprocess.Popen:
        environment = {**os.environ, "PYTHONPATH": str(ROOT), KEYS_VARIABLE: keys, "HF_HUB_DISABLE_PROGRESS_BARS": "1"}
        line = [sys.executable, "-m", "rerank_core", "--workspace", str(world.workspace.path), "serve", *words]
        return subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)

    return start


@pytest.mark.parametrize(
    ("words", "keys", "message"),
    [
        (["--system", MAXSIM, "--address", "0.0.0.0"], "", "open to other machines: set RERANK_LENS_SERVE_KEYS"),
        (["--system", MAXSIM], "short", "has fewer than 16 characters"),
        (["--system", "no-such"], "", "There is no system 'no-such'"),
        (["--system", MAXSIM, "--shadow", CROSS], "", "name one with --log"),
        (["--system", MAXSIM, "--log", "x.jsonl", "--shadow", CROSS, "--share", "0"], "", "must lie above 0"),
        (["--system", MAXSIM, "--max-documents", "0"], "", "Limits begin at 1"),
    ],
)
def test_what_cannot_be_served_is_said_at_once(world, monkeypatch, capsys, words, keys, message):
    from rerank_core.__main__ import main

    monkeypatch.setenv(KEYS_VARIABLE, keys)
    assert main(["--workspace", str(world.workspace.path), "serve", *words]) == 2
    assert message in capsys.readouterr().err


def test_nothing_that_was_taken_is_lost_when_it_is_stopped_under_load(command, world, address):
    """Every request is answered, or finds nobody who listens. The model is at another server: it need not be loaded."""
    callers = 8
    add_variant(world.workspace, "elsewhere", "http-rerank", {"base_url": address(CROSS)})
    process = command("--system", "elsewhere", "--port", "0", "--cache-seconds", "0", "--json")
    base = None
    while base is None:
        line = process.stderr.readline()
        assert line, "it ended"
        base = (re.findall(r"http://127\.0\.0\.1:\d+", line) or [None])[0]
    answered, lost = [0] * callers, []

    def ask(number: int) -> None:
        with httpx.Client(timeout=60) as client:
            while True:
                texts = [f"passage {answered[number]} of {number}, {place}" for place in range(10)]
                try:
                    answer = client.post(f"{base}/v2/rerank", json={"query": "q", "documents": texts})
                except httpx.ConnectError:
                    return
                except httpx.HTTPError as error:
                    lost.append(repr(error))
                    return
                if answer.status_code != 200 or len(answer.json()["results"]) != 10:
                    lost.append(answer.text)
                answered[number] += 1

    threads = [threading.Thread(target=ask, args=[number]) for number in range(callers)]
    for thread in threads:
        thread.start()
    while min(answered) < 3 and not lost:
        time.sleep(0.05)
    process.send_signal(signal.SIGTERM)
    for thread in threads:
        thread.join(120)
    out, _ = process.communicate(timeout=60)
    assert lost == []
    told = json.loads(out)
    assert process.returncode == 0
    assert told == {"taken": sum(answered), "answered": sum(answered)}


def test_requests_leave_no_memory_behind(world, cross):
    """By variable: RERANK_LENS_REQUESTS=10000 for the whole of it."""
    import resource

    count = int(os.environ.get("RERANK_LENS_REQUESTS", "300"))
    page = resource.getpagesize()

    def resident() -> int:
        with open("/proc/self/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * page

    with serving(Desk(cross, Limits())) as base, httpx.Client(timeout=60) as client:
        texts = [f"A passage of some words, number {number}." for number in range(20)]

        def ask(times: int) -> None:
            for number in range(times):
                client.post(f"{base}/v2/rerank", json={"query": QUERIES[number % 3].text, "documents": texts})

        ask(count // 3)
        before = resident()
        ask(count)
    assert resident() - before < 8 * 2**20 + 2000 * count
