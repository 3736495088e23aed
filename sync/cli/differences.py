"""A reconciliation for people: the progress bar while it runs, the report when it is done."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from sync.reconcile.progress import Progress as Reached
from sync.reconcile.redeliver import WebhookReport
from sync.reconcile.report import LISTED, Report


@contextmanager
def progress_bar(console: Console, rate_per_minute: int) -> Iterator[Bar]:
    """A bar with pages, calls and the time left at the rate budget; nothing without a terminal."""
    columns = (
        TextColumn("{task.description:<27}"),
        BarColumn(bar_width=30),
        TextColumn("{task.completed}/{task.total} pages"),
        TextColumn("{task.fields[calls]} calls"),
        TextColumn("{task.fields[rows_per_second]:.0f} rows/s"),
        TimeElapsedColumn(),
        TextColumn("at most {task.fields[left]} left at the budget"),
    )
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        yield Bar(progress, rate_per_minute)


class Bar:
    """Shows how far a reconciliation has come."""

    def __init__(self, progress: Progress, rate_per_minute: int) -> None:
        self._progress = progress
        self._rate = rate_per_minute
        self._task = progress.add_task(
            "customer", total=None, calls=0, rows_per_second=0.0, left="?"
        )

    def compare(self, number: int) -> None:
        """Draw that the mirror, all pages of which are read, is compared with users: `number`
        customers and members so far."""
        self._progress.update(self._task, description=f"{number} compared with users")

    def show(self, reached: Reached) -> None:
        """Draw what has been reached."""
        cursors = reached.cursors.values()
        pages = sum(cursor.pages for cursor in cursors)
        left = sum(max(cursor.page, 0) for cursor in cursors if not cursor.done)
        elapsed = self._progress.tasks[0].elapsed or 1.0
        minutes, seconds = divmod(round(60 * left / self._rate), 60)
        self._progress.update(
            self._task,
            description=", ".join(reached.reading),
            total=pages,
            completed=pages - left,
            calls=reached.report.calls,
            rows_per_second=sum(reached.report.compared.values()) / elapsed,
            left=f"{minutes}:{seconds:02}",
        )


def print_reconciliation(
    console: Console, report: Report, webhooks: WebhookReport | None, *, explain: bool
) -> None:
    """Counts first, then each difference with old and new; `explain` adds why. `webhooks`: what was
    found of the webhooks, where they were looked at."""
    listed = ", ".join(f"{number} {kind}s" for kind, number in report.compared.items())
    console.print(f"compared {listed or 'nothing'} with {report.calls} calls to Polar")
    if report.total:
        console.print(_counts(report))
        console.print(_differences(report, explain=explain))
    if report.total > len(report.differences):
        console.print(f"the first {LISTED} of {report.total} differences are listed")
    for state, number in report.moved_on.items():
        console.print(f"deletions that are now {state}: {number}")
    if report.deleted_elsewhere:
        console.print(
            f"customers deleted at Polar without a deletion here: {report.deleted_elsewhere}"
        )
    if report.brake:
        console.print(f"the brake: {report.brake}")
    for kind, number in report.incomplete.items():
        console.print(f"incomplete: Polar counts {number} {kind}s that none of its lists has shown")
    console.print(_verdict(report))
    if webhooks is None:
        return
    if webhooks.lost or webhooks.redelivered:
        console.print(f"webhooks: {webhooks.lost} lost, {webhooks.redelivered} sent again by Polar")
    for problem in webhooks.problems:
        console.print(f"webhooks: {problem}")


def _counts(report: Report) -> Table:
    table = Table(title="differences", title_justify="left")
    for heading in ("kind", "finding", "count"):
        table.add_column(heading)
    for kind, findings in report.found.items():
        for finding, number in findings.items():
            table.add_row(kind, finding, str(number))
    return table


def _differences(report: Report, *, explain: bool) -> Table:
    table = Table()
    for heading in ("kind", "id", "finding", "old → new"):
        table.add_column(heading, overflow="fold")
    if explain:
        table.add_column("why", overflow="fold")
    for item in report.differences:
        changes = "\n".join(f"{one.field}: {one.old} → {one.new}" for one in item.changes)
        # What a person must do is not an explanation: it is always told.
        told = changes if item.repaired else item.cause
        row = [item.kind, item.id, item.finding, told]
        table.add_row(*row, *([item.cause] if explain else []))
    return table


def _verdict(report: Report) -> str:
    if not report.finished:
        return f"not finished: {report.stopped}"
    if not report.total:
        return "the mirror equals what was read" if report.incomplete else "the mirror equals Polar"
    if report.dry_run:
        return f"{report.total} differences; nothing was written (--dry-run)"
    repaired = report.total - report.left
    left = f"; {report.left} need action" if report.left else ""
    return f"{repaired} of {report.total} differences repaired{left}"
