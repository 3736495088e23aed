"""`polar-sync`: the command line of whoever runs the bridge.

Exit codes: 0, done; 1, the answer is no, nothing was found, or it could not be done; 2, the usage
or the configuration is wrong, or the database cannot be used. Answers go to stdout, everything else
to stderr. An error is one line for each thing that is wrong, never a traceback.
"""

from __future__ import annotations

import asyncio
import io
import json
import logging
import re
import signal
import sys
import traceback
import uuid
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any, Literal, NoReturn

import typer
from rich.console import Console

from sync.cli import tables
from sync.cli.output import (
    Deployment,
    configure_logging,
    console_on,
    database_at,
    database_of,
    fail,
    in_deployment,
    print_report,
)
from sync.deletions import identity
from sync.deletions import operator as operations
from sync.deletions.identity import ImportFailed, InvalidEntry, Target
from sync.deletions.operator import Ambiguous, Verb, Wanted
from sync.errors import NothingFound
from sync.reports import reports
from sync.settings import PolarSettings, Settings, SettingsError, parse_public_url
from sync.signatures import sign
from sync.store.database import InUse, StorageUnavailable
from sync.store.schema import SchemaMismatch

_log = logging.getLogger(__name__)

_SOURCE = Path(__file__).parent.parent
_DRAIN_SECONDS = 2
"""For requests under way when the server is told to stop. They take milliseconds; what is left of
the 10 seconds that a container gets is the embedded worker's."""
_SEND_TIMEOUT = 10.0
_MAX_ANSWER = 2_000
"""Characters of an answer that are shown."""

