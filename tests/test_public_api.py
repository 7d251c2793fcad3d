"""The public names: their examples run, they load nothing before they are used, and results show themselves."""

from __future__ import annotations

import ast
import doctest
import io
import json
import re
import subprocess
import sys
from dataclasses import replace
from html import escape
from pathlib import Path
from typing import get_args

import pandas as pd
import pytest

import rerank_core as rl
from rerank_core.errors import BadInputError, NotFoundError, SettingsError
from rerank_core.evaluation import compare as pairs
from rerank_core.evaluation.verdict import verdict
from rerank_core.rerankers.by_name import ORDERERS
from rerank_core.rerankers.catalogue.catalog import catalog
from rerank_core.rerankers.family import Orderer
from rerank_core.store.workspace import VARIABLE
from tests.conftest import BIRD_QUERIES, BIRDS, ROOT
from tests.test_docs import README

GRADES = {"q1": {"d1": 1, "007": 2, "d2": 0}, "q2": {"d2": 3}}


@pytest.fixture
def birds_folder(tmp_path, monkeypatch):
    """The present folder: it has `birds` as a BEIR folder, and the workspace that the app would take is in it."""
    folder = tmp_path / "birds"
    (folder / "qrels").mkdir(parents=True)
    passages = [{"_id": doc.docid, "title": doc.title, "text": doc.text} for doc in BIRDS]
    queries = [{"_id": query.qid, "text": query.text} for query in BIRD_QUERIES]
    for name, rows in (("corpus", passages), ("queries", queries)):
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    grades = [f"{qid}\t{docid}\t{grade}\n" for qid, row in GRADES.items() for docid, grade in row.items()]
    (folder / "qrels" / "test.tsv").write_text("query-id\tcorpus-id\tscore\n" + "".join(grades))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(VARIABLE, str(tmp_path / "workspace.db"))
    return folder


@pytest.fixture
def workspace(birds_folder):
    made = rl.Workspace()
    rl.import_dataset(made, "birds", birds_folder)
    return made


@pytest.mark.parametrize("name", rl.__all__)
def test_the_example_of_each_public_name_runs(workspace, name):
    tests = [test for test in doctest.DocTestFinder().find(getattr(rl, name), name, globs={}) if test.examples]
    assert tests, f"{name} has no example"
    told = io.StringIO()
    runner = doctest.DocTestRunner(verbose=False)
    for test in tests:
        runner.run(test, out=told.write)
    assert not runner.failures, told.getvalue()


def loaded_after(code: str) -> set[str]:
    code = f"import sys; {code}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_importing_the_package_loads_none_of_its_rooms_and_no_library():
    loaded = loaded_after("import rerank_core")
    assert {name for name in loaded if name.startswith("rerank_core")} == {"rerank_core"}
    assert not loaded & {"torch", "pandas", "numpy", "scipy", "sqlite_utils", "transformers"}


def test_measuring_two_runs_loads_no_model_library():
    code = "import rerank_core as rl; rl.compare({'q': ['d']}, {'q': ['d']}, {'q': {'d': 1}}).verdict"
    assert not loaded_after(code) & {"torch", "transformers", "sentence_transformers", "pandas"}


def test_the_names_are_the_same_for_people_programs_and_type_checkers():
    tree = ast.parse((ROOT / "rerank_core" / "__init__.py").read_text(encoding="utf-8"))
    (guarded,) = [node for node in tree.body if isinstance(node, ast.If)]
    typed = {
        alias.name: node.module.removeprefix("rerank_core.") for node in guarded.body for alias in node.names
    }  # fmt: skip
    assert typed == rl._HOMES
    assert sorted(typed) == rl.__all__
    assert set(rl.__all__) <= set(dir(rl))
    with pytest.raises(AttributeError, match="no attribute 'teleport'"):
        rl.teleport  # noqa: B018


def test_the_one_reranker_that_is_typed_as_an_orderer_is_the_one_of_its_family():
    assert [model.id for model in catalog() if model.family == "llm-listwise"] == [*get_args(ORDERERS)]


