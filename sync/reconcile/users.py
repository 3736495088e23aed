"""Who was missed: the app's users, as a file has them, against whom Polar has.

It reads the mirror, which a reconciliation has just made equal to Polar, and asks Polar nothing.
However many there are on either side, memory stays the same: the file is in a spool, customers are
read a few at a time, and what is found goes into the spool too.
"""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from sync.deletions import orphans
from sync.deletions.ledger import Ledger
from sync.deletions.orphans import Known, Orphan
from sync.deletions.states import State
from sync.inbox import queries as inbox
from sync.intake.event_types import OF_THE_LIVING
from sync.mirror import living, rows
from sync.mirror.kinds import SUBSCRIPTION
from sync.mirror.living import Living
from sync.mirror.objects import Subscription
from sync.reconcile.users_claims import Claim, claims
from sync.reconcile.users_file import Users
from sync.reconcile.users_report import (
    LISTED,
    Finding,
    Found,
    UsersReport,
    finding,
    open_ones,
)
from sync.store.errors import StorageUnavailable
from sync.store.retry import a_few_times

_PATIENTLY = a_few_times(StorageUnavailable)
_AT_ONCE = 1_000
"""Customers, or members, that are read together."""
_OPENED_AT_ONCE = 100
"""Deletions opened in one transaction: meanwhile SQLite can take no event."""

