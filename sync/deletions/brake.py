"""The brake: how many DELETEs may leave without a person's word."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel.ext.asyncio.session import AsyncSession

from sync.deletions import queries
from sync.deletions.deletion import Deletion
from sync.deletions.observations import Brake
from sync.deletions.tables import DeletionRow
from sync.mirror import customers as mirror_customers

HOUR, DAY = timedelta(hours=1), timedelta(days=1)

_AN_HOUR = 100
_SHARE_A_DAY = 0.05
SHARE_A_DAY = "5 % of the customers"
_MANY_CUSTOMERS = 200
"""From so many customers on the share counts. Of fewer, one or two a day would already be too
many."""


@dataclass(frozen=True, slots=True)
class Allowed:
    """How many DELETEs may leave by themselves; None: any number."""

    an_hour: int | None
    a_day: int | None = None


def allowed(max_deletions_per_hour: int | None, customers: int) -> Allowed:
    """By what the deployment has set, or by default: 100 an hour, and of 200 customers or more no
    more than 5 % a day. Pure.

    Args:
        max_deletions_per_hour: the setting; 0: no brake, None: not set.
        customers: how many the mirror has as living, and how many have gone within the day.
    """
    if max_deletions_per_hour is not None:
        return Allowed(max_deletions_per_hour or None)
    share = int(customers * _SHARE_A_DAY) if customers >= _MANY_CUSTOMERS else None
    return Allowed(_AN_HOUR, share)


def by_default(customers: int) -> str:
    """What is allowed where nothing is set, for a person. Pure."""
    what = allowed(None, customers)
    a_day = "" if what.a_day is None else f" and {what.a_day} a day (5 % of {customers} customers)"
    return (
        f"{what.an_hour} deletions an hour{a_day} are sent by themselves, the rest is held for"
        " `polar-sync approve`: MAX_DELETIONS_PER_HOUR sets another number an hour, 0 for any"
    )


async def tripped(
    session: AsyncSession,
    max_deletions_per_hour: int | None,
    deletion: DeletionRow | Deletion,
    now: datetime,
) -> Brake | None:
    """What stops the deletion's DELETE; None: it may leave."""
    an_hour = allowed(max_deletions_per_hour, customers=0).an_hour
    if an_hour is None or deletion.approved or deletion.delete_sent_at is not None:
        return None
    sent = await queries.sent_between(session, now - HOUR, now, up_to=an_hour)
    if sent >= an_hour:
        return Brake(sent=sent, limit=an_hour, within=HOUR)
    if max_deletions_per_hour is not None:
        return None
    return await _too_many_a_day(session, now)


async def _too_many_a_day(session: AsyncSession, now: datetime) -> Brake | None:
    sent = await queries.sent_between(session, now - DAY, now)
    if sent < _MANY_CUSTOMERS * _SHARE_A_DAY:
        return None
    # So many are enough to let the next one go: no need to count a million.
    enough = int((sent + 1) / _SHARE_A_DAY) + 1
    customers = sent + await mirror_customers.count_living(session, up_to=enough)
    a_day = allowed(None, customers).a_day
    return (
        Brake(sent=sent, limit=a_day, within=DAY) if a_day is not None and sent >= a_day else None
    )
