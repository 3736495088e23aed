"""The app's events: one entry for each type, with what it says and what it does.

A new event is a member of `EventType` and an entry of `EVENTS`. What no entry names is ignored, and
counted: an auth provider posts everything that happens.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, Self, TypeVar

from sqlmodel.ext.asyncio.session import AsyncSession

from sync.deletions.ledger import Ledger
from sync.inbox import queries as inbox
from sync.intake.event_fields import EventFields
from sync.intake.event_types import EventType
from sync.intake.near_misses import meant
from sync.profiles import queries as profiles
from sync.profiles.profile import Change
from sync.profiles.queries import Said
from sync.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class UserEvent:
    """Something has happened to a user."""

    type: EventType
    user_id: str
    external_id: str | None
    at: datetime
    """When it happened, by the app; never later than the event came."""

    @classmethod
    def read(cls, event_type: EventType, fields: EventFields) -> Self:
        """What the event says.

        Raises:
            EventError: a field is missing or unusable.
        """
        return cls(
            type=event_type, user_id=fields.user_id, external_id=fields.external_id, at=fields.at
        )


E = TypeVar("E", bound=UserEvent)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileEvent(UserEvent):
    """A user is called, or reached, otherwise."""

    email: str | None
    name: str | None
    """None: the event does not say."""

    @classmethod
    def read(cls, event_type: EventType, fields: EventFields) -> Self:
        """As `UserEvent.read`."""
        if event_type is EventType.USER_CREATED:
            fields.require_email()
        return cls(
            type=event_type,
            user_id=fields.user_id,
            external_id=fields.external_id,
            at=fields.at,
            email=fields.email,
            name=fields.name,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherEvent:
    """An event of a type that no entry names."""

    type: str


@dataclass(frozen=True, slots=True)
class Applying:
    """What a handler works with."""

    ledger: Ledger
    session: AsyncSession
    now: datetime
    digest: str
    """Of the event's body."""
    anything_lost: bool
    """Whether an event was refused that this one may be, sent again."""

    async def has_come(self, event: UserEvent, user_hash: str) -> None:
        """The event is possibly lost no more, should it have been refused."""
        if self.anything_lost:
            await inbox.no_longer_lost(self.session, event.type, user_hash, event.at)


@dataclass(frozen=True, slots=True, kw_only=True)
class AppEvent(Generic[E]):
    """What there is to know about a type of event."""

    model: type[E]
    handle: Callable[[Applying, E], Awaitable[bool]]
    """Applies it. Returns whether the body must go at once: its user has been forgotten, or what is
    personal in it is kept elsewhere from now on."""
    may_come_first: bool = False
    """It can overtake the event that it is the answer to, which then looks for it in the inbox. So
    it stays there for as long as that event could still come."""


async def _user_deleted(applying: Applying, event: UserEvent) -> bool:
    ledger, session = applying.ledger, applying.session
    user_hash = ledger.hasher.user(event.user_id)
    await applying.has_come(event, user_hash)
    overtaken = await inbox.was_applied(session, EventType.USER_RESTORED, user_hash, event.at)
    deletion = await ledger.open(
        session,
        user_id=event.user_id,
        external_id=event.external_id,
        event_at=event.at,
        now=applying.now,
        digest=applying.digest,
        canceled_by=EventType.USER_RESTORED if overtaken else None,
    )
    return deletion.forgotten_at is not None


async def _user_restored(applying: Applying, event: UserEvent) -> bool:
    user_hash = applying.ledger.hasher.user(event.user_id)
    await applying.has_come(event, user_hash)
    await applying.ledger.restore(
        applying.session,
        user_id=event.user_id,
        event_at=event.at,
        now=applying.now,
        by=event.type,
    )
    return False


async def _profile_changed(applying: Applying, event: ProfileEvent) -> bool:
    ledger, session = applying.ledger, applying.session
    user_hash = ledger.hasher.user(event.user_id)
    await applying.has_come(event, user_hash)
    await ledger.is_there(
        session, user_id=event.user_id, event_at=event.at, now=applying.now, by=event.type
    )
    standing = await ledger.standing(session, user_hash, applying.now)
    if not standing.is_overtaken(event.at):
        change = Change(
            at=event.at,
            email=event.email,
            name=event.name,
            is_new=event.type is EventType.USER_CREATED,
        )
        said = Said(
            user_id=event.user_id,
            user_hash=user_hash,
            external_id=event.external_id,
            change=change,
        )
        await profiles.note(ledger.database, session, said, applying.now)
    return True


EVENTS: Mapping[EventType, AppEvent[Any]] = {
    EventType.USER_DELETED: AppEvent(model=UserEvent, handle=_user_deleted),
    EventType.USER_RESTORED: AppEvent(model=UserEvent, handle=_user_restored, may_come_first=True),
    EventType.USER_UPDATED: AppEvent(model=ProfileEvent, handle=_profile_changed),
    EventType.USER_CREATED: AppEvent(model=ProfileEvent, handle=_profile_changed),
}

MAY_COME_FIRST = frozenset(kind for kind, event in EVENTS.items() if event.may_come_first)


def parse_event(body: bytes, settings: Settings, now: datetime) -> UserEvent | OtherEvent:
    """Read an event by the configured paths. `now`: when it came.

    Raises:
        EventError: it is not a JSON object, or a field is missing or unusable.
    """
    fields = EventFields.of(body, settings, now)
    event_type = fields.type
    for known, name in names(settings).items():
        if name == event_type:
            event: UserEvent = EVENTS[known].model.read(known, fields)
            return event
    return OtherEvent(type=event_type)


def names(settings: Settings) -> Mapping[EventType, str]:
    """What the app calls each type that is acted on. Stored, it has the bridge's own name."""
    called = {
        EventType.USER_DELETED: settings.event_type_deleted,
        EventType.USER_RESTORED: settings.event_type_restored,
        EventType.USER_UPDATED: settings.event_type_updated,
        EventType.USER_CREATED: settings.event_type_created,
    }
    on = {f"user.{name}" for name in settings.sync_events}
    return {known: name for known, name in called.items() if known in on}


@dataclass(frozen=True, slots=True, kw_only=True)
class NearMiss:
    """A type of events that were ignored, and were probably meant as one that is acted on."""

    event_type: str
    count: int
    newest_at: datetime | None
    did_you_mean: str
    """As the app is to call it."""


async def near_misses(session: AsyncSession, settings: Settings) -> list[NearMiss]:
    """Those in the inbox, by type."""
    found: list[NearMiss] = []
    called = names(settings)
    for event_type in await inbox.ignored_types(session):
        known = meant(event_type, called)
        # One that is called so came before it was acted on.
        if known is None or (name := called[known]) == event_type:
            continue
        count, newest_at = await inbox.ignored(session, event_type)
        found.append(
            NearMiss(event_type=event_type, count=count, newest_at=newest_at, did_you_mean=name)
        )
    return found
