"""Roles of a team: asked on the server, by pages, forms and the side route."""

from __future__ import annotations

import json

import pytest
import streamlit as st
from starlette.applications import Starlette
from starlette.testclient import TestClient
from streamlit.testing.v1 import AppTest

from pages.ui import roles, state
from pages.ui.outbox import side_route
from pages.ui.outbox.passes import Gate
from pages.ui.outbox.writer import of_session
from rerank_core.corpus.import_roots import VARIABLE as ROOTS
from rerank_core.errors import SettingsError
from rerank_core.store import jobs
from rerank_core.store.systems import get_systems
from tests.pages.conftest import CLIENT, open_page, texts

MAY_NOT = "You judge passages"
PAGES = [
    "Home", "Compare", "Evaluate", "Data", "Rerankers", "Inspect", "Tune", "Train", "Label", "Agreement", "LLM_grades",
    "Present", "Traffic",
]  # fmt: skip


@pytest.fixture
def team(tmp_path, monkeypatch):
    """A file of roles, and a way to sign in."""
    path = tmp_path / "roles.toml"
    path.write_text('"Ann@example.org" = "admin"\n"eva@example.org" = "engineer"\n"jo@example.org" = "judge"\n')
    monkeypatch.setenv(roles.VARIABLE, str(path))

    def sign_in(email: str | None, **more) -> None:
        user = {"is_logged_in": True, "email": email, **more} if email else {"is_logged_in": False}
        monkeypatch.setattr(st, "user", user)

    sign_in(None)
    return path, sign_in


def test_without_a_file_everybody_is_admin(monkeypatch):
    monkeypatch.delenv(roles.VARIABLE, raising=False)
    assert roles.current() == "admin"
    assert roles.may_set_servers()


def test_a_role_belongs_to_an_address_in_any_case_and_is_read_anew(team):
    path, sign_in = team
    sign_in("ANN@example.org")
    assert roles.current() == "admin"
    path.write_text('"eva@example.org" = "engineer"\n')
    assert roles.current() is None
    sign_in("eva@example.org", email_verified=False)
    assert roles.current() is None


@pytest.mark.parametrize("text", ["[", '"a@b.c" = "boss"', '["a"]', '"a@b.c" = ["admin"]'])
def test_a_file_that_cannot_be_read_lets_nobody_in(text, team, birds):
    path, sign_in = team
    path.write_text(text)
    sign_in("ann@example.org")
    with pytest.raises(SettingsError):
        roles.current()
    app = open_page("Data")
    assert "nobody is let in" in texts(app.error)
    assert not app.text_input


@pytest.mark.parametrize("page", PAGES)
def test_who_is_not_signed_in_or_not_named_sees_no_page(page, team, birds):
    _, sign_in = team
    app = open_page(page)
    assert [button.label for button in app.button] == ["Sign in"]
    assert not app.selectbox
    sign_in("mallory@example.org")
    app = open_page(page)
    assert "not on the list" in texts(app.error)
    assert not app.selectbox


@pytest.mark.parametrize("page", PAGES)
def test_a_judge_opens_label_only_and_an_engineer_all(page, team, birds):
    _, sign_in = team
    sign_in("jo@example.org")
    app = open_page(page)
    assert (MAY_NOT in texts(app.info)) == (page != "Label")
    assert page == "Label" or [one.proto.page for one in app.get("page_link")] == ["Label"]
    sign_in("eva@example.org")
    app = open_page(page)
    assert not app.exception
    assert MAY_NOT not in texts(app.info)


def test_the_sidebar_shows_a_judge_what_a_judge_may_open(team, birds):
    _, sign_in = team
    shown = {None: 0, "jo@example.org": 1, "eva@example.org": len(PAGES), "mallory@example.org": 0}
    for email, count in shown.items():
        sign_in(email)
        app = AppTest.from_string("from pages.ui import menu\nmenu.run()", default_timeout=60).run()
        assert (email, len(app.sidebar.get("page_link"))) == (email, count)


def test_a_judge_does_not_set_up_the_list(team, birds):
    _, sign_in = team
    for email, shown in {"jo@example.org": 0, "eva@example.org": 1}.items():
        sign_in(email)
        assert (
            sum(one.label == "For the organiser: choose passages" for one in open_page("Label", setup="true").toggle)
            == shown
        )


