"""A session of the console's: how it ends, and what is said in it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import SecretStr

from app.console import session as sessions
from app.console.session import SAID_LASTS, Session, Sessions
from tests.helpers.clients import new_client
from tests.helpers.commands import HELD, Commands
from tests.helpers.console import TOKEN, Visitor, text_of
from tests.helpers.engines import BOTH_ENGINES
from tests.helpers.servers import serve_process
from tests.helpers.settings import environment
from tests.helpers.site import site

SESSION, SAID = "polar_sync_console", "polar_sync_console_said"


@pytest.fixture
def console(commands: Commands) -> Iterator[Visitor]:
    with site(commands.store, console_token=TOKEN, worker="separate") as running:
        visitor = Visitor(running.client)
        assert visitor.log_in("Ann").status_code == 303
        yield visitor


def is_in(visitor: Visitor) -> bool:
    return visitor.get("/deletions").status_code == 200


def remembered(commands: Commands) -> list[str]:
    rows = commands.store.query("SELECT name FROM meta WHERE name LIKE 'ended_session:%'")
    return [row["name"] for row in rows]


# --- how it ends ---------------------------------------------------------------------------------


@BOTH_ENGINES
def test_after_log_out_the_cookie_is_worth_nothing(commands: Commands, console: Visitor) -> None:
    number = commands.deletion("user-1", *HELD)
    kept, other = Visitor(console.client, dict(console.cookies)), Visitor(console.client)
    other.log_in("Ann")
    form = console.csrf()
    assert console.post("/logout", form).headers["location"] == "/console/login"
    assert not is_in(console)
    for path in ("", "/deletions/1", "/deletions/1/receipt.json", "/pause"):
        assert kept.get(path).headers["location"].startswith("/console/login")
    assert kept.get("/login").status_code == 200
    approval = form | {"number": str(number)}
    assert kept.post(f"/deletions/{number}/approve", approval).status_code == 403
    assert commands.row(number).state == "held"
    # Another session of the same person's goes on.
    assert is_in(other)
    # Nothing that is kept of it lets anybody in, or makes a form.
    [name] = remembered(commands)
    assert form["csrf"] not in name


@BOTH_ENGINES
@pytest.mark.slow
def test_it_has_ended_in_another_process_too(commands: Commands, console: Visitor) -> None:
    variables = {**environment(commands.store), "CONSOLE_TOKEN": TOKEN}
    with (
        serve_process(variables, commands.store.directory) as process,
        new_client(process.url) as client,
    ):
        there = Visitor(client, dict(console.cookies))
        assert is_in(there)
        console.post("/logout", console.csrf())
        assert not is_in(there)


@BOTH_ENGINES
def test_it_is_remembered_for_as_long_as_it_would_have_lasted(
    commands: Commands, console: Visitor
) -> None:
    for ago, is_kept in ((timedelta(seconds=1), False), (timedelta(hours=-1), True)):
        until = (datetime.now(UTC) - ago).isoformat(timespec="microseconds")
        commands.store.execute(
            "INSERT INTO meta (name, value) VALUES (?, ?)", f"ended_session:{is_kept}", until
        )
    before = commands.store.query("SELECT name FROM meta WHERE name NOT LIKE 'ended_session:%'")
    console.post("/logout", console.csrf())
    names = remembered(commands)
    assert len(names) == 2
    assert "ended_session:True" in names
    after = commands.store.query("SELECT name FROM meta WHERE name NOT LIKE 'ended_session:%'")
    assert {row["name"] for row in before} <= {row["name"] for row in after}


def test_whoever_is_in_is_not_asked_again(commands: Commands, console: Visitor) -> None:
    assert console.get("/login").headers["location"] == "/console"
    assert console.get("/login?next=%2Fdone").headers["location"] == "/console/done"
    assert console.get("/login?next=%2F%2Fevil.example").headers["location"] == "/console"


@BOTH_ENGINES
def test_without_the_database_nobody_is_let_in_by_a_cookie(
    commands: Commands, console: Visitor
) -> None:
    form = console.csrf()
    commands.sql("ALTER TABLE meta RENAME TO hidden")
    answers = [console.get(path) for path in ("", "/deletions", "/login")]
    for answer in (*answers, console.post("/logout", form), console.post("/pause", form)):
        assert answer.status_code == 503
        assert "The database cannot be used now" in text_of(answer)
    commands.sql("ALTER TABLE hidden RENAME TO meta")
    assert is_in(console)


@BOTH_ENGINES
def test_a_form_of_a_session_that_is_over_leads_back_to_its_page(
    commands: Commands, console: Visitor
) -> None:
    number = commands.deletion("user-1", *HELD)
    commands.dead_letter()
    form = console.csrf()
    stranger = Visitor(console.client)
    for path, leads_to in (
        (f"/deletions/{number}/approve", f"/deletions/{number}/approve"),
        ("/dead-letters/events/1/dismiss", "/dead-letters/events/1/dismiss"),
        ("/pause", "/pause"),
        ("/resume", "/resume"),
        ("/logout", ""),
    ):
        refused = stranger.post(path, form | {"number": str(number), "why": "seen"})
        assert refused.status_code == 403
        [wanted] = re.findall(r'name="next" value="([^"]*)"', refused.text)
        entered = Visitor(console.client).log_in(next=wanted)
        assert entered.headers["location"] == f"/console{leads_to}"
        assert console.get(wanted).status_code in {200, 409}
    assert commands.row(number).state == "held"


# --- what is said in it --------------------------------------------------------------------------


@BOTH_ENGINES
def test_what_was_done_is_said_once_and_to_whom_did_it(
    commands: Commands, console: Visitor
) -> None:
    number = commands.deletion("user-1", *HELD)
    form = console.csrf() | {"number": str(number)}
    done = console.post(f"/deletions/{number}/cancel", form)
    [made] = done.headers.get_list("set-cookie")
    flags = {it.strip().lower() for it in made.split(";")[1:]}
    assert flags == {"httponly", "samesite=strict", "path=/console", f"max-age={SAID_LASTS}"}
    other = Visitor(console.client)
    other.log_in("Eve")
    other.cookies[SAID] = console.cookies[SAID]
    assert "it is canceled" not in text_of(other.get(f"/deletions/{number}"))
    # What shows nothing says nothing, and keeps it.
    console.get("/dead-letters")
    console.get(f"/deletions/{number}/receipt.json")
    assert "it is canceled" in text_of(console.get())
    assert console.cookies[SAID] == ""
    assert "it is canceled" not in text_of(console.get())


@pytest.mark.slow
@pytest.mark.parametrize("verb", ["approve", "revoke", "transfer", "resume"])
def test_an_address_says_nothing(commands: Commands, console: Visitor, verb: str) -> None:
    number = commands.deletion("user-1", *HELD)
    for path in (f"/deletions/{number}", "/dead-letters/events", ""):
        plain, made_up = console.get(path), console.get(f"{path}?done={verb}&n=7")
        assert 'class="good-news" role="status"' not in plain.text + made_up.text


def test_only_what_is_signed_for_the_session_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    ours, theirs = Sessions(SecretStr(TOKEN)), Sessions(SecretStr("x" * 40))
    cookie = ours.begin("Ann")
    ann, eve = ours.read(cookie), Session("Eve", "csrf")
    assert ann is not None

    def said(value: str) -> str | None:
        found = ours.read(cookie, value)
        assert found is not None
        return found.said

    assert said(ours.say(ann, "done")) == "done"
    for wrong in (ours.say(eve, "done"), theirs.say(ann, "done"), cookie, "x", ""):
        assert said(wrong) is None
    monkeypatch.setattr(sessions, "SAID_LASTS", -1)
    assert said(ours.say(ann, "done")) is None
