"""`tests.bench soak`: what it complains of. No time is asserted; the work itself is not done here."""

from __future__ import annotations

from dataclasses import replace

from rerank_core.shell.answer import DONE, USAGE
from tests.bench.__main__ import main
from tests.bench.soak.verb import complaints, summary
from tests.bench.soak.watched import Look

FLAT = Look(0.0, 200.0, 600.0, 40, 10, 5.0, 2.0, 0.1, 7.5, {})


def looks(**last):
    """Twelve looks, 10 seconds apart; in the last four what `last` says."""
    return [replace(FLAT, seconds=10.0 * number, **(last if number > 7 else {})) for number in range(12)]


def test_what_stays_as_it_is_is_no_complaint():
    rows = summary(looks(), warm_up=0.0)
    assert {row["what"]: row["change %"] for row in rows} == dict.fromkeys((row["what"] for row in rows), 0.0)
    assert complaints(rows, kept=8) == []


def test_each_kind_of_growth_is_named():
    grown = {
        "web": 211.0, "worker": 631.0, "web_handles": 49, "worker_handles": 19, "wal": 65.0, "logs": 6.0, "kept": 8.1,
    }  # fmt: skip
    for name, value in grown.items():
        found = complaints(summary(looks(**{name: value}), warm_up=0.0), kept=8)
        assert len(found) == 1, (name, found)
        assert found[0].startswith(name)
    assert complaints(summary(looks(web=209.0, web_handles=48), warm_up=0.0), kept=8) == []


def test_growth_before_the_end_of_the_warm_up_does_not_count():
    early = [replace(one, web=100.0 if one.seconds < 40 else 200.0) for one in looks()]
    assert complaints(summary(early, warm_up=40.0), kept=8) == []
    assert complaints(summary(early, warm_up=0.0), kept=8) == ["web grew by 100.0 %"]


def test_without_a_worker_it_complains():
    rows = summary([replace(one, worker=None, worker_handles=None) for one in looks()], warm_up=0.0)
    assert complaints(rows, kept=8) == ["no worker was seen"]


def test_a_warm_up_as_long_as_the_whole_is_refused_and_without_a_browser_it_says_so(capsys, monkeypatch):
    assert main(["soak", "--minutes", "1", "--warm-up", "1"]) == USAGE
    monkeypatch.delenv("RERANK_LENS_CHROMIUM", raising=False)
    monkeypatch.setenv("PATH", "")
    assert main(["soak"]) == DONE
    assert "not installed" in capsys.readouterr().out
