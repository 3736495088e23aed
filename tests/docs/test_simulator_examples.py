"""What `docs/simulator.md` shows of the control API, sent to it one after the other."""

from __future__ import annotations

import json
import re

import pytest

from tests.helpers.servers import ROOT
from tests.helpers.simulator import SimulatorClient

PAGE = (ROOT / "docs/simulator.md").read_text()
ROUTE = re.compile(r"`(POST|PUT) /_sim(/[\w/{}-]+)`")
SHOWN = [
    (*ROUTE.findall(PAGE[: found.start()])[-1], found[1])
    for found in re.finditer(r"^```json\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
    if "counts` counts them" not in PAGE[: found.start()].splitlines()[-2]
]
"""Method, path and body. The one that is left out is an answer."""


@pytest.mark.parametrize(("method", "path", "body"), SHOWN, ids=[path for _, path, _ in SHOWN])
def test_it_is_taken_as_it_is_shown(
    sim: SimulatorClient, method: str, path: str, body: str
) -> None:
    team = sim.control(
        "POST",
        "/customers",
        {"subscriptions": [{"status": "active", "seats": 5}], "grants": 1, "members": [
            {"external_id": "owner", "email": "o@example.com", "name": "O", "role": "owner"},
            {"external_id": "guest", "email": "g@example.com", "name": "G", "role": "member"},
        ]},
    )  # fmt: skip
    subscription_id = team["subscription_ids"][0]
    member_id = next(it["id"] for it in team["members"] if it["external_id"] == "guest")
    other = next(it["id"] for it in team["members"] if it["external_id"] == "owner")
    seat = {"subscription_id": subscription_id, "member_id": other, "status": "pending"}
    endpoint = {"url": "http://127.0.0.1:9/", "secret": "whsec_AAAA"}
    ids = {
        "customer_id": team["customer"]["id"],
        "subscription_id": subscription_id,
        "member_id": member_id,
        "endpoint_id": sim.control("POST", "/webhooks/endpoints", endpoint)["id"],
    }
    of_path = {
        "/subscriptions/{id}": subscription_id,
        "/grants/{id}": team["grant_ids"][0],
        "/members/{id}": member_id,
    }
    if path == "/seats/{id}":
        of_path[path] = sim.control("POST", "/seats", seat)["id"]
    filled = re.sub(r'"(\w+_id)": "\.\.\."', lambda it: f'"{it[1]}": "{ids[it[1]]}"', body)

    answer = sim.ask(method, path.replace("{id}", of_path.get(path, "")), json.loads(filled))

    assert answer.is_success, answer.text


def test_none_is_left_out() -> None:
    assert len(SHOWN) == PAGE.count("```json") - 1
