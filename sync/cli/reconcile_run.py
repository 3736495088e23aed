"""`polar-sync reconcile`: what the command does and prints."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from rich.console import Console

from sync.cli.output import Deployment
from sync.cli.reconcile_output import UNFINISHED, exit_code, print_report, progress_bar
from sync.errors import PolarError
from sync.reconcile.progress import AlreadyRunning
from sync.reconcile.redeliver import WebhookReport
from sync.reconcile.report import Report
from sync.reconcile.run import reconciliation

__all__ = ["UNFINISHED", "AlreadyRunning", "Wanted", "as_json", "exit_code", "print_all", "run"]

_WINDOW = timedelta(days=7)
"""How far back lost webhooks are looked for where no --since says so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """The command's options."""

    user: str | None
    deletions: bool
    since: timedelta | None
    dry_run: bool
    redeliver: bool
    max_calls: int | None


async def run(
    deployment: Deployment, wanted: Wanted, console: Console
) -> tuple[Report, WebhookReport | None]:
    """Reconcile, and look after the webhook line where a whole run or --redeliver asks for it.

    Raises:
        AlreadyRunning, StorageUnavailable
    """
    settings = deployment.settings
    whole = wanted.user is None and not wanted.deletions
    line: WebhookReport | None = None
    with progress_bar(console, settings.rate_per_minute) as bar:
        async with reconciliation(
            deployment.ledger,
            settings,
            dry_run=wanted.dry_run,
            max_calls=wanted.max_calls,
            on_progress=bar.show,
        ) as it:
            if wanted.user is not None:
                report = await it.user(wanted.user)
            elif wanted.deletions:
                report = await it.deletions()
            else:
                report = await it.everything(wanted.since)
            if whole and report.finished:
                until = datetime.now(UTC)
                window = wanted.since or _WINDOW
                try:
                    line = await it.webhooks(until - window, until, redeliver=wanted.redeliver)
                except PolarError as error:
                    line = WebhookReport(endpoint_id=None, endpoint_url=None, problems=[str(error)])
                    if wanted.redeliver:
                        report.finished, report.stopped = False, str(error)
    return report, line


def as_json(report: Report, line: WebhookReport | None) -> dict[str, Any]:
    """What --json prints."""
    return {
        **report.model_dump(mode="json"),
        "exit_code": exit_code(report),
        "webhooks": None if line is None else asdict(line),
    }


def print_all(
    console: Console, report: Report, line: WebhookReport | None, *, explain: bool
) -> None:
    """What people read."""
    print_report(console, report, explain=explain)
    if line is None:
        return
    if line.lost or line.redelivered:
        console.print(f"webhooks: {line.lost} lost, {line.redelivered} sent again by Polar")
    for problem in line.problems:
        console.print(f"webhooks: {problem}")
