"""Names, texts and messages that hold mark-up, on every page: none of it reaches a browser alive."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from google.protobuf.message import Message
from streamlit.testing.v1 import AppTest

from pages.ui.agreement.sections import HISTORY, JUDGES, MATTERS, SETTLE, STALE
from pages.ui.evaluate.sections import SECTIONS
from pages.ui.llm.grades import ASK, WORTH
from pages.ui.markdown import plain
from pages.ui.rerankers.composites import KINDS
from rerank_core.experiment.experiment import Experiment
from rerank_core.ranking.pipeline import Pipeline
from rerank_core.retrieval.settings import RetrievalSettings
from rerank_core.store import datasets, jobs, judgments, llm_grades, rankings
from rerank_core.store.judgments import GradeEvent
from rerank_core.store.llm_grades import LlmGrade, LlmJudge
from rerank_core.store.rankings import candidates_key
from rerank_core.store.workspace import Workspace
from rerank_core.systems.composites.spec import Blend, Member
from rerank_core.systems.systems import add_composite, add_variant, get_system
from rerank_core.types import Doc, Query, Ranking, ScoredDoc, text_hash
from tests.pages.conftest import ROOT, VIEW

PAGES = sorted(path.name for path in (ROOT / "pages").glob("[0-9]_*.py"))
FIELDS = [
    "dataset", "source", "query", "qid", "query-note", "tag", "docid", "title", "text", "metadata-field", "metadata",
    "grade", "guideline", "judge", "other-judge", "note", "system", "composite", "failure", "job", "file", "reason",
    "model", "reply",
]  # fmt: skip


def payload(field: str) -> str:
    return (
        f"![{field}](http://evil.example/{field}) [l](javascript:{field}) <img src=//evil.example/{field}> *{field}* "
        f"http://evil.example/{field} www.evil.example/{field} {field}@evil.example :smile: $x$ :red[y]"
    )


P = {field: payload(field) for field in FIELDS}
ALIVE = [
    re.compile(sign) for sign in (r"(?<!\\)!\[", r"(?<!\\)\]\(", r"(?<!\\)<img", r"(?<!\\)\$x", r"(?<!\\)\*[a-z]+\*")
]
ADDRESSES = [re.compile(sign) for sign in (r"(?<!\u2060)://evil", r"www\.evil", r"(?<!\u2060)@evil", ":smile:")]
# kinds of messages that hold plain text, or data of our own components and charts, which their own tests watch
NOT_MARKDOWN = {"ArrowDataFrame", "Dataframe", "VegaLiteChart", "BidiComponent", "Html", "Text", "Code"}
# fields of widgets that Streamlit draws as text: what is chosen from, typed, kept
TEXT_FIELDS = {
    ("Selectbox", "options"), ("MultiSelect", "options"), ("TextInput", "value"), ("TextInput", "default"),
    ("TextInput", "placeholder"), ("TextArea", "default"), ("Selectbox", "raw_value"), ("MultiSelect", "raw_values"),
}  # fmt: skip
IDENTITY = {
    "id",
    "form_id",
    "url",
    "query_string",
    "page_script_hash",
    "query_param_key",
    "url_path",
    "anchor",
    "file_name",
}


def strings(message: Message) -> Iterator[tuple[str, str]]:
    """(where, text) of each string that Streamlit reads as Markdown, or may."""
    kind = message.DESCRIPTOR.name
    if kind in NOT_MARKDOWN:
        return
    for descriptor, value in message.ListFields():
        values = value if descriptor.is_repeated else [value]
        if descriptor.message_type is not None:
            if not descriptor.message_type.GetOptions().map_entry:
                for one in values:
                    yield from strings(one)
        elif descriptor.type == descriptor.TYPE_STRING and (kind, descriptor.name) not in TEXT_FIELDS | {
            (kind, name) for name in IDENTITY
        }:
            yield from ((f"{kind}.{descriptor.name}", str(one)) for one in values)


def nodes(block: Any) -> Iterator[Any]:
    for child in block.children.values():
        yield child
        if hasattr(child, "children"):
            yield from nodes(child)


def alive(app: AppTest) -> list[tuple[str, str]]:
    found = []
    for node in nodes(app._tree):
        proto = getattr(node, "proto", None)
        if isinstance(proto, Message):
            for where, text in strings(proto):
                bare = text.replace("\\", "")
                if "evil" in text and (any(s.search(text) for s in ALIVE) or any(s.search(bare) for s in ADDRESSES)):
                    found.append((where, text))
            if proto.DESCRIPTOR.name == "Html" and re.search(r"<img|http://evil[^<]*<a|href=.?javascript", proto.body):
                found.append(("Html.body", proto.body))
    return found


def seen(app: AppTest) -> set[str]:
    """The fields whose payload the page shows somewhere."""
    whole = "".join(str(getattr(node, "proto", "")) for node in nodes(app._tree))
    return {field for field in FIELDS if re.search(rf"\b{field}\b", whole)}


@pytest.fixture
def hostile(workspace: Workspace) -> Workspace:
    """A dataset with every field hostile, graded by two judges and a language model, and ranked by three systems."""
    facts = [{P["metadata-field"]: f"{P['metadata']} {n % 2}"} for n in range(4)]
    docs = [Doc(f"{P['docid']} {n}", f"fish {n} {P['text']}", P["title"], facts[n]) for n in range(4)]
    queries = [Query(f"{P['qid']} {n}", f"fish {n} {P['query']}", P["query-note"], (P["tag"],)) for n in range(3)]
    not_read = {"kind": P["file"], "why": P["reason"], "count": 1, "files": [P["file"]]}
    with workspace.write() as db:
        scale = {0: f"{P['grade']} 0", 1: f"{P['grade']} 1"}
        dataset_id = datasets.begin_dataset(db, P["dataset"], P["source"], scale)
        datasets.add_docs(db, dataset_id, docs)
        datasets.add_queries(db, dataset_id, queries)
        datasets.finish_dataset(db, dataset_id, {"passages": 4, "not_read": [not_read]})
        dataset = datasets.get_dataset(db, P["dataset"])
        for judge in ("judge", "other-judge"):
            events = [
                GradeEvent(judge, n * 10 + m, "grade", query.qid, doc.docid, (m + (judge == "judge")) % 2, P["note"])
                for n, query in enumerate(queries)
                for m, doc in enumerate(docs[:3], 1)
            ]
            judgments.record(db, dataset.id, P[judge], events, dataset.scale)
        judge = LlmJudge(P["model"], "umbrela-1-x")
        useless = [
            LlmGrade(
                query.qid,
                doc.docid,
                llm_grades.query_hash(query),
                text_hash(doc.content),
                grade,
                P["reply"] if grade is None else "",
                P["reply"],
            )
            for query in queries
            for doc, grade in zip(docs, (1, 0, None), strict=False)
        ]
        llm_grades.put(db, dataset.id, judge, useless)
    add_variant(workspace, P["system"], "minilm-cosine", {})
    add_composite(workspace, P["composite"], Blend((Member("first-stage", 1.0), Member(P["system"], 1.0)), "rank"))
    settings = RetrievalSettings(("bm25",), "rrf", (), depth=20)
    pipeline = Pipeline(workspace)
    first = get_system(workspace, "first-stage")
    for query in queries:
        ranking = pipeline.rank(Experiment(workspace, dataset, settings), query, first).ranking
        turned = tuple(ScoredDoc(docid, 1.0 / n, n) for n, docid in enumerate(ranking.docids[::-1], 1))
        key = candidates_key(dataset.fingerprint, settings.key(), query.text)
        with workspace.write() as db:
            own = get_system(workspace, P["system"]).key
            rankings.put_ranking(db, key, own, Ranking(query.qid, own, turned, 0.5))
            rankings.put_ranking(db, key, get_system(workspace, P["composite"]).key, None, P["failure"])
    return workspace


def open_hostile(page: str, **query: Any) -> AppTest:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    if page != "app.py":
        app = app.switch_page(f"pages/{page}")
    for key, value in {**VIEW, **query}.items():
        app.query_params[key] = value
    return app.run()


VIEWS = [
    *((page, {}) for page in ["app.py", *PAGES]),
    *(("2_Evaluate.py", {"part": part}) for part in SECTIONS),
    *(("7_Agreement.py", {"agree": part}) for part in (SETTLE, STALE, JUDGES, MATTERS, HISTORY)),
    *(("8_LLM_grades.py", {"llm": part}) for part in (ASK, WORTH)),
    ("9_Present.py", {"present": "Blind vote"}),
]


@pytest.mark.parametrize(
    ("page", "query"), VIEWS, ids=lambda one: " ".join(one.values()) if isinstance(one, dict) else one
)
def test_nothing_is_alive_on_a_page(page, query, hostile):
    first = get_system(hostile, "first-stage").label
    labels = [get_system(hostile, P[name]).label for name in ("system", "composite")]
    app = open_hostile(page, sys=[first, *labels], judge=P["judge"], **query)
    assert not app.exception, app.exception[0].message
    assert alive(app) == []
    # without an invitation its page shows nothing of the workspace
    assert page in ("8_LLM_grades.py", "4_Rerankers.py", "0_Invited.py") or "dataset" in seen(app)


@pytest.mark.parametrize("kind", KINDS)
def test_the_forms_for_composites_name_their_members_dead(kind, hostile):
    app = open_hostile("4_Rerankers.py")
    next(one for one in app.get("button_group") if "Cascade" in str(one.proto)).set_value(kind)
    app = app.run()
    assert not app.exception, app.exception[0].message
    for members in app.multiselect:
        if members.label == "Members":
            app = members.set_value([option for option in members.options if "evil" in option][:2]).run()
            break
    assert "system" in seen(app)
    assert alive(app) == []


def test_files_are_shown_dead_before_their_import_and_so_is_the_message_of_a_job_that_failed(hostile, tmp_path):
    folder = tmp_path / "files"
    folder.mkdir()
    name = P["file"].replace("/", "|")
    row = {"_id": P["docid"], "text": P["text"], P["metadata-field"]: P["metadata"]}
    (folder / f"{name}.jsonl").write_text(json.dumps(row) + "\n")
    (folder / f"{name}.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    app = open_hostile("3_Data.py")
    app.radio(key="import_way").set_value("A path on this machine").run()
    app = app.text_input(key="import_path").set_value(str(folder)).run()
    assert {"file", "docid", "text", "metadata-field", "metadata"} <= seen(app)
    assert alive(app) == []
    name = next(one for one in app.text_input if one.label == "Name of the dataset")
    app = name.set_value(P["job"]).run()
    app = next(one for one in app.button if one.label == "Import").click().run()
    with hostile.write() as db:
        (job,) = jobs.open_jobs(db, "import")
        jobs.finish(db, job.id, "failed", P["job"])
    app = app.run()
    assert "job" in seen(app)
    assert alive(app) == []


@pytest.mark.parametrize(
    "text",
    [*P.values(), "- a", "+ a", "1. a", "1) a", "# a", "> a", "---", "===", "~~a~~", "&lt;b&gt;",
     "&copy;", "a|b", "\\", "`a`", "_a_",
     "HTTPS://EVIL.example", "ftp://evil.example", "mailto:a@evil.example", "a\n\n# b"],
)  # fmt: skip
def test_every_sign_of_markdown_is_escaped(text):
    made = plain(text)
    assert not re.search(r"[\\`*_\[\]{}()#$~<>|:!&]|^\d*[-+=.]", re.sub(r"\\[!-/:-@\[-`{-~]", "%", made))
    bare = made.replace("\\", "")
    assert not re.search(r"(?i)(?<!\u2060)://|www\.|(?<!\u2060)@", bare)
    assert "\n" not in made
