"""What an operator can do to deletions.

An action on a deletion is the ledger's decision, its evidence (`source="operator"`) and what it
means for a worker that is busy with the deletion, in one write transaction.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import assert_never

from sqlmodel.ext.asyncio.session import AsyncSession

from sync.deletions import queries
from sync.deletions.deletion import IllegalTransition, next_action
from sync.deletions.leases import release
from sync.deletions.ledger import Ledger, wake
from sync.deletions.observations import Approved, Canceled, Retried
from sync.deletions.queries import Which
from sync.deletions.states import ENDED, Action, State
from sync.deletions.tables import DeletionRow
from sync.errors import NotPossible

_SOURCE = "operator"
_APPROVED = frozenset({State.HELD, State.ANOTHER_DELETED})
"""What is approved."""
_BATCH = 100
"""Deletions approved in one transaction: meanwhile SQLite can take no event."""


class Verb(StrEnum):
    """What is done to a deletion."""

    RETRY = "retry"
    APPROVE = "approve"
    CANCEL = "cancel"


@dataclass(frozen=True, slots=True)
class Effect:
    """What it did to one deletion."""

    deletion: int
    state: State
    refusal: str | None = None
    """Why nothing was done; None: it was."""


class _Refused(NotPossible):
    """The action makes no sense for the deletion as it is."""


async def act(ledger: Ledger, verb: Verb, which: Which) -> list[Effect]:
    """Do it to that deletion; of a user's deletions, to those that it can be meant for.

    Raises:
        NothingFound, Ambiguous
        StorageUnavailable: nothing was done.
    """
    async with ledger.database.write() as session:
        rows = await queries.find(session, ledger.hasher, which, lock=ledger.database)
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
            rows = await queries.held(ledger.database, session, after=last, limit=_BATCH)
            now = await ledger.database.now(session)
            effects = [await _act(ledger, session, row, Verb.APPROVE, now) for row in rows]
        if not effects:
            return approved
        approved += sum(item.refusal is None for item in effects)
        last = effects[-1].deletion


def _can_be_meant(verb: Verb, row: DeletionRow) -> bool:
    return row.state in _APPROVED if verb is Verb.APPROVE else row.state not in ENDED


async def _act(
    ledger: Ledger, session: AsyncSession, row: DeletionRow, verb: Verb, now: datetime
) -> Effect:
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
                if row.state not in _APPROVED:
                    raise _Refused(f"it is not held but {row.state}")
                await ledger.record(session, row, Approved(), now, source=_SOURCE)
                if row.state not in ENDED:
                    wake(row, now)
            case _:
                assert_never(verb)
    except IllegalTransition:
        return Effect(row.id, row.state, _why_not(row))
    except _Refused as refusal:
        return Effect(row.id, row.state, str(refusal))
    return Effect(row.id, row.state)


def _check_retry(row: DeletionRow) -> None:
    if row.state is State.HELD:
        raise _Refused(
            f"it is held: polar-sync approve {row.id}, or cancel; a team can be handed over:"
            " transfer"
        )
    if row.state is State.ANOTHER_DELETED:
        raise _Refused(f"another customer was deleted: see to it, then polar-sync approve {row.id}")
    looks_up = next_action(row.snapshot()) is Action.RESOLVE
    if looks_up and row.user_id is None and row.external_id is None:
        raise _Refused(
            f"it is {row.state} and the user's ids are forgotten; to have Polar asked once more,"
            " send a new user.deleted"
        )


def _why_not(row: DeletionRow) -> str:
    if row.state in ENDED:
        return f"it has ended: {row.state}"
    if row.deleted_at is None:
        return "it is too late: the deletion at Polar has begun"
    if row.customer_id is None:
        return "it is too late: the user's memberships are being ended"
    return "it is too late: the customer is already deleted at Polar"
