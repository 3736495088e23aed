"""What an operator does to deletions and to dead letters."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from sync.cli import arguments
from sync.cli.arguments import AsUser, DeadLetters, Who, WhoIfAny
from sync.cli.exit_codes import NO
from sync.cli.printing import fail

if TYPE_CHECKING:
    from sync.deletions.operator import Effect, Verb

commands = typer.Typer()


class OriginName(StrEnum):
    """What opens deletions beside the app's events."""

    AUDIT = "audit"


Origin = Annotated[
    OriginName | None,
    typer.Option(
        help="With --all: what `reconcile --users --open` has opened and nobody has acted on."
    ),
]
States = Annotated[
    list[str] | None, typer.Option("--state", help="With --all: only in this state; repeatable.")
]
Since = Annotated[
    str | None,
    typer.Option(
        metavar="WHEN",
        callback=arguments.moment,
        help="With --all: received since: 36h, or 2026-01-31T12:00:00Z.",
    ),
]
Until = Annotated[
    str | None,
    typer.Option(
        metavar="WHEN", callback=arguments.moment, help="With --all: received until then."
    ),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="With --all: only say how many.")]
Count = Annotated[
    int | None,
    typer.Option(min=1, help="With --all: do it only if there are so many; nobody is asked then."),
]


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
    from sync.inbox.queries import replay

    if who is not None:
        _act(Verb.RETRY, who, as_user, "is tried now")
        return
    retried, forgotten = in_deployment(lambda it: replay(it.database))
    if forgotten:
        typer.echo(f"{len(forgotten)} cannot be retried: their content is forgotten", err=True)
    if not retried:
        fail(NO, "there is no dead letter to retry")
    typer.echo(f"dead letters that are applied once more: {len(retried)}")


@commands.command()
def approve(
    who: WhoIfAny = None,
    as_user: AsUser = None,
    everything: Annotated[
        bool,
        typer.Option("--all", help="Approve all that the brake holds, and nothing else."),
    ] = False,
    origin: Origin = None,
    state: States = None,
    since: Since = None,
    until: Until = None,
    dry_run: DryRun = False,
    count: Count = None,
) -> None:
    """Let a deletion go on that is held, or that another customer's deletion has stopped."""
    from sync.deletions.operator import Verb

    _check_one_or_all(who, everything, (origin, state, since, until, count), dry_run=dry_run)
    if who is not None:
        _act(Verb.APPROVE, who, as_user, "is approved")
        return
    nothing = "the brake holds no deletion; one that is held for anything else must be named"
    if origin is not None:
        nothing = "no deletion that an audit has opened waits for approval"
    chosen = _Chosen(origin, state, since, until, count, dry_run)
    _act_on_many(Verb.APPROVE, chosen, "approved", nothing)


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
def revoke(who: Who, as_user: AsUser = None) -> None:
    """End at Polar the subscriptions that have outlived a deletion's customer."""
    from sync.cli.deployment import Deployment, in_deployment
    from sync.deletions.ledger import Ledger
    from sync.deletions.queries import Which
    from sync.deletions.revoking import revoke as end_survivors
    from sync.polar.budget import Unmetered
    from sync.polar.client import PolarClient
    from sync.polar.organization import Organization

    async def work(it: Deployment) -> Effect:
        ledger = Ledger.of(it.database, it.settings)
        async with PolarClient(it.settings, Unmetered(), Organization(it.database)) as polar:
            return await end_survivors(ledger, polar, Which(who, as_user))

    effect = in_deployment(work)
    typer.echo(f"deletion {effect.deletion}: what survived is revoked; it is checked now")


@commands.command()
def cancel(
    who: WhoIfAny = None,
    as_user: AsUser = None,
    everything: Annotated[
        bool,
        typer.Option("--all", help="Cancel all for which it is not too late."),
    ] = False,
    origin: Origin = None,
    state: States = None,
    since: Since = None,
    until: Until = None,
    dry_run: DryRun = False,
    count: Count = None,
) -> None:
    """Leave the customer alone, where it is not too late."""
    from sync.deletions.operator import Verb

    _check_one_or_all(who, everything, (origin, state, since, until, count), dry_run=dry_run)
    if who is not None:
        _act(Verb.CANCEL, who, as_user, "is canceled")
        return
    chosen = _Chosen(origin, state, since, until, count, dry_run, must_be_counted=True)
    _act_on_many(Verb.CANCEL, chosen, "canceled", "there is no deletion to cancel")


@commands.command()
def pause(
    why: Annotated[str | None, typer.Option("--why", help="Shown by `status`.")] = None,
) -> None:
    """Stop all DELETEs at once, in all processes, until `resume`. Events are taken as before."""
    from sync.cli.deployment import in_deployment
    from sync.deletions.pause import pause as stop

    reason = " ".join(why.split()) if why else None
    stopped = in_deployment(lambda it: stop(it.database, reason))
    because = f": {stopped.why}" if stopped.why else ""
    typer.echo(f"paused since {stopped.since.isoformat(timespec='seconds')}{because}")
    typer.echo("a DELETE that has left already is not called back; `polar-sync resume` goes on")


