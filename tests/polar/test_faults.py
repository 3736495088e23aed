"""What a 422 says of the fields that it finds fault with."""

from __future__ import annotations

from typing import Any

import pytest

from sync.polar.faults import Fault, faults_in

TAKEN = "A customer with this email address already exists."


def test_each_field_of_the_body_in_polars_words() -> None:
    entry = {"loc": ["body", "email"], "msg": TAKEN, "input": "a@example.com"}
    taken = {"error": "PolarRequestValidationError", "detail": [entry]}
    assert list(faults_in(taken)) == [Fault("email", TAKEN, is_taken=True)]
    # A union's fields are named with the member of it that was tried.
    nested = {"loc": ["body", "name", "str"], "msg": "too long"}
    wrong = {"error": "RequestValidationError", "detail": [entry, nested]}
    assert list(faults_in(wrong)) == [
        Fault("email", TAKEN, is_taken=False),
        Fault("name", "too long", is_taken=False),
    ]


@pytest.mark.parametrize(
    "detail",
    [
        None,
        "Not valid",
        ["a", None],
        [{"msg": "x"}],
        [{"loc": "body", "msg": "x"}],
        [{"loc": ["body"], "msg": "x"}],
        [{"loc": ["path", "id"], "msg": "x"}],
        [{"loc": ["body", 1], "msg": "x"}],
        [{"loc": ["body", "email"]}],
    ],
)
def test_anything_else_names_none(detail: Any) -> None:
    assert list(faults_in({"error": "RequestValidationError", "detail": detail})) == []
