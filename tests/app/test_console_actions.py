"""What can be done from the console, and that nothing is done by accident."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import pytest
from markupsafe import escape

from app.console.actions import ABOUT
from app.console.reasons import BUTTONS, specific, to_do, with_buttons
from sync.deletions.observations import Observation, Unmapped
from sync.deletions.states import State
from tests.helpers.commands import BLOCKED, FOUND, HELD, SUPERSEDED, TEAM, VERIFIED, Commands
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


def test_what_is_to_be_done_is_said_in_the_words_of_the_buttons(
    commands: Commands, console: Visitor
) -> None:
    cases: Sequence[tuple[Sequence[Observation], str, str, str]] = (
        (HELD, "“Approve…” or “Cancel the deletion…”", "3 allowed", "is a team"),
        (
            TEAM,
            "“Transfer…”, “Approve…” or “Cancel the deletion…”",
            "is a team with 2 other people",
            "the brake",
        ),
        ([Unmapped()], "“Map…”, “Try now…” or “Cancel the deletion…”", "no external id", "map set"),
        ([BLOCKED], "fix what the reason names", "Mend the token", "Polar refuses"),
        ([SUPERSEDED], "a look", "signed up again", "nothing was deleted"),
    )
    for observations, to_do_, said, not_said in cases:
        number = commands.deletion(said, *observations)
        # Below is what is known of it, and the evidence as it was written.
        page = text_of(console.get(f"/deletions/{number}")).partition("Who and when")[0]
        assert to_do_ in page.partition("To do:")[2]
        assert said.lower() in page.lower()
        assert not_said not in page
        # Once, and not by both lines.
        assert page.partition("To do:")[0].count("“") == 0
    page = text_of(console.get(f"/deletions/{commands.deletion('user-9')}"))
    assert "Accepted; Polar has not been asked yet." in page
    assert "To do:" not in page


def test_a_button_is_named_for_each_action() -> None:
    assert set(BUTTONS) == set(ABOUT)
    assert {about.name for about in ABOUT.values()} == set(BUTTONS.values())
    text = "`polar-sync map set`, `retry`, `polar-sync retry --dead-letters` or `ON_TEAM`"
    assert with_buttons(text) == (
        "“Map…”, “Try now…”, `polar-sync retry --dead-letters` or `ON_TEAM`"
    )
    for ends in (
        "; `polar-sync approve` or `polar-sync cancel`",
        ": `polar-sync map set`, or cancel",
    ):
        assert specific(f"it hangs{ends}") == "it hangs"
    assert (
        specific("never listed: `polar-sync reconcile`") == "never listed: `polar-sync reconcile`"
    )
    assert specific("gone; end it, then `polar-sync retry`") == "gone; end it, then “Try now…”"
    asks = State.INCOMPLETE.about.asks
    assert to_do(asks, ["revoke", "retry"]) == "“Revoke…” or “Try now…”"
    assert to_do(asks, ["retry"]) == "end at Polar what the reason names, then “Try now…”"
    assert to_do(asks, []) == "end at Polar what the reason names, then “Try now…”"
    assert to_do("`approve`", ["cancel"]) == "“Cancel the deletion…”"


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


def test_what_is_done_to_deletions_is_told_with_who_and_why(
    commands: Commands, console: Visitor
) -> None:
    one, two, three = (commands.deletion(f"user-{n}", *HELD) for n in range(3))
    new = commands.deletion("user-9")
    form = {"csrf": csrf(console), "number": str(one), "why": "seen with Bob"}
    console.post(f"/deletions/{one}/approve", form)
    # What is not done is not told.
    console.post(f"/deletions/{one}/approve", form)
    commands.run("approve", str(one))
    commands.run("cancel", str(two))
    commands.run("approve", "--all")
    commands.run("retry", str(new))
    rows = commands.store.query("SELECT did, numbers, name, why FROM operator_action ORDER BY id")
    found = [(row["did"], str(row["numbers"]), row["name"], row["why"]) for row in rows]
    assert found == [
        ("approve", f"[{one}]", "Ann", "seen with Bob"),
        ("cancel", f"[{two}]", None, None),
        ("approve", f"[{three}]", None, None),
        ("retry", f"[{new}]", None, None),
    ]
    page = console.get("/done")
    assert f"approve deletion {one} Ann seen with Bob" in text_of(page)
    assert f"cancel deletion {two} a command" in text_of(page)
    assert f'href="/console/deletions/{one}"' in page.text


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


@pytest.mark.slow
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


@pytest.mark.slow
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


@pytest.mark.slow
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
