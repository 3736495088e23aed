"""What an operator can do to deletions.

An action on a deletion is the ledger's decision, its evidence (`source="operator"`) and what it
means for a worker that is busy with the deletion, in one write transaction.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import assert_never

import sqlalchemy as sa
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from sync.deletions import queries
from sync.deletions.deletion import IllegalTransition, next_action
from sync.deletions.leases import release
from sync.deletions.ledger import Ledger
from sync.deletions.machine import observe
from sync.deletions.observations import Approved, Canceled, Observation, Retried
from sync.deletions.queries import Which
from sync.deletions.states import ENDED, UNPINNED, Action, State
from sync.deletions.tables import DeletionRow
from sync.deletions.waking import wake
from sync.errors import NotPossible
from sync.operators import actions
from sync.operators.actions import Did, Person
from sync.store.database import Database

_SOURCE = "operator"
_APPROVED = frozenset({State.HELD, State.ANOTHER_DELETED})
"""What is approved."""
_BATCH = 100
"""Deletions acted on in one transaction: meanwhile SQLite can take no event."""


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


async def act(
    ledger: Ledger, verb: Verb, which: Which, person: Person | None = None
) -> list[Effect]:
    """Do it to that deletion; of a user's deletions, to those that it can be meant for.

    Args:
        person: who has logged in to do it; None: whoever may run commands.

    Raises:
        NothingFound, Ambiguous
        StorageUnavailable: nothing was done.
    """
    async with ledger.database.write() as session:
        rows = await queries.find(session, ledger.hasher, which, lock=ledger.database)
        # Where it can be meant for none of them, the newest says why not.
        meant = [row for row in rows if _can_be_meant(verb, row)] or rows[-1:]
        return await _act_on(ledger, session, meant, verb, person)


def refusal(ledger: Ledger, row: DeletionRow, verb: Verb, now: datetime) -> str | None:
    """Why it cannot be done to the deletion as it is; None: it can."""
    try:
        observation = _observation(row, verb)
        observe(row.snapshot(), observation, ledger.policy, now)
    except IllegalTransition:
        return _why_not(row)
    except _Refused as error:
        return str(error)
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Many:
    """Which deletions an action on many is for."""

    states: frozenset[State]
    received_from: datetime | None = None
    received_until: datetime | None = None
    by_audit: bool = False
    """Only those that an audit has opened, and of which nobody has said a word yet."""


BULK: Mapping[Verb, frozenset[State]] = {
    Verb.APPROVE: frozenset({State.HELD}),
    Verb.CANCEL: UNPINNED | {State.RESOLVED, State.HELD, State.BLOCKED},
}
"""What can be done to many at once, and in which states. Of the held ones only those that the brake
holds are approved, or those that an audit has opened: whatever else holds one is a decision of its
own."""


async def count_many(database: Database, verb: Verb, many: Many) -> tuple[int, int]:
    """How many deletions `act_on_many` is for, and the number of the newest.

    Raises:
        StorageUnavailable
    """
    async with database.read() as session:
        return await queries.count(session, *_meant(verb, many))


async def act_on_many(
    ledger: Ledger,
    verb: Verb,
    many: Many,
    newest: int | None = None,
    person: Person | None = None,
) -> Sequence[Effect]:
    """Do it to all of them, a batch at a time; returns what it did to each.

    Args:
        newest: the newest that was counted; later ones are left alone.
        person: as for `act`.

    Raises:
        StorageUnavailable: it is done to the batches before this one.
    """
    done: list[Effect] = []
    last = 0
    where = _meant(verb, many)
    if newest is not None:
        where.append(col(DeletionRow.id) <= newest)
    while True:
        async with ledger.database.write() as session:
            rows = await queries.batch(ledger.database, session, *where, after=last, limit=_BATCH)
            effects = await _act_on(ledger, session, rows, verb, person)
        if not effects:
            return done
        done += effects
        last = effects[-1].deletion


def _meant(verb: Verb, many: Many) -> list[sa.ColumnElement[bool]]:
    received_at, state = col(DeletionRow.received_at), col(DeletionRow.state)
    where: list[sa.ColumnElement[bool]] = [state.in_(many.states & BULK[verb])]
    if many.received_from is not None:
        where.append(received_at >= many.received_from)
    if many.received_until is not None:
        where.append(received_at <= many.received_until)
    if many.by_audit:
        where += [state == State.HELD, queries.held_by_audit()]
    elif verb is Verb.APPROVE:
        where.append(queries.held_by_brake())
    else:
        # Too late for these, unless the customer was seen alive again.
        unsent = col(DeletionRow.delete_sent_at).is_(None)
        where.append(sa.or_(unsent, state == State.HELD))
    return where


def _can_be_meant(verb: Verb, row: DeletionRow) -> bool:
    return row.state in _APPROVED if verb is Verb.APPROVE else row.state not in ENDED


async def _act_on(
    ledger: Ledger,
    session: AsyncSession,
    rows: Sequence[DeletionRow],
    verb: Verb,
    person: Person | None,
) -> list[Effect]:
    now = await ledger.database.now(session)
    effects = [await _act(ledger, session, row, verb, now, person) for row in rows]
    if done := [effect.deletion for effect in effects if effect.refusal is None]:
        actions.note(session, person, Did(verb), now, done)
    return effects


async def _act(
    ledger: Ledger,
    session: AsyncSession,
    row: DeletionRow,
    verb: Verb,
    now: datetime,
    person: Person | None,
) -> Effect:
    if (why_not := refusal(ledger, row, verb, now)) is not None:
        return Effect(row.id, row.state, why_not)
    detail = {} if person is None else person.detail
    await ledger.record(session, row, _observation(row, verb), now, source=_SOURCE, **detail)
    if verb is Verb.CANCEL:
        # A worker in the middle of it must not go on.
        release(row)
    elif row.state not in ENDED:
        wake(row, now)
    return Effect(row.id, row.state)


def _observation(row: DeletionRow, verb: Verb) -> Observation:
    match verb:
        case Verb.CANCEL:
            return Canceled()
        case Verb.RETRY:
            _check_retry(row)
            return Retried()
        case Verb.APPROVE:
            if row.state not in _APPROVED:
                raise _Refused(f"it is not held but {row.state}")
            return Approved()
        case _:
            assert_never(verb)


def _check_retry(row: DeletionRow) -> None:
    if row.state is State.HELD:
        raise _Refused(
            f"it is held: polar-sync approve {row.id} --deletion, or cancel; a team can be handed"
            " over: transfer"
        )
    if row.state is State.ANOTHER_DELETED:
        raise _Refused(
            f"another customer was deleted: see to it, then polar-sync approve {row.id} --deletion"
        )
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
