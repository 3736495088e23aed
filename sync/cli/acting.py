"""What an operator does to deletions and to dead letters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from sync.cli.arguments import AsUser, Who, WhoIfAny
from sync.cli.exit_codes import NO
from sync.cli.printing import fail

if TYPE_CHECKING:
    from sync.deletions.operator import Verb

commands = typer.Typer()


@commands.command()
def retry(
    who: WhoIfAny = None,
    as_user: AsUser = None,
    dead_letters: Annotated[
        bool, typer.Option("--dead-letters", help="Apply every dead letter once more.")
    ] = False,
) -> None:
    """Try now, without waiting for a backoff or DELETION_DELAY."""
    if dead_letters == (who is not None):
        raise typer.BadParameter("give either USER|DELETION or --dead-letters")
    from sync.cli.deployment import in_deployment
    from sync.deletions.operator import Verb
    from sync.inbox.queries import retry_dead_letters

    if who is not None:
        _act(Verb.RETRY, who, as_user, "is tried now")
        return
    retried, forgotten = in_deployment(lambda it: retry_dead_letters(it.database))
    if forgotten:
        typer.echo(f"{forgotten} cannot be retried: their content is forgotten", err=True)
    if not retried:
        fail(NO, "there is no dead letter to retry")
    typer.echo(f"dead letters that are applied once more: {retried}")


@commands.command()
def approve(
    who: WhoIfAny = None,
    as_user: AsUser = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Approve all that the brake holds; no team.")
    ] = False,
) -> None:
    """Let a deletion go on that is held, or that another customer's deletion has stopped."""
    if everything == (who is not None):
        raise typer.BadParameter("give either USER|DELETION or --all")
    from sync.cli.deployment import in_deployment
    from sync.deletions.ledger import Ledger
    from sync.deletions.operator import Verb, approve_all

    if who is not None:
        _act(Verb.APPROVE, who, as_user, "is approved")
        return
    approved = in_deployment(lambda it: approve_all(Ledger.of(it.database, it.settings)))
    if not approved:
        fail(NO, "the brake holds no deletion; one that is held for a team must be named")
    typer.echo(f"deletions approved: {approved}")


@commands.command()
def transfer(
    who: Who,
    to: Annotated[
        str, typer.Option(metavar="MEMBER", help="The new owner: Polar's id, or external id.")
    ],
    as_user: AsUser = None,
) -> None:
    """Hand over the team that a deletion is held for; the user leaves it, and it stays."""
    from sync.cli.deployment import Deployment, in_deployment
    from sync.deletions.ledger import Ledger
    from sync.deletions.operator import Effect
    from sync.deletions.queries import Which
    from sync.deletions.transfer import transfer as hand_over
    from sync.polar.budget import Unmetered
    from sync.polar.client import PolarClient
    from sync.polar.organization import Organization

    async def work(it: Deployment) -> Effect:
        ledger = Ledger.of(it.database, it.settings)
        async with PolarClient(it.settings, Unmetered(), Organization(it.database)) as polar:
            return await hand_over(ledger, polar, Which(who, as_user), to)

    effect = in_deployment(work)
    typer.echo(f"deletion {effect.deletion}: the team is handed over; the user leaves it now")
    typer.echo("its e-mail and name may still be the user's: change them at Polar")


@commands.command()
def cancel(who: Who, as_user: AsUser = None) -> None:
    """Leave the customer alone, where it is not too late."""
    from sync.deletions.operator import Verb

    _act(Verb.CANCEL, who, as_user, "is canceled")


def _act(verb: Verb, who: str, as_user: bool | None, done: str) -> None:
    from sync.cli.deployment import in_deployment
    from sync.deletions.ledger import Ledger
    from sync.deletions.operator import act
    from sync.deletions.queries import Which

    outcomes = in_deployment(
        lambda it: act(Ledger.of(it.database, it.settings), verb, Which(who, as_user))
    )
    for outcome in outcomes:
        if outcome.refusal is None:
            typer.echo(f"deletion {outcome.deletion}: {done}")
    refused = [item for item in outcomes if item.refusal is not None]
    if refused:
        fail(NO, *(f"deletion {item.deletion}: cannot {verb}: {item.refusal}" for item in refused))
