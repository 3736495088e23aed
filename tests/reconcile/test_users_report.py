"""What an audit of users says of whom it has found."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from typing import Any

import pytest

from sync.cli.tables import _HEADINGS
from sync.mirror.objects import API, Subscription
from sync.reconcile.users_csv import write
from sync.reconcile.users_report import (
    Finding,
    Found,
    OpenSubscription,
    Pays,
    UsersReport,
    finding,
    in_words,
    open_ones,
    pays,
)

AT = datetime(2026, 10, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("what", "facts"),
    [
        (Finding.ORPHAN, {}),
        (Finding.MEMBER, {"member": True}),
        (Finding.NEWER, {"newer": True}),
        (Finding.NEWER, {"newer": True, "owned": False, "member": True}),
        (Finding.UNMAPPED, {"owned": False}),
        (Finding.UNMAPPED, {"owned": False, "member": True}),
        (Finding.UNDER_WAY, {"taken_care_of": True, "newer": True, "owned": False}),
        (Finding.KEPT, {"taken_care_of": True, "kept": True}),
        (Finding.UNLINKED, {"linked": False, "newer": True, "owned": False}),
    ],
)
def test_what_each_is(what: Finding, facts: dict[str, bool]) -> None:
    usual = {"linked": True, "taken_care_of": False, "kept": False, "newer": False}
    assert finding(**{**usual, "owned": True, "member": False, **facts}) is what


def subscription(status: str = "active", **fields: Any) -> OpenSubscription:
    usual = {"id": "s1", "status": status, "amount": 1_250, "currency": "usd", "seats": None}
    period = {"recurring_interval": "month", "current_period_end": None}
    return OpenSubscription(**{**usual, **period, "cancel_at_period_end": False, **fields})


def test_what_is_charged_again_is_added_up_by_currency_and_interval() -> None:
    some = [
        subscription(),
        subscription("trialing", amount=50),
        subscription("past_due", currency="jpy", amount=900),
        subscription("active", recurring_interval="year"),
        # Nothing more is charged for these.
        subscription("paused"),
        subscription("unpaid"),
        subscription("active", cancel_at_period_end=True),
    ]
    assert in_words(pays(some)) == "900 jpy a month, 13.00 usd a month, 12.50 usd a year"
    twice = pays(some, pays(some))
    assert [(it.amount, it.subscriptions) for it in twice] == [(1_800, 2), (2_600, 4), (2_500, 2)]
    assert pays([]) == []
    assert in_words([]) == ""


@pytest.mark.parametrize(
    ("status", "ended_at", "is_open"),
    [
        ("active", None, True),
        ("paused", None, True),
        ("unpaid", None, True),
        ("canceled", AT, False),
        ("active", AT, False),
    ],
)
def test_only_what_has_not_ended_is_told(
    status: str, ended_at: datetime | None, is_open: bool
) -> None:
    one = Subscription(
        id="s1",
        customer_id="c1",
        status=status,
        product_id="p1",
        amount=100,
        currency="usd",
        recurring_interval="month",
        created_at=AT,
        version_at=AT,
        observed_at=AT,
        written_by=API,
        digest="",
        ended_at=ended_at,
    )
    assert [it.id for it in open_ones([one])] == (["s1"] if is_open else [])


def found(what: Finding = Finding.ORPHAN, *subscriptions: OpenSubscription, **ids: Any) -> Found:
    return Found(
        finding=what, created_at=AT, subscriptions=[*subscriptions], **{"customer_id": "c1", **ids}
    )


def report(**fields: Any) -> UsersReport:
    usual = {"as_of": AT, "file_sha256": "0" * 64, "users": 9, "repeated": 0}
    return UsersReport(**{**usual, "without_customer": 0, "max_share": 0.05, **fields})


def test_a_report_counts_and_adds_up() -> None:
    it = report(linked=40)
    it.add(found())
    it.add(found(Finding.ORPHAN, subscription()))
    it.add(found(Finding.ORPHAN, subscription()))
    it.add(found(Finding.UNLINKED))
    assert it.found == {Finding.ORPHAN: 3, Finding.UNLINKED: 1}
    total = Pays(amount=2_500, currency="usd", recurring_interval="month", subscriptions=2)
    assert it.pays == {Finding.ORPHAN: [total]}
    assert (it.orphans, it.share, it.too_many, it.needs_action) == (3, 0.075, True, True)
    assert it.model_dump(mode="json")["share"] == 0.075


def test_the_share_that_is_allowed_is_allowed() -> None:
    it = report(linked=20)
    assert (it.share, it.too_many, it.needs_action) == (0, False, False)
    it.add(found())
    assert (it.share, it.too_many) == (0.05, False)
    assert report().share == 0
    it = report(linked=1)
    it.add(found(Finding.MEMBER, member_id="m1"))
    assert (it.share, it.needs_action) == (0, True)


def test_every_finding_has_its_heading() -> None:
    assert set(_HEADINGS) == set(Finding)


def test_csv_for_a_spreadsheet_that_runs_nothing() -> None:
    stream = io.StringIO(newline="")
    rows = [
        found(
            Finding.ORPHAN,
            subscription(),
            subscription("paused", id="s2"),
            external_id='=HYPERLINK("http://example.com")',
            user_id="+1, a",
            deletion=7,
            state="held",
        ),
        found(Finding.MEMBER, member_id="m1", external_id="u2", user_id="@u2"),
    ]
    write(stream, rows)
    first, second = csv.DictReader(io.StringIO(stream.getvalue(), newline=""))
    assert first == {
        "finding": "orphan",
        "customer_id": "c1",
        "member_id": "",
        "external_id": '\'=HYPERLINK("http://example.com")',
        "user_id": "'+1, a",
        "created_at": "2026-10-01T12:00:00+00:00",
        "pays": "12.50 usd a month",
        "subscriptions": "s1 active s2 paused",
        "deletion": "7",
        "state": "held",
    }
    assert (second["member_id"], second["user_id"], second["deletion"]) == ("m1", "'@u2", "")
