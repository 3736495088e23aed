"""Ends the memberships that a deletion's user has under other customers.

The same rules as for a customer: pinned by Polar's id, confirmed by a GET, the intent recorded
before the DELETE is sent, and only a 404 `ResourceNotFound` or a 204 taken for its end.
"""

from __future__ import annotations

from typing import Any

from sync.deletions import memberships, pause
from sync.deletions.evidence import append
from sync.deletions.leases import Leased
from sync.deletions.recording import Recorder
from sync.deletions.sightings import membership_ended
from sync.deletions.tables import MembershipRow
from sync.mirror.objects import Member
from sync.polar import members
from sync.polar.errors import NotFound, OnlyOwner

_SOURCE = "worker"


async def leave(recorder: Recorder, leased: Leased) -> None:
    """End each membership of the leased deletion: two requests each.

    What Polar does not let go is left with its problem, for a person.

    Raises:
        Unavailable, Refused: those before it have ended.
        LeaseLost, Paused
    """
    async with recorder.database.read() as session:
        left = [it for it in await memberships.of(session, [leased.id]) if it.ended_at is None]
    for membership in left:
        await _leave(recorder, leased, membership)


async def _leave(recorder: Recorder, leased: Leased, membership: MembershipRow) -> None:
    customer_id, member_id = membership.customer_id, membership.member_id

    async def about_to_delete() -> None:
        await _sent(recorder, leased, membership)

    try:
        member = await members.get(recorder.polar, customer_id, member_id)
        if not _is_the_users(recorder, leased, member):
            await _ended(recorder, leased, membership, kept=True, answer="not the user's")
            return
        if recorder.settings.scrub_members:
            await about_to_delete()
            await members.scrub(recorder.polar, customer_id, member_id)
            await recorder.scrubbed(leased, [member_id])
            await members.delete(recorder.polar, customer_id, member_id)
        else:
            await members.delete(
                recorder.polar, customer_id, member_id, before_send=about_to_delete
            )
    except NotFound:
        await _ended(recorder, leased, membership, answer="404 ResourceNotFound")
    except OnlyOwner:
        await _stuck(recorder, leased, membership, memberships.ONLY_OWNER)
    else:
        await _ended(recorder, leased, membership, answer="204")


def _is_the_users(recorder: Recorder, leased: Leased, member: Member) -> bool:
    """Whether it was the user's when the event happened."""
    row, hasher = leased.row, recorder.ledger.hasher
    if member.external_id is None:
        return False
    is_theirs = member.external_id == row.user_id or (
        hasher.external(member.external_id) == row.external_hash
    )
    return is_theirs and member.created_at <= row.event_at + recorder.ledger.policy.clock_skew


async def _sent(recorder: Recorder, leased: Leased, membership: MembershipRow) -> None:
    async with recorder.under(leased) as (session, row, now):
        if await pause.current(session) is not None:
            raise pause.Paused
        ids = {"member_id": membership.member_id, "customer_id": membership.customer_id}
        await append(session, row, "membership.delete.sent", source=_SOURCE, at=now, **ids)


async def _ended(
    recorder: Recorder, leased: Leased, membership: MembershipRow, **detail: Any
) -> None:
    async with recorder.under(leased) as (session, row, now):
        current = await memberships.current(session, membership)
        if current.ended_at is not None:
            # The webhook about it was faster than the answer.
            return
        await membership_ended(recorder.ledger, session, row, current, now, source="api", **detail)


async def _stuck(
    recorder: Recorder, leased: Leased, membership: MembershipRow, problem: str
) -> None:
    async with recorder.under(leased) as (session, row, now):
        current = await memberships.current(session, membership)
        if current.problem != problem:
            ids = {"member_id": membership.member_id, "customer_id": membership.customer_id}
            await append(
                session, row, "membership.stuck", source="api", at=now, problem=problem, **ids
            )
        current.problem = problem
