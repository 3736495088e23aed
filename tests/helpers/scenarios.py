"""What scenarios ask of a bridge and of Polar."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

from tests.helpers.bridge import Bridge, deletes
from tests.helpers.webhooks import polar_headers

LOST = {"kind": "drop"}
"""A webhook that never comes."""


def deleted_customers(it: Bridge) -> list[str]:
    """Polar's ids of the customers that a DELETE took effect on, once for each time it did."""
    return list(deletes(it, effect="true").elements())


def struck(it: Bridge) -> int:
    """How often the faults of requests have struck."""
    return sum(fault["struck"] for fault in it.sim.control("GET", "/faults")["faults"])


def tries(it: Bridge, user_id: str) -> int:
    """Failed attempts in a row of the user's deletions."""
    return sum(row["attempts"] for row in it.deletions(user_id))


def outside(moment: str, request: dict[str, Any], seconds: float) -> bool:
    """Whether the request was not started within so many seconds after the moment."""
    since = datetime.fromisoformat(request["started_at"]) - datetime.fromisoformat(moment)
    return since <= timedelta(0) or since >= timedelta(seconds=seconds)


PERSONAL = ("ada@example.com", "Ada Lovelace", "user-ada", "metadata-of-ada", "Rue de Rivoli")


def ada(it: Bridge, *subscriptions: Any) -> str:
    return it.customer(
        "user-ada",
        *subscriptions,
        email="ada@example.com",
        name="Ada Lovelace",
        metadata={"note": "metadata-of-ada"},
        billing_address={"country": "FR", "line1": "1 Rue de Rivoli"},
        tax_id=["FR61954506077", "eu_vat"],
        grants=1,
    )


def resent(it: Bridge, *, broken: bool = False, last_first: bool = False) -> int:
    """Send all that Polar has sent so far once more, as new events: they come late and are signed.
    Returns how many there were. `broken`: so that they cannot be applied."""
    payloads = [event["payload"] for event in it.sim.events()]
    if last_first:
        payloads.reverse()
    for payload in payloads:
        event = json.loads(payload)
        if broken:
            event["data"]["created_at"] = "never"
        body = json.dumps(event).encode()
        answer = it.app.post("/webhooks/polar", content=body, headers=polar_headers(body))
        assert answer.status_code == 202
    return len(payloads)
