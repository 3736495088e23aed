"""What the stages of one reconciliation share."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from sync.deletions.ledger import Ledger
from sync.mirror.kinds import Kind
from sync.polar.lists import Unreadable
from sync.reconcile.calls import Calls
from sync.reconcile.report import Difference, Finding, Report
from sync.settings import Settings
from sync.store.database import Database
from sync.store.errors import StorageUnavailable
from sync.store.retry import a_few_times

_PATIENTLY = a_few_times(StorageUnavailable)


@dataclass(slots=True)
class Context:
    """One reconciliation."""

    ledger: Ledger
    settings: Settings
    calls: Calls
    report: Report
    dry_run: bool
    """Report only: sessions read, and nothing is written."""
    not_taken_along: set[str] = field(default_factory=set)
    """Customers of a dry run of whom Polar knows nothing any more. What goes with them is still in
    the mirror, and no difference of its own."""
    _told: set[str] = field(default_factory=set)

    @property
    def database(self) -> Database:
        """The ledger's."""
        return self.ledger.database

    def tell(self, kind: Kind[Any], difference: Difference) -> None:
        """Report it. A row with another sort key than Polar's, or one that went with its customer,
        is come upon in two places: where nothing is written, it would be told twice."""
        moved = any(it.field == kind.sorted_by for it in difference.changes)
        if self.dry_run and (moved or difference.finding is Finding.EXTRA):
            if difference.id in self._told:
                return
            self._told.add(difference.id)
        self.report.add(difference)

    def tell_unreadable(self, kind: Kind[Any], items: Iterable[Unreadable]) -> int:
        """Report what cannot be read: each once, though several lists show it. Returns how many
        had not been told."""
        new = {item.id: item for item in items if item.id not in self._told}
        self._told |= new.keys()
        for item in new.values():
            self.report.add(
                Difference(
                    kind=kind.name,
                    id=item.id,
                    finding=Finding.UNREADABLE,
                    cause=f"cannot be taken over ({item.problem}): see it in Polar's dashboard",
                    repaired=False,
                )
            )
            self.report.incomplete[kind.name] = self.report.incomplete.get(kind.name, 0) + 1
        return len(new)

    @asynccontextmanager
    async def session(self) -> AsyncIterator[AsyncSession]:
        """A write transaction; in a dry run a session to read with."""
        if self.dry_run:
            async with self.database.read() as session:
                yield session
            return
        async with AsyncExitStack() as stack:
            # SQLite lets a busy process keep the lock from another for longer than any time-out;
            # its load is no reason to end.
            yield await _PATIENTLY(self._begun, stack)

    async def _begun(self, stack: AsyncExitStack) -> AsyncSession:
        async with AsyncExitStack() as attempt:
            session = await attempt.enter_async_context(self.database.write())
            await session.connection()
            await stack.enter_async_context(attempt.pop_all())
        return session
