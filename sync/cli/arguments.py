"""Arguments and options that several commands have."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated

import typer

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def user_id(text: str | None) -> str | None:
    """Check an id. A callback of typer's, as those below."""
    try:
        (text or "").encode()
    except UnicodeEncodeError:
        raise typer.BadParameter("it is not valid UTF-8") from None
    return text


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


def duration(text: str | None) -> str | None:
    """Check a duration."""
    if text is not None and not re.fullmatch(r"[1-9][0-9]{0,5}[smhd]", text):
        raise typer.BadParameter("it must be a number and one of s, m, h, d: 36h")
    return text


def parse_duration(text: str) -> timedelta:
    """What `duration` has checked."""
    return timedelta(**{_UNITS[text[-1]]: int(text[:-1])})


_WHO = typer.Argument(
    metavar="USER|DELETION", callback=user_id, help="A local user id, or a deletion's number."
)

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
UserId = Annotated[str, typer.Argument(metavar="USER_ID", callback=user_id)]
Who = Annotated[str, _WHO]
WhoIfAny = Annotated[str | None, _WHO]
AsUser = Annotated[
    bool | None,
    typer.Option("--user/--deletion", help="What a number is meant as.", show_default=False),
]
