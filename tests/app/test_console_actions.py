"""What can be done from the console, and that nothing is done by accident."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from sync.deletions.states import State
from tests.helpers.commands import HELD, VERIFIED, Commands
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
    assert again.status_code == 400
    assert "It cannot be done" in text_of(again)
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


def test_pause_and_resume(commands: Commands, console: Visitor) -> None:
    assert "No DELETE leaves" in text_of(console.get("/pause"))
    form = {"csrf": csrf(console), "why": "a broken job"}
    assert console.post("/pause", form).status_code == 303
    assert commands.run("status", "--json").json["paused"]["why"] == "a broken job (Ann)"
    assert "Resume" in text_of(console.get())
    assert console.post("/resume", form).status_code == 303
    assert commands.run("status", "--json").json["paused"] is None
    assert "Pause all deletions" in text_of(console.get())
