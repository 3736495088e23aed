"""Local user id → who to delete at Polar.

The event's own external id comes first, then an explicit entry of the mapping, then the rule that
MAPPING names. An entry that was made after the event came beats the event: an operator has looked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import assert_never

from pydantic import TypeAdapter, ValidationError
from sqlmodel.ext.asyncio.session import AsyncSession

from sync.deletions import evidence, mapping, queries
from sync.deletions.ledger import Ledger
from sync.deletions.mapping import Target
from sync.deletions.operator import Effect
from sync.deletions.queries import Which
from sync.deletions.states import UNPINNED, State
from sync.deletions.tables import DeletionRow
from sync.deletions.waking import wake_mapped
from sync.errors import InvalidInput
from sync.hashing import Hasher
from sync.ids import MAX_ID, has_forbidden_characters, trimmed
from sync.mirror.objects import PolarId
from sync.operators import actions
from sync.operators.actions import Did, Person
from sync.settings import Settings
from sync.store.database import Database

_CUSTOMER_ID = TypeAdapter(PolarId)
_USER_ID = "{user_id}"
"""In EXTERNAL_ID_TEMPLATE."""
MAPPED = "identity.mapped"
"""The evidence that somebody has said who the user is."""


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with one field of an entry, and what to do about it. Holds no ids, but for that
    of another user who is in the way."""

    field: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.field}: {self.remedy}"


class InvalidEntry(InvalidInput):
    """An entry of the mapping that cannot be used."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems


class Source(StrEnum):
    """Who says whom the user is at Polar."""

    EVENT = "event"
    """`data.external_id` of the event."""
    ENTRY = "entry"
    """One that `polar-sync map` set or imported."""
    IDENTITY = "identity"
    TEMPLATE = "template"
    """The rule that MAPPING names."""
    EARLIER = "earlier"
    """The user's id is forgotten; it is the external id that was looked for before."""


@dataclass(frozen=True, slots=True)
class Identified:
    """Who the user is at Polar, and who says so."""

    target: Target
    source: Source


@dataclass(frozen=True, slots=True)
class FromEvent:
    """The external id that an event brought, and when the event came."""

    external_id: str
    at: datetime


async def resolve(
    session: AsyncSession, user_id: str, event: FromEvent | None, settings: Settings
) -> Identified | None:
    """Who the user is at Polar; None: not known.

    Args:
        event: what the event itself says, if it does. An entry that was made after the event came
            is an operator's correction of it.
    """
    entry = await mapping.get(session, user_id)
    if event is not None and (entry is None or entry.updated_at <= event.at):
        return _under(event.external_id, Source.EVENT)
    if entry is not None:
        if entry.target.external_id is None:
            return Identified(entry.target, Source.ENTRY)
        return _under(entry.target.external_id, Source.ENTRY)
    return by_rule(user_id, settings)


def by_rule(user_id: str, settings: Settings) -> Identified | None:
    """Who a user without an entry is at Polar, by the rule that MAPPING names; None: not known."""
    match settings.mapping:
        case "identity":
            return _under(user_id, Source.IDENTITY)
        case "template":
            # Polar sets no limit to the length of an external id, so none is set here.
            external_id = settings.external_id_template.replace(_USER_ID, user_id)
            return _under(external_id, Source.TEMPLATE)
        case "table":
            return None
        case _:
            assert_never(settings.mapping)


