"""What a receiver has got."""

from __future__ import annotations

import json
from typing import Any

from tests.helpers.simulator import Received

SECRET = "whsec_bm90IGRlY29kZWQ"


def types(received: list[Received]) -> list[str]:
    return [json.loads(one.body)["type"] for one in received]


def data_of(received: list[Received], event_type: str) -> list[dict[str, Any]]:
    bodies = [json.loads(one.body) for one in received]
    return [body["data"] for body in bodies if body["type"] == event_type]
