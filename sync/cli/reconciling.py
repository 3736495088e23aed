"""`polar-sync reconcile`."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from sync.cli import arguments
from sync.cli.arguments import Json
from sync.cli.exit_codes import UNFINISHED, problems, reconciliation_code
from sync.cli.printing import console_on, fail, print_json, unforeseen
from sync.cli.users import MAX_SHARE, Asked
from sync.errors import BridgeError, InvalidInput, PolarError

if TYPE_CHECKING:
    from sync.cli.deployment import Deployment
    from sync.reconcile.redeliver import WebhookReport
    from sync.reconcile.report import Report
    from sync.reconcile.users_report import UsersReport

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
    users: Annotated[
        typer.FileBinaryRead | None,
        typer.Option(
            metavar="FILE",
            # Where another option is wrong, none is opened that nobody would close.
            lazy=True,
            help="Then compare with the ids of the users whom the app has: CSV, JSON lines, or one"
            " id a line; -: stdin.",
        ),
    ] = None,
    opens: Annotated[
        bool,
        typer.Option(
            "--open", help="With --users: open a deletion, held, for each customer without user."
        ),
    ] = False,
    max_share: Annotated[
        str | None,
        typer.Option(
            metavar="PERCENTAGE",
            callback=arguments.share,
            help="With --users: open nothing if more of the customers have no user."
            f"  [default: {MAX_SHARE}]",
        ),
    ] = None,
    as_of: Annotated[
        str | None,
        typer.Option(
            metavar="WHEN",
            callback=arguments.moment,
            help="With --users: when the file was begun, if not when it was last written: 2h, or"
            " 2026-01-31T12:00:00Z.",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE.csv", help="With --users: write all that were found there."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Compare mirror and deletions with Polar, and repair. Exits with 0 if they were equal, 1 if
    all that differed was repaired, 2 if some of it needs action, 3 if it did not finish, 4 if it
    finished but could not fetch all that Polar counts. With --users, somebody whose user is gone
    needs action."""
    if sum((user is not None, deletions, since is not None and not redeliver)) > 1:
        raise typer.BadParameter("give one of --user, --deletions and --since")
    asked = Asked.by(users, as_of=as_of, max_share=max_share, opens=opens, out=out)
    if asked is not None and (user is not None or deletions or since is not None or dry_run):
        # Users are compared with the mirror, so that must hold all that Polar has.
        raise typer.BadParameter(
            "--users needs a whole run: not with --user, --deletions, --since or --dry-run; without"
            " --open it reports only"
        )

    from sync.cli.deployment import in_deployment
    from sync.cli.differences import print_reconciliation, progress_bar
    from sync.cli.tables import print_users
    from sync.deletions.ledger import Ledger
    from sync.reconcile.redeliver import WebhookReport
    from sync.reconcile.run import reconciliation
    from sync.reconcile.users_file import reading

    window = None if since is None else arguments.parse_duration(since)

    async def run(
        deployment: Deployment,
    ) -> tuple[Report, WebhookReport | None, UsersReport | None]:
        settings = deployment.settings
        ledger = Ledger.of(deployment.database, settings)
        webhooks: WebhookReport | None = None
        audited: UsersReport | None = None
        with ExitStack() as stack:
            # What is wrong with the file is told before Polar is asked for an hour.
            read = None if asked is None else stack.enter_context(reading(asked.file, settings))
            bar = stack.enter_context(
                progress_bar(console_on(sys.stderr), settings.rate_per_minute)
            )
            async with reconciliation(
                ledger,
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
                    if report.finished and asked is not None and read is not None:
                        audit = asked.audit(ledger, read, bar.compare)
                        audited = await audit.run()
                        asked.write(audit)
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
        return report, webhooks, audited

    try:
        report, webhooks, audited = in_deployment(run)
        code = reconciliation_code(report, audited)
        if as_json:
            content = report.model_dump(mode="json")
            found = None if webhooks is None else asdict(webhooks)
            of_users = None if audited is None else audited.model_dump(mode="json")
            print_json({**content, "exit_code": code, "webhooks": found, "users": of_users})
        else:
            console = console_on(sys.stdout)
            print_reconciliation(console, report, webhooks, explain=explain)
            if audited is not None:
                print_users(console, audited)
            elif asked is not None:
                console.print("users: not compared, since it did not finish; the next run goes on")
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
