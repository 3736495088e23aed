"""`polar-sync reconcile`."""

from __future__ import annotations

import sys
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from sync.cli import arguments
from sync.cli.arguments import Json
from sync.cli.exit_codes import UNFINISHED, problems, reconciliation_code
from sync.cli.printing import console_on, fail, print_json, unforeseen
from sync.errors import BridgeError, InvalidInput, PolarError

if TYPE_CHECKING:
    from sync.cli.deployment import Deployment
    from sync.reconcile.redeliver import WebhookReport
    from sync.reconcile.report import Report

_WINDOW = timedelta(days=7)
"""How far back lost webhooks are looked for where no --since says so."""

commands = typer.Typer()


@commands.command()
def reconcile(
    user: Annotated[
        str | None,
        typer.Option(metavar="USER_ID", callback=arguments.user_id, help="Only this user."),
    ] = None,
    deletions: Annotated[
        bool, typer.Option("--deletions", help="Only the deletions that have not ended.")
    ] = False,
    since: Annotated[
        str | None,
        typer.Option(
            metavar="DURATION",
            callback=arguments.duration,
            help="Only what is newer: 90m, 36h, 7d.",
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
    all that differed was repaired, 2 if some of it needs action, 3 if it did not finish, 4 if it
    finished but could not fetch all that Polar counts."""
    if sum((user is not None, deletions, since is not None and not redeliver)) > 1:
        raise typer.BadParameter("give one of --user, --deletions and --since")

    from sync.cli.deployment import in_deployment
    from sync.cli.differences import print_reconciliation, progress_bar
    from sync.deletions.ledger import Ledger
    from sync.reconcile.redeliver import WebhookReport
    from sync.reconcile.run import reconciliation

    window = None if since is None else arguments.parse_duration(since)

    async def run(deployment: Deployment) -> tuple[Report, WebhookReport | None]:
        settings = deployment.settings
        webhooks: WebhookReport | None = None
        with progress_bar(console_on(sys.stderr), settings.rate_per_minute) as bar:
            async with reconciliation(
                Ledger.of(deployment.database, settings),
                settings,
                dry_run=dry_run,
                max_calls=max_calls,
                on_progress=bar.show,
            ) as it:
                if user is not None:
                    report = await it.user(user)
                elif deletions:
                    report = await it.deletions()
                else:
                    report = await it.everything(window)
                    if report.finished:
                        until = datetime.now(UTC)
                        begin = until - (window or _WINDOW)
                        try:
                            webhooks = await it.webhooks(begin, until, redeliver=redeliver)
                        except PolarError as error:
                            webhooks = WebhookReport(
                                endpoint_id=None, endpoint_url=None, problems=[str(error)]
                            )
                            if redeliver:
                                report.finished, report.stopped = False, str(error)
        return report, webhooks

    try:
        report, webhooks = in_deployment(run)
        code = reconciliation_code(report)
        if as_json:
            content = report.model_dump(mode="json")
            found = None if webhooks is None else asdict(webhooks)
            print_json({**content, "exit_code": code, "webhooks": found})
        else:
            print_reconciliation(console_on(sys.stdout), report, webhooks, explain=explain)
    except InvalidInput:
        raise
    except BridgeError as error:
        _unfinished(*problems(error))
    except KeyboardInterrupt:
        _unfinished("stopped; the next run goes on")
    except Exception as error:  # noqa: BLE001 - whatever it was, it has not finished
        _unfinished(unforeseen(error))
    raise typer.Exit(code)


def _unfinished(*problems: str) -> NoReturn:
    # Any other code would say that it finished.
    fail(UNFINISHED, *problems, finished=False, stopped="; ".join(problems))
