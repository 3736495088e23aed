"""What an operator can do to deletions and to dead letters.

An action on a deletion is the ledger's decision, its evidence (`source="operator"`) and what it
means for a worker that is busy with the deletion, in one write transaction.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import assert_never

import sqlalchemy as sa
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from sync.deletions.ledger import Ledger, release, snapshot, wake
from sync.deletions.machine import Action, IllegalTransition, next_action
from sync.deletions.observations import Approved, Canceled, Retried
from sync.deletions.states import ENDED, State
from sync.deletions.tables import DeletionRow
from sync.errors import InvalidInput, NothingFound, NotPossible
from sync.hashing import Hasher
from sync.inbox.tables import OPEN_INBOX, InboxRow, InboxStatus
from sync.store.database import Database

_SOURCE = "operator"
_BATCH = 100
"""Deletions approved in one transaction: meanwhile SQLite can take no event."""
_MAX_DIGITS = 18
"""Any number of so many digits fits the 64 bits of a deletion's id."""


class Verb(StrEnum):
    """What is done to a deletion."""

    RETRY = "retry"
    APPROVE = "approve"
    CANCEL = "cancel"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which deletions are meant: a deletion's number, or a local user id."""

    text: str
    as_user: bool | None = None
    """True: a user id. False: a number. None: whichever of the two is there."""


class Ambiguous(InvalidInput):
    """The text is a deletion's number and also the id of a user who has other deletions."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one deletion."""

    deletion: int
    state: State
    refusal: str | None = None
    """Why nothing was done; None: it was."""


class _Refused(NotPossible):
    """The action makes no sense for the deletion as it is."""


async def find(
    database: Database,
    session: AsyncSession,
    hasher: Hasher,
    wanted: Wanted,
    *,
    lock: bool = False,
) -> Sequence[DeletionRow]:
    """The deletion with that number, or every deletion of that user; oldest first, never none.

    Args:
        lock: lock the rows until the transaction ends.

    Raises:
        NothingFound, Ambiguous
    """

    async def fetch(condition: sa.ColumnElement[bool]) -> Sequence[DeletionRow]:
        statement = select(DeletionRow).where(condition).order_by(col(DeletionRow.id))
        rows: Sequence[DeletionRow] = (
            await session.exec(database.locked(statement) if lock else statement)
        ).all()
        return rows

    text = wanted.text
    numbered: Sequence[DeletionRow] = ()
    of_user: Sequence[DeletionRow] = ()
    if wanted.as_user is not True and _is_number(text):
        numbered = await fetch(col(DeletionRow.id) == int(text))
    if wanted.as_user is not False:
        of_user = await fetch(col(DeletionRow.user_hash) == hasher.user(text))
    if numbered and of_user and [row.id for row in numbered] != [row.id for row in of_user]:
        raise Ambiguous(f"{text} is a deletion's number and a user's id: add --deletion or --user")
    found = numbered or of_user
    if not found:
        raise NothingFound(f"there is no deletion {_described(wanted)}")
    return found


async def act(ledger: Ledger, verb: Verb, wanted: Wanted) -> list[Outcome]:
    """Do it to the wanted deletion; of a user's deletions, to those that it can be meant for.

    Raises:
        NothingFound, Ambiguous
        StorageUnavailable: nothing was done.
    """
    async with ledger.database.write() as session:
        rows = await find(ledger.database, session, ledger.hasher, wanted, lock=True)
        # Where it can be meant for none of them, the newest says why not.
        meant = [row for row in rows if _can_be_meant(verb, row)] or rows[-1:]
        now = await ledger.database.now(session)
        return [await _act(ledger, session, row, verb, now) for row in meant]


async def approve_all(ledger: Ledger) -> int:
    """Approve every held deletion, a batch at a time; returns how many there were.

    Raises:
        StorageUnavailable: the batches before this one are approved.
    """
    approved, last = 0, 0
    while True:
        async with ledger.database.write() as session:
            rows: Sequence[DeletionRow] = (
                await session.exec(
                    ledger.database.locked(
                        select(DeletionRow)
                        .where(col(DeletionRow.state) == State.HELD, col(DeletionRow.id) > last)
                        .order_by(col(DeletionRow.id))
                        .limit(_BATCH)
                    )
                )
            ).all()
            now = await ledger.database.now(session)
            outcomes = [await _act(ledger, session, row, Verb.APPROVE, now) for row in rows]
        if not outcomes:
            return approved
        approved += sum(outcome.refusal is None for outcome in outcomes)
        last = outcomes[-1].deletion


async def retry_dead_letters(database: Database) -> tuple[int, int]:
    """Have every dead letter applied once more. Returns how many, and how many cannot be since
    their content has been forgotten.

    Raises:
        StorageUnavailable: nothing was done.
    """
    dead = col(InboxRow.status) == InboxStatus.DEAD
    readable = col(InboxRow.body).is_not(None)
    async with database.write() as session:
        retried = await session.exec(
            sa.update(InboxRow)
            .where(OPEN_INBOX, dead, readable)
            .values(status=InboxStatus.PENDING, applied_at=None, error=None),
            execution_options={"synchronize_session": False},
        )
        left = await session.exec(
            select(sa.func.count()).select_from(InboxRow).where(OPEN_INBOX, dead)
        )
        return retried.rowcount, left.one()


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= _MAX_DIGITS


def _described(wanted: Wanted) -> str:
    if wanted.as_user is False:
        return f"with the number {wanted.text}"
    user = f"of a user {wanted.text}"
    if wanted.as_user is None and _is_number(wanted.text):
        return f"with the number {wanted.text}, and none {user}"
    return user


def _can_be_meant(verb: Verb, row: DeletionRow) -> bool:
    return row.state is State.HELD if verb is Verb.APPROVE else row.state not in ENDED


async def _act(
    ledger: Ledger, session: AsyncSession, row: DeletionRow, verb: Verb, now: datetime
) -> Outcome:
    assert row.id is not None  # noqa: S101 - it came from the table
    try:
        match verb:
            case Verb.CANCEL:
                await ledger.record(session, row, Canceled(), now, source=_SOURCE)
                # A worker in the middle of it must not go on.
                release(row)
            case Verb.RETRY:
                _check_retry(row)
                await ledger.record(session, row, Retried(), now, source=_SOURCE)
                wake(row, now)
            case Verb.APPROVE:
                if row.state is not State.HELD:
                    raise _Refused(f"it is not held but {row.state}")
                await ledger.record(session, row, Approved(), now, source=_SOURCE)
                wake(row, now)
            case _:
                assert_never(verb)
    except IllegalTransition:
        return Outcome(row.id, row.state, _why_not(row))
    except _Refused as refusal:
        return Outcome(row.id, row.state, str(refusal))
    return Outcome(row.id, row.state)


def _check_retry(row: DeletionRow) -> None:
    if row.state is State.HELD:
        raise _Refused(f"the brake holds it: polar-sync approve {row.id}, or cancel")
    looks_up = next_action(snapshot(row)) is Action.RESOLVE
    if looks_up and row.user_id is None and row.external_id is None:
        raise _Refused(
            f"it is {row.state} and the user's ids are forgotten; to have Polar asked once more,"
            " send a new user.deleted"
        )


def _why_not(row: DeletionRow) -> str:
    if row.state in ENDED:
        return f"it has ended: {row.state}"
    if row.deleted_at is not None:
        return "it is too late: the customer is already deleted at Polar"
    return "it is too late: the DELETE has been sent to Polar"
