"""`polar-sync audit`: the log over all deletions, held against the evidence and what was kept of
it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from sync.cli.arguments import Json
from sync.cli.exit_codes import NO
from sync.cli.printing import console_on, fail, print_json, print_one

if TYPE_CHECKING:
    from sync.auditing.inspecting import Inspection
    from sync.auditing.kept import Kept
    from sync.cli.deployment import Deployment

commands = typer.Typer(
    help="The log over all deletions: whether it holds, and proof of it.", no_args_is_help=True
)


@commands.command()
def verify(
    against: Annotated[
        list[typer.FileBinaryRead] | None,
        typer.Option(
            metavar="FILE", help="Heads or receipts that were kept elsewhere; may be repeated."
        ),
    ] = None,
    file: Annotated[
        typer.FileBinaryRead | None,
        typer.Option(metavar="EXPORT", help="Check an export, in place of the database."),
    ] = None,
    jwks: Annotated[
        typer.FileBinaryRead | None,
        typer.Option(metavar="FILE", help="Public keys, in place of those of RECEIPT_KEY."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Look for what was changed, removed, moved or put in, from the first evidence to the newest.
    Exits with 1 if anything was. With --file it needs no database, and with --jwks no settings."""
    from sync.auditing.kept import read
    from sync.cli.receipts import public_keys_of
    from sync.receipts.document import MAX_BYTES
    from sync.settings import ReceiptSettings

    keys = public_keys_of(
        ReceiptSettings.load(), None if jwks is None else jwks.read(MAX_BYTES + 1)
    )
    elsewhere: list[Kept] = []
    for it in against or ():
        elsewhere += read(it.read(MAX_BYTES + 1), it.name)
    if file is not None:
        from sync.auditing.export import check

        report = check(file, keys, elsewhere).told()
    else:
        from sync.auditing.inspecting import inspect
        from sync.cli.deployment import in_deployment

        async def look(it: Deployment) -> Inspection:
            return await inspect(it.database, keys, elsewhere)

        report = in_deployment(look, only_looks=True).told()
    if as_json:
        print_json(report)
    else:
        from sync.cli.tables import print_inspection

        print_inspection(console_on(sys.stdout), report)
    if not report["holds"]:
        fail(NO, "the log over all deletions does not hold")


@commands.command()
def head(as_json: Json = False) -> None:
    """Print how far the log goes, and the hash that stands for all of it; signed with RECEIPT_KEY.
    Keep it where nobody who has the database can change it."""
    from sync.auditing.heads import newest
    from sync.cli.deployment import in_deployment
    from sync.receipts import signer_of

    found = in_deployment(lambda it: newest(it.database, signer_of(it.settings)), only_looks=True)
    print_one(found, as_json=as_json)


@commands.command()
def export(
    output: Annotated[
        typer.FileTextWrite,
        typer.Option("--output", "-o", metavar="FILE", help="Where to; -: stdout."),
    ] = "-",  # type: ignore[assignment]
) -> None:
    """Write the whole log with all evidence, one entry a line in JSON, and its head at the end."""
    from sync.auditing.export import lines
    from sync.cli.deployment import in_deployment
    from sync.receipts import signer_of

    async def write(it: Deployment) -> None:
        async for line in lines(it.database, signer_of(it.settings)):
            output.write(line)

    in_deployment(write, only_looks=True)
