"""The ledger and what belongs to it alone write deletions and evidence."""

from __future__ import annotations

import ast
import contextlib
import re
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from types import FrameType
from typing import Any

import greenlet
import pytest
import sqlalchemy as sa

from sync.cli.exit_codes import EQUAL, reconciliation_code
from sync.deletions.ledger import Ledger
from sync.deletions.operator import Verb
from sync.deletions.tables import DeletionRow, EvidenceRow
from sync.reconcile.report import Report
from sync.reconcile.run import reconciliation
from sync.store.database import Database
from sync.worker.retention import Retention
from tests.helpers.bridge import Bridge, Run
from tests.helpers.engines import BOTH_ENGINES
from tests.helpers.servers import ROOT

SYNC = ROOT / "sync"
TABLES = "sync.deletions.tables"
ROWS = {"DeletionRow", "EvidenceRow", "MappingRow"}
WRITERS = {
    "evidence.py",
    "forgetting.py",
    "leases.py",
    "ledger.py",
    "removal.py",
    "waking.py",
}
"""Of `sync/deletions`, as the ledger's docstring has them."""
_WRITES = re.compile(r'(INSERT INTO|UPDATE|DELETE FROM) "?(deletion|evidence)\b')


def imported_rows(path: Path) -> set[str]:
    """The row classes that a module has at run time."""
    tree = ast.parse(path.read_text())
    only_typed = {
        inner
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    return {
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == TABLES and node not in only_typed
        for alias in node.names
    } & ROWS


@pytest.mark.slow
def test_no_other_room_has_the_row_classes_at_run_time() -> None:
    modules = [path for top in (SYNC, ROOT / "app") for path in top.rglob("*.py")]
    others = [path for path in modules if path.parent != SYNC / "deletions"]
    assert len(others) > 50
    assert {str(path): rows for path in others if (rows := imported_rows(path))} == {}


def frames() -> Iterator[Path]:
    """The files of our own that have called, the nearest first, across the driver's greenlets."""
    frame: FrameType | None = sys._getframe(1)
    inside: greenlet.greenlet | None = greenlet.getcurrent()
    while inside is not None:
        while frame is not None:
            if Path(frame.f_code.co_filename).is_relative_to(SYNC):
                yield Path(frame.f_code.co_filename).relative_to(SYNC)
            frame = frame.f_back
        inside = inside.parent
        frame = inside.gr_frame if inside is not None else None


@contextlib.contextmanager
def watched() -> Iterator[dict[str, set[str]]]:
    """Which modules write the tables meanwhile: by attributes of rows, and by statements."""
    seen: dict[str, set[str]] = {"deletion": set(), "evidence": set()}

    def note(table: str) -> None:
        # A row takes over what has been decided: whoever told it to counts.
        writers = (str(path) for path in frames() if path.name != "tables.py")
        seen[table].add(next(writers, "nobody"))

    def see_row(target: Any, *_: object) -> None:
        note(target.__tablename__)

    def see_statement(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        written = _WRITES.match(statement)
        if written is not None and not _is_flushed():
            note(written.group(2))

    attributes = [
        getattr(row, column.key)
        for row in (DeletionRow, EvidenceRow)
        for column in sa.inspect(row).column_attrs
    ]
    for attribute in attributes:
        sa.event.listen(attribute, "set", see_row)
    sa.event.listen(sa.Engine, "before_cursor_execute", see_statement)
    try:
        yield seen
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", see_statement)
        for attribute in attributes:
            sa.event.remove(attribute, "set", see_row)


def _is_flushed() -> bool:
    """Whether the statement writes what has been seen as attributes of rows."""
    frame = sys._getframe(1)
    while frame.f_back is not None:
        if frame.f_code.co_name == "_flush":
            return True
        frame = frame.f_back
    return False


def everything_that_happens(it: Bridge) -> None:
    """All that the app, Polar, an operator and the worker do to deletions."""
    it.customer("u1", "active", "paused", grants=1)
    it.settled()
    it.tell("u1")
    it.wait("u1", "verified")
    it.tell("u2")
    it.wait("u2", "no_customer")
    it.tell("u2", "user.restored")
    it.wait("u2", "canceled")
    it.tell("u3")
    it.wait("u3", "no_customer")
    it.map("u3", external_id="u1")
    it.act(Verb.RETRY, "u3")
    it.act(Verb.CANCEL, "u3")
    it.customer("u4")
    it.customer("u5")
    for user in ("u4", "u5"):
        it.tell(user)
    it.wait("u5", "held")

    async def reconcile(database: Database) -> Report:
        async with reconciliation(Ledger.of(database, it.settings), it.settings) as run:
            return await run.everything()

    assert reconciliation_code(it.beside(reconcile)) >= EQUAL
    it.store.execute("UPDATE deletion SET ended_at = event_at, next_attempt_at = NULL")

    async def remove(database: Database) -> int:
        none = timedelta(0)
        swept = await Retention(database, payloads=none, inbox=none, audit=none).sweep()
        return swept.deletions

    assert it.beside(remove) > 0


@pytest.mark.slow
@BOTH_ENGINES
def test_only_the_ledger_and_its_own_write_deletions_and_evidence(run: Run) -> None:
    with watched() as seen, run(max_deletions_per_hour=2, on_survivor="revoke") as it:
        everything_that_happens(it)
    of_ledger = {f"deletions/{name}" for name in WRITERS}
    assert seen["deletion"] == of_ledger - {"deletions/evidence.py"}
    assert seen["evidence"] == {"deletions/evidence.py", "deletions/removal.py"}
