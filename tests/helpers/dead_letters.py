"""Dead letters of every kind, as a deployment has them."""

from __future__ import annotations

from sync.deletions.ledger import Ledger
from sync.inbox import queries as inbox
from sync.inbox.entry import Entry, Source
from sync.outbox import queries as outbox
from sync.outbox.message import Recipient
from sync.profiles import queries as profiles
from sync.profiles.profile import Change, ProfileStatus
from sync.profiles.queries import Said
from tests.helpers.commands import AT, CUSTOMER, NOW, Commands

WHY_NOT_SENT = "app.example.com answered 500"
WHY_NOT_CARRIED = "Polar refuses it: email: … is not a valid email address"


def hang(commands: Commands) -> None:
    """One of each kind, each with the number 1."""
    commands.dead_letter()

    async def work(ledger: Ledger) -> None:
        database, hasher = ledger.database, ledger.hasher
        user = hasher.user("user-7")
        async with database.write() as session:
            outbox.put(
                session,
                Recipient.APP,
                "deletion.verified",
                {"deletion_id": 7},
                NOW,
                deletion_id=7,
                user_id="user-7",
            )
            said = Said(
                user_id="user-8",
                user_hash=hasher.user("user-8"),
                external_id=None,
                change=Change(at=AT, email="ann@example.com", name="Ann Lee"),
            )
            await profiles.note(database, session, said, NOW)
            first = await inbox.one(session, 1)
            assert first is not None
            refused = Entry(
                source=Source.APP,
                webhook_id="msg_7",
                body=b"{}",
                event_type="user.deleted",
                event_at=AT,
                user_hash=user,
            )
            await inbox.count_refused(database, session, refused, first)
        [message] = await outbox.claim(database, NOW - NOW, 1)
        await outbox.failed(database, message, WHY_NOT_SENT, None)
        leased = await profiles.claim(database, NOW - NOW)
        assert leased is not None
        async with database.write() as session:
            row = await profiles.held(database, session, leased)
            assert row is not None
            profiles.end(
                row,
                leased.profile,
                ProfileStatus.DEAD,
                NOW,
                reason=WHY_NOT_CARRIED,
                customer_id=CUSTOMER,
            )

    commands.do(work)
