"""`polar-sync send`: the app's part, by hand."""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlsplit

import typer

from sync.cli import arguments
from sync.cli.arguments import UserId
from sync.cli.exit_codes import NO, UNUSABLE
from sync.cli.printing import fail
from sync.intake.event_types import EventType

if TYPE_CHECKING:
    from sync.settings import Settings

_TIMEOUT = 10.0
_MAX_ANSWER = 2_000
"""Characters of an answer that are shown."""

commands = typer.Typer()


@commands.command()
def send(
    event_type: Annotated[
        EventType, typer.Argument(metavar="TYPE", help=f"One of {', '.join(EventType)}.")
    ],
    user_id: UserId,
    external_id: Annotated[
        str | None, typer.Option(callback=arguments.user_id, help="Put into the event.")
    ] = None,
    email: Annotated[
        str | None, typer.Option(callback=arguments.user_id, help="For user.updated, user.created.")
    ] = None,
    name: Annotated[str | None, typer.Option(callback=arguments.user_id, help="The same.")] = None,
    url: Annotated[
        str | None, typer.Option(help="In place of http://HOST:PORT/events; all of it.")
    ] = None,
) -> None:
    """Send a signed event as the app would, and print the answer."""
    import httpx

    from sync.network import environment
    from sync.network.route import Route
    from sync.settings import Settings, SettingsError
    from sync.settings.values import authority
    from sync.signatures import sender_of

    settings = Settings.load()
    kind = event_type.value.removeprefix("user.")
    if kind not in settings.sync_events:
        raise typer.BadParameter(f"the bridge ignores it: add {kind} to SYNC_EVENTS")
    _check_profile(event_type, email, name)
    sender = sender_of(settings.signed_as, settings.event_secrets)
    webhook_id = f"msg_{uuid.uuid4().hex}"
    body = _event_body(
        *_parts(settings.event_type_path, _name_of(settings, event_type)),
        (settings.event_timestamp_path, datetime.now(UTC).isoformat()),
        (settings.event_user_id_path, user_id),
        (settings.event_external_id_path, external_id),
        (settings.event_email_path, email),
        (settings.event_name_path.partition("+")[0], name),
        ("id", webhook_id if sender.id_in_body else None),
    )
    headers = sender.sign(webhook_id, datetime.now(UTC), body)
    address = url or f"http://{authority(settings.host, settings.port)}/events"
    try:
        urlsplit(address)
    except ValueError:
        fail(UNUSABLE, f"not a URL that an event can be sent to: {address}")
    if url is not None and (problems := list(environment.problems(url, os.environ))):
        raise SettingsError(problems)
    # A proxy is for what is elsewhere.
    route = Route.to(address) if url is not None else Route(address, None)
    try:
        with httpx.Client(timeout=_TIMEOUT, **route.for_client) as client:
            answer = client.post(
                address, content=body, headers={**headers, "content-type": "application/json"}
            )
    except (httpx.InvalidURL, httpx.UnsupportedProtocol):
        fail(UNUSABLE, f"not a URL that an event can be sent to: {address}")
    except httpx.HTTPError as error:
        fail(NO, f"no answer from {address}: {route.failure(error)}")
    text = "".join(char for char in answer.text[:_MAX_ANSWER] if char.isprintable())
    typer.echo(f"{answer.status_code} {text}")
    if not answer.is_success:
        raise typer.Exit(NO)


def _check_profile(event_type: EventType, email: str | None, name: str | None) -> None:
    says_something = email is not None or name is not None
    if event_type in {EventType.USER_UPDATED, EventType.USER_CREATED}:
        if not says_something:
            raise typer.BadParameter(f"{event_type} says something: give --email or --name")
    elif says_something:
        raise typer.BadParameter(f"{event_type} has neither --email nor --name")


def _name_of(settings: Settings, event_type: EventType) -> str:
    from sync.intake.app_events import names

    return names(settings)[event_type]


def _parts(path: str, event_type: str) -> Iterator[tuple[str, str]]:
    """Where each part of a type is."""
    paths = path.split("+")
    return zip(paths, event_type.split(".", len(paths) - 1), strict=True)


def _event_body(*fields: tuple[str, str | None]) -> bytes:
    """The event, with each value where the bridge looks for it, by its path."""
    event: dict[str, Any] = {}
    for path, value in fields:
        if path and value is not None:
            *parents, name = path.split(".")
            place = event
            for parent in parents:
                items, _, chosen_by = parent.rstrip("]").partition("[")
                if chosen_by:
                    item = {"id": "1"}
                    place[chosen_by], place[items] = item["id"], [item]
                    place = item
                else:
                    place = place.setdefault(parent, {})
            place[name] = value
    return json.dumps(event).encode()
