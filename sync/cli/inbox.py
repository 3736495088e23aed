"""`polar-sync inbox`: what came from the app and from Polar, event by event."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from sync.cli import arguments
from sync.cli.arguments import AllDead, DeadLetters, Json, Limit, RowNumber, RowNumbers, Since
from sync.cli.exit_codes import NO
from sync.cli.printing import console_on, fail, print_done, print_json, print_one

commands = typer.Typer(help="Events from the app and from Polar.", no_args_is_help=True)

_FIELDS = (
    "id",
    "source",
    "webhook_id",
    "event_type",
    "event_at",
    "received_at",
    "status",
    "applied_at",
    "customer_id",
    "member_id",
    "user_hash",
    "error",
)


@commands.command("list")
def list_(
    webhook_id: Annotated[
        str | None, typer.Option("--id", metavar="WEBHOOK_ID", help="Only under this webhook-id.")
    ] = None,
    source: Annotated[
        str | None, typer.Option("--source", help="Only from `app`, or from `polar`.")
    ] = None,
    type_: Annotated[str | None, typer.Option("--type", help="Only of this type.")] = None,
    state: Annotated[
        str | None,
        typer.Option("--state", help="Only `pending`, `applied`, `ignored` or `dead` ones."),
    ] = None,
    since: Since = None,
    limit: Limit = 50,
    as_json: Json = False,
) -> None:
    """The newest events, what became of each, and why not."""
    from sync.cli.deployment import looked_up
    from sync.inbox import queries
    from sync.inbox.entry import InboxStatus, Source
    from sync.reports.plain import fields_of

    origin = None if source is None else arguments.choice(Source, source, "--source")
    status = None if state is None else arguments.choice(InboxStatus, state, "--state")

    rows = looked_up(
        lambda session: queries.search(
            session,
            webhook_id=webhook_id,
            source=origin,
            event_type=type_,
            status=status,
            since=arguments.parse_moment(since),
            limit=limit,
        )
    )
    report = {"events": [fields_of(row, _FIELDS) for row in rows]}
    if as_json:
        print_json(report)
    else:
        from sync.cli.tables import print_events

        print_events(console_on(sys.stdout), report)


@commands.command()
def show(
    number: RowNumber,
    body: Annotated[
        bool, typer.Option("--body", help="With its body, without what is personal.")
    ] = False,
    unmask: Annotated[
        bool, typer.Option("--unmask", help="With --body: with what is personal.")
    ] = False,
    as_json: Json = False,
) -> None:
    """All about one event."""
    if unmask and not body:
        raise typer.BadParameter("--unmask goes with --body")
    from sync.cli.deployment import looked_up
    from sync.inbox import masking, queries
    from sync.reports.plain import fields_of

    row = looked_up(lambda session: queries.one(session, number))
    if row is None:
        fail(NO, f"there is no event with the number {number}")
    report = fields_of(row, (*_FIELDS, "digest"))
    report["body_kept"] = row.body is not None
    if body and row.body is not None:
        whole = row.body.decode(errors="replace") if unmask else masking.masked(row.body)
        report["body"] = whole
    print_one(report, as_json=as_json)


@commands.command()
def replay(
    numbers: RowNumbers = None,
    everything: AllDead = False,
) -> None:
    """Apply dead letters once more, after a repair."""
    arguments.check_some_or_all(numbers, everything)
    from sync.cli.deployment import in_deployment
    from sync.inbox import queries

    again, forgotten = in_deployment(lambda it: queries.replay(it.database, numbers or None))
    if forgotten:
        typer.echo(f"{len(forgotten)} cannot be applied: their content is forgotten", err=True)
    print_done(
        again,
        "dead letters that are applied once more",
        numbers or (),
        "not a dead letter that can be applied",
    )


@commands.command()
def dismiss(numbers: DeadLetters) -> None:
    """Say of dead letters that they need not be applied; their content goes."""
    from sync.cli.deployment import in_deployment
    from sync.inbox import queries

    done = in_deployment(lambda it: queries.dismiss(it.database, numbers))
    print_done(done, "dead letters that are dismissed", numbers, "not a dead letter")
