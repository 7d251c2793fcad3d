"""A demo of the board on generated data.

The page's address, or else the environment, sets BOARD_DB: the label store; BOARD_SLOW_MS: a slow rerun; BOARD_ROWS:
depth; BOARD_STATES: columns that wait and fail too; BOARD_CHANGES: how often its data changes by itself at the start.
"""

from __future__ import annotations

import math
import os
import random
import sys
import time
from pathlib import Path

import streamlit as st

sys.path.insert(0, str(Path(__file__).parent))

from label_store import LabelStore

from pages.ui.board.board import board, read_outbox, sync
from pages.ui.board.payload import Badge, BoardData, Column, Figure, Figures, Passage, Row, SyncData
from rerank_core.store.scales import Grade

SYSTEMS = ["First stage (hybrid RRF, k = 60)", "Bi-encoder cosine", "Late interaction", "Cross-encoder MiniLM-L6-v2"]
SCALES = ["rrf", "cosine", "maxsim", "logit"]
QUERIES = {"q1": "when is a refund not issued", "q2": "change the billing address", "q3": "error E-4012 after update"}
SCALE = [Grade(0, "not relevant"), Grade(1, "related"), Grade(2, "relevant"), Grade(3, "perfect")]
MEASURES = ["nDCG@10", "RR@10", "P@5", "Recall@25", "Judged@10"]
WORDS = [
    "refund",
    "order",
    "account",
    "invoice",
    "days",
    "support",
    "device",
    "update",
    "policy",
    "customer",
    "request",
    "window",
    "error",
    "payment",
]
ODD = {
    1: ("<script>document.title='owned'</script> <b>bold</b>", "<img src=x onerror=alert()> stays text."),
    2: ("סדר מחדש של תוצאות", "האם ניתן לקבל החזר כספי לאחר ארבעה עשר יום? 🙂 refund"),
    3: ("One very long word", "x" * 10_000),
}


def setting(name: str, default: str = "") -> str:
    return str(st.query_params.get(name) or os.environ.get(name, default))


def rows_per_system() -> int:
    return int(setting("BOARD_ROWS", "25"))


def passage(qid: str, number: int) -> Passage:
    rng = random.Random(f"{qid}{number}")
    words = [rng.choice(WORDS) for _ in range(rng.randint(25, 110))]
    title, text = ODD.get(number, (f"Passage {number}: {words[0]} {words[1]}", ""))
    body = [(text, False)] if text else []
    body += [(f" {word}", word == "refund") for word in words]
    found = [("BM25", number + 1)] if number % 3 else [("BM25", number + 1), ("Dense", 12)]
    return Passage([(title, False)], body, found, [("kind", "policy")] if number % 4 == 0 else [])


def rankings(qid: str) -> list[list[str]]:
    docids = [f"{qid}-d{number}" for number in range(rows_per_system())]
    orders = [docids]
    for system in range(1, len(SYSTEMS)):
        rng = random.Random(f"{qid}{system}")
        orders.append(sorted(docids, key=lambda docid: docids.index(docid) + rng.gauss(0, 4 * system)))
    return orders


def column(number: int, order: list[str], baseline: list[str]) -> Column:
    rows = [
        Row(docid, rank, None if number == 0 else baseline.index(docid) + 1 - rank, 3.2 / rank - 0.4, 300 * (rank == 4))
        for rank, docid in enumerate(order, 1)
    ]
    badges = [Badge("warn", "1 passage truncated")] if number else [Badge("info", "order unchanged")]
    note = "bm25s + MiniLM, 25 candidates" if number == 0 else ""
    return Column(f"s{number}", SYSTEMS[number], rows, note, 0.0123 * (number + 1), SCALES[number], badges=badges)


def more_columns() -> list[Column]:
    if not setting("BOARD_STATES"):
        return []
    return [
        Column("w", "Cohere rerank-v3.5", state="waiting", message="Scoring 40 of 100 passages …"),
        Column("f", "BGE reranker v2 m3", state="failed", message="needs a download (2.3 GB)"),
    ]


def measured(order: list[str], labels: dict[str, int]) -> list[float | None]:
    if not labels:
        return [None] * len(MEASURES)
    gains = [labels.get(docid, 0) for docid in order]
    dcg = sum(gain / math.log2(place + 2) for place, gain in enumerate(gains[:10]))
    best = sum(gain / math.log2(place + 2) for place, gain in enumerate(sorted(labels.values(), reverse=True)[:10]))
    hits = [place for place, gain in enumerate(gains) if gain]
    first = 1 / (hits[0] + 1) if hits and hits[0] < 10 else 0.0
    relevant = sum(grade > 0 for grade in labels.values())
    return [
        dcg / best if best else 0.0,
        first,
        sum(gain > 0 for gain in gains[:5]) / 5,
        len(hits) / relevant if relevant else None,
        sum(docid in labels for docid in order[:10]) / 10,
    ]


def figures(values: dict[str, list[float | None]]) -> Figures:
    base = values["s0"]
    return {
        name: {
            measure: Figure(value, None if name == "s0" or value is None or zero is None else value - zero)
            for measure, value, zero in zip(MEASURES, line, base, strict=True)
        }
        for name, line in values.items()
    }


def measures(qid: str, labels: dict[str, int]) -> dict[str, list[float | None]]:
    orders = rankings(qid)
    values = {f"s{number}": measured(order, labels) for number, order in enumerate(orders)}
    ideal = sorted(orders[0], key=lambda docid: -labels.get(docid, -1))
    return values | {"ideal": measured(ideal, labels)}


def means(labelled: list[dict[str, list[float | None]]]) -> dict[str, list[float | None]]:
    def mean(column: str, place: int) -> float | None:
        values = [one[column][place] for one in labelled if one[column][place] is not None]
        return sum(values) / len(values) if values else None

    return {column: [mean(column, place) for place in range(len(MEASURES))] for column in labelled[0]}


@st.fragment
def labels_and_figures(qid: str) -> None:
    time.sleep(float(setting("BOARD_SLOW_MS", "0")) / 1000)
    store = LabelStore(Path(setting("BOARD_DB")))
    ack = store.apply(read_outbox("board"))
    labels = store.labels(qid)
    labelled = [measures(other, store.labels(other)) for other in QUERIES if store.labels(other)]
    sync(
        SyncData(
            outbox_key="demo",
            qid=qid,
            ack=ack,
            labels=labels,
            n=len(labels),
            total=store.total(),
            measures=figures(measures(qid, labels)),
            means=figures(means(labelled)) if labelled else {},
            means_n=len(labelled),
        ),
        key="board",
    )


def main() -> None:
    st.set_page_config(page_title="Board", layout="wide")
    qid = st.radio("Query", list(QUERIES), horizontal=True)
    changed = st.session_state.get("changed", 0)
    orders = rankings(qid)
    board(
        BoardData(
            outbox_key="demo",
            qid=qid,
            query=QUERIES[qid],
            note="The person bought a device online and wants the money back after two weeks." + "!" * changed,
            scale=SCALE,
            docs={f"{qid}-d{number}": passage(qid, number) for number in range(rows_per_system())},
            columns=[column(number, order, orders[0]) for number, order in enumerate(orders)] + more_columns(),
            baseline="s0",
            measures=MEASURES,
        ),
        key="board",
    )
    labels_and_figures(qid)
    if changed < int(setting("BOARD_CHANGES", "0")):
        st.session_state["changed"] = changed + 1
        time.sleep(0.1)
        st.rerun()


main()
