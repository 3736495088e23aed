"""`polar-sync profiles`: what the app said of its users, and what became of it at Polar."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sync.cli import arguments
from sync.cli.arguments import AllDead, DeadLetters, Json, Limit, RowNumber, RowNumbers, Since
from sync.cli.exit_codes import NO
from sync.cli.printing import console_on, fail, print_done, print_json, print_one

if TYPE_CHECKING:
    from sync.profiles.tables import ProfileRow

commands = typer.Typer(
    help="E-mail and name of users, on their way to Polar.", no_args_is_help=True
)

_FIELDS = (
    "id",
    "user_hash",
    "status",
    "reason",
    "customer_id",
    "changed_at",
    "attempts",
    "next_attempt_at",
    "ended_at",
)
_PERSONAL = ("user_id", "external_id", "email", "name")
_TIMES = ("email_at", "name_at", "created_at")


@commands.command("list")
def list_(
    state: Annotated[
        str | None,
        typer.Option("--state", help="Only `pending`, `synced`, `ignored` or `dead` ones."),
    ] = None,
    user: Annotated[
        str | None,
        typer.Option(metavar="USER_ID", callback=arguments.user_id, help="Only this user's."),
    ] = None,
    since: Since = None,
    limit: Limit = 50,
    as_json: Json = False,
) -> None:
    """The users of whom the app said something last, and what became of it."""
    from sync.cli.deployment import Deployment, in_deployment
    from sync.profiles import queries
    from sync.profiles.profile import ProfileStatus
    from sync.reports.plain import fields_of

    status = None if state is None else arguments.choice(ProfileStatus, state, "--state")

    async def look(it: Deployment) -> Sequence[ProfileRow]:
        async with it.database.read() as session:
            return await queries.search(
                session,
                user_hash=None if user is None else it.hasher.user(user),
                status=status,
                since=arguments.parse_moment(since),
                limit=limit,
            )

    rows = in_deployment(look, only_looks=True)
    report = {"profiles": [fields_of(row, _FIELDS) for row in rows]}
    if as_json:
        print_json(report)
    else:
        from sync.cli.tables import print_profiles

        print_profiles(console_on(sys.stdout), report)


@commands.command()
def show(
    number: RowNumber,
    unmask: Annotated[
        bool, typer.Option("--unmask", help="Show what is personal, while it is kept.")
    ] = False,
    as_json: Json = False,
) -> None:
    """All about one of them."""
    from sync.cli.deployment import looked_up
    from sync.inbox.masking import MASK
    from sync.profiles import queries
    from sync.reports.plain import fields_of

    row = looked_up(lambda session: queries.one(session, number))
    if row is None:
        fail(NO, f"there is no profile with the number {number}")
    personal: dict[str, Any] = fields_of(row, _PERSONAL)
    if not unmask:
        personal = {name: None if it is None else MASK for name, it in personal.items()}
    report = fields_of(row, _FIELDS) | personal | fields_of(row, _TIMES)
    print_one(report, as_json=as_json)


@commands.command()
def replay(
    numbers: RowNumbers = None,
    everything: AllDead = False,
) -> None:
    """Carry dead letters to Polar again."""
    arguments.check_some_or_all(numbers, everything)
    from sync.cli.deployment import in_deployment
    from sync.profiles import queries

    again = in_deployment(lambda it: queries.replay(it.database, numbers or None))
    print_done(again, "profiles that are carried again", numbers or (), "not a dead letter")


@commands.command()
def dismiss(numbers: DeadLetters) -> None:
    """Say of dead letters that they need not be carried; what is personal in them goes."""
    from sync.cli.deployment import in_deployment
    from sync.profiles import queries

    done = in_deployment(lambda it: queries.dismiss(it.database, numbers))
    print_done(done, "profiles that are dismissed", numbers, "not a dead letter")
