"""Merging what Polar says about an object: any order, any repetition, the same row."""

from __future__ import annotations

import itertools
import json
import zlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import reduce
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from sync import keeping
from sync.mirror import kinds, reading
from sync.mirror import merge as merging
from sync.mirror.kinds import BENEFIT_GRANT as GRANTS
from sync.mirror.kinds import SUBSCRIPTION as SUBSCRIPTIONS
from sync.mirror.kinds import Kind, all_hold, kind_of
from sync.mirror.objects import API, Customer, Grant, M, Subscription

CUSTOMER = "6f2c1d0e-3f43-4f5e-9a55-0d6d1f6c2b11"
SUBSCRIPTION = "0c7a3a52-9c5e-4b39-8f62-2d0f6b1f9a01"
GRANT = "1b7a3a52-9c5e-4b39-8f62-2d0f6b1f9a02"
OTHER = "2a7a3a52-9c5e-4b39-8f62-2d0f6b1f9a03"
T0 = datetime(2026, 10, 1, 12, tzinfo=UTC)
PERSONAL = ("email", "name", "billing_name", "billing_address", "tax_id", "metadata")

# Few moments, so that ties are common.
MOMENTS = st.integers(0, 4).map(lambda seconds: T0 + timedelta(seconds=seconds))
STATUSES = [
    "incomplete",
    "incomplete_expired",
    "trialing",
    "active",
    "past_due",
    "canceled",
    "unpaid",
    "paused",
]


