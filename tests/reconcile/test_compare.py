"""One mirrored row against what Polar lists: what is found, what is told, what is written."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.mirror.kinds import kind_of
from sync.mirror.merge import merge, without_what_is_gone
from sync.mirror.objects import API, Customer, Grant, M, Mirrored, Subscription
from sync.mirror.reading import parse
from sync.mirror.stored import Stored
from sync.reconcile import judge as judging
from sync.reconcile.judge import Judgement, extra
from sync.reconcile.report import Finding

NOON = datetime(2026, 10, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
EARLIER, LATER = NOON - MINUTE, NOON + MINUTE
ID = "6f2c1d0e-3f43-4f5e-9a55-0d6d1f6c2b11"
OTHER = "7a3d2e1f-4054-4a6f-8b66-1e7e2a7d3c22"

SECRETS = ("user-77", "ada@example.com", "Ada Lovelace", "Analytical Ltd", "12 St James's", "GB99")
PERSONAL: dict[str, Any] = {
    "external_id": SECRETS[0],
    "email": SECRETS[1],
    "name": SECRETS[2],
    "billing_name": SECRETS[3],
    "billing_address": {"line1": SECRETS[4]},
    "tax_id": [SECRETS[5], "eu_vat"],
    "metadata": {"note": SECRETS[2]},
}
OBSERVED: dict[str, Any] = {
    "id": ID,
    "created_at": NOON - timedelta(days=9),
    "version_at": NOON,
    "observed_at": LATER,
    "digest": "",
    "written_by": API,
}
CUSTOMER = Customer(**OBSERVED, **PERSONAL)
SUBSCRIPTION = Subscription(
    **OBSERVED,
    customer_id=OTHER,
    status="active",
    product_id=OTHER,
    amount=1000,
    currency="usd",
    recurring_interval="month",
    started_at=NOON - timedelta(days=9),
)
GRANT = Grant(**OBSERVED, customer_id=OTHER, benefit_id=OTHER, is_granted=True, granted_at=NOON)
ONE_OF_EACH: tuple[Mirrored, ...] = (CUSTOMER, SUBSCRIPTION, GRANT)


def stored(row: M, written_at: datetime = NOON) -> Stored[M]:
    """The row as the mirror's table gives it."""
    kind = kind_of(row)
    values = (row.id, written_at, *(getattr(row, name) for name in kind.fields))
    return Stored(kind, values, written_at)


def judge(mirrored: Stored[M] | None, listed: M) -> Judgement[M]:
    return judging.judge(kind_of(listed), mirrored, listed)


def scrubbed(customer: Customer) -> Customer:
    return without_what_is_gone(kind_of(customer), customer)


@pytest.mark.parametrize("listed", ONE_OF_EACH)
def test_what_the_mirror_lacks_is_missing_and_written(listed: Any) -> None:
    judgement = judge(None, listed)
    assert judgement.difference is not None
    assert judgement.difference.finding is Finding.MISSING
    assert judgement.difference.repaired
    assert judgement.write == listed


@pytest.mark.parametrize("listed", ONE_OF_EACH)
def test_what_is_equal_is_left_alone(listed: Any) -> None:
    by_webhook = replace(listed, written_by="webhook", digest="abc", observed_at=NOON)
    judgement = judge(stored(by_webhook), listed)
    assert judgement.difference is None
    assert judgement.write is None


@pytest.mark.parametrize("listed", ONE_OF_EACH)
def test_equal_content_of_an_older_version_is_refreshed_without_a_word(listed: Any) -> None:
    """Else a late webhook from between the two versions would win."""
    older = replace(listed, version_at=EARLIER)
    judgement = judge(stored(older), listed)
    assert judgement.difference is None
    assert judgement.write == listed
    between = replace(listed, version_at=EARLIER + MINUTE / 2, observed_at=LATER + MINUTE)
    assert merge(kind_of(listed), judgement.write, between) == listed


def test_what_polar_has_changed_follows_polar_and_says_how() -> None:
    older = replace(SUBSCRIPTION, status="trialing", amount=0, version_at=EARLIER)
    found = judge(stored(older), SUBSCRIPTION)
    assert found.difference is not None
    assert found.difference.finding is Finding.CHANGED
    assert [(item.field, item.old, item.new) for item in found.difference.changes] == [
        ("status", "trialing", "active"),
        ("amount", "0", "1000"),
    ]
    assert "0:01:00 after that version" in found.difference.cause
    assert found.write == SUBSCRIPTION


