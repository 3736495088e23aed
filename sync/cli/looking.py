"""Looking at a deployment, and at what it knows."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from sync.cli import arguments
from sync.cli.arguments import AsUser, Json, Who
from sync.cli.exit_codes import NO
from sync.cli.printing import console_on, fail, print_json

if TYPE_CHECKING:
    from sync.cli.deployment import Deployment
    from sync.reports.told import UserReport

_READY_WITHIN = 5.0
"""Seconds."""

commands = typer.Typer()


@commands.command()
def status(
    as_json: Json = False,
    limit: Annotated[
        int, typer.Option(min=0, help="List this many of the deletions that need action.")
    ] = 50,
) -> None:
    """How things stand, and which deletions need action. Exits with 1 if another customer than a
    deleted user's was deleted."""
    from sync.cli.deployment import in_deployment
    from sync.reports.status import status as read_status

    report = in_deployment(lambda it: read_status(it.database, it.settings, limit), only_looks=True)
    if as_json:
        print_json(report)
    else:
        from sync.cli.tables import print_status

        print_status(console_on(sys.stdout), report)
    if report["states"]["another_deleted"]:
        fail(NO, "another customer was deleted: see what needs action")


@commands.command()
def doctor(
    as_json: Json = False,
    url: Annotated[
        str | None, typer.Option(callback=arguments.public_url, help="In place of PUBLIC_URL.")
    ] = None,
) -> None:
    """Check the deployment, and say what to fix. Exits with 1 if a check has failed."""
    from sync.doctor.examination import examine

    report = asyncio.run(examine(url)).as_json()
    if as_json:
        print_json(report)
    else:
        from sync.cli.tables import print_checks

        print_checks(console_on(sys.stdout), report)
    if not report["ok"]:
        raise typer.Exit(NO)


@commands.command()
def ready() -> None:
    """Ask the server of this machine whether it is ready; exits with 1 if it is not. For a
    container's health check."""
    import urllib.request
    from urllib.error import HTTPError, URLError

    from sync.settings import Settings
    from sync.settings.values import authority

    settings = Settings.load()
    address = f"http://{authority(settings.host, settings.port)}/readyz"
    # Whatever proxy there is, the server is on this machine.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(address, timeout=_READY_WITHIN) as answer:
            typer.echo(answer.read().decode())
    except HTTPError as error:
        with error:
            fail(NO, error.read().decode(errors="replace"))
    except (URLError, OSError) as error:
        fail(NO, f"nobody answers at {address}: {getattr(error, 'reason', error)}")


@commands.command()
def organization(
    forget: Annotated[
        bool, typer.Option("--forget", help="Take the next one that answers for the right one.")
    ] = False,
) -> None:
    """Whose customers the database holds. A token of another organization is refused."""
    from sync.cli.deployment import in_deployment
    from sync.polar.organization import Organization

    if forget:
        if not in_deployment(lambda it: Organization(it.database).forget()):
            fail(NO, "no organization is known")
        typer.echo("forgotten; the next answer from Polar names it anew")
        return
    known = in_deployment(lambda it: Organization(it.database).known(), only_looks=True)
    if known is None:
        fail(NO, "no organization is known yet")
    typer.echo(known)


@commands.command()
def show(who: Who, as_user: AsUser = None, as_json: Json = False) -> None:
    """Everything known about a user's deletions. Says on stderr what it takes a number for."""
    from sync.cli.deployment import in_deployment
    from sync.deletions.pause import current
    from sync.deletions.queries import Which
    from sync.deletions.states import OVER, State
    from sync.reports.deletion import of_user

    which = Which(who, as_user)

    async def look(it: Deployment) -> tuple[UserReport, bool, bool]:
        async with it.database.read() as session:
            paused = await current(session) is not None
        told = await of_user(it.database, it.hasher, which)
        return told, told.user_hash == it.hasher.user(who), paused

    told, is_of_user, paused = in_deployment(look, only_looks=True)
    is_numbered = which.is_number and int(who) in {it.id for it in told.deletions}
    if as_user is None and which.is_number and is_of_user != is_numbered:
        taken_for = "a user's id" if is_of_user else "a deletion's number"
        other = "deletion has that number" if is_of_user else "user with that id has a deletion"
        typer.echo(f"{who} is taken for {taken_for}: no {other}", err=True)
    report = told.model_dump(mode="json")
    if as_json:
        print_json(report)
    else:
        from sync.cli.tables import print_user

        print_user(console_on(sys.stdout), report)
    if paused and any(State(it["state"]) not in OVER for it in report["deletions"]):
        typer.echo("all deletions are paused: `polar-sync resume` has them go on", err=True)
