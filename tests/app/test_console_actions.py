"""What can be done from the console, and that nothing is done by accident."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from markupsafe import escape

from sync.deletions.states import State
from tests.helpers.commands import FOUND, HELD, VERIFIED, Commands
from tests.helpers.console import TOKEN, Visitor, text_of
from tests.helpers.engines import BOTH_ENGINES
from tests.helpers.site import site

pytestmark = BOTH_ENGINES


@pytest.fixture
def console(commands: Commands) -> Iterator[Visitor]:
    with site(commands.store, console_token=TOKEN) as running:
        visitor = Visitor(running.client)
        assert visitor.log_in("Ann").status_code == 303
        yield visitor


def csrf(console: Visitor) -> str:
    [token] = set(re.findall(r'name="csrf" value="([^"]+)"', console.get("/pause").text))
    return str(token)


def offered(console: Visitor, number: int) -> list[str]:
    page = console.get(f"/deletions/{number}")
    names: list[str] = re.findall(rf'href="/console/deletions/{number}/(\w+)"', page.text)
    return names


def state(commands: Commands, number: int) -> State:
    return commands.row(number).state


def test_what_is_offered_is_what_can_be_done(commands: Commands, console: Visitor) -> None:
    held = commands.deletion("user-1", *HELD)
    verified = commands.deletion("user-2", *VERIFIED)
    new = commands.deletion("user-3")
    assert offered(console, held) == ["approve", "cancel"]
    assert offered(console, verified) == []
    assert offered(console, new) == ["map", "retry", "cancel"]


@pytest.mark.parametrize(("verb", "kind"), [("approve", "approved"), ("cancel", "canceled")])
def test_it_is_asked_about_done_once_and_noted(
    commands: Commands, console: Visitor, verb: str, kind: str
) -> None:
    number = commands.deletion("user-1", *HELD)
    asked = console.get(f"/deletions/{number}/{verb}")
    assert asked.status_code == 200
    assert "user-1" in text_of(asked)
    assert state(commands, number) == "held"
    form = {"csrf": csrf(console), "number": str(number), "why": " seen \n with Bob"}
    done = console.post(f"/deletions/{number}/{verb}", form)
    assert done.headers["location"] == f"/console/deletions/{number}"
    said = f"Deletion {number}: it is {kind}."
    assert said in text_of(console.get(f"/deletions/{number}"))
    # Once, and not because an address says so.
    assert said not in text_of(console.get(f"/deletions/{number}?done={verb}"))
    assert state(commands, number) != "held"
    [*_, link] = commands.run("show", str(number), "--json").json["deletions"][0]["evidence"]
    assert (link["kind"], link["source"]) == (kind, "operator")
    assert (link["detail"]["by"], link["detail"]["why"]) == ("Ann", "seen with Bob")
    # Sent again, it says why nothing is done.
    again = console.post(f"/deletions/{number}/{verb}", form)
    assert again.status_code == 409
    assert f"Deletion {number} cannot be {kind}: it " in text_of(again)
    assert commands.run("receipt", str(number)).json["chain_unbroken"] is True


@pytest.mark.parametrize("wrong", [{}, {"number": ""}, {"number": "99"}, {"number": "user-1"}])
def test_what_is_final_asks_for_the_number(
    commands: Commands, console: Visitor, wrong: dict[str, str]
) -> None:
    number = commands.deletion("user-1", *HELD)
    for verb in ("approve", "cancel"):
        answer = console.post(f"/deletions/{number}/{verb}", {"csrf": csrf(console), **wrong})
        assert answer.status_code == 400
        assert f"Type {number}" in text_of(answer)
    assert state(commands, number) == "held"


def test_a_form_from_elsewhere_does_nothing(commands: Commands, console: Visitor) -> None:
    number = commands.deletion("user-1", *HELD)
    mine = csrf(console)
    other = Visitor(console.client)
    other.log_in("Eve")
    form = {"csrf": mine, "number": str(number)}
    for path in (f"/deletions/{number}/approve", "/pause", "/resume", "/logout"):
        for visitor, sent, origin in (
            (console, form | {"csrf": "guessed"}, {}),
            (console, {"number": str(number)}, {}),
            (console, form, {"Origin": "https://evil.example"}),
            (other, form, {}),
            (Visitor(console.client), form, {}),
        ):
            assert visitor.post(path, sent, **origin).status_code == 403
    assert state(commands, number) == "held"
    assert commands.run("status", "--json").json["paused"] is None
    assert console.get().status_code == 200


def test_try_now(commands: Commands, console: Visitor) -> None:
    number = commands.deletion("user-1")
    assert console.post(f"/deletions/{number}/retry", {"csrf": csrf(console)}).status_code == 303
    assert commands.evidence(number)[-1][:2] == ("retried", "operator")


def test_what_there_is_not(commands: Commands, console: Visitor) -> None:
    number = commands.deletion("user-1", *HELD)
    form = {"csrf": csrf(console), "number": "99"}
    for path in ("/deletions/99/approve", f"/deletions/{number}/destroy"):
        assert console.get(path).status_code == 404
        assert console.post(path, form).status_code == 404
    long = {"csrf": csrf(console), "number": str(number), "why": "x" * 501}
    assert console.post(f"/deletions/{number}/approve", long).status_code == 400
    assert state(commands, number) == "held"


def test_what_is_not_possible_is_said_before_anything_is_typed(
    commands: Commands, console: Visitor
) -> None:
    verified = commands.deletion("user-1", *VERIFIED)
    held = commands.deletion("user-2", *HELD)
    for number, verb, words in (
        (verified, "approve", "cannot be approved: it is not held but verified."),
        (verified, "cancel", "cannot be canceled: it has ended: verified."),
        (verified, "map", "cannot be mapped: the user's id is forgotten"),
        (verified, "transfer", "cannot be handed over: it is not held but verified."),
        (verified, "revoke", "can be revoked: it is verified, and no subscription is left"),
        (held, "transfer", "cannot be handed over: it is held, but not for a team."),
        (held, "retry", "cannot be tried now: it is held"),
    ):
        path = f"/deletions/{number}/{verb}"
        opened = console.get(path)
        form = {"csrf": csrf(console), "number": str(number), "to": "x", "external_id": "x"}
        sent = console.post(path, form)
        for answer in (opened, sent):
            assert answer.status_code == 409
            assert words in text_of(answer)
            assert f"eletion {number} " in text_of(answer).partition(words)[0]
            # Back to the deletion, and nothing to send.
            assert f'href="/console/deletions/{number}"' in answer.text
            assert f'action="/console{path}"' not in answer.text
    assert (state(commands, verified), state(commands, held)) == ("verified", "held")


def test_what_was_typed_stays(commands: Commands, console: Visitor) -> None:
    number = commands.deletion("user-1", *HELD)
    new = commands.deletion("user-2")
    why = "\"><img src=x> 'seen' & {{7*7}}"
    form = {"csrf": csrf(console), "number": "99", "why": why, "external_id": "legacy-7"}
    commands.dead_letter()
    for path in (
        f"/deletions/{number}/approve",
        f"/deletions/{new}/map",
        "/dead-letters/events/1/dismiss",
    ):
        answer = console.post(path, form)
        assert answer.status_code == 400
        assert f'value="{escape(why)}"' in answer.text
        assert 'value="99"' in answer.text
        assert "<img" not in answer.text
        assert ('value="legacy-7"' in answer.text) == path.endswith("map")
        [said] = re.findall(r'title="(Type \d+, [^"]+)"', answer.text)
        assert said.split(",")[0] in text_of(answer)
        assert 'value="99"' not in console.get(path).text
    for path in ("/pause", "/deletions/2/retry"):
        long = console.post(path, form | {"why": "y" * 501})
        assert long.status_code == 400
        assert "y" * 501 in long.text


def test_pause_and_resume(commands: Commands, console: Visitor) -> None:
    assert "No DELETE leaves" in text_of(console.get("/pause"))
    form = {"csrf": csrf(console), "why": "a broken job"}
    assert console.post("/pause", form).status_code == 303
    assert commands.run("status", "--json").json["paused"]["why"] == "a broken job (Ann)"
    assert "Resume" in text_of(console.get())
    asked = console.get("/resume")
    assert asked.status_code == 200
    assert "0 deletions have waited" in text_of(asked)
    long = console.post("/resume", form | {"why": "x" * 501})
    assert long.status_code == 400
    assert "x" * 501 in long.text
    gone = console.post("/resume", form | {"why": " it is \n mended"})
    assert gone.headers["location"] == "/console"
    page = text_of(console.get())
    assert "Deletions go on." in page
    assert "Pause all deletions" in page
    assert commands.run("status", "--json").json["paused"] is None
    assert "it is mended" in text_of(console.get("/done"))
    for answer in (console.get("/resume"), console.post("/resume", form)):
        assert answer.status_code == 409
        assert "Nothing is paused." in text_of(answer)
    assert text_of(console.get("/done")).count("resume Ann") == 1


def test_while_paused_each_page_says_so(commands: Commands, console: Visitor) -> None:
    number = commands.deletion("user-1", *HELD)
    other = commands.deletion("user-2", *HELD)
    commands.deletion("user-3", FOUND)
    form = {"csrf": csrf(console), "why": "a <b>broken</b> job"}
    console.post("/pause", form)
    for path in (
        *("", "/deletions", f"/deletions/{number}", f"/deletions/{number}/approve"),
        *("/dead-letters/events", "/done", "/resume", "/deletions/99", "/nonsense"),
    ):
        page = console.get(path)
        assert "All deletions are paused by Ann, just now" in text_of(page)
        assert ": a &lt;b&gt;broken&lt;/b&gt; job" in page.text
        assert 'href="/console/resume"' in page.text
    sent = {"csrf": form["csrf"], "number": str(number)}
    console.post(f"/deletions/{number}/approve", sent)
    said = text_of(console.get(f"/deletions/{number}"))
    assert "it is approved. All deletions are paused: nothing more is changed" in said
    console.post(f"/deletions/{other}/cancel", sent | {"number": str(other)})
    said = text_of(console.get(f"/deletions/{other}"))
    assert "it is canceled. All" not in said
    # The one that is approved, and the one that was about to be deleted.
    assert "2 deletions have waited" in text_of(console.get("/resume"))
    console.post("/resume", form)
    assert "All deletions are paused" not in text_of(console.get("/deletions"))


def test_a_second_pause_is_refused_and_changes_nothing(
    commands: Commands, console: Visitor
) -> None:
    form = {"csrf": csrf(console)}
    console.post("/pause", form | {"why": "the first"})
    before = commands.run("status", "--json").json["paused"]
    for answer in (console.get("/pause"), console.post("/pause", form | {"why": "the second"})):
        assert answer.status_code == 409
        assert "All deletions are paused already, by Ann." in text_of(answer)
        assert "All deletions are paused by Ann, just now : the first" in text_of(answer)
        assert 'action="/console/pause"' not in answer.text
    assert commands.run("status", "--json").json["paused"] == before
    assert "the second" not in text_of(console.get("/done"))
    # The command replaces the reason, as ever, and keeps it where it gives none.
    for why, by in ((["--why", "by hand"], "a command"), ([], "a command")):
        assert commands.run("pause", *why).code == 0
        assert f"paused by {by}, just now : by hand" in text_of(console.get())
    after = commands.run("status", "--json").json["paused"]
    assert after == {"since": before["since"], "why": "by hand"}
    said = text_of(console.post("/pause", form))
    assert "paused already, by a command." in said
