"""The step that sends the DELETE for a pinned customer."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlmodel.ext.asyncio.session import AsyncSession

from sync.deletions import queries, teams
from sync.deletions.deletion import IllegalTransition
from sync.deletions.leases import Leased, LeaseLost, Pinned, finish, release
from sync.deletions.machine import delete_by, pin_is_fresh
from sync.deletions.observations import (
    Brake,
    CustomerGone,
    DeleteAnswered,
    DeleteBy,
    DeleteSent,
    NoCustomerToDelete,
    ScrubBegun,
)
from sync.deletions.recording import Recorder, failed
from sync.deletions.tables import DeletionRow
from sync.errors import NotPossible, PolarError
from sync.mirror.kinds import MEMBER
from sync.polar import customers, lists, members
from sync.polar.errors import NotFound

_BRAKE_WINDOW = timedelta(hours=1)


class _NotSent(NotPossible):
    """When the DELETE's turn had come, something held the deletion."""


class _PinTooOld(NotPossible):
    """When the turn of the DELETE by external id had come, somebody else could be under it."""


async def delete(recorder: Recorder, leased: Leased) -> None:
    """Send the DELETE for the pinned customer, after recording that it will be sent. Without one,
    go on to the memberships."""
    try:
        if isinstance(leased, Pinned):
            await _Delete(recorder, leased).send()
        else:
            await _go_on_without(recorder, leased)
            return
    except (_NotSent, LeaseLost):
        return
    except IllegalTransition as error:
        # A webhook has said meanwhile that the customer is gone.
        await recorder.overtaken(leased, error)
    except NotFound:
        await recorder.record(leased, CustomerGone(), answer="404 ResourceNotFound")
    except PolarError as error:
        await recorder.record(leased, failed(error))
    else:
        await recorder.record(leased, DeleteAnswered(), answer="204")


async def _go_on_without(recorder: Recorder, leased: Leased) -> None:
    async with recorder.under(leased) as (session, row, now):
        seen = await _brake(recorder, session, row, now) or NoCustomerToDelete()
        await recorder.ledger.record(session, row, seen, now, source="worker")
        finish(row, leased, now)


@dataclass(frozen=True, slots=True)
class _Delete:
    recorder: Recorder
    leased: Pinned

    async def send(self) -> None:
        """By external id where that may be; if the pin has aged, the customer is looked at once
        more. By Polar's id otherwise."""
        if self.recorder.settings.scrub_members:
            await self._scrub_members()
        deletion = self.leased.row.snapshot()
        by, read_at = delete_by(deletion, self.recorder.ledger.policy), None
        while by is DeleteBy.EXTERNAL_ID:
            try:
                await self._send(DeleteSent(by=by, read_at=read_at))
            except _PinTooOld:
                looked_before = read_at is not None
                read_at = None if looked_before else await self._seen_again()
                if read_at is None:
                    by = DeleteBy.CUSTOMER_ID
            else:
                return
        await self._send(DeleteSent())

    async def _scrub_members(self) -> None:
        """Overwrite who is under the customer, once it is certain that it goes."""
        if self.leased.row.sent_by_external_id_at is not None:
            return
        recorder, customer_id = self.recorder, self.leased.customer_id
        async with recorder.under(self.leased) as (session, row, now):
            brake = await _brake(recorder, session, row, now)
            await recorder.ledger.record(session, row, brake or ScrubBegun(), now, source="worker")
            if brake is not None:
                release(row)
        if brake is not None:
            raise _NotSent
        scrubbed: list[str] = []
        for member in await lists.of_customers(recorder.polar, MEMBER, [customer_id]):
            with suppress(NotFound):
                await members.scrub(recorder.polar, customer_id, member.id)
                scrubbed.append(member.id)
        await recorder.scrubbed(self.leased, scrubbed)

    async def _send(self, sent: DeleteSent) -> None:
        by_external_id = sent.by is DeleteBy.EXTERNAL_ID

        async def about_to_delete() -> None:
            await self._about_to_delete(sent)

        await customers.delete(
            self.recorder.polar,
            external_id=self.leased.row.external_id if by_external_id else None,
            customer_id=self.leased.customer_id,
            anonymize=self.recorder.settings.anonymize,
            before_send=about_to_delete,
        )

    async def _seen_again(self) -> datetime | None:
        """When the pinned customer was seen under its external id again; None: it was not."""
        recorder, row = self.recorder, self.leased.row
        read_at = await recorder.now()
        try:
            state = await customers.state_of(recorder.polar, external_id=row.external_id)
        except NotFound:
            return None
        if state.customer.id != self.leased.customer_id:
            return None
        if not row.approved and row.others is None:
            # A seat that was bought since the customer was pinned has made it a team.
            team = await teams.look(
                recorder.polar, recorder.settings, state, {row.external_id, row.user_id}, ()
            )
            if team is not None:
                await recorder.record(self.leased, team, others=team.others)
                raise _NotSent
        return read_at

    async def _about_to_delete(self, sent: DeleteSent) -> None:
        recorder = self.recorder
        async with recorder.under(self.leased) as (session, row, now):
            brake = await _brake(recorder, session, row, now)
            if brake is None:
                pin = replace(row.snapshot(), pinned_at=sent.read_at or row.pinned_at)
                by_external_id = sent.by is DeleteBy.EXTERNAL_ID
                if by_external_id and not pin_is_fresh(pin, recorder.ledger.policy, now):
                    raise _PinTooOld
                detail = {
                    "customer_id": row.customer_id,
                    "by": sent.by,
                    "anonymize": recorder.settings.anonymize,
                }
                await recorder.ledger.record(session, row, sent, now, source="worker", **detail)
                return
            await recorder.ledger.record(session, row, brake, now, source="worker")
            release(row)
        raise _NotSent


async def _brake(
    recorder: Recorder, session: AsyncSession, row: DeletionRow, now: datetime
) -> Brake | None:
    limit = recorder.settings.max_deletions_per_hour
    if limit == 0 or row.approved or row.delete_sent_at is not None:
        return None
    sent = await queries.sent_since(session, now - _BRAKE_WINDOW)
    return Brake(sent=sent, limit=limit) if sent >= limit else None
