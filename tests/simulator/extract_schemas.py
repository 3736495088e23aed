"""Extract what the simulator renders from Polar's OpenAPI document, which is too long to keep.

Run `python -m tests.simulator.extract_schemas DOCUMENT` once for each version of Polar's API: it
writes `polar-VERSION.json` beside this file, one JSON Schema with what is named in `ROOTS` and what
that refers to in its `$defs`.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

ROOTS = (
    "AlreadyCanceledSubscription",
    "HTTPValidationError",
    "ListResource_BenefitGrant_",
    "ListResource_Customer_",
    "ListResource_Member_",
    "ListResource_Organization_",
    "ListResource_Subscription_",
    "ListResource_WebhookDelivery_",
    "ListResource_WebhookEndpoint_",
    "CustomerState",
    "NotPermitted",
    "ResourceNotFound",
    "SeatsList",
    "SubscriptionLocked",
)
"""Beside the payloads of all webhooks."""
_NEVER_RENDERED = re.compile(
    r"AttachedCustomField|BenefitGrantError|CustomerState(Subscription)?Meter|Discount|Legacy"
    r"|OrganizationFeatureSettings|OrganizationSocialLink|ProductMedia|ProductPrice(Custom|Metered)"
    r"|SubscriptionMeter|Benefit(Grant)?(Discord|Downloadables|FeatureFlag|GitHub|LicenseKey|Meter|Slack)"
)
"""What only other products, benefits and settings have: in their place nothing is valid."""
_TEXT = {"description", "discriminator", "example", "examples", "readOnly", "title"}
"""What says nothing about which values are valid."""
_OLD, _NEW = "#/components/schemas/", "#/$defs/"


def compact(schema: Any, names: bool = False) -> Any:
    """A schema without its texts, referring to `$defs`. `names`: its keys are names of fields."""
    if isinstance(schema, list):
        return [compact(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    if _NEVER_RENDERED.match(schema.get("$ref", "").removeprefix(_OLD)):
        return False
    return {
        key: value.replace(_OLD, _NEW) if key == "$ref" else compact(value, key == "properties")
        for key, value in schema.items()
        if names or not (key in _TEXT or key.startswith("x-"))
    }


def references(schema: Any) -> set[str]:
    if isinstance(schema, list):
        return set().union(*map(references, schema))
    if not isinstance(schema, dict):
        return set()
    own = {schema["$ref"].removeprefix(_NEW)} if "$ref" in schema else set()
    return own.union(*map(references, schema.values()))


def extract(document: dict[str, Any]) -> dict[str, Any]:
    schemas = {name: compact(each) for name, each in document["components"]["schemas"].items()}
    webhooks = {
        name: compact(each["post"]["requestBody"]["content"]["application/json"]["schema"])
        for name, each in document["webhooks"].items()
    }
    wanted: set[str] = set()
    found = {*ROOTS, *references(list(webhooks.values()))}
    while found:
        wanted |= found
        found = set().union(*(references(schemas[name]) for name in found)) - wanted
    return {"$defs": {name: schemas[name] for name in sorted(wanted)}, "webhooks": webhooks}


def on_lines(found: dict[str, dict[str, Any]]) -> str:
    """JSON with a line for each schema."""
    parts = []
    for part, schemas in found.items():
        lines = [f"{json.dumps(name)}: {json.dumps(each)}" for name, each in schemas.items()]
        parts.append(f"{json.dumps(part)}: {{\n" + ",\n".join(lines) + "\n}")
    return "{" + ",\n".join(parts) + "}\n"


def main() -> None:
    document = json.loads(Path(sys.argv[1]).read_text())
    target = Path(__file__).parent / f"polar-{document['info']['version']}.json"
    target.write_text(on_lines(extract(document)))


if __name__ == "__main__":
    main()
