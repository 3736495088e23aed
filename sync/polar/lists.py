"""Polar's lists: a page of all there is of a kind, and all pages of what a filter leaves.

Source: Polar's OpenAPI document, version 2026-10. Pages are offsets: what goes away on an earlier
one moves the others up.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache, partial
from operator import itemgetter
from typing import Any, Generic, Protocol, TypeVar

from pydantic import TypeAdapter, ValidationError

from sync import keeping
from sync.mirror.kinds import NEVER, Kind
from sync.mirror.objects import API, M, PolarId
from sync.mirror.reading import parse
from sync.polar.client import PolarClient
from sync.polar.errors import NotFound, Refused, Unavailable, understood

PAGE = 100
"""Items a page; Polar's maximum."""
MAX_IDS = 50
"""Customers asked about in one list request: keeps the URL under 4 KiB, which proxies accept."""

_POLAR_ID: TypeAdapter[str] = TypeAdapter(PolarId)

T = TypeVar("T")


class Listed(Protocol):
    """What Polar lists has an id."""

    @property
    def id(self) -> str: ...


L = TypeVar("L", bound=Listed)


class NotAllListed(Unavailable):
    """Polar counts more than its pages have shown. Items that tie in the order can come on two
    pages or on none."""

    def __init__(self, path: str, listed: int, total: int) -> None:
        super().__init__(f"GET {path}: {listed} of {total} items were listed")
        self.total = total


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable:
    """An item of a list that cannot be read. It costs no other item its place."""

    id: str
    """Polar's; where it has none, a digest."""
    owner: str | None
    """Polar's id of the customer it belongs to, if that can be told."""
    problem: str
    """Which fields are at fault. Holds nothing of what they say."""

    @property
    def refusal(self) -> Refused:
        """What it means to whoever needs it."""
        return Refused(
            f"Polar lists {self.id}, which cannot be read ({self.problem}): see it in Polar's"
            " dashboard, and report it if nothing is wrong with it there"
        )


@dataclass(frozen=True, slots=True)
class Listing(Generic[M]):
    """What is listed of a kind for some customers."""

    items: Sequence[M]
    unreadable: Sequence[Unreadable] = ()
    """Each with its owner."""

    @property
    def refusals(self) -> Mapping[str, Refused]:
        """By the customers of whom not all can be read."""
        return {item.owner or "": item.refusal for item in self.unreadable}


@dataclass(slots=True)  # not frozen, which takes longer to make
class Item(Generic[M]):
    """An item of a whole list as it was sent. Most are what the mirror has already, and are never
    made into an object."""

    kind: Kind[M]
    id: str
    key: datetime
    """What the list is sorted by; `NEVER` where it is not set."""
    content: Mapping[str, Any]
    read_at: datetime

    def parsed(self) -> M | Unreadable:
        """The item as an object."""
        read = partial(_parsed, self.kind)
        return _read_or_not(read, self.content, self.read_at, self.kind.owner)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[M]):
    """A page of a whole list."""

    items: Sequence[Item[M]]
    unreadable: Sequence[Unreadable]
    total: int
    """Items in the whole list, as of this page."""
    pages: int
    read_at: datetime
    """When it was asked for, by our clock."""


async def page(polar: PolarClient, kind: Kind[M], number: int, *, order: Sequence[str]) -> Page[M]:
    """One page, of `PAGE`, of all there is of the kind.

    Args:
        order: one that the kind names.

    Raises:
        Unavailable, Refused
    """
    read_at = datetime.now(UTC)
    params = {**kind.filters, "page": number, "limit": PAGE, "sorting": order}
    answer = await polar.json("GET", kind.path, params=params)
    read, total, pages = understood(
        partial(_page_of, partial(_item, kind), answer, read_at, kind.owner)
    )
    items, unreadable = apart(read)
    if not items:
        await polar.make_sure_of_organization()
    if len(unreadable) > 1 and not items:
        # Not one bad item, but another Polar than this knows.
        understood(partial(_item, kind, answer["items"][0], read_at))
    return Page(items=items, unreadable=unreadable, total=total, pages=pages, read_at=read_at)


