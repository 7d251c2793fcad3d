"""What each column is taken for: by a usual name in three languages, by what it holds, and as a person says."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rerank_core.corpus.formats.columns import USUAL, Columns
from rerank_core.corpus.formats.delimited import has_header, is_id_with_text, read_docs
from rerank_core.corpus.formats.judgments import read_judgments
from rerank_core.corpus.formats.queries import read_queries
from rerank_core.corpus.formats.record import as_tags
from rerank_core.corpus.formats.usual_names import find_usual, letters, name_words
from rerank_core.corpus.survey.aside import look_aside
from rerank_core.corpus.survey.choices import Choices, parse_column, parse_header
from rerank_core.corpus.survey.column_look import look_at_columns
from rerank_core.corpus.survey.preview import Preview, preview
from rerank_core.corpus.survey.sources import find_sources
from rerank_core.errors import BadInputError, RerankLensError, SettingsError

LONG = "To reset the device hold its button for ten seconds and wait until the light turns green."


def roles(part: str, header: str, *rows: str, chosen: Columns = USUAL) -> dict[str, tuple[str, bool]]:
    """Column -> (role, whether it is sure), for a table with | between its cells."""
    cells = [tuple(row.split("|")) for row in rows]
    looks = look_at_columns(tuple(header.split("|")), cells, part, chosen)
    return {one.name: (one.role, one.sure) for one in looks}


@pytest.mark.parametrize(
    ("header", "wanted"),
    [
        ("article_id|headline|body|department", "id title text filter"),
        ("Article ID|Subject|Content|Category", "id title text filter"),
        ("kb_id|name|description|tags", "id title text tags"),
        ("sku|product_name|product_description|brand", "id title text filter"),
        ("ticket|subject|body|priority", "id title text filter"),
        ("ticketNumber|short_description|text|owner", "id title text filter"),
        ("number|short_description|text|sys_id", "filter title text id"),
        ("url|title|content|lang", "id title text filter"),
        ("Issue key|Summary|Description|Status", "id title text filter"),
        ("faq_id|question|answer|audience", "id title text filter"),
        ("docId|heading|page_content|source", "id title text filter"),
        ("Artikelnummer|Überschrift|Inhalt|Abteilung", "id title text filter"),
        ("artikel_id|Titel|Beschreibung|Schlagwörter", "id title text tags"),
        ("Nr|Betreff|Volltext|Rubrik", "id title text filter"),
        ("identifiant|titre|contenu|catégorie", "id title text filter"),
        ("REFERENCE_ID|Intitulé|CORPS|mots_clés", "filter title text tags"),
    ],
)
def test_the_usual_names_of_passages(header: str, wanted: str):
    found = roles("passages", header, f"a1|One|{LONG}|x", f"a2|Two|{LONG}|y")
    names = [role for role, _ in found.values()]
    if "REFERENCE_ID" in found:  # no usual name of an id: taken by what it holds, and to be checked
        assert found["REFERENCE_ID"] == ("id", False)
        names[0] = "filter"
    assert names == wanted.split()


@pytest.mark.parametrize(
    ("header", "wanted"),
    [
        ("query_id|search_term", "id text"),
        ("qid|query|note|tags", "id text note tags"),
        ("searchId|Search Text", "id text"),
        ("id|question|count", "id text not-read"),
        ("Nr|Suchbegriff", "id text"),
        ("anfrage_id|Frage", "id text"),
        ("id|requête", "id text"),
    ],
)
def test_the_usual_names_of_queries(header: str, wanted: str):
    row = "|".join(["q1", "how to reset", "3", "a; b"][: header.count("|") + 1])
    found = roles("queries", header, row)
    assert [role.replace(" ", "-") for role, _ in found.values()] == wanted.split()
    assert all(sure for _, sure in found.values())


@pytest.mark.parametrize(
    ("header", "wanted"),
    [
        ("query_id|article_id|rating", "query passage grade"),
        ("search_term|kb_id|relevance", "query passage grade"),
        ("query|sku|label|when", "query passage grade not-read"),
        ("Suchbegriff|Artikelnummer|Bewertung", "query passage grade"),
        ("ticket_id|is_relevant|question", "passage grade query"),
    ],
)
def test_the_usual_names_of_grades(header: str, wanted: str):
    row = "|".join(["q1", "d1", "2", "2024"][: header.count("|") + 1])
    assert [role.replace(" ", "-") for role, _ in roles("grades", header, row).values()] == wanted.split()


@pytest.mark.parametrize(
    ("part", "header", "row", "wanted"),
    [
        ("passages", "art|kop|inhoud|x", "A{0}|Een kop {0}|" + LONG + "|y", "id title text filter"),
        ("passages", "kop|inhoud|art", "Een kop {0}|" + LONG + "|A{0}", "title text id"),
        ("passages", "body|ref", LONG + "|R-{0}", "text id"),
        ("passages", "a|b|c", "{0}|same|" + LONG, "id filter text"),
        ("queries", "zoek_nr|zoekterm", "Z{0}|fiets {0} kopen", "id text"),
        ("queries", "wat|hoeveel", "fiets {0} kopen|{0}", "text id"),
        ("grades", "zoek|stuk|punt", "Z{0}|A{0}|3", "query passage grade"),
    ],
)
def test_what_no_usual_name_tells_is_guessed_by_what_it_holds_and_not_sure(part, header, row, wanted):
    found = roles(part, header, *(row.format(number) for number in range(6)))
    assert [role for role, _ in found.values()] == wanted.split()
    sure = {name for name, (role, is_sure) in found.items() if is_sure}
    assert sure <= {name for name, (role, _) in found.items() if role == "filter" or name == "body"}


def test_no_column_is_an_id_whose_values_repeat_or_have_spaces():
    found = roles("passages", "a|b|c", f"x|one two|{LONG}", f"x|two three|{LONG}")
    assert "id" not in {role for role, _ in found.values()}


def test_a_chosen_role_wins_and_frees_no_name_for_another():
    chosen = Columns(roles=(("department", "title"), ("headline", "not read")))
    found = roles("passages", "id|headline|body|department", f"1|H|{LONG}|D", chosen=chosen)
    assert [role for role, _ in found.values()] == ["id", "not read", "text", "title"]


@pytest.mark.parametrize(
    ("name", "usual", "found"),
    [
        ("Überschrift", ("uberschrift",), True),
        ("KB-Id", ("kb_id",), True),
        ("kbId", ("kb_id",), True),
        ("Étiquettes", ("étiquettes",), True),
        ("identifier", ("id",), False),
        ("", ("id",), False),
    ],
)
def test_names_meet_without_case_signs_and_accents(name: str, usual: tuple[str, ...], found: bool):
    assert (find_usual([name], usual) == name) is found or not name


def test_the_words_of_a_name():
    assert name_words("kbArticleID") == ["kb", "article", "id"]
    assert name_words("KB article_id 2") == ["kb", "article", "id", "2"]
    assert letters("x" * 10_000 + "y") == "x" * 200


@pytest.mark.parametrize(
    ("rows", "header"),
    [
        (["query_id,search_term", "S1,reset"], True),  # a usual name of an id
        (["foo,bar", "S1,reset the device", "S2,open the lid"], True),  # ids and texts below, neither above
        (["S0,how to reset", "S1,open the lid", "S2,close it"], False),  # like the rows below
        (["12,kettle", "13,oven lamp"], False),
        (["art,kop", "12,kettle", "13,oven"], True),  # numbers below
        (["foo,bar", "baz,qux"], True),  # distinct short cells that say nothing else
        (["a long text that is no name of a column at all,x", "another text,y"], False),
        (["foo,foo", "baz,qux"], False),
        (["q1,d1,3", "q1,d2,0"], False),
        (["zoek,stuk,punt", "q1,d1,3"], True),
        (["alone,here"], True),
    ],
)
def test_a_header_is_like_no_row_below_it(rows: list[str], header: bool):
    assert has_header([row.split(",") for row in rows]) is header


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


class TestReaders:
    def test_a_header_never_becomes_a_query(self, tmp_path: Path):
        path = write(tmp_path / "search_queries.csv", "query_id,search_term\nS1,reset\nS2,open\n")
        assert [query.qid for _, query in read_queries(path)] == ["S1", "S2"]
        path = write(tmp_path / "q.csv", "zoek_ref,zin\nS1,reset it now\n")
        with pytest.raises(BadInputError, match=r'no queries in .*--column "FILE::COLUMN=id"'):
            list(read_queries(path))
        chosen = Columns(roles=(("zoek_ref", "id"), ("zin", "text")))
        assert [(query.qid, query.text) for _, query in read_queries(path, chosen)] == [("S1", "reset it now")]

    def test_search_terms_alone_are_numbered(self, tmp_path: Path):
        path = write(tmp_path / "searches.csv", "search_term\nreset\nopen the lid\n")
        write(tmp_path / "p.csv", f"id,text\n1,{LONG}\n")
        assert [(query.qid, query.text) for _, query in read_queries(path)] == [("q1", "reset"), ("q2", "open the lid")]
        assert find_sources(tmp_path).queries == (path,)
        counted = write(tmp_path / "queries.csv", "search_term,hits\nreset,3\nopen,3\n")
        with pytest.raises(BadInputError, match="no queries"):  # the other column may be the id
            list(read_queries(counted))
        counted.rename(tmp_path / "searches.csv")
        agreed = preview(tmp_path, Choices(parts={"searches.csv": "queries"})).agreed(Choices())
        chosen = find_sources(tmp_path, Choices(parts={"searches.csv": "queries"}, roles=agreed.roles))
        assert [query.qid for _, query in read_queries(path, chosen.columns_of(path))] == ["q1", "q2"]

    def test_roles_of_passages(self, tmp_path: Path):
        path = write(tmp_path / "p.csv", "ref,kop,inhoud,soort,weg\n1,K,T,a; b,x\n")
        given = (("ref", "id"), ("kop", "title"), ("inhoud", "text"), ("soort", "tags"), ("weg", "not read"))
        (doc,) = read_docs(path, Columns(roles=given))
        assert (doc.docid, doc.title, doc.text, dict(doc.metadata)) == ("1", "K", "T", {"soort": ["a", "b"]})

    def test_roles_of_json(self, tmp_path: Path):
        row = {"id": 7, "kop": "K", "text": "T", "labels": "a|b", "x": 1}
        (tmp_path / "p.jsonl").write_text(json.dumps(row))
        sources = find_sources(
            tmp_path, Choices(roles={"p.jsonl": {"kop": "title", "labels": "tags", "x": "not read"}})
        )
        from rerank_core.corpus.survey.sources import read_passages

        (doc,) = read_passages(sources.passages[0], sources.columns_of(sources.passages[0]), 200, 40)
        assert (doc.title, dict(doc.metadata)) == ("K", {"labels": ["a", "b"]})

    def test_roles_of_queries_and_grades(self, tmp_path: Path):
        path = write(tmp_path / "q.csv", "a,b,c,d\nq1,reset,hint,x|y\n")
        chosen = Columns(roles=(("a", "id"), ("b", "text"), ("c", "note"), ("d", "tags")))
        ((_, query),) = read_queries(path, chosen)
        assert (query.qid, query.note, query.tags) == ("q1", "hint", ("x", "y"))
        path = write(tmp_path / "g.csv", "a,b,c\n2,q1,d1\n")
        (grade,) = read_judgments(path, Columns(roles=(("a", "grade"), ("b", "query"), ("c", "passage"))))
        assert (grade.query, grade.docid, grade.grade) == ("q1", "d1", 2)

    def test_a_table_can_be_said_to_have_no_header(self, tmp_path: Path):
        path = write(tmp_path / "p.csv", "id,text\n1,x\n")
        assert [doc.docid for doc in read_docs(path, Columns(header=False))] == ["id", "1"]
        assert [query.qid for _, query in read_queries(path, Columns(header=False))] == ["id", "1"]
        path = write(tmp_path / "g.csv", "q1,d1,3\nq1,d2,0\n")
        chosen = Columns(header=False, roles=(("column 1", "passage"), ("column 2", "query"), ("column 3", "grade")))
        assert [grade.docid for grade in read_judgments(path, chosen)] == ["q1", "q1"]

    def test_a_column_that_is_not_there_is_named(self, tmp_path: Path):
        path = write(tmp_path / "p.csv", "id,text\n1,x\n")
        with pytest.raises(BadInputError, match=r"no column 'kop' \(columns: id, text\)"):
            list(read_docs(path, Columns(roles=(("kop", "title"),))))
        everywhere = Choices(roles={"": {"kop": "title"}})
        assert find_sources(tmp_path, everywhere).passages == (path,)
        assert [doc.title for doc in read_docs(path, everywhere.columns_of(path, tmp_path))] == [""]


@pytest.mark.parametrize(
    ("cell", "tags"),
    [
        ("a; b ;a", ["a", "b"]), ("a, b", ["a", "b"]), ("a|b, c", ["a", "b, c"]), ('["x", "y z"]', ["x", "y z"]),
        ("[not json", ["[not json"]), ("", []), (None, []), (["k"], ["k"]), (7, [7]),
    ],
)  # fmt: skip
def test_tags_of_a_cell(cell, tags):
    assert as_tags(cell) == tags


class TestPreview:
    def test_what_it_proposes_imports_as_it_was_shown(self, tmp_path: Path):
        rows = "".join(f"A{n};Een kop {n};{LONG} {n}\n" for n in range(5))
        write(tmp_path / "vogels.csv", "art;kop;inhoud\n" + rows)
        found = preview(tmp_path)
        (seen,) = found.files
        assert (seen.part, seen.sure, seen.header) == ("passages", False, True)
        with pytest.raises(BadInputError):
            find_sources(tmp_path)  # without being told, nothing is read by a mere guess
        sources = find_sources(tmp_path, found.agreed(Choices()))
        assert [doc.title for doc in read_docs(sources.passages[0], sources.columns_of(sources.passages[0]))][:1] == [
            "Een kop 0"
        ]

    def test_it_says_what_is_not_read_and_why(self, tmp_path: Path):
        (tmp_path / "p.csv").write_text("id,text\n1,x\n")
        (tmp_path / "pic.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(20))
        (tmp_path / "a.pdf").write_bytes(b"%PDF-1.7")
        (tmp_path / "z.zip").write_bytes(b"PK\x03\x04" + bytes(40))
        (tmp_path / "bad.jsonl").write_text("{oops\n")
        found = {seen.name: seen for seen in preview(tmp_path).files}
        kinds = {name: (seen.part, seen.kind) for name, seen in found.items() if name != "p.csv"}
        assert kinds == {
            "pic.png": ("not read", "a PNG image"), "a.pdf": ("not read", "a PDF"),
            "z.zip": ("not read", "a ZIP archive"), "bad.jsonl": ("not read", "JSONL"),
        }  # fmt: skip
        assert found["bad.jsonl"].why.startswith("line 1: ")
        assert not found["bad.jsonl"].sure  # to leave it out is agreed to, by whoever imports

    @pytest.mark.parametrize("name", ["pic.png", "bad.jsonl", "empty.csv", "queries.csv"])
    def test_one_file_without_passages_has_a_problem_and_never_raises(self, tmp_path: Path, name: str):
        content = {"pic.png": b"\x89PNG\r\n\x1a\n", "bad.jsonl": b"{", "queries.csv": b"qid,query\n1,x\n"}
        (tmp_path / name).write_bytes(content.get(name, b""))
        assert any(problem.startswith(f"{name}: no passages are seen") for problem in preview(tmp_path / name).problems)

    def test_two_data_sets_are_a_problem_that_choices_solve(self, tmp_path: Path):
        for folder in ("a", "b"):
            (tmp_path / folder).mkdir()
            write(tmp_path / folder / "corpus.jsonl", '{"_id": "1", "text": "x"}\n')
        assert "Several folders hold passages (a, b)" in preview(tmp_path).problems[0]
        assert preview(tmp_path, Choices(parts={"b/corpus.jsonl": "not read"})).problems == ()

    def test_a_missing_column_is_a_problem_by_name(self, tmp_path: Path):
        write(tmp_path / "p.csv", f"id,text\n1,{LONG}\n")
        found = preview(tmp_path, Choices(roles={"p.csv": {"text": "filter"}}))
        assert found.problems == ("p.csv: choose the column of the text, or say that the file is not read.",)

    def test_it_is_the_same_through_json_and_in_its_own_process(self, tmp_path: Path):
        write(tmp_path / "kb.csv", "article_id,headline,body\n1,Küche,x\n")
        write(tmp_path / "q.csv", "query_id,search_term\n1,x\n")
        choices = Choices(Columns(title="body"), {"q.csv": "queries"}, {"kb.csv": {"body": "text"}}, {"kb.csv": True})
        here = preview(tmp_path, choices)
        assert Preview.from_dict(json.loads(json.dumps(here.to_dict()))) == here
        assert look_aside(tmp_path, choices) == here

    def test_its_own_process_answers_for_what_is_not_there(self, tmp_path: Path):
        with pytest.raises(BadInputError, match="No such file"):
            look_aside(tmp_path / "none")

    def test_a_look_is_bounded_in_memory_and_time(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
        write(tmp_path / "p.csv", "id,text\n1,x\n")
        monkeypatch.setattr("rerank_core.corpus.survey.aside.SECONDS", 0.001)
        with pytest.raises(RerankLensError, match="takes too long"):
            look_aside(tmp_path)

    def test_only_the_beginning_of_a_large_file_is_read(self, tmp_path: Path):
        path = tmp_path / "big.jsonl"
        with path.open("w") as stream:
            stream.write('{"_id": "1", "text": "x"}\n' * 1000)
            stream.truncate(3 * 2**40)  # a hole of three terabytes
        (seen,) = look_aside(path).files
        assert seen.part == "passages"


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("a.csv::head line=title", ("a.csv", "head line", "title")),
        ("dc:title=title", ("", "dc:title", "title")),
        ("a=b=not-read", ("", "a=b", "not read")),
    ],
)
def test_a_column_option_is_parsed(text: str, wanted: tuple[str, str, str]):
    assert parse_column(text) == wanted


@pytest.mark.parametrize("text", ["a", "=title", "a.csv::=title", "::a=title", "a=headline"])
def test_a_column_option_that_is_none_is_refused(text: str):
    with pytest.raises(SettingsError, match="FILE::COLUMN=ROLE"):
        parse_column(text)


def test_a_header_option_is_parsed():
    assert parse_header("a=b.csv=No") == ("a=b.csv", False)
    with pytest.raises(SettingsError, match="FILE=yes or FILE=no"):
        parse_header("a.csv=perhaps")


def test_a_row_of_another_width_is_no_id_with_a_text():
    assert not is_id_with_text(["q1"], [])
    assert not is_id_with_text(["q1", "who swims", "3"], [])
    assert is_id_with_text(["q1", "otters"], [[], ["q2", "terns"]])
