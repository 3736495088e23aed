"""What the demo prints, in a terminal of 80 columns."""

from __future__ import annotations

import io
from typing import Any

from rich.console import Console, RenderableType

from sync.deletions.observations import DeleteBy
from sync.deletions.states import State
from sync.demo.outcome import Outcome
from sync.demo.printing import Line, receipt_panel, results

GONE = Outcome(state=State.VERIFIED, is_there=False, deleted_by=DeleteBy.EXTERNAL_ID)
LONGEST = "webhook.customer.state_changed"


def printed(what: RenderableType) -> list[str]:
    stream = io.StringIO()
    Console(file=stream, width=80).print(what)
    lines = stream.getvalue().splitlines()
    assert all(len(line) <= 80 for line in lines)
    return lines


def row(title: str, lines: list[str]) -> list[str]:
    (found,) = [line for line in lines if line.startswith(f"│ {title} ")]
    return [cell.strip() for cell in found.split("│")[1:-1]]


def test_a_line_says_what_was_seen() -> None:
    lines = printed(results([Line(title="one", seen=GONE, wrong=[])]))
    assert row("one", lines) == ["one", "verified", "gone, by external id", "yes"]
    assert not any("What" in line for line in lines)


def test_what_is_not_as_it_should_be_is_shown_as_wrong() -> None:
    lines = printed(results([Line(title="one", seen=GONE, wrong=["[a] is not b", "c"])]))
    assert row("one", lines)[-1] == "no"
    assert lines[lines.index("What is wrong") + 1] == "  one: [a] is not b; c"


def test_a_state_that_needs_a_person_is_listed_with_its_reason() -> None:
    held = Line(title="one", seen=Outcome(state=State.HELD), wrong=[], reason="a team")
    canceled = Line(title="two", seen=Outcome(state=State.CANCELED), wrong=[], reason="came back")
    lines = printed(results([held, canceled]))
    assert "  held  one: a team" in lines
    assert not any("came back" in line for line in lines)


def test_a_seat_that_stays_paid_for_is_named() -> None:
    seat = {"customer_id": "c1", "subscription_id": "s1", "seats": 3}
    line = Line(title="one", seen=GONE, wrong=[], receipt={"paid_seats": [seat]})
    text = " ".join(printed(results([line])))
    for part in ("paid seat  one: customer c1", "subscription s1", "3 now"):
        assert part in text


def test_the_receipt_fits() -> None:
    at = "2026-08-01T12:34:56.789012+00:00"
    links: list[dict[str, Any]] = [
        {"seq": seq, "at": at, "kind": LONGEST, "state": "no_customer", "hash": "f" * 64}
        for seq in range(1, 13)
    ]
    receipt = {
        "deletion": 7,
        "personal_data_forgotten_at": at,
        "memberships": [{"member_id": "m" * 36, "customer_id": "c" * 36}],
        "not_covered": "Polar keeps " * 30,
        "evidence": links,
    }
    lines = printed(receipt_panel(receipt))
    assert "receipt of deletion 7" in lines[0]
    assert len(lines) == len(receipt) - 1 + len(links) + len(("top", "blank", "heading", "bottom"))
    assert f"12:34:56.789  {LONGEST}  no_customer  ffffffff" in lines[-2]
