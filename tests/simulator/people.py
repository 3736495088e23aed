"""A team, and what is asserted about the people in it."""

from __future__ import annotations

from typing import Any

import httpx

from tests.helpers.simulator import Json, Received, SimulatorClient

ADA = {"external_id": "ada", "email": "ada@acme.example", "name": "Ada", "role": "owner"}
BOB = {"external_id": "bob", "email": "bob@acme.example", "name": "Bob", "role": "member"}
CLEO = {
    "external_id": "cleo",
    "email": "cleo@acme.example",
    "name": "Cleo",
    "role": "billing_manager",
}


def team(sim: SimulatorClient, *people: Json, external_id: str = "lead", **fields: Any) -> Json:
    email = f"{external_id}@acme.example"
    return sim.customer(external_id, email=email, name="Lea", members=people, **fields)


def member_path(created: Json, external_id: str) -> str:
    (member,) = [row for row in created["members"] if row["external_id"] == external_id]
    return f"/v1/customers/{created['customer']['id']}/members/{member['id']}"


def people(rows: list[Json]) -> dict[str, str]:
    """Role by external id."""
    return {row["external_id"]: row["role"] for row in rows}


def webhooks_about(received: list[Received], of: str) -> list[tuple[str, Json]]:
    bodies = [httpx.Response(200, content=one.body).json() for one in received]
    return [(body["type"], body["data"]) for body in bodies if body["type"].startswith(of)]


def assert_error(response: httpx.Response, status: int, error: str) -> None:
    assert (response.status_code, response.json()["error"]) == (status, error)
