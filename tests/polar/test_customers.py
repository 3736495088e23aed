"""Customers by an external id, whatever it is made of."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from sync.mirror.objects import API, Customer
from sync.polar.budget import Unmetered
from sync.polar.client import PolarClient
from sync.polar.customers import (
    CustomerState,
    addressable,
    made_for,
    state_of,
    there_since,
)
from sync.polar.errors import NotFound
from tests.helpers.bridge import STATE, STATE_BY_ID, ago, bridge_settings
from tests.helpers.desk import CUSTOMERS
from tests.helpers.simulator import SimulatorClient


def read_state(sim: SimulatorClient, tmp_path: Path, external_id: str) -> CustomerState:
    async def main() -> CustomerState:
        settings = bridge_settings(sim, tmp_path / "none.db")
        async with PolarClient(settings, Unmetered()) as polar:
            return await state_of(polar, external_id=external_id)

    return asyncio.run(main())


@pytest.mark.parametrize("external_id", ["user-1", "a b", "a%2Fb", "...", ".a", "ünï", "?x#y", "+"])
def test_a_path_can_name_what_its_decoding_leaves_as_it_is(external_id: str) -> None:
    assert addressable(external_id)


@pytest.mark.parametrize("external_id", ["a/b", "/", "x/state", "../a", ".", "..", ""])
def test_a_path_cannot_name_a_slash_or_a_dot_segment(external_id: str) -> None:
    assert not addressable(external_id)


@pytest.mark.parametrize("external_id", ["a/b", "x/state", "."])
def test_an_id_that_no_path_can_name_is_searched_for(
    sim: SimulatorClient, tmp_path: Path, external_id: str
) -> None:
    created = sim.customer(external_id, subscriptions=["active"], grants=1)["customer"]
    # Whom the search finds as well.
    for other in (external_id + "x", external_id.upper() + "-", "x"):
        sim.customer(other)
    sim.customer("named", name=external_id)
    state = read_state(sim, tmp_path, external_id)
    assert state.customer.id == created["id"]
    assert len(state.grants) == 1
    assert sim.control("GET", "/counts") == {CUSTOMERS: 1, STATE_BY_ID: 1}


def test_the_search_reads_every_page(sim: SimulatorClient, tmp_path: Path) -> None:
    oldest = sim.customer("org/1", created_at=ago(days=9))["customer"]
    for number in range(250):
        sim.customer(f"org/1{number:03}")
    assert read_state(sim, tmp_path, "org/1").customer.id == oldest["id"]
    with pytest.raises(NotFound):
        read_state(sim, tmp_path, "org/1x")


@pytest.mark.parametrize("external_id", ["a/b", ".."])
def test_nobody_is_taken_for_another_whose_id_only_begins_so(
    sim: SimulatorClient, tmp_path: Path, external_id: str
) -> None:
    sim.customer(external_id + "/c")
    sim.customer("other", name=external_id)
    with pytest.raises(NotFound):
        read_state(sim, tmp_path, external_id)
    assert STATE not in sim.control("GET", "/counts")


AT = datetime(2026, 10, 1, 12, tzinfo=UTC)


def made(metadata: Any) -> Customer:
    return Customer(
        id="6f2c1d0e-3f43-4f5e-9a55-0d6d1f6c2b11",
        created_at=AT,
        version_at=AT,
        observed_at=AT,
        digest="",
        written_by=API,
        metadata=metadata,
    )


@pytest.mark.parametrize(("hours", "since"), [(-2, AT - timedelta(hours=2)), (0, AT), (1, AT)])
def test_one_that_the_bridge_made_is_there_since_its_user_was(hours: int, since: datetime) -> None:
    created_at = AT + timedelta(hours=hours)
    customer = made({"polar_sync_user_created_at": created_at.isoformat(), "plan": "gold"})
    assert (made_for(customer), there_since(customer)) == (created_at, since)


@pytest.mark.parametrize("note", ["", "never", "2026-10-01T10:00:00", 7, True, None, ["x"]])
def test_a_note_that_says_nothing_is_none(note: Any) -> None:
    for metadata in ({"polar_sync_user_created_at": note}, {}, None):
        assert made_for(made(metadata)) is None
        assert there_since(made(metadata)) == AT
