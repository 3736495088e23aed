"""The step that looks at the evidence, and asks Polar for what the webhooks have not proved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from sync.deletions import evidence, leaving, pause
from sync.deletions.deletion import IllegalTransition
from sync.deletions.facts import facts
from sync.deletions.leases import Leased, LeaseLost, Pinned
from sync.deletions.pause import Paused
from sync.deletions.proof import ask_api, to_revoke
from sync.deletions.recording import AsMirrored, Recorder, failed
from sync.errors import PolarError
from sync.mirror import kinds, rows
from sync.mirror.kinds import SUBSCRIPTION, all_hold
from sync.mirror.objects import API, Mirrored, Subscription
from sync.polar import lists, subscriptions
from sync.polar.errors import AlreadyCanceled, NotFound, Refused
from sync.store.errors import StatementFailed, ValueRefused


async def check(recorder: Recorder, batch: Sequence[Leased]) -> None:
    """End the memberships that are left. Then see whether the evidence is complete; ask the API
    about those for which it is overdue: two requests for each `MAX_IDS` customers."""
    batch = [leased for leased in batch if await _has_left(recorder, leased)]
    async with recorder.database.read() as session:
        now = await recorder.database.now(session)
        known = await facts(session, [leased.row for leased in batch])
    overdue: list[Pinned] = []
    for leased in batch:
        deletion = leased.row.snapshot()
        asks = ask_api(deletion, known[leased.id], recorder.ledger.policy, now)
        if asks and isinstance(leased, Pinned):
            overdue.append(leased)
        else:
            await recorder.record(leased, AsMirrored(None))
    if not overdue:
        return
    try:
        listed_at, unreadable = await _list_what_is_left(recorder, overdue)
    except PolarError as error:
        for leased in overdue:
            await recorder.record(leased, failed(error))
        return
    except (ValueRefused, StatementFailed) as error:
        if len(overdue) == 1:
            await recorder.refused(overdue[0], error)
        else:
            # One customer's row must not cost the others their answers.
            for leased in overdue:
                await check(recorder, [leased])
        return
    for leased in overdue:
        if (refusal := unreadable.get(leased.customer_id)) is not None:
            await recorder.record(leased, failed(refusal))
            continue
        try:
            await _ask_for_unlisted(recorder, leased, listed_at)
            await _revoke_survivors(recorder, leased, listed_at)
        except PolarError as error:
            await recorder.record(leased, failed(error))
        except (ValueRefused, StatementFailed) as error:
            await recorder.refused(leased, error)
        else:
            await recorder.record(leased, AsMirrored(listed_at))


async def _has_left(recorder: Recorder, leased: Leased) -> bool:
    """End the user's memberships. Returns whether there is more to check now."""
    if not leased.row.memberships_left:
        return True
    try:
        await leaving.leave(recorder, leased)
    except LeaseLost:
        return False
    except (Paused, IllegalTransition) as error:
        await recorder.overtaken(leased, error)
        return False
    except PolarError as error:
        await recorder.record(leased, failed(error))
        return False
    return True


async def _list_what_is_left(
    recorder: Recorder, batch: Sequence[Pinned]
) -> tuple[datetime, Mapping[str, Refused]]:
    """Have the mirror hold what Polar lists for these customers.

    Returns:
        When that was read, and those of the customers of whom not all can be.
    """
    customer_ids = sorted({leased.customer_id for leased in batch})
    listed_at = await recorder.now()
    listed = [
        (kind, await lists.readable_of_customers(recorder.polar, kind, customer_ids))
        for kind in kinds.proved()
    ]
    unreadable: dict[str, Refused] = {}
    async with recorder.database.write() as session:
        now = await recorder.database.now(session)
        observed: list[Mirrored] = []
        for kind, listing in listed:
            # Of one who has an item that cannot be read, not being listed says nothing.
            told = [it for it in customer_ids if it not in listing.refusals]
            unreadable |= listing.refusals
            observed += listing.items
            observed += await rows.unlisted(session, kind, told, listing.items, listed_at)
        await rows.upsert(recorder.database, session, observed, now)
    return listed_at, unreadable


async def _ask_for_unlisted(recorder: Recorder, leased: Pinned, listed_at: datetime) -> None:
    """Ask for each open subscription that was not listed. Polar lists none that has never started,
    and knows nothing of it by its id: now that the customer is gone, that is its end."""
    async with recorder.database.read() as session:
        known = await rows.stored_of(session, SUBSCRIPTION, [leased.customer_id])
    observed: list[Subscription] = []
    gone: list[Subscription] = []
    for row in (item.row for item in known.values()):
        if row.observed_at < listed_at and all_hold(SUBSCRIPTION.open_when, row):
            try:
                observed.append(await subscriptions.get(recorder.polar, row.id))
            except NotFound:
                gone.append(row)
    if not observed and not gone:
        return
    async with recorder.database.write() as session:
        now = await recorder.database.now(session)
        ended = [replace(row, ended_at=now, observed_at=now, written_by=API) for row in gone]
        await rows.upsert(recorder.database, session, [*observed, *ended], now)
        deletion = await recorder.leases.row(session, leased)
        for row in gone:
            await evidence.append(
                session,
                deletion,
                "subscription.gone",
                source="api",
                at=now,
                id=row.id,
                status=row.status,
                answer="404 ResourceNotFound",
            )


async def _revoke_survivors(recorder: Recorder, leased: Pinned, listed_at: datetime) -> None:
    async with recorder.database.read() as session:
        if await pause.current(session) is not None:
            return
        now = await recorder.database.now(session)
        known = await facts(session, [leased.row], listed_at)
    deletion, checked = leased.row.snapshot(), known[leased.id]
    revoked: list[Subscription] = []
    for survivor in to_revoke(deletion, checked, recorder.ledger.policy, now):
        try:
            revoked.append(await subscriptions.revoke(recorder.polar, survivor.id))
        except (AlreadyCanceled, NotFound):
            # Then it has ended, or no request ends it: the next listing shows which.
            continue
    if revoked:
        async with recorder.database.write() as session:
            now = await recorder.database.now(session)
            await rows.upsert(recorder.database, session, revoked, now)
            # At once: a webhook about it may complete the evidence before the check does.
            row = await recorder.leases.row(session, leased)
            await evidence.append(
                session,
                row,
                "survivors.revoked",
                source="worker",
                at=now,
                revoked=[item.id for item in revoked],
            )