def iso(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


@st.composite
def customer_data(draw: st.DrawFn) -> dict[str, Any]:
    """A customer as Polar sends it: alone, nested in another object, or as a state."""
    deleted = draw(st.none() | MOMENTS)
    external_id = draw(st.sampled_from(["user-1", "renamed", None]))
    metadata: dict[str, Any] = draw(st.sampled_from([{}, {"plan": "pro"}]))
    if deleted is not None and draw(st.booleans()):
        metadata = {**metadata, "__external_id": "user-1", "__anonymized_at": iso(deleted)}
    data: dict[str, Any] = {
        "id": CUSTOMER,
        "created_at": iso(T0),
        "modified_at": draw(st.none() | MOMENTS.map(iso)),
        "deleted_at": None if deleted is None else iso(deleted),
        "external_id": external_id,
        "email": draw(st.sampled_from(["ada@example.com", "3f7a@anonymized.invalid"])),
        "email_verified": True,
        "type": "individual",
        "name": draw(st.sampled_from(["Ada", None])),
        "billing_name": None,
        "billing_address": draw(st.sampled_from([None, {"country": "AT", "city": None}])),
        "tax_id": draw(st.sampled_from([None, ["ATU1", "eu_vat"]])),
        "metadata": metadata,
        "organization_id": OTHER,
    }
    if draw(st.booleans()):
        data["active_subscriptions"] = [{"id": SUBSCRIPTION}] * draw(st.integers(0, 2))
        data["granted_benefits"] = [{"id": GRANT}] * draw(st.integers(0, 1))
        data["active_meters"] = []
    return data


def merge(one: M, other: M) -> M:
    return merging.merge(kind_of(one), one, other)


def parse(kind: type[M], data: dict[str, Any], *, observed_at: datetime, by: str) -> M:
    entry: Kind[M] = next(item for item in kinds.KINDS if item.object is kind)
    return reading.parse(entry, data, observed_at=observed_at, by=by)


def observed(kind: type[M], data: dict[str, Any], at: datetime, by: str) -> M:
    """The observation. No two API reads with different answers are made at one moment."""
    if by == API:
        at += timedelta(microseconds=zlib.crc32(repr(data).encode()) % 1_000_000)
    return parse(kind, data, observed_at=at, by=by)


@st.composite
def customers(draw: st.DrawFn) -> Customer:
    seen = observed(
        Customer,
        draw(customer_data()),
        draw(MOMENTS),
        draw(st.sampled_from(["customer.updated", "customer.state_changed", API])),
    )
    forgotten = draw(st.sampled_from([None, None, T0, T0 + timedelta(seconds=3)]))
    return merge(replace(seen, forgotten_at=forgotten), replace(seen, forgotten_at=forgotten))


@st.composite
def subscriptions(draw: st.DrawFn) -> Subscription:
    ended = draw(st.none() | MOMENTS.map(iso))
    data = {
        "id": SUBSCRIPTION,
        "created_at": iso(T0),
        "modified_at": draw(st.none() | MOMENTS.map(iso)),
        "customer_id": CUSTOMER,
        "product_id": OTHER,
        "status": draw(st.sampled_from(STATUSES)),
        "amount": draw(st.sampled_from([0, 1_000])),
        "currency": "eur",
        "recurring_interval": "month",
        "current_period_end": iso(T0),
        "cancel_at_period_end": False,
        "canceled_at": ended,
        "ends_at": ended,
        "ended_at": ended,
    }
    by = draw(st.sampled_from(["subscription.updated", "subscription.revoked", API]))
    return observed(Subscription, data, draw(MOMENTS), by)


@st.composite
def grants(draw: st.DrawFn) -> Grant:
    granted = draw(st.booleans())
    data = {
        "id": GRANT,
        "created_at": iso(T0),
        "modified_at": draw(st.none() | MOMENTS.map(iso)),
        "customer_id": CUSTOMER,
        "benefit_id": OTHER,
        "is_granted": granted,
        "is_revoked": not granted,
        "granted_at": iso(T0) if granted else None,
        "revoked_at": None if granted else iso(T0),
    }
    by = draw(st.sampled_from(["benefit_grant.updated", "benefit_grant.revoked", API]))
    return observed(Grant, data, draw(MOMENTS), by)


def merged(observed: Sequence[M]) -> M:
    return reduce(merge, observed)


# --- any order and repetition --------------------------------------------------------------


def histories(kind: st.SearchStrategy[M]) -> st.SearchStrategy[tuple[list[M], list[M]]]:
    """The same observations twice: as they were made, and as they may arrive."""
    once = st.lists(kind, min_size=1, max_size=6)
    return once.flatmap(
        lambda made: st.tuples(
            st.just(made),
            st.lists(st.sampled_from(made), max_size=4).flatmap(
                lambda repeated: st.permutations(made + repeated)
            ),
        )
    )


@pytest.mark.slow
@given(histories(customers()))
def test_a_customer_converges(history: tuple[list[Customer], list[Customer]]) -> None:
    made, arrived = history
    assert merged(made) == merged(arrived)


def assume_no_contradiction(observed: Sequence[Any]) -> None:
    pairs = itertools.combinations(observed, 2)
    assume(not any(merging.contradict(kind_of(one), one, other) for one, other in pairs))


@pytest.mark.slow
@given(histories(subscriptions()))
def test_a_subscription_converges(history: tuple[list[Subscription], list[Subscription]]) -> None:
    made, arrived = history
    assume_no_contradiction(made)
    assert merged(made) == merged(arrived)


@given(histories(grants()))
def test_a_grant_converges(history: tuple[list[Grant], list[Grant]]) -> None:
    made, arrived = history
    assert merged(made) == merged(arrived)


@given(
    st.one_of(*(st.tuples(kind, kind, kind) for kind in (customers(), subscriptions(), grants())))
)
def test_merging_is_commutative_associative_and_idempotent(three: tuple[Any, Any, Any]) -> None:
    a, b, c = three
    assert merge(a, b) == merge(b, a)
    assert merge(merge(a, b), b) == merge(a, b)
    if isinstance(a, Subscription):
        assume_no_contradiction(three)
    assert merge(merge(a, b), c) == merge(a, merge(b, c))
    assert merge(a, a) == a


# --- what may never be undone --------------------------------------------------------------


@pytest.mark.slow
@given(st.lists(customers(), min_size=1, max_size=6))
def test_tombstones_stay_and_personal_fields_do_not_return(observed: list[Customer]) -> None:
    row = merged(observed)
    deletions = [seen.deleted_at for seen in observed if seen.deleted_at]
    forgotten = [seen.forgotten_at for seen in observed if seen.forgotten_at]
    assert row.deleted_at == min(deletions, default=None)
    assert row.forgotten_at == min(forgotten, default=None)
    if deletions or forgotten:
        assert [getattr(row, name) for name in PERSONAL] == [None] * len(PERSONAL)
    if forgotten:
        assert row.external_id is None


@pytest.mark.slow
@given(st.lists(customers(), min_size=1, max_size=6))
def test_the_newest_final_state_wins_and_of_two_the_one_that_lists_more(
    observed: list[Customer],
) -> None:
    row = merged(observed)
    states = [
        (seen.final_state_at, seen.final_state_open)
        for seen in observed
        if seen.final_state_at is not None and seen.final_state_open is not None
    ]
    assert (row.final_state_at, row.final_state_open) == max(states, default=(None, None))


@pytest.mark.slow
@given(st.lists(subscriptions(), min_size=1, max_size=6))
def test_an_ended_subscription_stays_ended(observed: list[Subscription]) -> None:
    assume_no_contradiction(observed)
    row = merged(observed)
    ends = [seen.ended_at for seen in observed if seen.ended_at]
    assert row.ended_at == min(ends, default=None)
    assert not ends or not all_hold(SUBSCRIPTIONS.open_when, row)


@pytest.mark.slow
@given(st.lists(st.one_of(subscriptions()), min_size=1, max_size=6))
def test_a_row_never_moves_backwards(observed: list[Subscription]) -> None:
    row = observed[0]
    for seen in observed[1:]:
        after = merge(row, seen)
        versions = [(it.version_at, it.observed_at) for it in (row, seen, after)]
        assert versions[2] == max(versions[:2])
        row = after


def with_its_end(seen: Any) -> Any:
    """As Polar has it: what has ended, and nothing else, says when."""
    if isinstance(seen, Grant):
        return seen
    return replace(seen, ended_at=T0 if seen.status in kinds.ENDED_STATUSES else None)


@pytest.mark.parametrize("kind", [SUBSCRIPTIONS, GRANTS])
@given(st.data())
def test_of_two_at_one_moment_the_one_that_has_not_ended_stays(
    kind: Kind[Any], data: st.DataObject
) -> None:
    strategy = subscriptions() if kind is SUBSCRIPTIONS else grants()
    one, other = (with_its_end(data.draw(strategy)) for _ in range(2))
    other = replace(other, version_at=one.version_at, observed_at=one.observed_at)
    are_open = [all_hold(kind.open_when, item) for item in (one, other)]
    assert merging.contradict(kind, one, other) is (are_open[0] is not are_open[1])
    for row in (merge(one, other), merge(other, one), merge(merge(one, other), other)):
        assert all_hold(kind.open_when, row) is any(are_open)


def test_of_what_never_ends_nothing_contradicts() -> None:
    assert not merging.contradict(kinds.CUSTOMER, customer(), customer(deleted_at=iso(T0)))


# --- examples ------------------------------------------------------------------------------


def customer(seconds: int = 0, **fields: Any) -> Customer:
    data = {"id": CUSTOMER, "created_at": iso(T0), "modified_at": None, **fields}
    return parse(Customer, data, observed_at=T0 + timedelta(seconds=seconds), by="customer.updated")


def test_modified_at_decides_before_the_timestamp() -> None:
    read = customer(0, modified_at=iso(T0 + timedelta(seconds=9)), name="new")
    late = customer(60, modified_at=iso(T0 + timedelta(seconds=1)), name="old")
    assert merge(late, read).name == "new"


def test_the_old_external_id_is_found_in_the_metadata_of_a_deleted_customer() -> None:
    gone = customer(deleted_at=iso(T0), external_id=None, metadata={"__external_id": "user-1"})
    assert (gone.external_id, gone.metadata) == ("user-1", None)


def test_a_living_customer_cannot_claim_an_external_id_by_its_metadata() -> None:
    assert customer(external_id=None, metadata={"__external_id": "user-1"}).external_id is None
    assert customer(external_id=None, metadata={"__external_id": 5}).external_id is None


def test_only_a_deleted_customers_state_is_final() -> None:
    lists: dict[str, Any] = {"active_subscriptions": [{}], "granted_benefits": [{}, {}]}
    assert customer(**lists).final_state_open is None
    gone = customer(7, deleted_at=iso(T0), **lists)
    assert (gone.final_state_open, gone.final_state_at) == (3, T0 + timedelta(seconds=7))


def test_observations_alike_in_all_but_their_type_do_not_depend_on_order() -> None:
    updated = customer()
    deleted = replace(updated, written_by="customer.deleted")
    assert merge(updated, deleted) == merge(deleted, updated)


# --- garbage -------------------------------------------------------------------------------

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(exclude_categories=[]))
    | st.sampled_from([CUSTOMER, CUSTOMER.upper() + "\n", iso(T0), "9999-12-31T23:59:59-12:00"])
)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def good(kind: type[Any]) -> dict[str, Any]:
    return {
        "id": CUSTOMER,
        "created_at": iso(T0),
        "modified_at": iso(T0),
        **({"email": "ada@example.com", "metadata": {}} if kind is Customer else {}),
        "customer_id": CUSTOMER,
        "product_id": OTHER,
        "benefit_id": OTHER,
        "status": "active",
        "amount": 1,
        "currency": "eur",
        "recurring_interval": "month",
        "is_granted": True,
    }


