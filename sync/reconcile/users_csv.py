"""What an audit of users has found, as CSV for a spreadsheet."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from typing import Protocol

from sync.reconcile.users_report import Found, in_words, pays

_HEADER = (
    "finding",
    "customer_id",
    "member_id",
    "external_id",
    "user_id",
    "created_at",
    "pays",
    "subscriptions",
    "deletion",
    "state",
)
_BEGINS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


class Stream(Protocol):
    """Of text."""

    def write(self, text: str, /) -> object: ...


def write(stream: Stream, found: Iterable[Found]) -> None:
    """Write a row for each of them. `stream`: with `newline=""`."""
    rows = csv.writer(stream)
    rows.writerow(_HEADER)
    for it in found:
        cells = (
            it.finding,
            it.customer_id,
            it.member_id,
            it.external_id,
            it.user_id,
            it.created_at.isoformat(timespec="seconds"),
            in_words(pays(it.subscriptions)),
            " ".join(f"{one.id} {one.status}" for one in it.subscriptions),
            it.deletion,
            it.state,
        )
        rows.writerow([_cell(value) for value in cells])


def _cell(value: object) -> str:
    """The value as text that no spreadsheet takes for a formula. Source: OWASP, CSV injection."""
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(_BEGINS_A_FORMULA) else text