@commands.command()
def resume() -> None:
    """Have DELETEs go on after `pause`."""
    from sync.cli.deployment import in_deployment
    from sync.deletions.pause import resume as go_on

    if not in_deployment(lambda it: go_on(it.database)):
        fail(NO, "nothing is paused")
    typer.echo("deletions go on")


@commands.command()
def dismiss(numbers: DeadLetters) -> None:
    """Say of events that `status` lists as possibly lost, by their numbers, that they are not."""
    from sync.cli.deployment import in_deployment
    from sync.inbox.queries import dismiss_lost

    found = in_deployment(lambda it: dismiss_lost(it.database, numbers))
    if found:
        typer.echo(f"dismissed: {', '.join(map(str, sorted(found)))}")
    if missing := sorted(set(numbers) - found):
        fail(NO, f"not possibly lost: {', '.join(map(str, missing))}")


@dataclass(frozen=True, slots=True)
class _Chosen:
    """What was asked for with `--all`."""

    origin: OriginName | None
    states: list[str] | None
    since: str | None
    until: str | None
    count: int | None
    dry_run: bool
    must_be_counted: bool = False
    """Without a terminal, where nobody can be asked, `--count` is needed."""


def _check_one_or_all(
    who: str | None, everything: bool, chosen: Sequence[object], *, dry_run: bool
) -> None:
    if everything == (who is not None):
        raise typer.BadParameter("give either USER|DELETION or --all")
    if who is not None and (dry_run or any(item is not None for item in chosen)):
        raise typer.BadParameter(
            "--origin, --state, --since, --until, --dry-run and --count go with --all"
        )


def _act_on_many(verb: Verb, chosen: _Chosen, done: str, nothing: str) -> None:
    from sync.cli.deployment import in_deployment
    from sync.deletions.ledger import Ledger
    from sync.deletions.operator import BULK, Many, act_on_many, count_many

    possible = BULK[verb]
    given = chosen.states or sorted(possible)
    if wrong := sorted(set(given) - possible):
        possible_ones = ", ".join(sorted(possible))
        raise typer.BadParameter(f"--state {wrong[0]}: {verb} --all is for {possible_ones}")
    many = Many(
        states=frozenset(state for state in possible if state in given),
        received_from=arguments.parse_moment(chosen.since),
        received_until=arguments.parse_moment(chosen.until),
        by_audit=chosen.origin is OriginName.AUDIT,
    )
    # What comes in while somebody thinks about the number has not been counted.
    number, newest = in_deployment(lambda it: count_many(it.database, verb, many))
    if chosen.dry_run:
        typer.echo(f"deletions that would be {done}: {number}")
        return
    if not number:
        fail(NO, nothing)
    if chosen.count is None and sys.stdin.isatty():
        prompt = f"{number} deletions will be {done}; type the number to confirm"
        chosen = replace(chosen, count=typer.prompt(prompt, type=int))
    if chosen.count is None and chosen.must_be_counted:
        raise typer.BadParameter(f"say how many: --count {number} (see --dry-run)")
    if chosen.count not in {None, number}:
        fail(NO, f"there are {number} deletions, not {chosen.count}: nothing was {done}")
    effects = in_deployment(
        lambda it: act_on_many(Ledger.of(it.database, it.settings), verb, many, newest)
    )
    taken = sum(item.refusal is None for item in effects)
    typer.echo(f"deletions {done}: {taken}")
    _fail_if_refused(verb, effects)


def _act(verb: Verb, who: str, as_user: bool | None, done: str) -> None:
    from sync.cli.deployment import Deployment, in_deployment
    from sync.deletions.ledger import Ledger
    from sync.deletions.operator import Verb, act
    from sync.deletions.pause import current
    from sync.deletions.queries import Which

    async def work(it: Deployment) -> tuple[list[Effect], bool]:
        effects = await act(Ledger.of(it.database, it.settings), verb, Which(who, as_user))
        async with it.database.read() as session:
            return effects, await current(session) is not None

    outcomes, paused = in_deployment(work)
    for outcome in outcomes:
        if outcome.refusal is None:
            typer.echo(f"deletion {outcome.deletion}: {done}")
    if paused and verb is not Verb.CANCEL:
        typer.echo("all deletions are paused: `polar-sync resume` has them go on", err=True)
    _fail_if_refused(verb, outcomes)


def _fail_if_refused(verb: Verb, effects: Sequence[Effect]) -> None:
    refused = [item for item in effects if item.refusal is not None]
    if refused:
        fail(NO, *(f"deletion {item.deletion}: cannot {verb}: {item.refusal}" for item in refused))