cli = typer.Typer(
    help="Deletes a user's customer at Polar when the user deletes their account, and proves it.",
    epilog="Exit codes: 0, done. 1, the answer is no, nothing was found, or it could not be done."
    " 2, the usage or the configuration is wrong, or the database cannot be used.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
mapping = typer.Typer(help="Who a local user is at Polar.", no_args_is_help=True)
cli.add_typer(mapping, name="map")


def main() -> NoReturn:
    """The entry point. Always exits."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # An id that the terminal's encoding cannot show is no reason to fail.
            stream.reconfigure(errors="backslashreplace")
    try:
        cli(prog_name="polar-sync")
    except SettingsError as error:
        fail(2, *error.problems)
    except SchemaMismatch as error:
        fail(2, str(error))
    except StorageUnavailable as error:
        fail(2, f"the database cannot be used: {error}")
    except Ambiguous as error:
        fail(2, str(error))
    except NothingFound as error:
        fail(1, str(error))
    except Exception as error:  # noqa: BLE001 - the last resort
        # Where, but not the message: it could quote a secret or a person.
        frames = traceback.extract_tb(error.__traceback__)
        at = next(frame for frame in reversed(frames) if _SOURCE in Path(frame.filename).parents)
        fail(1, f"unexpected {type(error).__name__} at {at.filename}:{at.lineno}")
    sys.exit(0)


# --- arguments that several commands have ----------------------------------------------------


def _user_id(text: str | None) -> str | None:
    try:
        (text or "").encode()
    except UnicodeEncodeError:
        raise typer.BadParameter("it is not valid UTF-8") from None
    return text


def _public_url(text: str | None) -> str | None:
    try:
        return None if text is None else parse_public_url(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def _duration(text: str | None) -> str | None:
    if text is not None and not re.fullmatch(r"[1-9][0-9]{0,5}[smhd]", text):
        raise typer.BadParameter("it must be a number and one of s, m, h, d: 36h")
    return text


def _span(text: str) -> timedelta:
    return timedelta(**{_UNITS[text[-1]]: int(text[:-1])})


Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
UserId = Annotated[str, typer.Argument(metavar="USER_ID", callback=_user_id)]
Who = Annotated[
    str,
    typer.Argument(
        metavar="USER|DELETION", callback=_user_id, help="A local user id, or a deletion's number."
    ),
]
WhoIfAny = Annotated[
    str | None,
    typer.Argument(
        metavar="USER|DELETION",
        callback=_user_id,
        help="A local user id, or a deletion's number.",
    ),
]
AsUser = Annotated[
    bool | None,
    typer.Option("--user/--deletion", help="What a number is meant as.", show_default=False),
]


# --- processes ------------------------------------------------------------------------------


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"polar-sync {version('polar-sync')}")
        raise typer.Exit


@cli.callback()
def _options(
    _version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version and exit."
        ),
    ] = False,
) -> None:
    pass


@cli.command()
def serve(
    host: Annotated[str | None, typer.Option(help="In place of HOST.")] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65_535, help="In place of PORT; 0: any free one.")
    ] = None,
) -> None:
    """Accept events and webhooks over HTTP; with WORKER=embedded, work on them too."""
    import uvicorn

    async def settings_of(deployment: Deployment) -> Settings:
        return deployment.settings

    settings = in_deployment(settings_of)
    configure_logging(settings)
    # The server handles both itself, and raises them again once it has stopped.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: sys.exit(0))
    server = uvicorn.Server(
        uvicorn.Config(
            "app.main:create_app",
            factory=True,
            host=settings.host if host is None else host,
            port=settings.port if port is None else port,
            http="httptools",
            loop="auto",
            lifespan="on",
            log_config=None,
            access_log=settings.log_level == "debug",
            timeout_graceful_shutdown=_DRAIN_SECONDS,
        )
    )
    try:
        server.run()
    except SystemExit as stop:
        # The server has a code of its own for a start that failed, and has logged why.
        raise typer.Exit(1 if stop.code else 0) from None


@cli.command()
def worker() -> None:
    """Work on what has been accepted, until SIGTERM or SIGINT."""
    from sync.worker.loop import Worker

    async def work(deployment: Deployment) -> None:
        configure_logging(deployment.settings)
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        _log.info("the worker has started")
        await Worker(deployment.database, deployment.settings).run(stop)
        _log.info("the worker has stopped")

    in_deployment(work)


@cli.command()
def migrate(
    source: Annotated[
        str | None, typer.Option("--from", metavar="URL", help="Move everything from here.")
    ] = None,
    target: Annotated[
        str | None, typer.Option("--to", metavar="URL", help="To here: an empty database.")
    ] = None,
) -> None:
    """Bring the database's schema up to date; harmless when it already is. With --from and --to,
    move a deployment to another database instead."""
    if (source is None) != (target is None):
        raise typer.BadParameter("give both --from and --to, or neither")
    if source is not None and target is not None:
        _move(source, target)
        return
    from sync.migrations import upgrade

    settings = Settings.load()
    database_of(settings)
    upgrade.migrate(settings.database_url.get_secret_value())
    typer.echo("the database is up to date")


def _move(source: str, target: str) -> None:
    from sync.migrations.moving import MoveRefused, move, print_moved

    database_at(source, "--from")
    database_at(target, "--to")
    try:
        moved = move(source, target)
    except InUse:
        fail(1, "the source is in use: stop every `polar-sync serve` and `worker` on it first")
    except MoveRefused as refusal:
        fail(1, str(refusal))
    print_moved(console_on(sys.stdout), moved)
    typer.echo("everything is moved; set DATABASE_URL to the target before you start again")


@cli.command()
def setup(
    url: Annotated[
        str | None,
        typer.Option(callback=_public_url, help="In place of PUBLIC_URL: https://<your host>"),
    ] = None,
) -> None:
    """Make or mend the webhook endpoint at Polar. Needs the token only; may be repeated."""
    from sync.errors import PolarError
    from sync.polar.setup import set_up

    settings = PolarSettings.load()
    address = url or settings.public_url
    if address is None:
        raise typer.BadParameter("give --url, or set PUBLIC_URL")
    try:
        result = asyncio.run(set_up(settings, address))
    except PolarError as error:
        fail(1, str(error))
    typer.echo(f"webhook endpoint {result.endpoint.url}")
    for done in result.done or ["as it should be"]:
        typer.echo(f"  {done}")
    if result.others:
        typer.echo(f"  endpoints with the same URL that you can delete at Polar: {result.others}")
    if result.created:
        # The one place where a secret is shown: nobody else can, and the bridge needs it.
        typer.echo(f"POLAR_WEBHOOK_SECRETS={result.endpoint.secret.get_secret_value()}")
    else:
        typer.echo("  its secret is in Polar's dashboard: Settings, Webhooks")


@cli.command()
def demo() -> None:
    """Try it all against a simulated Polar on this machine. Needs no settings."""
    from sync.demo.story import run

    raise typer.Exit(run(Console(force_terminal=sys.stdout.isatty())))


# --- looking --------------------------------------------------------------------------------


@cli.command()
def status(
    as_json: Json = False,
    limit: Annotated[
        int, typer.Option(min=0, help="List this many of the deletions that need a person.")
    ] = 50,
) -> None:
    """How things stand, and which deletions need a person."""
    report = in_deployment(lambda deployment: reports.status(deployment.database, limit))
    print_report(report, as_json, tables.print_status)


@cli.command()
def doctor(
    as_json: Json = False,
    url: Annotated[
        str | None, typer.Option(callback=_public_url, help="In place of PUBLIC_URL.")
    ] = None,
) -> None:
    """Check the deployment, and say what to mend. Exits with 1 if a check has failed."""
    from sync.doctor.checks import Outcome, examine

    rows = asyncio.run(examine(url))
    is_well = all(row.finding.outcome is not Outcome.FAIL for row in rows)
    checks = [{"name": row.name, **asdict(row.finding)} for row in rows]
    print_report({"ok": is_well, "checks": checks}, as_json, tables.print_checks)
    if not is_well:
        raise typer.Exit(1)


@cli.command()
def reconcile(
    user: Annotated[
        str | None, typer.Option(metavar="USER_ID", callback=_user_id, help="Only this user.")
    ] = None,
    deletions: Annotated[
        bool, typer.Option("--deletions", help="Only the deletions that have not ended.")
    ] = False,
    since: Annotated[
        str | None,
        typer.Option(
            metavar="DURATION", callback=_duration, help="Only what is newer: 90m, 36h, 7d."
        ),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Report only, write nothing.")] = False,
    redeliver: Annotated[
        bool,
        typer.Option("--redeliver", help="Have lost webhooks sent again (of --since, or 7 days)."),
    ] = False,
    max_calls: Annotated[
        int | None, typer.Option(min=1, help="Stop after so many requests; the next run goes on.")
    ] = None,
    explain: Annotated[bool, typer.Option("--explain", help="Say of each row why.")] = False,
    as_json: Json = False,
) -> None:
    """Compare mirror and deletions with Polar, and repair. Exits with 0 if they were equal, 1 if
    all that differed was repaired, 2 if a person must see to some of it, 3 if it did not finish."""
    if sum((user is not None, deletions, since is not None and not redeliver)) > 1:
        raise typer.BadParameter("give one of --user, --deletions and --since")
    from sync.cli import reconcile_run as reconcile_command

    wanted = reconcile_command.Wanted(
        user=user,
        deletions=deletions,
        since=None if since is None else _span(since),
        dry_run=dry_run,
        redeliver=redeliver,
        max_calls=max_calls,
    )
    console = console_on(sys.stderr)
    try:
        report, line = in_deployment(lambda it: reconcile_command.run(it, wanted, console))
    except reconcile_command.AlreadyRunning as error:
        fail(reconcile_command.UNFINISHED, str(error))
    except StorageUnavailable as error:
        # 2 would say that it finished, with something left for a person.
        fail(reconcile_command.UNFINISHED, f"the database cannot be used: {error}")
    if as_json:
        typer.echo(json.dumps(reconcile_command.as_json(report, line), indent=2))
    else:
        reconcile_command.print_all(console_on(sys.stdout), report, line, explain=explain)
    raise typer.Exit(reconcile_command.exit_code(report))


@cli.command()
def organization(
    forget: Annotated[
        bool, typer.Option("--forget", help="Take the next one that answers for the right one.")
    ] = False,
) -> None:
    """Whose customers the database holds. A token of another organization is refused."""
    from sync.polar.organization import Organization

    if forget:
        if not in_deployment(lambda it: Organization(it.database).forget()):
            fail(1, "no organization is known")
        typer.echo("forgotten; the next answer from Polar names it anew")
        return
    known = in_deployment(lambda it: Organization(it.database).known())
    if known is None:
        fail(1, "no organization is known yet")
    typer.echo(known)


@cli.command()
def show(who: Who, as_user: AsUser = None, as_json: Json = False) -> None:
    """Everything known about a user's deletions."""
    report = in_deployment(
        lambda deployment: reports.user(
            deployment.database, deployment.ledger.hasher, Wanted(who, as_user)
        )
    )
    print_report(report, as_json, tables.print_user)


@cli.command()
def receipt(
    deletion: Annotated[int, typer.Argument(min=1, max=2**63 - 1, metavar="DELETION")],
    user: Annotated[
        str | None,
        typer.Option(metavar="USER_ID", callback=_user_id, help="Say whether it is this user's."),
    ] = None,
) -> None:
    """Print a deletion's receipt, as JSON. Exits with 1 if its evidence has been tampered with."""

    async def read(deployment: Deployment) -> tuple[dict[str, Any], bool]:
        hasher = deployment.ledger.hasher
        row, content = await reports.receipt(deployment.database, hasher, deletion)
        return content, user is None or hasher.user(user) == row.user_hash

    content, is_theirs = in_deployment(read)
    typer.echo(json.dumps(content, indent=2))
    if user is not None:
        typer.echo(f"this {'is' if is_theirs else 'is not'} the receipt of {user}", err=True)
    if not content["chain_unbroken"]:
        fail(1, "the chain of evidence is broken")
    if not is_theirs:
        raise typer.Exit(1)


# --- acting ---------------------------------------------------------------------------------


def _act(verb: Verb, who: str, as_user: bool | None, done: str) -> None:
    outcomes = in_deployment(
        lambda deployment: operations.act(deployment.ledger, verb, Wanted(who, as_user))
    )
    for outcome in outcomes:
        if outcome.refusal is None:
            typer.echo(f"deletion {outcome.deletion}: {done}")
    refused = [item for item in outcomes if item.refusal is not None]
    if refused:
        fail(1, *(f"deletion {item.deletion}: cannot {verb}: {item.refusal}" for item in refused))


@cli.command()
def retry(
    who: WhoIfAny = None,
    as_user: AsUser = None,
    dead_letters: Annotated[
        bool, typer.Option("--dead-letters", help="Apply every dead letter once more.")
    ] = False,
) -> None:
    """Try now, whatever wait there is: a backoff's, or DELETION_DELAY."""
    if dead_letters == (who is not None):
        raise typer.BadParameter("give either USER|DELETION or --dead-letters")
    if who is not None:
        _act(Verb.RETRY, who, as_user, "is tried now")
        return
    retried, forgotten = in_deployment(
        lambda deployment: operations.retry_dead_letters(deployment.database)
    )
    if forgotten:
        typer.echo(f"{forgotten} cannot be retried: their content is forgotten", err=True)
    if not retried:
        fail(1, "there is no dead letter to retry")
    typer.echo(f"dead letters that are applied once more: {retried}")


@cli.command()
def approve(
    who: WhoIfAny = None,
    as_user: AsUser = None,
    everything: Annotated[bool, typer.Option("--all", help="Approve all that are held.")] = False,
) -> None:
    """Let a deletion go on that the brake holds."""
    if everything == (who is not None):
        raise typer.BadParameter("give either USER|DELETION or --all")
    if who is not None:
        _act(Verb.APPROVE, who, as_user, "is approved")
        return
    approved = in_deployment(lambda deployment: operations.approve_all(deployment.ledger))
    if not approved:
        fail(1, "no deletion is held")
    typer.echo(f"deletions approved: {approved}")


@cli.command()
def cancel(who: Who, as_user: AsUser = None) -> None:
    """Leave the customer alone, where it is not too late."""
    _act(Verb.CANCEL, who, as_user, "is canceled")


# --- the mapping ----------------------------------------------------------------------------


class Format(StrEnum):
    """Of a file of entries."""

    CSV = "csv"
    JSONL = "jsonl"


@mapping.command("import")
def map_import(
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
    try:
        count = in_deployment(
            lambda deployment: identity.import_entries(
                deployment.database, deployment.ledger.hasher, file, chosen
            )
        )
    except ImportFailed as error:
        fail(1, "nothing was imported", *str(error).splitlines())
    typer.echo(f"users imported: {count}")


@mapping.command("set")
def map_set(
    user_id: UserId,
    external_id: Annotated[
        str | None, typer.Option(callback=_user_id, help="The external id at Polar.")
    ] = None,
    customer_id: Annotated[str | None, typer.Option(help="Polar's own id, a UUID.")] = None,
) -> None:
    """Set a user's entry; a deletion that waits for one goes on."""
    try:
        in_deployment(
            lambda deployment: identity.set_entry(
                deployment.database,
                deployment.ledger.hasher,
                user_id,
                external_id=external_id,
                customer_id=customer_id,
            )
        )
    except InvalidEntry as error:
        fail(2, *map(str, error.problems))
    typer.echo(f"{user_id} is mapped")


@mapping.command("show")
def map_show(user_id: UserId, as_json: Json = False) -> None:
    """Who a user is at Polar: by an entry, or else by the rule that MAPPING names."""

    async def read(deployment: Deployment) -> tuple[Target | None, str]:
        async with deployment.database.read() as session:
            entry = await identity.get_entry(session, user_id)
            target = await identity.resolve(session, user_id, None, deployment.settings)
        return target, "entry" if entry else deployment.settings.mapping

    target, by = in_deployment(read)
    if target is None:
        raise NothingFound(f"{user_id} has no entry, and MAPPING is {by}")
    report = {
        "user_id": user_id,
        "external_id": target.external_id,
        "customer_id": target.customer_id,
        "by": by,
    }
    print_report(report, as_json, tables.print_mapping)


@mapping.command("remove")
def map_remove(user_id: UserId) -> None:
    """Remove a user's entry."""
    if not in_deployment(lambda deployment: identity.remove_entry(deployment.database, user_id)):
        raise NothingFound(f"{user_id} has no entry")
    typer.echo(f"the entry of {user_id} is removed")


# --- the app's part -------------------------------------------------------------------------


class EventType(StrEnum):
    """What the app can say of a user."""

    DELETED = "user.deleted"
    RESTORED = "user.restored"


@cli.command()
def send(
    event_type: Annotated[EventType, typer.Argument(metavar="user.deleted|user.restored")],
    user_id: UserId,
    external_id: Annotated[
        str | None, typer.Option(callback=_user_id, help="Put into the event.")
    ] = None,
    url: Annotated[
        str | None, typer.Option(help="In place of http://HOST:PORT/events; all of it.")
    ] = None,
) -> None:
    """Send a signed event as the app would, and print the answer."""
    import httpx

    settings = Settings.load()
    body = _event_body(settings, event_type, user_id, external_id)
    headers = sign(settings.event_secrets[0], f"msg_{uuid.uuid4().hex}", datetime.now(UTC), body)
    address = url or f"http://{_authority(settings)}/events"
    try:
        # A proxy is for what is elsewhere.
        with httpx.Client(timeout=_SEND_TIMEOUT, trust_env=url is not None) as client:
            answer = client.post(
                address, content=body, headers={**headers, "content-type": "application/json"}
            )
    except (httpx.InvalidURL, httpx.UnsupportedProtocol):
        fail(2, f"not a URL that an event can be sent to: {address}")
    except httpx.HTTPError as error:
        fail(1, f"no answer from {address}: {type(error).__name__}")
    text = "".join(char for char in answer.text[:_MAX_ANSWER] if char.isprintable())
    typer.echo(f"{answer.status_code} {text}")
    if not answer.is_success:
        raise typer.Exit(1)


def _event_body(
    settings: Settings, event_type: EventType, user_id: str, external_id: str | None
) -> bytes:
    """The event, with its fields where the settings have the bridge look for them."""
    event: dict[str, Any] = {}
    for path, value in (
        (settings.event_type_path, event_type.value),
        (settings.event_timestamp_path, datetime.now(UTC).isoformat()),
        (settings.event_user_id_path, user_id),
        (settings.event_external_id_path, external_id),
    ):
        if value is not None:
            *parents, name = path.split(".")
            place = event
            for parent in parents:
                place = place.setdefault(parent, {})
            place[name] = value
    return json.dumps(event).encode()


def _authority(settings: Settings) -> str:
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return f"{host}:{settings.port}"
