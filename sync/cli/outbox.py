"""`polar-sync outbox`: what is told to the app and to operators, message by message."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from sync.cli import arguments
from sync.cli.arguments import AllDead, DeadLetters, Json, Limit, RowNumber, RowNumbers, Since
from sync.cli.exit_codes import NO
from sync.cli.printing import console_on, fail, print_done, print_json, print_one

commands = typer.Typer(help="Messages to the app and to operators.", no_args_is_help=True)

_FIELDS = (
    "id",
    "recipient",
    "webhook_id",
    "type",
    "deletion_id",
    "status",
    "made_at",
    "attempts",
    "next_attempt_at",
    "ended_at",
    "error",
)


@commands.command("list")
def list_(
    type_: Annotated[str | None, typer.Option("--type", help="Only of this type.")] = None,
    state: Annotated[
        str | None, typer.Option("--state", help="Only `pending`, `delivered` or `dead` ones.")
    ] = None,
    since: Since = None,
    limit: Limit = 50,
    as_json: Json = False,
) -> None:
    """The newest messages, and what became of each."""
    from sync.cli.deployment import looked_up
    from sync.outbox import queries
    from sync.outbox.message import OutboxStatus
    from sync.reports.plain import fields_of

    status = None if state is None else arguments.choice(OutboxStatus, state, "--state")

    rows = looked_up(
        lambda session: queries.search(
            session,
            type_=type_,
            status=status,
            since=arguments.parse_moment(since),
            limit=limit,
        )
    )
    report = {"messages": [fields_of(row, _FIELDS) for row in rows]}
    if as_json:
        print_json(report)
    else:
        from sync.cli.tables import print_messages

        print_messages(console_on(sys.stdout), report)


@commands.command()
def show(number: RowNumber, as_json: Json = False) -> None:
    """All about one message. The user's id is there until it is acknowledged."""
    from sync.cli.deployment import looked_up
    from sync.outbox import queries
    from sync.reports.plain import fields_of

    row = looked_up(lambda session: queries.one(session, number))
    if row is None:
        fail(NO, f"there is no message with the number {number}")
    report = fields_of(row, (*_FIELDS, "user_id", "data"))
    print_one(report, as_json=as_json)


@commands.command()
def replay(
    numbers: RowNumbers = None,
    everything: AllDead = False,
) -> None:
    """Send messages now, with the same webhook-id: dead letters, or those that wait for a try."""
    arguments.check_some_or_all(numbers, everything)
    from sync.cli.deployment import in_deployment
    from sync.outbox import queries

    again = in_deployment(lambda it: queries.replay(it.database, numbers or None))
    missing = "acknowledged already, or not there"
    print_done(again, "messages that are sent again", numbers or (), missing)


@commands.command()
def dismiss(numbers: DeadLetters) -> None:
    """Say of dead letters that they need not be delivered; they are removed."""
    from sync.cli.deployment import in_deployment
    from sync.outbox import queries

    done = in_deployment(lambda it: queries.dismiss(it.database, numbers))
    print_done(done, "messages that are dismissed", numbers, "not a dead letter")
