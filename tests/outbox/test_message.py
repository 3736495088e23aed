"""What is sent, and when it is tried again."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.outbox.message import LONGEST_WAIT, MAX_ATTEMPTS, Message, Recipient, wait_after

AT = datetime(2026, 11, 27, 12, tzinfo=UTC)
JITTER = st.floats(0, 1)


def message(**fields: Any) -> Message:
    common: dict[str, Any] = {
        "id": 1,
        "recipient": Recipient.APP,
        "webhook_id": "msg_1",
        "type": "deletion.verified",
        "made_at": AT,
        "data": {"deletion_id": 7, "state": "verified"},
        "user_id": "user-1",
        "attempts": 0,
    }
    return Message(**common | fields)


def test_what_the_app_gets() -> None:
    assert json.loads(message().body) == {
        "type": "deletion.verified",
        "timestamp": "2026-11-27T12:00:00+00:00",
        "data": {"user_id": "user-1", "deletion_id": 7, "state": "verified"},
    }


def test_operators_get_a_text_alone() -> None:
    note = message(recipient=Recipient.OPERATOR, data={"text": "3 are held"}, user_id=None)
    assert json.loads(note.body) == {"text": "3 are held"}


def waits(jitter: float) -> list[timedelta]:
    every = (wait_after(tries, asked=None, jitter=jitter) for tries in range(1, MAX_ATTEMPTS + 9))
    return list(takewhile(lambda it: it is not None, every))  # type: ignore[arg-type]


@given(JITTER)
def test_it_is_tried_for_about_three_days(jitter: float) -> None:
    found = waits(jitter)
    assert len(found) == MAX_ATTEMPTS - 1
    assert timedelta(days=2.5) < sum(found, timedelta()) < timedelta(days=3.5)
    assert found[0] < timedelta(seconds=6)
    assert max(found) <= LONGEST_WAIT * 1.1


@pytest.mark.parametrize(
    ("asked", "least", "most"),
    [
        (timedelta(0), timedelta(seconds=4), timedelta(seconds=6)),
        (timedelta(minutes=10), timedelta(minutes=9), timedelta(minutes=11)),
        (timedelta(days=900), LONGEST_WAIT * 0.9, LONGEST_WAIT * 1.1),
    ],
)
@given(jitter=JITTER)
def test_a_recipient_may_ask_for_more_and_not_for_less(
    asked: timedelta, least: timedelta, most: timedelta, jitter: float
) -> None:
    wait = wait_after(1, asked=asked, jitter=jitter)
    assert wait is not None
    assert least <= wait <= most
