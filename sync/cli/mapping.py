"""`polar-sync map`: who a local user is at Polar."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from sync.cli import arguments
from sync.cli.arguments import Json, UserId
from sync.cli.exit_codes import NO
from sync.cli.printing import console_on, fail, print_json
from sync.errors import NothingFound

if TYPE_CHECKING:
    from sync.cli.deployment import Deployment
    from sync.deletions.identity import Identified

commands = typer.Typer(help="Who a local user is at Polar.", no_args_is_help=True)


class Format(StrEnum):
    """Of a file of entries."""

    CSV = "csv"
    JSONL = "jsonl"


@commands.command("import")
def import_(
    file: Annotated[typer.FileBinaryRead, typer.Argument(metavar="FILE", help="-: stdin.")],
    file_format: Annotated[
        Format | None,
        typer.Option("--format", help="Otherwise by the file's name, .csv or .jsonl."),
    ] = None,
) -> None:
    """Set an entry for each line of a file, all or nothing."""
    suffix = Path(file.name).suffix.lower().removeprefix(".")
    if file_format is None and suffix not in set(Format):
        raise typer.BadParameter("the name does not end in .csv or .jsonl: give --format")
    chosen: Literal["csv", "jsonl"] = "csv" if (file_format or suffix) == Format.CSV else "jsonl"

    from sync.cli.deployment import in_deployment
    from sync.deletions.mapping_import import ImportFailed, import_entries

    try:
        count = in_deployment(lambda it: import_entries(it.database, it.hasher, file, chosen))
    except ImportFailed as error:
        fail(NO, "nothing was imported", *str(error).splitlines())
    typer.echo(f"users imported: {count}")


@commands.command("set")
def set_(
    user_id: UserId,
    external_id: Annotated[
        str | None, typer.Option(callback=arguments.user_id, help="The external id at Polar.")
    ] = None,
    customer_id: Annotated[str | None, typer.Option(help="Polar's own id, a UUID.")] = None,
) -> None:
    """Set a user's entry; a deletion that waits for one goes on."""
    from sync.cli.deployment import in_deployment
    from sync.deletions.identity import set_entry

    in_deployment(
        lambda it: set_entry(
            it.database, it.hasher, user_id, external_id=external_id, customer_id=customer_id
        )
    )
    typer.echo(f"{user_id} is mapped")


@commands.command()
def show(user_id: UserId, as_json: Json = False) -> None:
    """Who a user is at Polar: by an entry, or else by MAPPING."""
    from sync.cli.deployment import in_deployment
    from sync.deletions import identity

    async def read(deployment: Deployment) -> Identified | None:
        async with deployment.database.read() as session:
            return await identity.resolve(session, user_id, None, deployment.settings)

    known = in_deployment(read, only_looks=True)
    if known is None:
        raise NothingFound(f"{user_id} has no entry, and MAPPING is table")
    report = {
        "user_id": user_id,
        "external_id": known.target.external_id,
        "customer_id": known.target.customer_id,
        "by": known.source,
    }
    if as_json:
        print_json(report)
    else:
        from sync.cli.tables import print_mapping

        print_mapping(console_on(sys.stdout), report)


@commands.command()
def remove(user_id: UserId) -> None:
    """Remove a user's entry."""
    from sync.cli.deployment import in_deployment
    from sync.deletions.identity import remove_entry

    if not in_deployment(lambda it: remove_entry(it.database, user_id)):
        raise NothingFound(f"{user_id} has no entry")
    typer.echo(f"the entry of {user_id} is removed")
