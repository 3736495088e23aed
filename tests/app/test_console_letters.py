"""Dead letters in the console, and the account of what was done to them."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.helpers.commands import Commands
from tests.helpers.console import TOKEN, Visitor, text_of
from tests.helpers.dead_letters import WHY_NOT_CARRIED, WHY_NOT_SENT, hang
from tests.helpers.engines import BOTH_ENGINES
from tests.helpers.site import site

pytestmark = BOTH_ENGINES

KINDS = ("events", "messages", "profiles", "lost")
TABLES = {
    "events": "inbox",
    "messages": "outbox",
    "profiles": "profile",
    "lost": "refused_event",
}


@pytest.fixture
def console(commands: Commands) -> Iterator[Visitor]:
    hang(commands)
    with site(commands.store, console_token=TOKEN, worker="separate") as running:
        visitor = Visitor(running.client)
        assert visitor.log_in("Ann").status_code == 303
        yield visitor


def hanging(commands: Commands, kind: str) -> bool:
    where = "" if kind == "lost" else " WHERE status = 'dead'"
    [row] = commands.store.query(f"SELECT count(*) AS n FROM {TABLES[kind]}{where}")  # noqa: S608
    return bool(row["n"])


def done(commands: Commands) -> list[tuple[str, str | None, str | None]]:
    rows = commands.store.query("SELECT did, name, why FROM operator_action ORDER BY id")
    return [(row["did"], row["name"], row["why"]) for row in rows]


def test_all_that_hangs_is_listed_and_why(console: Visitor) -> None:
    overview = console.get()
    for kind in KINDS:
        assert f'href="/console/dead-letters/{kind}"' in overview.text
    assert console.get("/dead-letters").headers["location"] == "/console/dead-letters/events"
    said = {kind: text_of(console.get(f"/dead-letters/{kind}")) for kind in KINDS}
    assert "from Polar" in said["events"]
    assert WHY_NOT_SENT in said["messages"]
    assert "user-7" not in said["lost"]
    assert "deletion 7" in said["messages"]
    assert WHY_NOT_CARRIED in said["profiles"]
    assert "user-8" in said["profiles"]
    for text in said.values():
        assert "ann@example.com" not in text
        assert "Ann Lee" not in text
    assert "Replay" not in said["lost"]


@pytest.mark.parametrize("kind", KINDS[:-1])
def test_one_is_replayed(commands: Commands, console: Visitor, kind: str) -> None:
    path = f"/dead-letters/{kind}/1/replay"
    asked = console.get(path)
    assert asked.status_code == 200
    assert "once more" in text_of(asked)
    assert hanging(commands, kind)
    gone = console.post(path, console.csrf() | {"why": " it is \n mended"})
    assert gone.headers["location"] == f"/console/dead-letters/{kind}"
    page = text_of(console.get(gone.headers["location"].removeprefix("/console")))
    assert "Tried again: 1. What fails once more comes back here." in page
    assert "Nothing hangs here" in page
    assert "Replayed" not in text_of(console.get(f"/dead-letters/{kind}?done=replay&n=1"))
    assert not hanging(commands, kind)
    [(did, name, why)] = done(commands)
    assert (did.split()[1], name, why) == ("replay", "Ann", "it is mended")
    assert console.get(path).status_code == 404
    assert console.post(path, console.csrf()).status_code == 404
    assert len(done(commands)) == 1


@pytest.mark.parametrize("kind", KINDS)
def test_one_is_dismissed_with_a_reason(commands: Commands, console: Visitor, kind: str) -> None:
    path = f"/dead-letters/{kind}/1/dismiss"
    asked = console.get(path)
    assert "required" in asked.text
    form = console.csrf() | {"why": "made by hand", "number": "1"}
    for wrong in ({"why": " "}, {"why": "x" * 501}, {"number": ""}, {"number": "2"}):
        assert console.post(path, form | wrong).status_code == 400
    assert hanging(commands, kind)
    assert done(commands) == []
    assert console.post(path, form).status_code == 303
    assert not hanging(commands, kind)
    [(did, name, why)] = done(commands)
    assert (did.split()[1], name, why) == ("dismiss", "Ann", "made by hand")
    assert console.get(path).status_code == 404


def test_all_are_replayed(commands: Commands, console: Visitor) -> None:
    commands.dead_letter(b"also none")
    page = console.get("/dead-letters/events")
    assert "Replay all 2" in text_of(page)
    assert "all 2 of them" in text_of(console.get("/dead-letters/events/replay"))
    answer = console.post("/dead-letters/events/replay", console.csrf())
    page = console.get(answer.headers["location"].removeprefix("/console"))
    assert "Tried again: 2." in text_of(page)
    path = "/dead-letters/events/replay"
    for answer in (console.get(path), console.post(path, console.csrf())):
        assert answer.status_code == 409
        assert "Nothing hangs here." in text_of(answer)
        assert "<button>Replay" not in answer.text
    assert not hanging(commands, "events")
    assert done(commands) == [("inbox replay", "Ann", None)]


def test_what_is_forgotten_is_only_dismissed(commands: Commands, console: Visitor) -> None:
    commands.sql("UPDATE inbox SET body = NULL")
    page = text_of(console.get("/dead-letters/events"))
    assert "can only be dismissed" in page
    path = "/dead-letters/events/1/replay"
    for answer in (console.get(path), console.post(path, console.csrf())):
        assert answer.status_code == 409
        assert "Event 1 cannot be replayed: its content is forgotten." in text_of(answer)
        assert "<button>Replay" not in answer.text
        assert 'href="/console/dead-letters/events">Dead letters: Events' in answer.text
    answer = console.post("/dead-letters/events/replay", console.csrf() | {"why": "seen"})
    assert answer.status_code == 400
    assert "the content of all of them is forgotten" in text_of(answer)
    assert 'value="seen"' in answer.text
    assert done(commands) == []


def test_pages_follow_each_other(commands: Commands, console: Visitor) -> None:
    for _ in range(2):
        commands.dead_letter(b"one more")
    commands.monkeypatch.setattr("app.console.letters._PAGE", 2)
    first = console.get("/dead-letters/events")
    [older] = re.findall(r'rel="next" href="/console([^"]+)"', first.text)
    second = console.get(older)
    numbers = [re.findall(r"/events/(\d+)/dismiss", page.text) for page in (first, second)]
    assert numbers == [["3", "2"], ["1"]]
    assert 'rel="next"' not in second.text
    assert "no older ones" in text_of(console.get("/dead-letters/events?before=1"))


@pytest.mark.slow
@pytest.mark.parametrize(
    "path",
    [
        "/dead-letters/nonsense",
        "/dead-letters/events/99/replay",
        "/dead-letters/events/1/destroy",
        "/dead-letters/events/dismiss",
        "/dead-letters/lost/1/replay",
        "/dead-letters/lost/replay",
        "/dead-letters/profiles/" + "9" * 30 + "/dismiss",
    ],
)
def test_what_there_is_not(commands: Commands, console: Visitor, path: str) -> None:
    assert console.get(path).status_code == 404
    if path.count("/") > 2:
        assert console.post(path, console.csrf() | {"why": "x", "number": "1"}).status_code == 404
    assert done(commands) == []


def test_forms_from_elsewhere_do_nothing(commands: Commands, console: Visitor) -> None:
    for kind in KINDS:
        for verb in ("replay", "dismiss"):
            form = {"csrf": "guessed", "why": "x", "number": "1"}
            assert console.post(f"/dead-letters/{kind}/1/{verb}", form).status_code == 403
        assert hanging(commands, kind)


def test_what_was_done_is_told_with_who_and_why(commands: Commands, console: Visitor) -> None:
    assert "Nothing yet" in text_of(console.get("/done"))
    form = console.csrf()
    console.post("/pause", form | {"why": "a broken job"})
    console.post("/resume", form)
    commands.run("inbox", "replay", "1")
    commands.run("outbox", "dismiss", "1")
    commands.run("profiles", "replay", "--all")
    commands.run("dismiss", "1")
    commands.run("pause", "--why", "by hand")
    assert done(commands) == [
        ("pause", "Ann", "a broken job"),
        ("resume", "Ann", None),
        ("inbox replay", None, None),
        ("outbox dismiss", None, None),
        ("profiles replay", None, None),
        ("lost dismiss", None, None),
        ("pause", None, "by hand"),
    ]
    said = text_of(console.get("/done"))
    for words in ("resume Ann", "a broken job", "lost dismiss 1 a command", "by hand"):
        assert words in said
    commands.monkeypatch.setattr("app.console.views._PAGE", 5)
    [older] = re.findall(r'rel="next" href="/console([^"]+)"', console.get("/done").text)
    assert "a broken job" in text_of(console.get(older))
    # What was not done is not told.
    commands.run("inbox", "replay", "1")
    assert len(done(commands)) == 7
