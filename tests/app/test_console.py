"""The console: who may see it, what it shows, and what it must not."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from app.console import session as sessions
from app.console.pages import ago, count, lasting, marked
from app.console.session import LASTS, Sessions, Tries
from sync.deletions.observations import DeleteSent
from sync.deletions.states import State
from sync.mirror import rows as mirror_rows
from sync.mirror.kinds import SUBSCRIPTION
from sync.mirror.reading import parse
from tests.helpers.api import API_TOKENS
from tests.helpers.commands import CUSTOMER, FOUND, HELD, NOW, TEAM, VERIFIED, Commands
from tests.helpers.console import TOKEN, WRONG, Visitor, text_of
from tests.helpers.engines import BOTH_ENGINES
from tests.helpers.imports import imported_by_app, refusal_without
from tests.helpers.site import Site, site
from tests.helpers.store import Store, StoreFactory

PAGES = ("", "/deletions", "/deletions/1")
EVIL = "<img src=x onerror=alert(1)>\"'`&{{7*7}}"


@pytest.fixture
def console(commands: Commands) -> Iterator[Visitor]:
    """Somebody who is logged in."""
    with site(commands.store, console_token=TOKEN) as running:
        visitor = Visitor(running.client)
        assert visitor.log_in().status_code == 303
        yield visitor


@pytest.fixture
def empty(new_store: StoreFactory) -> Iterator[Site]:
    with site(new_store(), console_token=TOKEN) as running:
        yield running


# --- who may see it ------------------------------------------------------------------------------


@pytest.mark.slow
def test_off_there_is_nothing_and_nothing_is_imported(store: Store) -> None:
    with site(store, api_tokens=API_TOKENS) as off:
        for path in (*PAGES, "/login", "/style.css"):
            assert off.client.get(f"/console{path}").status_code == 404
    assert not {"app.console", "jinja2", "itsdangerous"} & imported_by_app(store)


@pytest.mark.slow
def test_without_the_packages_the_start_says_which_are_missing(store: Store) -> None:
    said = refusal_without("jinja2", store, CONSOLE_TOKEN=TOKEN)
    assert "in a clone, uv tool install or pip install '.[console]'" in said


@pytest.mark.parametrize("path", PAGES)
def test_nobody_sees_a_page_before_they_log_in(empty: Site, path: str) -> None:
    visitor = Visitor(empty.client)
    for cookie in ("", "x", "W10.aaaa.bbbb"):
        visitor.cookies = {"polar_sync_console": cookie}
        answer = visitor.get(path)
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/console/login?next=")
        assert answer.text == ""


def test_after_the_login_comes_what_was_asked_for(empty: Site) -> None:
    visitor = Visitor(empty.client)
    location = visitor.get("/deletions?q=a%26b&state=held").headers["location"]
    form = visitor.get(location.removeprefix("/console"))
    [wanted] = re.findall(r'name="next" value="([^"]*)"', form.text)
    answer = visitor.log_in(next=wanted.replace("&amp;", "&"))
    assert answer.headers["location"] == "/console/deletions?q=a%26b&state=held"
    assert visitor.get("/deletions?q=a%26b").status_code == 200


@pytest.mark.slow
@pytest.mark.parametrize(
    "wanted",
    [
        "https://evil.example",
        "//evil.example/deletions",
        "/\\evil",
        "javascript:x",
        "/deletions\n",
        "/deletions?q=\r\nx: y",
        "/deletions/../../livez",
        "/deletions/%2e%2e/%2e%2e/livez",
        "/deletions\\..\\..\\livez",
        "/deletions//evil.example",
        "/deletions/.json",
        "/logout",
    ],
)
def test_a_login_leads_nowhere_else(empty: Site, wanted: str) -> None:
    answer = Visitor(empty.client).log_in(next=wanted)
    assert answer.headers["location"] == "/console"


def test_the_cookie(empty: Site) -> None:
    [made] = Visitor(empty.client).log_in().headers.get_list("set-cookie")
    flags = {it.strip().lower() for it in made.split(";")[1:]}
    assert flags == {"httponly", "samesite=strict", "path=/console", f"max-age={LASTS}"}


@pytest.mark.parametrize("name", ["", "  ", "a" * 65, "a\nb"])
def test_a_name_is_asked_for(empty: Site, name: str) -> None:
    answer = Visitor(empty.client).log_in(name=name)
    assert (answer.status_code, answer.headers.get_list("set-cookie")) == (400, [])


def test_wrong_tokens_are_refused_and_soon_not_looked_at(empty: Site) -> None:
    visitor = Visitor(empty.client)
    for _ in range(5):
        answer = visitor.log_in('"><b>', token=WRONG, next="/done")
        assert answer.status_code == 401
        assert WRONG not in answer.text
        # The name stays in the form, and where it leads.
        assert 'value="&#34;&gt;&lt;b&gt;"' in answer.text
        assert 'value="/done"' in answer.text
    for token in (WRONG, TOKEN):
        answer = visitor.log_in(token=token, next="/done")
        assert answer.status_code == 429
        assert 'value="/done"' in answer.text
        assert 0 < int(answer.headers["retry-after"]) <= 60
    assert visitor.cookies == {}


def test_tries_are_counted_for_each_address_and_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1_000.0
    monkeypatch.setattr("app.console.session.time.monotonic", lambda: now)
    monkeypatch.setattr(sessions, "_ADDRESSES", 2)
    tries = Tries()
    for _ in range(5):
        tries.wrong("a")
    assert (tries.wait("a"), tries.wait("b")) == (60, 0)
    now += 61
    assert tries.wait("a") == 0
    for address in ("b", "c"):
        tries.wrong(address)
    assert len(tries._wrong) == 2


def test_a_session_ends_and_is_another_tokens_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    ours, theirs = Sessions(SecretStr(TOKEN)), Sessions(SecretStr(WRONG))
    cookie = ours.begin("Ann")
    found = ours.read(cookie)
    assert found is not None
    assert found.name == "Ann"
    assert theirs.read(cookie) is None
    assert ours.read(cookie[:-1]) is None
    monkeypatch.setattr(sessions, "LASTS", -1)
    assert ours.read(cookie) is None


def test_forms_of_other_sites_are_refused(console: Visitor) -> None:
    csrf = re.findall(r'name="csrf" value="([^"]+)"', console.get().text)[0]
    here = str(console.client.base_url).rstrip("/")
    for origin in ("https://evil.example", "null"):
        entered = console.post("/login", {"name": "A", "token": TOKEN}, Origin=origin)
        assert entered.status_code == 403
        assert console.post("/logout", {"csrf": csrf}, Origin=origin).status_code == 403
    assert console.post("/logout", {"csrf": "guessed"}, Origin=here).status_code == 403
    assert console.get().status_code == 200
    assert console.post("/logout", {"csrf": csrf}, Origin=here).status_code == 303
    assert console.get().status_code == 303


def test_each_answer_says_what_a_browser_may_do_with_it(console: Visitor) -> None:
    for path in (*PAGES, "/login", "/deletions/99", "/style.css"):
        headers = console.get(path).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert headers["x-frame-options"] == "DENY"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
        cached = "immutable" if path == "/style.css" else "no-store"
        assert cached in headers["cache-control"]


@pytest.mark.parametrize("token", ["s3cr3t", "with a blank " + "x" * 32])
def test_a_token_that_cannot_be_used_is_refused_at_start(commands: Commands, token: str) -> None:
    commands.monkeypatch.setenv("CONSOLE_TOKEN", token)
    result = commands.run("status")
    assert result.code == 2
    assert "CONSOLE_TOKEN" in result.err
    assert "openssl rand -hex 32" in result.err
    assert token not in result.err


@BOTH_ENGINES
def test_a_database_that_fails_is_said_on_a_page(commands: Commands, console: Visitor) -> None:
    number = commands.deletion("user-1", *HELD)
    csrf = console.csrf()
    commands.sql("ALTER TABLE deletion RENAME TO hidden")
    form = csrf | {"number": str(number)}
    answers = [console.get(path) for path in (*PAGES, "/deletions/1/approve")]
    answers.append(console.post(f"/deletions/{number}/approve", form))
    for answer in answers:
        assert answer.status_code == 503
        assert "The database cannot be used now" in text_of(answer)
        assert answer.headers["retry-after"] == "5"
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
        assert "Log out" in answer.text
    commands.sql("ALTER TABLE hidden RENAME TO deletion")
    assert commands.row(number).state == "held"


def test_what_is_no_page(console: Visitor) -> None:
    for path in ("/nonsense", "/deletions/x", "/deletions/1/2/3", "/logout"):
        answer = console.get(path)
        assert answer.status_code == 404
        assert "There is no" in text_of(answer)
    assert console.get("/").headers["location"] == "/console"
    stranger = Visitor(console.client, {"polar_sync_console": "x"})
    assert stranger.get("/nonsense").headers["location"].startswith("/console/login")


# --- what it shows -------------------------------------------------------------------------------


def test_empty_it_says_what_to_do(empty: Site) -> None:
    visitor = Visitor(empty.client)
    visitor.log_in()
    overview = text_of(visitor.get())
    for said in ("No deletion needs anybody", "none is verified yet", "none has come yet"):
        assert said in overview
    assert "polar-sync send user.deleted" in text_of(visitor.get("/deletions"))
    assert "Nothing fits" in text_of(visitor.get("/deletions?q=user-1"))
    assert visitor.get("/deletions/1").status_code == 404
    assert visitor.get("/deletions/" + "9" * 30).status_code == 404


@BOTH_ENGINES
def test_the_overview_names_what_needs_a_person(commands: Commands, console: Visitor) -> None:
    held = commands.deletion("user-held", *TEAM)
    commands.deletion("user-gone", *VERIFIED)
    commands.dead_letter()
    commands.empty_seats(held)
    commands.run("pause", "--why", "a look at it")
    page = console.get()
    said = text_of(page)
    assert f'href="/console/deletions/{held}"' in page.text
    assert "user-held" in said
    assert "user-gone" not in said
    assert "1 event could not be applied" in said
    empty = f"2 seats of subscription subscription-{held} are paid for, and nobody is on them since"
    assert f"{empty} deletion {held} : give them to somebody" in said
    assert "All deletions are paused" in said
    assert "a look at it" in said
    assert "1 verified" in said


def overview_of(commands: Commands, **settings: Any) -> str:
    """As somebody reads it, while no worker changes anything."""
    with site(commands.store, console_token=TOKEN, worker="separate", **settings) as running:
        visitor = Visitor(running.client)
        visitor.log_in()
        return text_of(visitor.get())


@pytest.mark.slow
@BOTH_ENGINES
def test_the_account_of_the_brake_and_of_the_budget(commands: Commands) -> None:
    said = overview_of(commands)
    for words in (
        "hour 0 100 may go by themselves",
        "day 0 5 % of the customers may go by themselves",
        "Held by the brake none",
        "the next one leaves at once at most 300 a minute",
    ):
        assert words in said
    commands.deletion("user-1", *HELD)
    commands.deletion("user-2", FOUND, DeleteSent())
    commands.sql("UPDATE deletion SET delete_sent_at = CURRENT_TIMESTAMP WHERE id = 2")
    zone = "" if commands.store.is_sqlite else "+00"
    soon = f"{datetime.now(UTC) + timedelta(minutes=30):%Y-%m-%d %H:%M:%S.%f}{zone}"
    insert = "INSERT INTO budget (id, next_at, paused_until) VALUES (1, ?, ?)"
    commands.store.execute(insert, soon, f"1970-01-01 00:00:00.000000{zone}")
    said = overview_of(commands)
    assert "hour 1 100 may go by themselves" in said
    assert "Held by the brake 1 deletion" in said
    assert re.search(r"all used: the next one waits \d+ minutes", said)
    commands.store.execute("UPDATE budget SET paused_until = ?", soon)
    said = overview_of(commands, max_deletions_per_hour=0)
    assert re.search(r"paused for \d+ minutes: Polar asks for fewer", said)
    assert "hour 1 no brake" in said
    assert "may go by themselves" not in said


@BOTH_ENGINES
def test_what_has_ended_is_counted_by_the_day(commands: Commands, console: Visitor) -> None:
    commands.deletion("user-1", *VERIFIED)
    commands.deletion("user-2", *VERIFIED)
    today = commands.store.query("SELECT CURRENT_TIMESTAMP AS now")[0]["now"]
    moment = today if isinstance(today, datetime) else datetime.fromisoformat(f"{today}+00:00")
    commands.sql("UPDATE deletion SET ended_at = CURRENT_TIMESTAMP")
    page = console.get()
    assert re.search(rf"<title>{moment:%Y-%m-%d}: 2 verified</title>", page.text)


@BOTH_ENGINES
def test_one_is_found_by_whatever_somebody_has_in_hand(
    commands: Commands, console: Visitor
) -> None:
    number = commands.deletion("user-1", *VERIFIED)
    other = commands.deletion("user-2", *HELD)
    subscription = "5e1fca1c-5e1f-4a1c-8e1f-ca1c5e1fca1c"

    async def mirror(ledger: Any) -> None:
        data = {
            "id": subscription,
            "customer_id": CUSTOMER,
            "created_at": "2026-09-01T00:00:00Z",
            "modified_at": None,
            "status": "canceled",
            "product_id": subscription,
            "started_at": None,
            "ended_at": None,
            "ends_at": None,
            "canceled_at": None,
            "current_period_end": None,
            "amount": 0,
            "currency": "usd",
            "recurring_interval": "month",
            "cancel_at_period_end": False,
            "seats": None,
        }
        async with ledger.database.write() as session:
            found = parse(SUBSCRIPTION, data, observed_at=NOW, by="api")
            await mirror_rows.upsert(ledger.database, session, [found], NOW)

    commands.do(mirror)
    for text in (str(number), "user-1", CUSTOMER, CUSTOMER.upper(), subscription):
        page = console.get(f"/deletions?q={text}")
        numbers = re.findall(r'href="/console/deletions/(\d+)"', page.text)
        assert str(number) in numbers, text
        assert (str(other) in numbers) == (text.lower() in {CUSTOMER, subscription}), text
    held = re.findall(r'/deletions/(\d+)"', console.get("/deletions?state=held").text)
    assert held == [str(other)]


@BOTH_ENGINES
def test_pages_follow_each_other(commands: Commands, console: Visitor) -> None:
    numbers = [commands.deletion(f"user-{n}", *HELD) for n in range(3)]
    commands.monkeypatch.setattr("app.console.views._PAGE", 2)
    first = console.get("/deletions?state=held")
    [older] = re.findall(r'rel="next" href="/console([^"]+)"', first.text)
    second = console.get(older.replace("&amp;", "&"))
    seen = [re.findall(r'/deletions/(\d+)"', page.text) for page in (first, second)]
    assert seen == [[str(n) for n in reversed(numbers[1:])], [str(numbers[0])]]
    assert 'rel="next"' not in second.text
    assert 'href="/console/deletions?state=held">Newest' in second.text


def received(commands: Commands, number: int, at: str) -> None:
    commands.store.execute("UPDATE deletion SET received_at = ? WHERE id = ?", at, number)


def numbers(page: httpx.Response) -> list[int]:
    return [int(number) for number in re.findall(r'/deletions/(\d+)"', page.text)]


@pytest.mark.slow
@BOTH_ENGINES
def test_what_came_on_some_days_is_found(commands: Commands, console: Visitor) -> None:
    zone = "" if commands.store.is_sqlite else "+00"
    days = (
        "2026-03-01 00:00:00.000000",
        "2026-03-01 23:59:59.999999",
        "2026-03-02 00:00:00.000000",
    )
    for user, day in enumerate(days):
        received(commands, commands.deletion(f"user-{user}", *HELD), day + zone)
    early = commands.deletion("user-8", *VERIFIED)
    received(commands, early, "2026-02-28 12:00:00.000000" + zone)
    for query, found in (
        ("from=2026-03-01&to=2026-03-01", [2, 1]),
        ("from=2026-03-01", [3, 2, 1]),
        ("to=2026-03-01", [2, 1, early]),
        ("to=2026-03-01&state=verified", [early]),
        ("from=2026-03-01&to=2026-03-01&q=user-1", [2]),
        ("from=2026-03-02&q=user-1", []),
        ("from=0001-01-01&to=9999-12-31", [3, 2, 1, early]),
        ("from=&to=", [early, 3, 2, 1]),
    ):
        page = console.get(f"/deletions?{query}")
        assert numbers(page) == found, query
        assert found or "Nothing fits" in text_of(page)
    assert (
        'name="from" type="date" value="2026-03-01"'
        in console.get("/deletions?from=2026-03-01").text
    )


@BOTH_ENGINES
def test_pages_of_some_days_follow_each_other(commands: Commands, console: Visitor) -> None:
    zone = "" if commands.store.is_sqlite else "+00"
    # Received at one moment, but for one, whose number is none of the highest.
    for user in range(5):
        number = commands.deletion(f"user-{user}", *HELD)
        moment = "2026-03-01 10:00:00.000000" if user != 1 else "2026-03-01 11:00:00.000000"
        received(commands, number, moment + zone)
    commands.monkeypatch.setattr("app.console.views._PAGE", 2)
    path: str | None = "/deletions?state=held&from=2026-03-01&to=2026-03-01"
    seen = []
    while path:
        page = console.get(path)
        seen.append(numbers(page))
        older = re.findall(r'rel="next" href="/console([^"]+)"', page.text)
        path = unescape(older[0]) if older else None
        assert path is None or "from=2026-03-01&to=2026-03-01" in path
    assert seen == [[2, 5], [4, 3], [1]]


@BOTH_ENGINES
def test_one_deletion(commands: Commands, console: Visitor) -> None:
    number = commands.deletion("user-1", *VERIFIED)
    page = console.get(f"/deletions/{number}")
    said = text_of(page)
    assert page.status_code == 200
    assert CUSTOMER in said
    assert "The chain is unbroken" in said
    for kind, _, _ in commands.evidence(number):
        assert kind in said
    assert State.VERIFIED in said
    given = console.get(f"/deletions/{number}/receipt.json")
    assert given.json()["not_covered"] in said
    assert given.json() == commands.run("receipt", str(number)).json
    assert given.headers["content-disposition"] == f'attachment; filename="receipt-{number}.json"'
    assert console.get("/deletions/99/receipt.json").status_code == 404
    printed = console.get(f"/deletions/{number}/receipt.html")
    assert printed.text == commands.run("receipt", "show", str(number), "--html").out
    assert "unsafe" not in printed.headers["content-security-policy"]
    assert console.get("/deletions/99/receipt.html").status_code == 404
    # Once forgotten, the user's id is nowhere.
    assert "user-1" not in page.text
    commands.sql("UPDATE evidence SET kind = 'x' WHERE seq = 1")
    assert "THE CHAIN OF EVIDENCE IS BROKEN" in text_of(console.get(f"/deletions/{number}"))


def test_what_comes_from_elsewhere_is_text(commands: Commands, console: Visitor) -> None:
    number = commands.deletion(EVIL, *TEAM)
    commands.run("pause", "--why", EVIL)
    for path in ("", "/deletions", f"/deletions/{number}"):
        page = console.get(path)
        assert page.status_code == 200
        assert "<img" not in page.text
        # All of it, and not what a template would make of it; backticks are for code.
        assert EVIL.replace("`", "") in re.sub("`|</?code>", "", unescape(page.text))
    assert "<img" not in console.client.get("/console/login", params={"next": EVIL}).text


def test_words() -> None:
    assert [count(n, "event") for n in (0, 1, 2, 1_000)] == [
        "0 events",
        "1 event",
        "2 events",
        "1,000 events",
    ]
    assert [lasting(n) for n in (0.4, 1, 59, 60, 7_300, 200_000)] == [
        "0 seconds",
        "1 second",
        "59 seconds",
        "1 minute",
        "2 hours",
        "2 days",
    ]
    # Rounded: what lasts a moment less than a week lasts a week.
    assert [lasting(n) for n in (59.6, 3_530, 3_599, 86_399, 604_799)] == [
        "1 minute",
        "59 minutes",
        "1 hour",
        "1 day",
        "7 days",
    ]
    assert ago("2020-01-01T00:00:00+00:00").endswith("days ago")
    assert ago("2999-01-01T00:00:00+00:00").startswith("in ")
    assert marked("a `<b>` c") == "a <code>&lt;b&gt;</code> c"
    at = "2026-11-27T22:36:52+00:00"
    shown = "2026-11-27 22:36:52 UTC"
    assert marked(f"<at {at}>") == f'&lt;at <time datetime="{at}">{shown}</time>&gt;'
    assert shown in marked("2026-11-27T23:36:52.5+01:00")
    assert marked("at 2026-99-27T22:36:52Z") == "at 2026-99-27T22:36:52Z"


def test_what_a_search_cannot_be_is_said(console: Visitor) -> None:
    for query, why in (
        ("state=nonsense", "no state nonsense"),
        ("before=nonsense", "no such page"),
        ("from=2026-02-30", "2026-02-30 is no day"),
        ("to=nonsense", "nonsense is no day"),
        ("from=2026-03-02&to=2026-03-01", "The first day is after the last"),
        ("from=2026-03-01&before=nonsense_9", "no such page"),
        ("from=2026-03-01&before=2026-03-01T00:00:00_9", "no such page"),
        ("state=needs_a_person&before=9", "no such page"),
        ("q=" + "x" * 257, "longer than"),
    ):
        page = console.get(f"/deletions?{query}&q=" if "q=" not in query else f"/deletions?{query}")
        assert page.status_code == 400, query
        assert why in text_of(page)
    # What was typed is there still.
    page = console.get("/deletions?q=user-1&from=2026-03-02&to=2026-03-01")
    for value in ("user-1", "2026-03-02", "2026-03-01"):
        assert f'value="{value}"' in page.text
    for path in ("/done", "/dead-letters/events"):
        page = console.get(f"{path}?before=nonsense")
        assert page.status_code == 400
        assert "no such page" in text_of(page)
