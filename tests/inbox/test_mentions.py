"""Which ids a dead letter holds."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sync.inbox.mentions import Mentions, folded, holds

ID = "6f2c1d0e-3f43-4f5e-9a55-0d6d1f6c2b11"


def mentions(content: Any, *ids: str) -> bool:
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    found = holds(body, folded(ids))
    assert found is Mentions(body).any_of(folded(ids))
    return found


@pytest.mark.parametrize(
    "content",
    [
        {"data": {"customer_id": ID}},
        {"data": {"customer_id": ID.upper()}},
        {"data": [[{"x": f" {ID} "}]]},
        {ID: None},
        {"url": f"https://polar.sh/customers/{ID}?x=1"},
        {"note": f"customer {ID}, gone"},
        b'{"id": "6f2c1d0e-3f43-4f5e-9a55-0d6d1f6c2b\\u00311"}',
        f"no json at all: {ID}".encode(),
        f"\xff {ID}".encode("latin-1"),
    ],
)
def test_an_id_is_found_wherever_it_is(content: Any) -> None:
    assert mentions(content, "other", ID)
    assert not mentions(content, "other")


@pytest.mark.parametrize(
    "user_id", ["42", "user-ada", "Zoë", "a@b.c", "org/42/ada", "ada lovelace"]
)
def test_a_user_id_as_apps_have_them(user_id: str) -> None:
    assert mentions({"data": {"external_id": user_id}}, user_id)
    is_word = "/" not in user_id and " " not in user_id
    assert mentions({"data": {"external_id": f"x{user_id}"}}, user_id) is not is_word
    if len(user_id) >= 8:
        assert mentions({"data": {"note": f"about {user_id}: gone"}}, user_id)


def test_a_number_counts_where_ids_are() -> None:
    assert mentions({"data": {"customer_id": 42}}, "42")
    assert mentions({"data": {"ids": {"userId": [42]}}}, "42")
    assert not mentions({"data": {"amount": 42, "id": True, "total": 42.0, "x": None}}, "42")


def test_many_dead_letters_are_told_apart_by_their_bytes() -> None:
    body = json.dumps({"data": {"customer_id": ID, "note": "x" * 4_000}}).encode()
    assert holds(body, folded([ID.upper()]))
    assert not holds(body, folded(["other", "Zoë"]))