def test_other_content_of_the_same_version_is_told_from_a_lost_webhook() -> None:
    found = judge(stored(replace(GRANT, is_granted=False)), GRANT)
    assert found.difference is not None
    assert found.difference.finding is Finding.CHANGED
    assert "something else wrote to the mirror" in found.difference.cause


@pytest.mark.parametrize("listed", ONE_OF_EACH)
def test_a_row_that_claims_more_than_polar_knows_is_stale(listed: Any) -> None:
    claims = replace(listed, version_at=LATER, created_at=EARLIER, written_by="customer.updated")
    found = judge(stored(claims), listed)
    assert found.difference is not None
    assert found.difference.finding is Finding.STALE
    assert "last written by customer.updated" in found.difference.cause
    assert found.write == listed


@pytest.mark.parametrize("listed", ONE_OF_EACH)
@pytest.mark.parametrize("since", [timedelta(0), MINUTE])
def test_what_was_written_since_polar_was_asked_is_not_touched(
    listed: Any, since: timedelta
) -> None:
    newer = replace(listed, version_at=LATER, created_at=EARLIER)
    judgement = judge(stored(newer, written_at=listed.observed_at + since), listed)
    assert judgement.difference is None
    assert judgement.write is None


def test_who_was_forgotten_and_lives_is_for_a_person_and_stays_forgotten() -> None:
    forgotten = scrubbed(replace(CUSTOMER, forgotten_at=NOON, deleted_at=NOON))
    found = judge(stored(forgotten), CUSTOMER)
    assert found.difference is not None
    assert found.difference.finding is Finding.OWED
    assert not found.difference.repaired
    assert found.write is None


def test_a_tombstone_that_polar_contradicts_is_taken_back() -> None:
    """No webhook can do that; the API can."""
    buried = scrubbed(replace(CUSTOMER, deleted_at=NOON))
    found = judge(stored(buried), CUSTOMER)
    assert found.difference is not None
    assert found.difference.finding is Finding.CHANGED
    assert found.write == CUSTOMER


def test_the_customers_final_state_is_the_mirrors_own_and_stays() -> None:
    older = replace(
        CUSTOMER, version_at=EARLIER, name=None, final_state_at=NOON, final_state_open=2
    )
    found = judge(stored(older), CUSTOMER)
    assert found.write == replace(CUSTOMER, final_state_at=NOON, final_state_open=2)


@pytest.mark.parametrize("row", ONE_OF_EACH)
def test_what_is_nowhere_any_more_is_extra(row: Any) -> None:
    found = extra(kind_of(row), replace(row, written_by="customer.created"))
    assert (found.finding, found.id, found.repaired) == (Finding.EXTRA, ID, True)
    assert "last written by customer.created" in found.cause


# --- any two rows ---------------------------------------------------------------------------

_TIMES = st.sampled_from([EARLIER, NOON, LATER])
_MAYBE = st.none() | _TIMES
_TEXTS = st.none() | st.sampled_from(SECRETS)
_OBSERVED: dict[str, st.SearchStrategy[Any]] = {
    "id": st.just(ID),
    "created_at": _TIMES,
    "version_at": _TIMES,
    "observed_at": _TIMES,
    "digest": st.sampled_from(["", "a", "b"]),
    "written_by": st.sampled_from([API, "customer.updated"]),
}
_CUSTOMERS = st.builds(
    Customer,
    **_OBSERVED,
    deleted_at=_MAYBE,
    forgotten_at=_MAYBE,
    external_id=_TEXTS,
    email=_TEXTS,
    name=_TEXTS,
    billing_name=_TEXTS,
    billing_address=st.none() | st.fixed_dictionaries({"line1": _TEXTS}),
    tax_id=st.none() | st.lists(_TEXTS, max_size=2),
    metadata=st.none() | st.fixed_dictionaries({"note": _TEXTS}),
).map(scrubbed)
_SUBSCRIPTIONS = st.builds(
    Subscription,
    **_OBSERVED,
    customer_id=st.sampled_from([ID, OTHER]),
    status=st.sampled_from(["active", "past_due", "canceled"]),
    product_id=st.just(OTHER),
    amount=st.integers(0, 1),
    currency=st.just("usd"),
    recurring_interval=st.just("month"),
    started_at=_MAYBE,
    ended_at=_MAYBE,
)
_GRANTS = st.builds(
    Grant,
    **_OBSERVED,
    customer_id=st.just(OTHER),
    benefit_id=st.just(OTHER),
    is_granted=st.booleans(),
    granted_at=_MAYBE,
    revoked_at=_MAYBE,
)


