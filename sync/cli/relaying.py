"""`polar-sync relay`: from an outbox in the app's own PostgreSQL to the bridge."""

from __future__ import annotations

import asyncio
import logging
from typing import Annotated

import typer

from sync.cancellation import told_to_stop
from sync.cli.exit_codes import NO
from sync.logs import configure, log_unhandled

_log = logging.getLogger(__name__)

commands = typer.Typer()


@commands.command()
def relay(
    once: Annotated[
        bool, typer.Option("--once", help="Send what is there, and end: for cron.")
    ] = False,
) -> None:
    """Send what is in the outbox of the app's own PostgreSQL (RELAY_DATABASE_URL) to the bridge,
    until SIGTERM or SIGINT. Needs no other settings than EVENT_SECRETS and RELAY_URL."""
    from sync.settings import RelaySettings, extra

    settings = RelaySettings.load()
    with extra("postgres", "RELAY_DATABASE_URL"):
        from sync.relay.relay import Relay

    configure(settings.log_level, settings.log_format)
    it = Relay(settings)
    if once:
        sent, left = asyncio.run(it.once())
        typer.echo(f"{sent} sent, {left.waiting} waiting, {left.refused} refused for good")
        if left.waiting or left.refused:
            raise typer.Exit(NO)
        return

    async def work() -> None:
        stop = told_to_stop()
        asyncio.get_running_loop().set_exception_handler(log_unhandled)
        _log.info("the relay has started: to %s", settings.bridge_url)
        await it.run(stop)
        _log.info("the relay has stopped")

    asyncio.run(work())
