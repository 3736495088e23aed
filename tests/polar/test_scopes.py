"""The scope that a request needs."""

from __future__ import annotations

import pytest

from sync.polar.scopes import scope_for


@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [
        ("GET", "/v1/customers/", "customers:read"),
        ("GET", "/v1/customers/external/user-1/state", "customers:read"),
        ("GET", "/v1/customers/external/members/state", "customers:read"),
        ("DELETE", "/v1/customers/external/members", "customers:write"),
        ("DELETE", "/v1/customers/0b7e", "customers:write"),
        ("DELETE", "/v1/subscriptions/0b7e", "subscriptions:write"),
        ("GET", "/v1/benefit-grants/", "benefits:read"),
        ("GET", "/v1/webhooks/endpoints", "webhooks:read"),
        ("POST", "/v1/webhooks/events/0b7e/redeliver", "webhooks:write"),
        ("GET", "/v1/members/", "members:read"),
        ("GET", "/v1/customers/0b7e/members/1c8f", "members:read"),
        ("DELETE", "/v1/customers/0b7e/members/1c8f", "members:write"),
        ("DELETE", "/v1/customers/external/user-1/members/user-2", "members:write"),
        ("GET", "/v1/customer-seats", "customer_seats:read"),
        ("GET", "/v1/organizations/", "organizations:read"),
    ],
)
def test_each_request_needs_the_scope_of_its_resource(method: str, path: str, scope: str) -> None:
    assert scope_for(method, path) == scope