def user_by_rule(external_id: str, settings: Settings) -> str | None:
    """The user who has the external id by the rule, if one can have it. Blanks at its ends, which
    Polar takes away, are none of the user's."""
    user_id = external_id
    if settings.mapping == "template":
        # What is between the beginning and the end is as long as the rest leaves room for.
        before, *others = trimmed(settings.external_id_template).split(_USER_ID)
        room = len(external_id) - len(before) - sum(map(len, others))
        user_id = external_id[len(before) :][: max(room // len(others), 0)]
    known = by_rule(user_id, settings) if user_id else None
    if known is None or known.target.external_id != external_id:
        return None
    try:
        return read_id(user_id)
    except ValueError:
        return None


def _under(external_id: str, source: Source) -> Identified | None:
    """Whom Polar has under the external id; None: it has nobody under blanks alone."""
    stored = trimmed(external_id)
    return Identified(Target(external_id=stored), source) if stored else None


async def set_entry(
    database: Database,
    hasher: Hasher,
    user_id: str,
    *,
    external_id: str | None = None,
    customer_id: str | None = None,
) -> None:
    """Set the user's entry, and wake a deletion that waits for one.

    Raises:
        InvalidEntry: an id cannot be used, or not exactly one of the two is given, or it is
            another user's; nothing was written.
        StorageUnavailable: nothing was written.
    """
    entry = _entry(user_id, external_id, customer_id)
    async with database.write() as session:
        await _put_entry(database, session, hasher, entry)


async def map_user_of(
    ledger: Ledger,
    number: int,
    person: Person,
    *,
    external_id: str | None = None,
    customer_id: str | None = None,
) -> Effect:
    """Set the entry of the deletion's user, and have the deletion go on.

    Args:
        person: who has logged in to do it.

    Raises:
        InvalidEntry: as of `set_entry`.
        NothingFound
        StorageUnavailable: nothing was written.
    """
    async with ledger.database.write() as session:
        which = Which(str(number), as_user=False)
        [row] = await queries.find(session, ledger.hasher, which, lock=ledger.database)
        if (refusal := why_not(row)) is not None:
            return Effect(row.id, row.state, refusal)
        entry = _entry(row.user_id or "", external_id, customer_id)
        now = await ledger.database.now(session)
        # It is for good, and an external id may be personal.
        ids = {} if customer_id is None else {"customer_id": customer_id}
        await evidence.append(
            session, row, MAPPED, source="operator", at=now, **ids, **person.detail
        )
        actions.note(session, person, Did.MAP, now, [row.id])
        await _put_entry(ledger.database, session, ledger.hasher, entry)
        return Effect(row.id, row.state)


def why_not(row: DeletionRow) -> str | None:
    """Why an entry of the deletion's user would change nothing for it; None: it would."""
    if row.user_id is None:
        return "the user's id is forgotten: have your app send a new `user.deleted`"
    looks_up = {*UNPINNED, State.NO_CUSTOMER}
    if row.state in looks_up or (row.state is State.BLOCKED and row.customer_id is None):
        return None
    return f"it is {row.state}: who the user is at Polar has been found"


def _entry(user_id: str, external_id: str | None, customer_id: str | None) -> tuple[str, Target]:
    given = (user_id, external_id, customer_id)
    return read_entry(dict(zip(FIELDS, given, strict=True)))


async def _put_entry(
    database: Database, session: AsyncSession, hasher: Hasher, entry: tuple[str, Target]
) -> None:
    await put_entries(database, session, hasher, [entry])
    for it in await mapping.shared(session, [entry[1]]):
        raise InvalidEntry(taken(it, entry[0]))


async def remove_entry(database: Database, user_id: str) -> bool:
    """Remove the user's entry. Returns whether there was one.

    Raises:
        StorageUnavailable: nothing was written.
    """
    async with database.write() as session:
        return await mapping.remove(session, [user_id]) > 0


async def put_entries(
    database: Database,
    session: AsyncSession,
    hasher: Hasher,
    entries: Sequence[tuple[str, Target]],
) -> None:
    """Set the entries in the session's transaction, and wake the deletions that wait for one."""
    now = await database.now(session)
    await mapping.put(database, session, entries, now)
    await wake_mapped(session, [hasher.user(user_id) for user_id, _ in entries], now)


def taken(shared: mapping.Shared, user_id: str) -> Problem:
    """What is wrong with the user's entry, where another user has what it names."""
    other = next(it for it in shared.users if it != user_id)
    return Problem(
        shared.field,
        f"the entry of {other} has it already, and a customer is one user's: if it is not, first"
        f" polar-sync map remove {other}",
    )


def read_entry(fields: Mapping[str, object]) -> tuple[str, Target]:
    """The user and who they are at Polar, from an entry's fields by their names in `FIELDS`.

    Raises:
        InvalidEntry
    """
    problems = unknown_fields(fields)
    ids: dict[str, str] = {}
    for name in FIELDS:
        value = fields.get(name)
        if value is None or value == "":
            continue
        try:
            ids[name] = _READ[name](value)
        except ValueError as error:
            problems.append(Problem(name, str(error)))
    if not problems and "user_id" not in ids:
        problems.append(Problem("user_id", "is missing or empty"))
    if not problems and ("external_id" in ids) == ("customer_id" in ids):
        problems.append(Problem("external_id, customer_id", "give exactly one of the two"))
    if problems:
        raise InvalidEntry(*problems)
    return ids.pop("user_id"), Target(**ids)


def unknown_fields(names: Iterable[str]) -> list[Problem]:
    """What is wrong with names that are none of `FIELDS`."""
    remedy = f"is not known; the names are {', '.join(FIELDS)}"
    return [Problem(repr(name)[:40], remedy) for name in names if name not in FIELDS]


def read_id(value: object) -> str:
    """An id of the app's or of Polar's, from a file or the command line.

    Raises:
        ValueError: it cannot be used; the message says why.
    """
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str):
        raise ValueError("must be a string")
    if len(value) > MAX_ID:
        raise ValueError(f"must have at most {MAX_ID} characters")
    if has_forbidden_characters(value):
        raise ValueError("must be UTF-8 and hold no control characters")
    return value


def _external_id(value: object) -> str:
    external_id = trimmed(read_id(value))
    if not external_id:
        raise ValueError("must not be only blanks: Polar trims it, and nothing is left")
    return external_id


def _customer_id(value: object) -> str:
    try:
        return _CUSTOMER_ID.validate_python(value)
    except ValidationError:
        raise ValueError("must be the customer's UUID at Polar") from None


_READ: Mapping[str, Callable[[object], str]] = {
    "user_id": read_id,
    "external_id": _external_id,
    "customer_id": _customer_id,
}
FIELDS = tuple(_READ)
"""What an entry of the mapping has."""
