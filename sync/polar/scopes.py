"""Which scope of the token a request needs. Pure.

Source: `**Scopes**` in the descriptions of Polar's OpenAPI document, version 2026-10.
"""

from __future__ import annotations

_RESOURCES = {
    "benefit-grants": "benefits",
    "customer-seats": "customer_seats",
}
"""Resources whose scope is not called like their path."""


def scope_for(method: str, path: str) -> str:
    """The scope that a request to a path such as `/v1/customers/` needs, such as
    `customers:read`."""
    _, _, resource, *rest = path.split("/")
    of_customer = rest[2:] if rest[:1] == ["external"] else rest[1:]
    if resource == "customers" and of_customer[:1] == ["members"]:
        resource = "members"
    access = "read" if method == "GET" else "write"
    return f"{_RESOURCES.get(resource, resource)}:{access}"
