"""What an answer that is no success means."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest

from sync.errors import PolarError
from sync.polar.errors import (
    AlreadyCanceled,
    Invalid,
    NotFound,
    Refused,
    ScopeMissing,
    Unavailable,
    error_of,
)


def meaning(
    status: int, content: Any = None, *, path: str = "/v1/customers/", **headers: str
) -> PolarError:
    request = httpx.Request("GET", f"https://api.example.com{path}")
    json = {} if content is None else {"json": content}
    return error_of("GET", httpx.Response(status, request=request, headers=headers, **json))


def said(error: str, detail: str = "") -> dict[str, str]:
    return {"error": error, "detail": detail}


def test_only_insufficient_scope_is_a_missing_scope_and_names_it() -> None:
    error = meaning(403, said("insufficient_scope"), path="/v1/benefit-grants/")
    assert isinstance(error, ScopeMissing)
    assert error.scope == "benefits:read"
    assert "lacks the scope benefits:read" in str(error)


def test_any_other_403_says_what_polar_said() -> None:
    error = meaning(403, said("NotPermitted", "Seats are not enabled."))
    assert type(error) is Refused
    assert "Polar says NotPermitted: Seats are not enabled." in str(error)
    assert "scope" not in str(error)


def test_a_403_of_a_subscription_that_no_request_ends_is_no_refusal() -> None:
    assert isinstance(meaning(403, said("AlreadyCanceledSubscription")), AlreadyCanceled)


@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.parametrize("content", [None, ["a list"], {"error": 1}])
def test_a_refusal_that_is_not_polars_asks_to_look_on_the_way(status: int, content: Any) -> None:
    error = meaning(status, content)
    assert type(error) is Refused
    assert "without a reason of Polar's" in str(error)


def test_an_answer_is_not_repeated_at_any_length() -> None:
    assert len(str(meaning(403, said("NotPermitted", "x" * 10_000)))) < 300


def test_an_invalid_token_names_both_causes() -> None:
    error = meaning(401, said("invalid_token"))
    assert type(error) is Refused
    assert "set POLAR_ACCESS_TOKEN" in str(error)
    assert "API access is switched off" in str(error)


def test_a_429_has_no_body_and_is_obeyed() -> None:
    error = meaning(429, **{"Retry-After": "60"})
    assert isinstance(error, Unavailable)
    assert error.retry_after == timedelta(seconds=60)


def test_only_polars_own_404_means_that_something_is_gone() -> None:
    assert isinstance(meaning(404, said("ResourceNotFound")), NotFound)
    assert type(meaning(404, {"detail": "Not Found"})) is Refused


@pytest.mark.parametrize(
    ("status", "content", "told", "kind"),
    [
        (422, {"detail": [{"loc": ["query", "limit"], "input": "secret"}]}, "query.limit", Invalid),
        (307, None, "check POLAR_BASE_URL", Refused),
    ],
)
def test_the_rest_needs_a_person(status: int, content: Any, told: str, kind: type[Refused]) -> None:
    error = meaning(status, content)
    assert type(error) is kind
    assert told in str(error)
    assert "secret" not in str(error)
