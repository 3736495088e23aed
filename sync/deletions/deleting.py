"""The step that sends the DELETE for a pinned customer."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from sync.deletions import pause, teams
from sync.deletions.brake import tripped
from sync.deletions.deletion import IllegalTransition, subscribed_anew
from sync.deletions.leases import Leased, LeaseLost, Pinned, finish, release
from sync.deletions.machine import delete_by, pin_is_fresh
from sync.deletions.observations import (
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


class _NotSent(NotPossible):
    """When the DELETE's turn had come, something held the deletion."""


class _PinTooOld(NotPossible):
    """The pinned customer was seen too long ago: somebody else could be under its external id, or
    it could be active again."""


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
        if not await _held_back(recorder, session, row, now):
            none = NoCustomerToDelete()
            await recorder.ledger.record(session, row, none, now, source="worker")
            finish(row, leased, now)


@dataclass(frozen=True, slots=True)
class _Delete:
    recorder: Recorder
    leased: Pinned

    async def send(self) -> None:
        """By external id where that may be, by Polar's id otherwise. A customer that was seen too
        long ago is looked at once more: it may be active again, or have become a team."""
        recorder = self.recorder
        by, read_at = delete_by(self.leased.row.snapshot(), recorder.ledger.policy), None
        scrubbed = not recorder.settings.scrub_members
        while True:
            sent = DeleteSent(by=by, read_at=read_at)
            try:
                if not scrubbed:
                    await self._scrub_members(sent)
                    scrubbed = True
                await self._send(sent)
            except _PinTooOld:
                by_external_id = by is DeleteBy.EXTERNAL_ID and read_at is None
                read_at = read_at or await self._seen_again(by_external_id=by_external_id)
                if not by_external_id or read_at is None:
                    by = DeleteBy.CUSTOMER_ID
            else:
                return

    async def _scrub_members(self, sent: DeleteSent) -> None:
        """Overwrite who is under the customer, once it is certain that it goes."""
        if self.leased.row.sent_by_external_id_at is not None:
            return
        recorder, customer_id = self.recorder, self.leased.customer_id
        await self._begin(sent, ScrubBegun())
        scrubbed: list[str] = []
        for member in await lists.of_customers(recorder.polar, MEMBER, [customer_id]):
            with suppress(NotFound):
                await members.scrub(recorder.polar, customer_id, member.id)
                scrubbed.append(member.id)
        await recorder.scrubbed(self.leased, scrubbed)

    async def _send(self, sent: DeleteSent) -> None:
        by_external_id = sent.by is DeleteBy.EXTERNAL_ID
        anonymize = self.recorder.settings.anonymize
        customer_id = self.leased.customer_id

        async def about_to_delete() -> None:
            ids = {"customer_id": customer_id, "by": sent.by, "anonymize": anonymize}
            await self._begin(sent, sent, **ids)

        await customers.delete(
            self.recorder.polar,
            external_id=self.leased.row.external_id if by_external_id else None,
            customer_id=customer_id,
            anonymize=anonymize,
            before_send=about_to_delete,
        )

    async def _seen_again(self, *, by_external_id: bool) -> datetime | None:
        """When the pinned customer was seen alive again; None: not under its external id.

        Raises:
            NotFound: it is gone.
            _NotSent: a person must be asked first.
        """
        recorder, row = self.recorder, self.leased.row
        read_at = await recorder.now()
        try:
            state = await customers.state_of(
                recorder.polar,
                external_id=row.external_id if by_external_id else None,
                customer_id=self.leased.customer_id,
            )
        except NotFound:
            if by_external_id:
                return None
            raise
        if state.customer.id != self.leased.customer_id:
            return None
        own_ids = {row.external_id or state.customer.external_id, row.user_id}
        team = None
        if row.others is None:
            # A seat that was bought since the customer was pinned has made it a team.
            team = await teams.look(recorder.polar, recorder.settings, state, own_ids, ())
        anew = subscribed_anew(row.snapshot(), state.subscribed_at, recorder.ledger.policy)
        holds = [item for item in (team, anew) if item is not None]
        if holds:
            async with recorder.under(self.leased) as (session, held, now):
                await recorder.hold(session, held, holds, now)
                release(held)
            raise _NotSent
        return read_at

    async def _begin(
        self, sent: DeleteSent, observation: DeleteSent | ScrubBegun, **detail: Any
    ) -> None:
        """Record what is about to be done, if it may be.

        Raises:
            _NotSent: something holds the deletion.
            _PinTooOld: the customer must be looked at once more.
        """
        ledger, source = self.recorder.ledger, "worker"
        async with self.recorder.under(self.leased) as (session, row, now):
            if not await _held_back(self.recorder, session, row, now):
                pin = replace(row.snapshot(), pinned_at=sent.read_at or row.pinned_at)
                seen_once_more = sent.read_at is not None and sent.by is DeleteBy.CUSTOMER_ID
                if not seen_once_more and not pin_is_fresh(pin, ledger.policy, now):
                    raise _PinTooOld
                await ledger.record(session, row, observation, now, source=source, **detail)
                return
        raise _NotSent


async def _held_back(
    recorder: Recorder, session: AsyncSession, row: DeletionRow, now: datetime
) -> bool:
    """Whether the DELETE may not leave now. What the brake stops is `held`; while all are paused,
    the deletion stays as it is."""
    if await pause.current(session) is None:
        limit = recorder.settings.max_deletions_per_hour
        brake = await tripped(session, limit, row, now)
        if brake is None:
            return False
        await recorder.ledger.record(session, row, brake, now, source="worker")
    release(row)
    return True
