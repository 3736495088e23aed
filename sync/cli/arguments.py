"""Arguments and options that several commands have."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Annotated, TypeVar

import typer

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_LONGEST = timedelta(days=36_500)


def check_some_or_all(numbers: Sequence[int] | None, everything: bool) -> None:
    """Make sure that either is given.

    Raises:
        BadParameter
    """
    if everything == bool(numbers):
        raise typer.BadParameter("give either NUMBER... or --all")


def user_id(text: str | None) -> str | None:
    """Check an id. A callback of typer's, as those below."""
    try:
        (text or "").encode()
    except UnicodeEncodeError:
        raise typer.BadParameter("it is not valid UTF-8") from None
    return text


def one_meaning(as_user: bool | None) -> bool | None:
    """Check that not both were given: the last one would count, and act on somebody else."""
    if {"--user", "--deletion"} <= {*sys.argv}:
        raise typer.BadParameter("say one of the two, and not both")
    return as_user


def public_url(text: str | None) -> str | None:
    """Check a public URL, and take the slash from its end."""
    from sync.settings import parse_public_url

    try:
        return None if text is None else parse_public_url(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


def host(text: str | None) -> str | None:
    """Check where to listen, and take the brackets from an IPv6 address."""
    from sync.settings import parse_host

    try:
        return None if text is None else parse_host(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


E = TypeVar("E", bound=StrEnum)


def choice(choices: type[E], text: str, option: str) -> E:
    """The one of the choices that is meant.

    Raises:
        BadParameter: it is none of them.
    """
    try:
        return choices(text)
    except ValueError:
        possible = ", ".join(choices)
        raise typer.BadParameter(f"{option} must be one of: {possible}") from None


def duration(text: str | None) -> str | None:
    """Check a duration."""
    if text is not None and not _is_duration(text):
        raise typer.BadParameter(
            f"it must be a number and one of s, m, h, d: 36h, of at most {_LONGEST.days}d"
        )
    return text


def _is_duration(text: str) -> bool:
    written = re.fullmatch(r"[1-9][0-9]{0,9}[smhd]", text, re.ASCII)
    return written is not None and parse_duration(text) <= _LONGEST


def moment(text: str | None) -> str | None:
    """Check a moment: a time in ISO 8601, or a duration, which means so long ago."""
    if text is not None and not _is_duration(text):
        try:
            at = datetime.fromisoformat(text)
            # At the edge of the calendar not every zone has a time.
            usable = at.tzinfo is not None and bool(at.astimezone(UTC))
        except (ValueError, OverflowError):
            usable = False
        if not usable:
            raise typer.BadParameter(
                "it must be a duration such as 36h, or a time with its zone: 2026-01-31T12:00:00Z"
            )
    return text


def share(text: str | None) -> str | None:
    """Check a share of a hundred."""
    if text is not None and not (
        re.fullmatch(r"[0-9]{1,3}(\.[0-9]{1,6})?%", text, re.ASCII) and parse_share(text) <= 1
    ):
        raise typer.BadParameter("it must be a percentage of at most 100%, such as 20%")
    return text


def parse_share(text: str) -> float:
    """What `share` has checked, from 0 to 1."""
    return float(text.removesuffix("%")) / 100


def parse_moment(text: str | None) -> datetime | None:
    """What `moment` has checked."""
    if text is None:
        return None
    if text[-1] in _UNITS:
        return datetime.now(UTC) - parse_duration(text)
    return datetime.fromisoformat(text).astimezone(UTC)


def parse_duration(text: str) -> timedelta:
    """What `duration` has checked."""
    return timedelta(**{_UNITS[text[-1]]: int(text[:-1])})


_WHO = typer.Argument(
    metavar="USER|DELETION", callback=user_id, help="A local user id, or a deletion's number."
)

_MAX_NUMBER = 2**63 - 1
RowNumber = Annotated[
    int, typer.Argument(min=1, max=_MAX_NUMBER, metavar="NUMBER", show_default=False)
]
RowNumbers = Annotated[
    list[int] | None,
    typer.Argument(min=1, max=_MAX_NUMBER, metavar="NUMBER...", show_default=False),
]
AllDead = Annotated[bool, typer.Option("--all", help="Every dead letter.")]
DeadLetters = Annotated[
    list[int],
    typer.Argument(min=1, max=_MAX_NUMBER, metavar="NUMBER...", show_default=False),
]
Limit = Annotated[int, typer.Option(min=1, max=10_000, help="At most so many, the newest.")]
Since = Annotated[
    str | None,
    typer.Option(
        metavar="WHEN", callback=moment, help="Only since then: 36h, or 2026-01-31T12:00:00Z."
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
UserId = Annotated[str, typer.Argument(metavar="USER_ID", callback=user_id)]
Who = Annotated[str, _WHO]
WhoIfAny = Annotated[str | None, _WHO]
AsUser = Annotated[
    bool | None,
    typer.Option(
        "--user/--deletion",
        callback=one_meaning,
        help="What a number is. What acts refuses one that could be either.",
        show_default=False,
    ),
]