def test_a_reranker_takes_its_settings_as_keywords():
    texts = ["a kestrel hunts voles", "otters eat fish"]
    assert len(rl.load("minilm-cosine", device="cpu").score("who eats fish", texts)) == 2
    ordering = rl.load("llm-listwise", base_url="http://127.0.0.1:9/v1", model="m", key_variable="")
    assert isinstance(ordering, Orderer)
    ordering.close()
    with pytest.raises(SettingsError, match="has no setting speed"):
        rl.load("minilm-cosine", speed=3)
    with pytest.raises(SettingsError, match="'first-stage' is the order that a retriever gives"):
        rl.load("first-stage")
    with pytest.raises(NotFoundError, match="no-such"):
        rl.load("no-such")


SCORES = {"q1": {"d1": 3.0, "d2": 2.0, "007": 1.0}, "q2": {"d1": 2.0, "d2": 1.0}}
# of q1 the first passage is relevant, of q2 the second
RR = (1 + 1 / 2) / 2


def trec(path, rows):
    path.write_text("".join(" ".join(map(str, row)) + "\n" for row in rows))
    return path


def pair_rows():
    return [(qid, docid, score) for qid, row in SCORES.items() for docid, score in row.items()]


def run_as(kind, folder):
    rows = pair_rows()
    frame = pd.DataFrame(rows, columns=["query_id", "docno", "score"])
    if kind == "orders":
        return {qid: list(row) for qid, row in SCORES.items()}
    if kind == "file":
        return trec(folder / "run.trec", [(qid, "Q0", docid, 9, score, "tag") for qid, docid, score in rows])
    if kind == "path as text":
        return str(run_as("file", folder))
    if kind == "ranks":
        ranks = frame.groupby("query_id")["score"].rank(ascending=False)
        return frame.drop(columns="score").assign(rank=ranks).sample(frac=1, random_state=1)
    if kind == "frame":
        return frame.sample(frac=1, random_state=1)
    return SCORES


def qrels_as(kind, folder):
    rows = [(qid, docid, grade) for qid, row in GRADES.items() for docid, grade in row.items()]
    if kind == "file":
        return trec(folder / "qrels.txt", [(qid, 0, docid, grade) for qid, docid, grade in rows])
    return pd.DataFrame(rows, columns=["qid", "docid", "relevance"]) if kind == "frame" else GRADES


@pytest.mark.parametrize("run", ["scores", "orders", "file", "path as text", "frame", "ranks"])
@pytest.mark.parametrize("qrels", ["dict", "file", "frame"])
def test_a_run_is_measured_alike_however_it_is_given(tmp_path, run, qrels):
    found = rl.evaluate(run_as(run, tmp_path), qrels_as(qrels, tmp_path), ["mrr@10", "P@1"])
    assert found.values == {"RR@10": {"q1": 1.0, "q2": 0.5}, "P@1": {"q1": 1.0, "q2": 0.0}}
    assert found.means == {"RR@10": RR, "P@1": 0.5}


def test_ids_become_text_and_keep_their_zeros():
    frame = pd.DataFrame({"qid": [1, 1], "docid": ["007", "7"], "score": [2, 1]})
    assert rl.evaluate(frame, {1: {"007": 1}}, ["RR@10"]).values == {"RR@10": {"1": 1.0}}


def test_a_query_without_a_result_counts_0_and_is_said_and_one_without_grades_is_left_out():
    found = rl.evaluate({"q1": ["d1"], "q9": ["d1"]}, GRADES, ["RR@10"])
    assert (found.means, found.missing, found.ungraded) == ({"RR@10": 0.5}, ("q2",), ("q9",))
    assert "Graded queries without a result, which count 0: 1." in found._repr_html_()
    assert "RR@10" in str(found)


def test_equal_scores_are_ordered_as_asked():
    tied = {"q": {"a": 1.0, "b": 1.0}}
    assert rl.evaluate(tied, {"q": {"b": 1}}, ["P@1"]).means == {"P@1": 1.0}  # trec_eval: docid descending
    assert rl.evaluate(tied, {"q": {"b": 1}}, ["P@1"], ties="file").means == {"P@1": 0.0}