async def of_customers(polar: PolarClient, kind: Kind[M], customer_ids: Sequence[str]) -> list[M]:
    """All that is listed of the kind for these customers, at most `MAX_IDS` of them, deleted
    customers included.

    Raises:
        Unavailable: also where the list moved while its pages were read.
        Refused: also where an item cannot be read.
    """
    listing = await readable_of_customers(polar, kind, customer_ids)
    for item in listing.unreadable:
        raise item.refusal
    return list(listing.items)


async def readable_of_customers(
    polar: PolarClient, kind: Kind[M], customer_ids: Sequence[str]
) -> Listing[M]:
    """The same, with what cannot be read told apart.

    Raises:
        Unavailable: also where the list moved while its pages were read.
        Refused
    """
    if not kind.one_customer_a_request:
        listing = await _in_any_order(polar, kind, customer_id=list(customer_ids))
        if all(item.owner in customer_ids for item in listing.unreadable):
            return listing
        # Whose it is, is told by whom one has to ask for.
    items: list[M] = []
    unreadable: list[Unreadable] = []
    for customer_id in customer_ids:
        # Of a customer that is gone Polar has no list at all.
        with suppress(NotFound):
            listing = await _in_any_order(polar, kind, customer_id=customer_id)
            items += listing.items
            unreadable += (replace(item, owner=customer_id) for item in listing.unreadable)
    return Listing(items, unreadable)


async def _in_any_order(polar: PolarClient, kind: Kind[M], **filters: Any) -> Listing[M]:
    """Every page of a list of the kind: again in other orders, while some items are missing."""
    found: dict[str, M | Unreadable] = {}
    orders = [kind.order(descending=False), *kind.other_orders]
    read = partial(_parsed, kind)
    for number, order in enumerate(orders, 1):
        try:
            async for item in walk(
                polar, kind.path, read, kind.owner, **kind.filters, **filters, sorting=order
            ):
                found[item.id] = item
            break
        except NotAllListed as short:
            if len(found) >= short.total:
                break
            if number == len(orders):
                raise
    return Listing(*apart(found.values()))


async def of_parent(polar: PolarClient, kind: Kind[M], parent_id: str) -> Listing[M]:
    """All of the kind that the parent, as `Kind.parent` says, has; none where Polar does not know
    the parent.

    Raises:
        Unavailable, Refused
    """
    parent = kind.parent
    if parent is None:
        raise ValueError(f"{kind.name} has a list of all there are")
    read_at = datetime.now(UTC)
    try:
        answer = await polar.json("GET", kind.path, params={parent.field: parent_id})
    except NotFound:
        return Listing([])
    read = partial(_parsed, kind)
    listed = understood(
        lambda: [
            _read_or_not(read, it, read_at, kind.owner)
            for it in answer[parent.items]
            # A revoked seat is nobody's any more.
            if not isinstance(it, dict) or it.get(kind.owner) is not None
        ]
    )
    return Listing(*apart(listed))


async def every_page(
    polar: PolarClient, path: str, read: Callable[[Mapping[str, Any], datetime], L], **filters: Any
) -> list[L]:
    """Every page of a list.

    Args:
        read: makes an item of its JSON, given when it was asked for.

    Raises:
        Unavailable: also where the list moved while its pages were read.
        Refused
    """
    found: dict[str, L] = {}
    async for item in walk(polar, path, read, **filters):
        if isinstance(item, Unreadable):
            raise item.refusal
        found[item.id] = item
    return list(found.values())


