"""What runs for as long as it is let, and what makes a deployment ready for it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import resource
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sync.cancellation import told_to_stop
from sync.cli import arguments
from sync.cli.exit_codes import NO, UNUSABLE
from sync.cli.printing import console_on, fail
from sync.logs import configure, log_unhandled

if TYPE_CHECKING:
    from sync.cli.deployment import Deployment
    from sync.settings import Settings

_log = logging.getLogger(__name__)

_DRAIN_SECONDS = 2
"""For requests under way when the server is told to stop. They take milliseconds; what is left of
the 10 seconds that a container gets is the embedded worker's."""
_OPEN_FILES = 8_192

commands = typer.Typer()


@commands.command()
def serve(
    host: Annotated[
        str | None, typer.Option(callback=arguments.host, help="In place of HOST.")
    ] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65_535, help="In place of PORT; 0: any free one.")
    ] = None,
    first_migrate: Annotated[
        bool, typer.Option("--migrate", help="Bring the database's schema up to date first.")
    ] = False,
) -> None:
    """Accept events and webhooks over HTTP. With WORKER=embedded, work on them too."""
    import uvicorn

    from sync.cli.deployment import in_deployment

    if first_migrate:
        _migrate()

    async def settings_of(deployment: Deployment) -> Settings:
        return deployment.settings

    settings = in_deployment(settings_of)
    configure(settings.log_level, settings.log_format)
    _warn(settings)
    # The server handles both itself, and raises them again once it has stopped.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: sys.exit(0))
    _allow_open_files()
    server = uvicorn.Server(
        uvicorn.Config(
            "app.main:create_app",
            factory=True,
            host=host or settings.host,
            port=settings.port if port is None else port,
            http="app.protocol:BoundedProtocol",
            ws="none",
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
        raise typer.Exit(NO if stop.code else 0) from None


@commands.command()
def worker() -> None:
    """Work on what has been accepted, until SIGTERM or SIGINT."""
    from sync.cli.deployment import in_deployment
    from sync.settings import extra
    from sync.worker.loop import Worker

    async def work(deployment: Deployment) -> None:
        configure(deployment.settings.log_level, deployment.settings.log_format)
        _warn(deployment.settings)
        stop = told_to_stop()
        asyncio.get_running_loop().set_exception_handler(log_unhandled)
        async with contextlib.AsyncExitStack() as stack:
            if deployment.settings.traces:
                with extra("otel", "TRACES"):
                    from sync.traces.tracing import tracing

                traces = await stack.enter_async_context(tracing())
                deployment.database.watched_by(traces.statements_of)
            _log.info("the worker has started")
            await Worker(deployment.database, deployment.settings).run(stop)
            _log.info("the worker has stopped")

    in_deployment(work)


@commands.command()
def migrate(
    source: Annotated[
        str | None, typer.Option("--from", metavar="URL", help="Move everything from here.")
    ] = None,
    target: Annotated[
        str | None, typer.Option("--to", metavar="URL", help="To here: an empty database.")
    ] = None,
) -> None:
    """Bring the database's schema up to date. Harmless when it already is. With --from and --to,
    move a deployment to another database instead."""
    if (source is None) != (target is None):
        raise typer.BadParameter("give both --from and --to, or neither")
    if source is not None and target is not None:
        _move(source, target)
        return

    _migrate()
    typer.echo("the database is up to date")


def _migrate() -> None:
    from sync.migrations import upgrade
    from sync.settings import Settings
    from sync.store.opening import database_of

    settings = Settings.load()
    database_of(settings)
    upgrade.migrate(settings.database_url.get_secret_value())


def _move(source: str, target: str) -> None:
    from sync.cli.tables import print_moved
    from sync.migrations.moving import move
    from sync.store.errors import InUse
    from sync.store.opening import database_at, url_at

    database_at(source, "--from")
    database_at(target, "--to")
    try:
        moved = move(url_at(source, "--from"), url_at(target, "--to"))
    except InUse:
        fail(NO, "the source is in use: stop every `polar-sync serve` and `worker` on it first")
    print_moved(console_on(sys.stdout), moved)
    typer.echo("everything is moved; set DATABASE_URL to the target before you start again")


@commands.command()
def setup(
    url: Annotated[
        str | None,
        typer.Option(
            callback=arguments.public_url, help="In place of PUBLIC_URL: https://<your host>"
        ),
    ] = None,
) -> None:
    """Make the webhook endpoint at Polar, or repair it. Needs the token only; may be repeated."""
    from sync.polar.setup import set_up
    from sync.settings import PolarSettings

    settings = PolarSettings.load()
    address = url or settings.public_url
    if address is None:
        raise typer.BadParameter("give --url, or set PUBLIC_URL")
    result = asyncio.run(set_up(settings, address))
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


@commands.command()
def reader(
    role: Annotated[str, typer.Argument(metavar="ROLE", callback=arguments.user_id)],
    revoke: Annotated[bool, typer.Option("--revoke", help="Take it back.")] = False,
) -> None:
    """Let a role of PostgreSQL's read the views for SQL, and nothing else. A role that does not
    exist is made, and its password printed, once."""
    from sync.migrations import readers
    from sync.settings import Settings
    from sync.store.opening import database_of

    settings = Settings.load()
    database_of(settings)
    url = settings.database_url.get_secret_value()
    if revoke:
        readers.revoke(url, role)
        typer.echo(f"{role} can read the views no more")
        return
    password = readers.grant(url, role)
    typer.echo(f"{role} can read the views, and no table", err=password is not None)
    if password is not None:
        typer.echo(password)


@commands.command()
def simulator(
    host: Annotated[
        str | None, typer.Option(help="In place of 127.0.0.1, as for a container.")
    ] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65_535, help="In place of POLAR_BASE_URL's; 0: any.")
    ] = None,
    time_scale: Annotated[
        float, typer.Option(min=0, help="1: as slow as Polar; 0: all at once.")
    ] = 0.1,
    load: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The world that it begins with.")
    ] = None,
    record: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Where the world is kept at the end.")
    ] = None,
) -> None:
    """A simulated Polar on this machine, in memory, for the deployment that `.env` is about."""
    from urllib.parse import urlsplit

    from pydantic import HttpUrl

    from sync.init.env_file import EnvFile
    from sync.network.environment import is_loopback
    from sync.polar.endpoint import webhook_url
    from sync.simulator.app import create_simulator
    from sync.simulator.config import DEFAULT_TOKEN, SimulatorConfig
    from sync.simulator.control.system import NewEndpoint, add_endpoint
    from sync.simulator.control.world_file import UnusableWorld
    from sync.simulator.server import LOOPBACK, listen, serve

    env = EnvFile(Path(".env"))
    polar = urlsplit(env.value("POLAR_BASE_URL") or "")
    is_for_it = is_loopback(polar.hostname or "")
    token = (env.value("POLAR_ACCESS_TOKEN") if is_for_it else None) or DEFAULT_TOKEN
    try:
        app = create_simulator(SimulatorConfig(token=token, time_scale=time_scale), load)
    except UnusableWorld as error:
        fail(UNUSABLE, *str(error).splitlines())
    url, secrets = env.value("PUBLIC_URL"), env.value("POLAR_WEBHOOK_SECRETS")
    if is_for_it and url and secrets:
        bridge = NewEndpoint(url=HttpUrl(webhook_url(url)), secret=secrets.split(",")[0])
        add_endpoint(app.state.simulator, bridge)
    try:
        chosen = port if port is not None else (polar.port or 0) if is_for_it else 0
        listener = listen(chosen, host or LOOPBACK)
    except OSError as error:
        fail(NO, f"the simulator cannot listen: {error.strerror}: give another --host or --port")
    serve(app, listener, record)


@commands.command()
def demo(
    keep: Annotated[
        bool, typer.Option("--keep", help="Go on running, with the console, until Ctrl-C.")
    ] = False,
) -> None:
    """Try it all against a simulated Polar on this machine. Needs no settings."""
    from rich.console import Console

    from sync.demo.story import run

    raise typer.Exit(run(Console(force_terminal=sys.stdout.isatty()), keep=keep))


def _warn(settings: Settings) -> None:
    for warning in settings.warnings():
        _log.warning("%s", warning)


def _allow_open_files() -> None:
    """A process often starts with fewer file descriptors than it may have, and fewer than the
    connections that the server takes (`app.bounds`)."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    enough = _OPEN_FILES if hard == resource.RLIM_INFINITY else min(_OPEN_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < enough:
        resource.setrlimit(resource.RLIMIT_NOFILE, (enough, hard))
