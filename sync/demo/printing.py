"""What the demo shows: the scenes while they are played, how each deletion ended, a receipt."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from rich.console import Group
from rich.markup import escape
from rich.panel import Panel
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from sync.deletions.states import NEEDS_A_PERSON, State
from sync.demo.outcome import Json, Outcome, at_polar
from sync.demo.stage import Case, Stage

_PIPELINE = (
    State.RECEIVED,
    State.RESOLVED,
    State.DELETING,
    State.DELETED,
    State.VERIFIED,
    State.HELD,
    State.INCOMPLETE,
    State.SUPERSEDED,
    State.NO_CUSTOMER,
)
_STYLES: Mapping[State | None, str] = {
    State.VERIFIED: "green",
    State.HELD: "yellow",
    State.INCOMPLETE: "yellow",
    State.SUPERSEDED: "cyan",
    State.NO_CUSTOMER: "cyan",
}
_OTHER_STYLE = "red"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What is to be said of one case."""

    title: str
    seen: Outcome
    wrong: Sequence[str]
    """What is not as it should be."""
    reason: str | None = None
    """The bridge's, for the state."""
    receipt: Json | None = None


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


def results(lines: Sequence[Line]) -> Group:
    """How each deletion ended, what needs action, and what is wrong."""
    table = Table(title="How each deletion ended", title_justify="left")
    for heading in ("case", "ended as", "at Polar", "right"):
        table.add_column(heading, overflow="fold")
    for line in lines:
        table.add_row(
            line.title,
            _state(line.seen.state),
            "\n".join(at_polar(line.seen)),
            "[red]no[/]" if line.wrong else "[green]yes[/]",
        )
    needs = [f"  {need}" for line in lines for need in _needs(line)]
    wrong = [
        f"  [red]{line.title}[/]: {escape('; '.join(line.wrong))}" for line in lines if line.wrong
    ]
    return Group(
        table,
        *(["What needs action", *needs, ""] if needs else []),
        *(["What is wrong", *wrong, ""] if wrong else []),
    )


def _needs(line: Line) -> Iterator[str]:
    state = line.seen.state
    if line.reason and state in NEEDS_A_PERSON:
        yield f"{_state(state)}  {line.title}: {escape(line.reason)}"
    for seat in line.receipt["paid_seats"] if line.receipt else ():
        yield (
            f"[yellow]paid seat[/]  {line.title}: customer {seat['customer_id']} goes on paying for"
            f" seats of subscription {seat['subscription_id']} that nobody has,"
            f" {seat['seats']} now: lower their number at Polar, or give them to somebody"
        )


def _state(state: State | None) -> str:
    return f"[{_STYLES.get(state, _OTHER_STYLE)}]{state}[/]"


def receipt_panel(receipt: Json) -> Panel:
    """A deletion's receipt, each of its values on one line."""
    facts = Table.grid(padding=(0, 2))
    facts.add_column(no_wrap=True)
    facts.add_column(no_wrap=True, max_width=40, overflow="ellipsis")
    for name, value in receipt.items():
        if name != "evidence":
            facts.add_row(name, escape(str(value)))
    chain = Table(box=None, pad_edge=False)
    for heading in ("#", "at", "evidence", "then", "hash"):
        chain.add_column(heading, no_wrap=True)
    for link in receipt["evidence"]:
        at = link["at"][len("2026-08-01T") :][: len("12:00:00.000")]
        chain.add_row(str(link["seq"]), at, link["kind"], link["state"], link["hash"][:8])
    return Panel(
        Group(facts, "", chain),
        title=f"receipt of deletion {receipt['deletion']}",
        subtitle="no personal data; whoever has the user id and the key can match it",
        expand=False,
    )


def invitation(url: str, token: str, cases: Sequence[Case]) -> Group:
    """Where the console is, and what there is to do."""
    numbers = [str(case.row.id) for case in cases if case.row and case.state in NEEDS_A_PERSON]
    hint = (
        f"The console says why deletions {', '.join(numbers)} wait for a person, and offers what"
        f" can be done. Number {numbers[-1]}, for one, is approved or canceled there."
    )
    return Group(
        "\n[bold]The console[/bold]: log in with any name and the token, which is this demo's only",
        # Each on a line of its own, whole: they are to be copied.
        Text(f"  {url}", no_wrap=True, overflow="ignore"),
        Text(f"  {token}", no_wrap=True, overflow="ignore"),
        hint,
        "Ctrl-C ends the demo and removes everything.",
    )