def _pairs(rows: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[Any, Any]]:
    return st.tuples(st.none() | rows, rows)


def _as_listed(row: Any) -> Any:
    """Polar's lists know nothing of what is the mirror's own."""
    fields = {"written_by": API, "digest": ""}
    return replace(row, **fields, **({"forgotten_at": None} if type(row) is Customer else {}))


_ANY = (_pairs(_CUSTOMERS) | _pairs(_SUBSCRIPTIONS) | _pairs(_GRANTS)).map(
    lambda pair: (pair[0], _as_listed(pair[1]))
)


@pytest.mark.slow
@given(pair=_ANY, written_at=_TIMES)
def test_once_written_there_is_nothing_more_to_find(
    pair: tuple[Any, Any], written_at: datetime
) -> None:
    mirrored, listed = pair
    judgement = judge(None if mirrored is None else stored(mirrored, written_at), listed)
    if judgement.difference is not None:
        assert judgement.difference.repaired == (judgement.write is not None)
    if judgement.write is not None:
        for at in (EARLIER, LATER + MINUTE):
            again = judge(stored(judgement.write, at), listed)
            assert again.difference is None
            assert again.write is None


@given(pair=_ANY, written_at=_TIMES)
def test_no_personal_value_is_ever_told(pair: tuple[Any, Any], written_at: datetime) -> None:
    mirrored, listed = pair
    judgement = judge(None if mirrored is None else stored(mirrored, written_at), listed)
    told = repr(judgement.difference and asdict(judgement.difference))
    assert not [text for text in SECRETS if text in told]


@given(pair=_ANY, written_at=_TIMES)
def test_only_equal_content_is_written_over_what_came_since(
    pair: tuple[Any, Any], written_at: datetime
) -> None:
    mirrored, listed = pair
    if mirrored is None or written_at < listed.observed_at:
        return
    judgement = judge(stored(mirrored, written_at), listed)
    assert judgement.difference is None
    assert judgement.write is None or stored(mirrored).equals(judgement.write)


def _sent(row: Any) -> dict[str, Any]:
    """The item of Polar's list that is parsed into this row."""
    values = {name: getattr(row, name) for name in kind_of(row).content}
    values["modified_at"] = row.version_at
    return {
        name: value.isoformat().replace("+00:00", "Z") if isinstance(value, datetime) else value
        for name, value in values.items()
    }


@given(pair=_ANY)
def test_an_item_that_need_not_be_parsed_would_not_have_been_found_fault_with(
    pair: tuple[Any, Any],
) -> None:
    mirrored, listed = pair
    item = _sent(listed)
    parsed = parse(kind_of(listed), item, observed_at=listed.observed_at, by=API)
    if mirrored is not None and stored(mirrored).is_as_sent(item):
        assert (found := judge(stored(mirrored), parsed)).difference is None
        assert found.write is None


@pytest.mark.parametrize("row", ONE_OF_EACH)
def test_an_item_is_recognized_as_it_was_sent(row: Any) -> None:
    item = _sent(row)
    assert stored(row).is_as_sent(item)
    assert stored(row).is_as_sent({**item, "modified_at": None})
    newer = (NOON + MINUTE).isoformat()
    assert not stored(row).is_as_sent({**item, "modified_at": newer})
    for name in item.keys() - {"modified_at"}:
        others: tuple[Any, ...] = ("2031-01-01T00:00:00Z", 7, None, [], {})
        for other in others:
            if other != item[name]:
                assert not stored(row).is_as_sent({**item, name: other}), name
        assert not stored(row).is_as_sent({key: item[key] for key in item if key != name})


@pytest.mark.parametrize("at", ["2026-10-01T12:00:00", "noon", 1_790_856_000, True])
def test_a_time_that_cannot_be_read_is_not_taken_for_equal(at: object) -> None:
    for name in ("created_at", "modified_at"):
        assert not stored(GRANT).is_as_sent({**_sent(GRANT), name: at})