FIELDS = [
    *good(Customer),
    *("deleted_at", "external_id", "name", "billing_address", "tax_id", "forgotten_at", "digest"),
    *("active_subscriptions", "granted_benefits", "ended_at", "written_by", "final_state_open"),
]


@given(
    st.sampled_from([Customer, Subscription, Grant]),
    st.dictionaries(st.sampled_from(FIELDS), JSON, max_size=4),
    st.booleans(),
)
def test_garbage_is_a_value_error_or_can_be_stored(
    kind: type[Any], garbage: dict[str, Any], complete: bool
) -> None:
    data = {**(good(kind) if complete else {}), **garbage}
    try:
        seen = parse(kind, json.loads(json.dumps(data)), observed_at=T0, by="customer.updated")
    except ValueError:
        return
    assert merge(seen, seen) == seen
    assert (seen.observed_at, seen.written_by) == (T0, "customer.updated")
    assert seen.forgotten_at is None if kind is Customer else True
    for name in seen.__dataclass_fields__:
        value = getattr(seen, name)
        assert keeping.nearest(value) == value or isinstance(value, float)
        json.dumps(value, default=str).encode()


@pytest.mark.parametrize("depth", [10, 40, *range(950, 1_000), 5_000])
def test_nesting_of_any_depth(depth: int) -> None:
    text = json.dumps(good(Customer) | {"metadata": 0})
    text = text.replace('"metadata": 0', f'"metadata": {{"a": {"[" * depth}{"]" * depth}}}')
    seen = parse(Customer, keeping.from_json(text), observed_at=T0, by="customer.updated")
    assert (seen.not_kept is None) is (depth < 32)
    assert json.loads(json.dumps(seen.metadata)) == seen.metadata