def test_a_level_stands_in_the_name():
    assert rl.evaluate({"q1": ["d1", "007"]}, GRADES, ["RR@10"], level=2).values["RR(rel=2)@10"]["q1"] == 0.5


@pytest.mark.parametrize(
    ("run", "qrels", "message"),
    [
        ({"q1": {"d1": float("nan")}}, GRADES, "run: a score is nan. Expected: a finite number"),
        ({"q1": "d1"}, GRADES, "the answer to a query is the text 'd1'"),
        ({1.5: ["d1"]}, GRADES, "an id is 1.5. Expected: a text, or a whole number"),
        ({"q1": ["d1", "d1"]}, GRADES, "d1"),
        ({"q1": ["d1"]}, {"q1": {"d1": 0.5}}, "qrels: a grade is 0.5. Expected: a whole number"),
        (pd.DataFrame({"qid": ["q"], "text": ["x"]}), GRADES, r"no column rank \(its columns: qid, text\)"),
        (pd.DataFrame({"qid": ["q"] * 2, "docid": ["d"] * 2, "score": [1, 2]}), GRADES, "query q has passage d twice"),
    ],
)
def test_bad_input_says_what_was_expected(run, qrels, message):
    with pytest.raises(BadInputError, match=message):
        rl.evaluate(run, qrels)


@pytest.mark.parametrize(("measures", "message"), [("nDCG@10", "a list, such as"), ([], "at least one name")])
def test_measures_are_a_list(measures, message):
    with pytest.raises(BadInputError, match=message):
        rl.evaluate(SCORES, GRADES, measures)


def test_two_runs_are_compared_over_the_graded_queries_that_both_have():
    qids = [f"q{number}" for number in range(12)]
    qrels = {qid: {"good": 1} for qid in [*qids, "lost"]}
    before = {qid: ["bad", "good"] for qid in [*qids, "lost", "ungraded"]}
    after = {qid: ["good", "bad"] for qid in qids[:-1]} | {qids[-1]: ["good", "other"], "ungraded": ["bad"]}
    found = rl.compare(before, after, qrels, ["RR@10", "P@1"], names=("old", "new"))
    expected = pairs.compare(
        dict.fromkeys(qids, 0.5), dict.fromkeys(qids, 1.0), baseline="old", system="new", measure="RR@10"
    )
    assert found.comparisons[0] == expected
    assert found.verdict == verdict(expected)
    assert found.verdict.startswith("new is better than old by +0.500 RR@10")
    assert (found.left_out, found.unlike) == (("lost",), (qids[-1],))
    assert found.means == {"RR@10": (0.5, 1.0), "P@1": (0.0, 1.0)}
    row = found.table().to_dict("records")[0]
    assert (row["old"], row["new"], row["delta"], row["won"], row["queries"]) == (0.5, 1.0, 0.5, 12, 12)
    assert row["p"] == expected.p_value
    assert "The two rank different passages on 1 of 12 queries." in str(found)


def test_files_are_called_by_their_names_and_two_of_one_name_by_their_paths(tmp_path):
    run = run_as("file", tmp_path)
    assert rl.compare(SCORES, run, GRADES).comparisons[0].system == "run.trec"
    (tmp_path / "b").mkdir()
    other = run_as("file", tmp_path / "b")
    assert rl.compare(run, other, GRADES).comparisons[0].system == str(other)
    with pytest.raises(BadInputError, match="both runs are called 'A'"):
        rl.compare(SCORES, SCORES, GRADES, names=("A", "A"))


def test_a_comparison_shows_itself_as_a_table_with_everything_escaped():
    html = rl.compare(SCORES, SCORES, GRADES, names=("<b>old</b>", "<script>"))._repr_html_()
    assert "<table" in html
    assert "&lt;script&gt; and &lt;b&gt;old&lt;/b&gt; have the same nDCG@10" in html
    assert "<script" not in html
    assert "<b>" not in html


def test_nothing_in_common_is_said_and_not_computed():
    assert rl.compare({"q1": ["d1"]}, {"q2": ["d1"]}, GRADES).verdict.startswith("Cannot tell: no query has nDCG@10")


