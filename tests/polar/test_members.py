"""Members and seats, as the client asks for them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from sync.mirror.kinds import CUSTOMER, CUSTOMER_SEAT, MEMBER
from sync.polar import lists, members
from sync.polar.budget import Unmetered
from sync.polar.client import PolarClient
from sync.polar.errors import NotFound, OnlyOwner
from sync.polar.lists import Listing
from tests.helpers.bridge import bridge_settings
from tests.helpers.simulator import Json, SimulatorClient

Ask = Callable[[Callable[[PolarClient], Awaitable[Any]]], Any]
NOBODY = "5e0d9a0c-4c1e-4a55-9d5b-1f2a6f0f3c11"


@pytest.fixture
def ask(sim: SimulatorClient, tmp_path: Path) -> Ask:
    """Asks by a client of the simulated Polar."""

    def run(work: Callable[[PolarClient], Awaitable[Any]]) -> Any:
        async def main() -> Any:
            settings = bridge_settings(sim, tmp_path / "none.db")
            async with PolarClient(settings, Unmetered()) as polar:
                return await work(polar)

        return asyncio.run(main())

    return run


def team(sim: SimulatorClient) -> Json:
    people = [{"external_id": "u2", "email": "u2@example.com", "role": "member"}]
    created = sim.customer("boss", subscriptions=[{"status": "active", "seats": 3}], members=people)
    return sim.truth(created)


def by_role(truth: Json, role: str) -> str:
    (found,) = [item["id"] for item in truth["members"] if item["role"] == role]
    return str(found)


def test_a_customer_that_is_gone_has_no_list_of_members(sim: SimulatorClient, ask: Ask) -> None:
    there, gone = team(sim), sim.customer("gone")["customer"]["id"]
    sim.delete("gone")
    customers = [gone, there["customer"]["id"], NOBODY]
    found = ask(lambda polar: lists.of_customers(polar, MEMBER, customers))
    assert len(found) == 2


def test_the_only_owner_is_told_from_what_is_not_valid(sim: SimulatorClient, ask: Ask) -> None:
    truth = team(sim)
    customer = truth["customer"]["id"]
    with pytest.raises(OnlyOwner):
        ask(lambda polar: members.delete(polar, customer, by_role(truth, "owner")))
    ask(lambda polar: members.delete(polar, customer, by_role(truth, "member")))
    gone = {"customer_id": customer, "member_id": by_role(truth, "member")}
    for asking in (members.delete, members.get, members.scrub, members.make_owner):
        with pytest.raises(NotFound):
            ask(partial(asking, **gone))


def test_ownership_is_transferred_and_what_is_personal_overwritten(
    sim: SimulatorClient, ask: Ask
) -> None:
    truth = team(sim)
    customer, person = truth["customer"]["id"], by_role(truth, "member")
    ask(lambda polar: members.make_owner(polar, customer, person))
    ask(lambda polar: members.scrub(polar, customer, person))
    shown = sim.get(f"/v1/customers/{customer}/members/{person}")
    assert (shown["role"], shown["name"]) == ("owner", "anonymized")
    assert shown["email"] == f"{person}@anonymized.polar.sh"


def test_seats_are_listed_by_subscription_and_a_revoked_one_is_nobodys(
    sim: SimulatorClient, ask: Ask
) -> None:
    truth = team(sim)
    subscription = truth["subscriptions"][0]["id"]
    seat = {"subscription_id": subscription, "status": "claimed"}
    made = [
        sim.control("POST", "/seats", {**seat, "member_id": by_role(truth, role)})
        for role in ("owner", "member")
    ]
    assert len(ask(lambda polar: lists.of_parent(polar, CUSTOMER_SEAT, subscription)).items) == 2
    sim.control("POST", f"/seats/{made[0]['id']}", {"status": "revoked"})
    assert len(ask(lambda polar: lists.of_parent(polar, CUSTOMER_SEAT, subscription)).items) == 1
    assert ask(lambda polar: lists.of_parent(polar, CUSTOMER_SEAT, NOBODY)) == Listing([])
    with pytest.raises(ValueError, match="customer has a list"):
        ask(lambda polar: lists.of_parent(polar, CUSTOMER, NOBODY))
