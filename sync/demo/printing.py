"""What the demo shows: the scenes while they are played, how each deletion ended, a receipt."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from rich.console import Console, Group
from rich.panel import Panel
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from sync.deletions import evidence, receipts
from sync.deletions.states import NEEDS_A_PERSON, State
from sync.demo.stage import Stage

_PIPELINE = (
    State.RECEIVED,
    State.RESOLVED,
    State.DELETING,
    State.DELETED,
    State.VERIFIED,
    State.INCOMPLETE,
    State.SUPERSEDED,
    State.NO_CUSTOMER,
)
_STYLES: Mapping[State, str] = {
    State.VERIFIED: "green",
    State.INCOMPLETE: "yellow",
    State.SUPERSEDED: "cyan",
    State.NO_CUSTOMER: "cyan",
}
_OTHER_STYLE = "red"


def progress_bar() -> Progress:
    """A row for each scene."""
    return Progress(
        TextColumn("{task.description:<48}"),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )


def picture(stage: Stage) -> Group:
    """How the scenes and the pipeline stand."""
    counts = Counter(case.state for case in stage.cases)
    pipeline = "  ".join(f"{state} [bold]{counts[state]}[/bold]" for state in _PIPELINE)
    return Group(stage.progress, "", pipeline, "")


def results(stage: Stage, problems: Mapping[str, Sequence[str]]) -> Group:
    """How each deletion ended, and what needs action. `problems`: by user id."""
    table = Table(title="How each deletion ended", title_justify="left")
    for heading in ("case", "ended as", "as it should"):
        table.add_column(heading, overflow="fold")
    needs: list[str] = []
    for case in stage.cases:
        style = _OTHER_STYLE if case.state is None else _STYLES.get(case.state, _OTHER_STYLE)
        wrong = problems[case.user_id]
        table.add_row(
            case.title,
            f"[{style}]{case.state}[/]",
            "[red]" + "; ".join(wrong) + "[/]" if wrong else "[green]yes[/]",
        )
        if case.row and case.row.reason and case.state in NEEDS_A_PERSON:
            needs.append(f"  [{style}]{case.state}[/]  {case.title}: {case.row.reason}")
    return Group(table, "What needs action", *needs, "")


async def print_receipt(console: Console, stage: Stage) -> None:
    """The receipt of the first deletion that was verified."""
    row = next((case.row for case in stage.cases if case.state is State.VERIFIED), None)
    if row is None:
        return
    async with stage.database.read() as session:
        links = await evidence.of(session, row.id)
        receipt = await receipts.receipt(session, row, stage.hasher)
    facts = Table.grid(padding=(0, 2))
    for name, value in receipt.items():
        if name != "evidence":
            facts.add_row(name, str(value)[:40])
    chain = Table(box=None, pad_edge=False)
    for heading in ("#", "at", "evidence", "then", "hash"):
        chain.add_column(heading, no_wrap=True)
    for link in links:
        at = f"{link.at:%H:%M:%S.%f}"[:-3]
        chain.add_row(str(link.seq), at, link.kind, link.state, link.hash[:8])
    console.print(
        Panel(
            Group(facts, "", chain),
            title=f"receipt of deletion {row.id}",
            subtitle="no personal data; whoever has the user id and the key can match it",
            expand=False,
        )
    )