def test_an_engineer_names_no_path_no_server_and_no_folder(team, birds, workspace, tmp_path, monkeypatch):
    _, sign_in = team
    monkeypatch.setenv(ROOTS, str(tmp_path))
    sign_in("eva@example.org")
    assert not [one for one in open_page("Data").radio if "A path on this machine" in one.options]
    app = open_page("Rerankers")
    models = next(one for one in app.selectbox if one.key == "variant_of").options
    assert not [name for name in models if "HTTP" in name or "server" in name.lower()]
    next(one for one in app.text_input if one.label == "Hub name or local folder").set_value(str(tmp_path))
    app = next(one for one in app.button if one.label == "Add").click().run()
    assert "read only within" in texts(app.error)
    with workspace.open() as db:
        assert get_systems(db) == {}
        assert jobs.open_jobs(db, "import") == []
    app = open_page("LLM_grades")
    fields = {one.label: one for one in app.text_input if one.label in ("Address", "Key variable")}
    assert all(one.disabled for one in fields.values())
    sign_in("ann@example.org")
    assert [one for one in open_page("Data").radio if "A path on this machine" in one.options]
    assert len(next(one for one in open_page("Rerankers").selectbox if one.key == "variant_of").options) > len(models)


@pytest.mark.parametrize("page", PAGES)
def test_an_app_for_other_machines_without_roles_is_open_by_invitation_only(page, birds, monkeypatch):
    monkeypatch.delenv(roles.VARIABLE, raising=False)
    monkeypatch.setattr(roles, "is_at_this_machine", lambda: False)
    app = open_page(page)
    assert "open by invitation" in texts(app.info)
    assert not app.selectbox
    assert not app.get("bidi_component")
    assert not roles.may_set_servers()


def test_the_file_may_name_everybody(team, birds):
    path, sign_in = team
    path.write_text('"ann@example.org" = "admin"\n"*" = "judge"\n')
    assert roles.current() == "judge"
    assert not texts(open_page("Label").info)
    assert MAY_NOT in texts(open_page("Compare").info)
    writer = of_session("Jo", state.LABEL)
    assert (writer.name, writer.owns('["birds", "Jo"]')) == ("Jo", True)
    sign_in("ann@example.org")
    assert roles.current() == "admin"
    sign_in("ann@example.org", email_verified=False)
    assert roles.current() == "judge"


class Context:
    session_id = "s1"


@pytest.fixture
def offered(monkeypatch):
    """Offers the side route to whoever is signed in; (client, offer, what was kept)."""
    from pages.ui import cache

    kept = []
    gate = Gate(lambda _: True)
    gate.is_open = True
    monkeypatch.setattr(side_route, "_gate", gate)
    monkeypatch.setattr(side_route, "get_script_run_ctx", Context)
    monkeypatch.setattr(side_route, "_visitor", lambda *_: side_route.Visitor("http://testserver", "login"))
    monkeypatch.setattr(cache, "when_session_ends", lambda *_: None)

    def offer(component: str, judge: str):
        return side_route.offer(
            component,
            json.dumps(["birds", judge]),
            lambda events: kept.extend(events) or {"ack": {}},
            of_session(judge, component),
        )

    with TestClient(Starlette(routes=side_route.routes())) as client:
        yield client, offer, kept


def post(client: TestClient, route: dict[str, str], judge: str) -> int:
    event = {"client_id": CLIENT, "seq": 1, "kind": "grade", "docid": "d1", "grade": 3, "ts": 1, "qid": "q1"}
    body = {"outbox": [{**event, "outbox_key": json.dumps(["birds", judge])}]}
    return client.post("/" + side_route.PATH, json=body, headers={side_route.TOKEN: route["token"]}).status_code


def test_the_side_route_is_offered_under_ones_own_name_only(team, offered):
    _, offer, _ = offered
    _, sign_in = team
    assert offer("label", "jo@example.org") is None
    sign_in("jo@example.org")
    assert offer("label", "ann@example.org") is None
    assert offer("label", "jo@example.org") is not None


def test_a_post_is_refused_once_the_role_is_gone_or_does_not_hold_for_the_page(team, offered):
    path, sign_in = team
    client, offer, kept = offered
    sign_in("jo@example.org")
    me = "jo@example.org"
    label, board = offer("label", me), offer("board", me)
    assert post(client, label, me) == 200
    assert len(kept) == 1
    assert post(client, board, me) == 403
    assert post(client, label, "ann@example.org") == 200  # admitted: nothing
    path.write_text('"ann@example.org" = "admin"\n')
    assert post(client, label, me) == 403
    path.write_text("[")
    assert post(client, label, me) == 403
    assert len(kept) == 1