def test_the_readmes_snippet_runs(birds_folder):
    (snippet,) = re.findall(r"## In a notebook\n.*?```python\n(.*?)```", README, re.DOTALL)
    birds_folder.rename("my-corpus")
    trec(Path("old.trec"), [("q1", "Q0", "d2", 1, 2.0, "old"), ("q2", "Q0", "d1", 1, 2.0, "old")])
    trec(Path("new.trec"), [("q1", "Q0", "d1", 1, 2.0, "new"), ("q2", "Q0", "d2", 1, 2.0, "new")])
    trec(Path("qrels.txt"), [("q1", 0, "d1", 1), ("q2", 0, "d2", 3)])
    names = {}
    exec(snippet, names)
    assert names["found"].table()["system"].tolist() == ["first-stage", "minilm-maxsim"]
    assert names["comparison"].means == {"nDCG@10": (0.0, 1.0)}
    assert len(names["scores"]) == 2


def test_an_experiment_is_run_measured_and_asked(workspace):
    experiment = rl.Experiment.of(workspace, "birds", ["first-stage", "minilm-maxsim", "bge-reranker-v2-m3"], depth=10)
    ((system, reasons),) = rl.run(experiment, bar=False).items()
    assert system == "bge-reranker-v2-m3"
    assert [(reason[:28], count) for reason, count in reasons.items()] == [("BGE reranker v2 m3: Needs a ", 2)]
    found = rl.figures(experiment, ["nDCG@10", "RR@10"])
    table = found.table().set_index("system")
    assert list(table.index) == ["first-stage", "minilm-maxsim", "bge-reranker-v2-m3"]
    assert table.loc["minilm-maxsim", "delta"] == pytest.approx(
        table.loc["minilm-maxsim", "nDCG@10"] - table.loc["first-stage", "nDCG@10"]
    )
    assert table.loc["bge-reranker-v2-m3"].isna().all()
    html = found._repr_html_()
    assert found.verdicts[0].split(" (")[0] in html
    assert "<td>–</td>" in html
    assert "NA&gt;" not in html
    assert rl.retrieve(experiment, "hovering hunter").docids[0] == "d2"


def test_a_matrix_has_the_figures_of_each_first_stage(workspace):
    experiment = rl.Experiment.of(workspace, "birds", ["first-stage", "minilm-maxsim"], depth=10)
    found = rl.matrix(experiment, "RR@10", bar=False)
    assert len(found.rows) == 3
    for row in found.rows:
        alone = rl.figures(replace(experiment, settings=row.settings), ["RR@10"]).table().set_index("system")["RR@10"]
        assert {system: cell.value for system, cell in row.cells.items()} == pytest.approx(alone.to_dict())
    assert len(found.table()) == 6
    assert "<p>RR@10 over 2 queries with a relevant passage.</p><table" in found._repr_html_()
    (row,) = rl.matrix(experiment, "RR@10", [found.rows[1].settings], bar=False).rows
    assert row == found.rows[1]


def test_a_switch_ranks_the_two_and_shows_itself(workspace):
    experiment = rl.Experiment.of(workspace, "birds", depth=10)
    found = rl.switch(experiment, "minilm-maxsim", "first-stage", "RR@10", precision=0.9, bar=False)
    assert found.comparison.n == 2
    assert f"<p>{escape(found.sentence)}</p><p>{escape(found.no_floor)}</p><table" in found._repr_html_()
    assert str(found).startswith(found.sentence)
    with pytest.raises(SettingsError, match="between two systems"):
        rl.switch(experiment, "minilm-maxsim", "minilm-maxsim", bar=False)
    with pytest.raises(NotFoundError, match="no-such"):
        rl.when(experiment, "no-such", bar=False)
    with pytest.raises(SettingsError, match="is no reranker"):
        rl.when(experiment, "first-stage", bar=False)


def test_a_run_that_is_done_asks_no_model_again(workspace, monkeypatch):
    experiment = rl.Experiment.of(workspace, "birds", ["minilm-cosine"], depth=10)
    assert rl.run(experiment, bar=False) == {}
    monkeypatch.setattr("rerank_core.ranking.pipeline.rerank", None)
    assert rl.run(experiment, bar=False) == {}