# --- what cannot be kept -------------------------------------------------------------------

EDGES = {
    "0001-01-01T00:00:00+14:00": keeping.EARLIEST,
    "9999-12-31T23:59:59-12:00": keeping.LATEST,
}


@pytest.mark.parametrize(
    ("kind", "field", "value", "expected"),
    [
        (Subscription, "amount", 2**70, 2**63 - 1),
        (Subscription, "amount", -(2**63), -(2**63) + 1),
        (Subscription, "amount", float("nan"), 0),
        (Subscription, "amount", "free", 0),
        (Subscription, "current_period_end", "never", None),
        (Subscription, "currency", ["eur"], ""),
        (Subscription, "ended_at", "9999-12-31T23:59:59-12:00", keeping.LATEST),
        *((Customer, "created_at", text, at) for text, at in EDGES.items()),
        (Customer, "name", "A\x00da", keeping.digest("A\x00da")),
        (Customer, "external_id", "user\x001", keeping.digest("user\x001")),
        (Customer, "email", 7, None),
        (Customer, "metadata", {"n": 10**400}, {"n": keeping.digest(10**400)}),
        (Customer, "metadata", "text", None),
        (Customer, "tax_id", [float("inf")], [keeping.digest(float("inf"))]),
    ],
)
def test_what_cannot_be_kept_is_named(
    kind: type[Any], field: str, value: Any, expected: Any
) -> None:
    seen = parse(kind, {**good(kind), field: value}, observed_at=T0, by="customer.updated")
    assert getattr(seen, field) == expected
    assert seen.not_kept is not None
    assert seen.not_kept[field] == keeping.digest(value)


@pytest.mark.parametrize(
    ("kind", "field", "value"),
    [
        (Customer, "id", 7),
        (Customer, "created_at", "never"),
        (Customer, "external_id", 7),
        (Customer, "deleted_at", "yes"),
        (Subscription, "status", "Ada Lovelace"),
        (Subscription, "customer_id", None),
        (Grant, "is_granted", "perhaps"),
    ],
)
def test_what_decides_must_be_readable(kind: type[Any], field: str, value: Any) -> None:
    with pytest.raises(ValueError, match=field):
        parse(kind, {**good(kind), field: value}, observed_at=T0, by="customer.updated")


def test_no_digest_of_what_is_personal_stays() -> None:
    data: Any = {"name": "A\x00da", "created_at": "0001-01-01T00:00:00+14:00"}
    living = customer(**data)
    assert living.not_kept is not None
    assert living.not_kept.keys() == {"name", "created_at", "version_at"}
    gone = customer(**data, deleted_at=iso(T0))
    assert gone.not_kept is not None
    assert gone.not_kept.keys() == {"created_at", "version_at"}


def test_what_polar_sends_cannot_claim_that_something_is_not_kept() -> None:
    assert customer(not_kept={"name": "x"}).not_kept is None
