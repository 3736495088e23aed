"""What Polar's OpenAPI document says of an object. `extract_schemas.py` makes the extract of it."""

from __future__ import annotations

import json
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

from jsonschema import Draft202012Validator, FormatChecker

SCHEMAS: dict[str, dict[str, Any]] = json.loads(
    Path(__file__).with_name("polar-2026-10.json").read_text()
)
_UNNAMED = {
    # The server's answers have it.
    "HTTPValidationError": {"error"},
    # The official SDK 1.0.2 for the same version requires these, and `api_version` of payloads.
    "CustomerStateSubscription": {"seats", "units"},
    "PendingSubscriptionUpdate": {"units"},
    "Product": {"is_deletable"},
    "Subscription": {"units"},
    "WebhookEndpoint": {"api_version", "uses_standard_webhook_signature"},
    "WebhookEvent": {"api_version"},
}
"""Fields that the document does not name."""
_FORMATS = FormatChecker(formats=())


@_FORMATS.checks("date-time", raises=ValueError)
def _is_time(value: object) -> bool:
    return not isinstance(value, str) or datetime.fromisoformat(value).tzinfo is not None


@_FORMATS.checks("uuid", raises=ValueError)
def _is_uuid(value: object) -> bool:
    return not isinstance(value, str) or str(UUID(value)) == value


@_FORMATS.checks("uuid4", raises=ValueError)
def _is_uuid4(value: object) -> bool:
    return not isinstance(value, str) or UUID(value).version == 4


def _closed(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    """A schema by which no other field is valid."""
    if "properties" not in schema:
        return schema
    more = {"api_version"} if name.endswith("Payload") else _UNNAMED.get(name, set())
    properties = {**dict.fromkeys(more, True), **schema["properties"]}
    return {"additionalProperties": False, **schema, "properties": properties}


@cache
def _validator(name: str) -> Draft202012Validator:
    definitions = {each: _closed(each, schema) for each, schema in SCHEMAS["$defs"].items()}
    schema = {"$ref": f"#/$defs/{name}", "$defs": definitions}
    return Draft202012Validator(schema, format_checker=_FORMATS)


def assert_is(name: str, value: object) -> None:
    """The value is what the document calls `name`: with all that is required, and nothing else."""
    problems = [
        f"{error.json_path}: {error.message}" for error in _validator(name).iter_errors(value)
    ]
    assert not problems, (name, problems)


def assert_is_payload(body: dict[str, Any]) -> None:
    """The body of a webhook is what the document says of its type."""
    reference = SCHEMAS["webhooks"][body["type"]]["$ref"]
    assert_is(reference.removeprefix("#/$defs/"), body)