async def walk(
    polar: PolarClient,
    path: str,
    read: Callable[[Mapping[str, Any], datetime], L],
    owner: str = "",
    **filters: Any,
) -> AsyncGenerator[L | Unreadable, None]:
    """The items of a list as its pages come in. Reaching the end says that none is missing.

    Args:
        owner: the field with the id of the customer that an item belongs to.

    Raises:
        NotAllListed
        Unavailable: also where the list moved while its pages were read.
        Refused
    """
    found: set[str] = set()
    total: int | None = None
    number, last = 1, 1
    while number <= last:
        read_at = datetime.now(UTC)
        answer = await polar.json("GET", path, params={**filters, "page": number, "limit": PAGE})
        items, count, last = understood(partial(_page_of, read, answer, read_at, owner))
        for item in items:
            found.add(item.id)
            yield item
        if total is not None and count != total:
            # What left an earlier page made one move up unseen.
            raise Unavailable(f"GET {path}: the list moved while it was read")
        total = count
        number += 1
    if len(found) != total:
        raise NotAllListed(path, len(found), total or 0)
    if not found:
        await polar.make_sure_of_organization()


def batches(items: Sequence[T], size: int = MAX_IDS) -> Iterator[Sequence[T]]:
    """So many at a time: unless told otherwise, as many as one list request can ask about."""
    for start in range(0, len(items), size):
        yield items[start : start + size]


def _item(kind: Kind[M], content: Mapping[str, Any], read_at: datetime) -> Item[M]:
    sort_key, at = content[kind.sorted_by], NEVER
    if sort_key is not None:
        at = datetime.fromisoformat(sort_key)
        if at.tzinfo is None:
            raise ValueError("a time without a zone")
        at = keeping.nearest(at)
    return Item(kind, content["id"].lower(), at, _what_is_mirrored(kind, content), read_at)


def _parsed(kind: Kind[M], content: Mapping[str, Any], read_at: datetime) -> M:
    return parse(kind, content, observed_at=read_at, by=API)


def _page_of(
    read: Callable[[Mapping[str, Any], datetime], T],
    answer: Mapping[str, Any],
    read_at: datetime,
    owner: str,
) -> tuple[list[T | Unreadable], int, int]:
    items = [_read_or_not(read, item, read_at, owner) for item in answer["items"]]
    return items, int(answer["pagination"]["total_count"]), int(answer["pagination"]["max_page"])


def _read_or_not(
    read: Callable[[Mapping[str, Any], datetime], T],
    content: Any,
    read_at: datetime,
    owner: str,
) -> T | Unreadable:
    try:
        return read(content, read_at)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        told = content if isinstance(content, dict) else {}
        return Unreadable(
            id=_uuid(told.get("id")) or keeping.digest(content),
            owner=_uuid(told.get(owner)),
            problem=_problem(error),
        )


def _uuid(value: object) -> str | None:
    try:
        return _POLAR_ID.validate_python(value)
    except ValidationError:
        return None


def _problem(error: Exception) -> str:
    """Without pydantic's copy of the values."""
    if isinstance(error, ValidationError):
        return ", ".join(".".join(map(str, item["loc"])) for item in error.errors())
    return type(error).__name__


def apart(read: Iterable[T | Unreadable]) -> tuple[list[T], list[Unreadable]]:
    """What can be read, and what cannot."""
    items: list[T] = []
    unreadable: list[Unreadable] = []
    for item in read:
        if isinstance(item, Unreadable):
            unreadable.append(item)
        else:
            items.append(item)
    return items, unreadable


@cache
def _taken(kind: Kind[Any]) -> tuple[Sequence[str], Callable[[Mapping[str, Any]], tuple[Any, ...]]]:
    names = (*kind.content, "modified_at")
    return names, itemgetter(*names)


def _what_is_mirrored(kind: Kind[Any], content: Mapping[str, Any]) -> Mapping[str, Any]:
    """The rest is a multiple, and need not be kept until it is judged."""
    names, values = _taken(kind)
    try:
        return dict(zip(names, values(content), strict=True))
    except KeyError:
        return content