_TABLE = "CREATE TABLE found (number INTEGER PRIMARY KEY, finding TEXT, charged INTEGER, it TEXT)"
_INSERT = "INSERT INTO found (finding, charged, it) VALUES (?, ?, ?)"
_UPDATE = "UPDATE found SET it = ? WHERE number = ?"
_FIRST = "SELECT it FROM found WHERE finding = ? ORDER BY charged DESC, number LIMIT ?"
_NEXT = "SELECT number, it FROM found WHERE finding = ? AND number > ? ORDER BY number LIMIT ?"
_ALL = "SELECT it FROM found ORDER BY number"


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """What is compared, and what is done about it."""

    ledger: Ledger
    users: Users
    as_of: datetime
    """When the file was begun: whoever is newer, or changed since, is left alone."""
    max_share: float
    """Of the linked customers, from 0 to 1: where more are orphans, none gets a deletion."""
    opens: bool = False
    """A deletion, `held`, for each orphan."""
    on_progress: Callable[[int], None] = lambda _: None
    """Told how many customers and members have been compared."""

    async def run(self) -> UsersReport:
        """Compare, and open what is to be opened.

        Raises:
            StorageUnavailable: what has been opened before is.
        """
        report = UsersReport(
            as_of=self.as_of,
            file_sha256=self.users.sha256,
            users=self.users.number,
            repeated=self.users.repeated,
            without_customer=self.users.number,
            max_share=self.max_share,
        )
        self._spool.execute(_TABLE)
        await self._compare(report)
        if self.opens:
            report.refused = report.too_many
            report.opened = 0 if report.refused else await self._open()
        for each in Finding:
            report.listed += map(_read, self._spool.execute(_FIRST, (each, LISTED)))
        return report

    def everyone_found(self) -> Iterator[Found]:
        """All of those of whom `run` lists the first."""
        return map(_read, self._spool.execute(_ALL))

    @property
    def _gone_by(self) -> datetime:
        """When those who are not in the file were gone, at the latest. A deletion takes along who
        was there until CLOCK_SKEW after its event. Here nobody may be."""
        return self.as_of - self.ledger.policy.clock_skew

    @property
    def _spool(self) -> sqlite3.Connection:
        return self.users.spool

    # --- comparing -----------------------------------------------------------------------------

    async def _compare(self, report: UsersReport) -> None:
        compared = 0
        async for session, some in self._everyone():
            claimed = await claims(session, self.users, some)
            owned = [claim for it, claim in zip(some, claimed, strict=True) if not it.is_member]
            report.customers += len(owned)
            report.linked += sum(claim.is_linked for claim in owned)
            report.without_customer -= sum(claim.present for claim in owned)
            missed = [
                (it, claim) for it, claim in zip(some, claimed, strict=True) if not claim.present
            ]
            for found in await self._judge(session, missed):
                report.add(found)
                charged = sum(it.is_charged for it in found.subscriptions)
                row = (found.finding, charged, found.model_dump_json())
                self._spool.execute(_INSERT, row)
            compared += len(some)
            self.on_progress(compared)

    async def _everyone(self) -> AsyncIterator[tuple[AsyncSession, Sequence[Living]]]:
        """Customers, then members, some at a time, each time with a session to read more with."""
        for read in (living.customers, living.guests):
            last: str | None = ""
            while last is not None:
                async with self.ledger.database.read() as session:
                    some = await read(session, last, _AT_ONCE)
                    yield session, some
                last = some[-1].id if some else None

    async def _judge(
        self, session: AsyncSession, missed: Sequence[tuple[Living, Claim]]
    ) -> Iterator[Found]:
        """What each is whom no user in the file has."""
        known = await orphans.known(
            session,
            self.ledger.hasher,
            [
                Orphan(
                    customer_id=None if it.is_member else it.id,
                    created_at=it.created_at,
                    external_id=it.external_id,
                    user_id=claim.user_id,
                )
                for it, claim in missed
            ],
        )
        stored = await rows.stored_of(
            session, SUBSCRIPTION, [it.id for it, _ in missed if not it.is_member]
        )
        subscriptions: dict[str, list[Subscription]] = {}
        for _, item in sorted(stored.items()):
            subscriptions.setdefault(item.customer_id, []).append(item.row)
        heard_of = await self._heard_of(session, [claim.user_id for _, claim in missed])
        return (
            self._found(
                it,
                claim,
                known.get(place),
                subscriptions.get(it.id, ()),
                is_there=claim.user_id in heard_of,
            )
            for place, (it, claim) in enumerate(missed)
        )

    async def _heard_of(
        self, session: AsyncSession, user_ids: Iterable[str | None]
    ) -> set[str | None]:
        """Those of the users of whom the app has said something since the file: they are there."""
        hasher = self.ledger.hasher
        by_hash = {hasher.user(user_id): user_id for user_id in user_ids if user_id is not None}
        if not by_hash:
            return set()
        heard_of = await inbox.heard_of(session, by_hash, OF_THE_LIVING, self._gone_by)
        return {by_hash[user_hash] for user_hash in heard_of}

    def _found(
        self,
        it: Living,
        claim: Claim,
        deletion: Known | None,
        subscriptions: Sequence[Subscription],
        *,
        is_there: bool,
    ) -> Found:
        # In place of an external id that cannot be kept stands its digest, which is nobody's.
        is_exact = "external_id" not in (it.not_kept or ())
        return Found(
            finding=finding(
                linked=claim.is_linked,
                taken_care_of=deletion is not None,
                kept=deletion is not None and deletion.is_kept,
                # One that was there before can have got its external id since, once its buyer
                # signed up.
                newer=is_there or max(it.created_at, it.version_at) > self.as_of,
                owned=is_exact and claim.user_id is not None,
                member=it.is_member,
            ),
            customer_id=it.customer_id,
            member_id=it.id if it.is_member else None,
            external_id=it.external_id,
            user_id=claim.user_id if is_exact else None,
            created_at=it.created_at,
            subscriptions=open_ones(subscriptions),
            deletion=None if deletion is None else deletion.id,
            state=None if deletion is None else deletion.state,
        )

    # --- opening -------------------------------------------------------------------------------

    async def _open(self) -> int:
        """Returns how many."""
        last, opened = 0, 0
        while batch := self._spool.execute(
            _NEXT, (Finding.ORPHAN, last, _OPENED_AT_ONCE)
        ).fetchall():
            found = {number: Found.model_validate_json(it) for number, it in batch}
            opened += await _PATIENTLY(self._open_some, found)
            last = batch[-1][0]
        return opened

    async def _open_some(self, found: Mapping[int, Found]) -> int:
        async with self.ledger.database.write() as session:
            # Since it was found, too.
            heard_of = await self._heard_of(session, [it.user_id for it in found.values()])
            wanted = [
                (
                    number,
                    it,
                    Orphan(
                        customer_id=it.customer_id,
                        created_at=it.created_at,
                        external_id=it.external_id,
                        user_id=it.user_id,
                    ),
                )
                for number, it in found.items()
                if it.user_id not in heard_of
            ]
            opened = await orphans.open_held(
                self.ledger,
                session,
                [orphan for _, _, orphan in wanted],
                gone_by=self._gone_by,
                digest=self.users.sha256,
            )
        for place, (number, it, _) in enumerate(wanted):
            if place in opened:
                held = it.model_copy(update={"deletion": opened[place], "state": State.HELD.value})
                self._spool.execute(_UPDATE, (held.model_dump_json(), number))
        return len(opened)


def _read(row: tuple[str]) -> Found:
    return Found.model_validate_json(row[0])
