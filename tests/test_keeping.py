"""What can be kept of a value from outside: it comes back as it was, or is a digest."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync import keeping
from sync.keeping import Huge, digest, from_database, from_json, is_text, kept, nearest

ANY_TEXT = st.text(st.characters(exclude_categories=[]))
ANY_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | ANY_TEXT
    | st.sampled_from([2**63 - 1, 2**63, -(2**63), 2**64, 10**400, Huge("1e400"), -0.0]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ANY_TEXT, inner, max_size=3),
    max_leaves=12,
)


def nested(depth: int, inner: str = "") -> str:
    return "[" * depth + inner + "]" * depth


@given(ANY_JSON)
def test_what_is_kept_comes_back_as_it_was(value: Any) -> None:
    stored = kept(value)
    text = json.dumps(stored)
    assert from_json(text) == orjson.loads(text) == json.loads(text) == stored
    assert "\\u0000" not in text
    assert kept(stored) is stored


@pytest.mark.parametrize(
    "value", [None, True, "", "Zoë", 0, -0.0, 1.5, 2**63 - 1, {"a": [1, {"b": None}]}, [[]]]
)
def test_what_can_be_kept_is_the_same_object(value: Any) -> None:
    assert kept(value) is value


@pytest.mark.parametrize(
    "value",
    [
        *(math.nan, math.inf, -math.inf, 2**63, -(2**63), 2**70, 1e300, Huge("1e400")),
        *("a\x00b", "\ud800", "x" * 2_001, "é" * 1_001),
    ],
)
def test_what_cannot_be_kept_is_its_digest_wherever_it_is(value: Any) -> None:
    expected = digest(value)
    assert kept(value) == expected
    assert kept({"a": [value], "b": 1}) == {"a": [expected], "b": 1}
    assert len(expected) == len("sha256:") + 64


def test_a_key_that_cannot_be_kept_is_its_digest() -> None:
    assert kept({"a\x00": 1}) == {digest("a\x00"): 1}


def test_texts_up_to_what_an_index_takes() -> None:
    assert is_text("x" * 2_000)
    assert is_text("é" * 1_000)
    assert not is_text("x" * 2_001)
    assert not is_text("é" * 1_001)


def test_nesting_has_an_end() -> None:
    fits, too_deep = (json.loads(nested(depth)) for depth in (32, 33))
    assert kept(fits) is fits
    stored = kept(too_deep)
    for _ in range(32):
        (stored,) = stored
    assert stored == digest([])


@pytest.mark.parametrize("depth", [60, 800, 1_000, 1_100, 100_000])
def test_json_of_any_depth_can_be_read_and_kept(depth: int) -> None:
    read = from_json(f'{{"deep": {nested(depth, "1")}, "name": "[}}", "more": {nested(depth)}}}')
    assert read["name"] == "[}"
    assert json.dumps(kept(read)).count("sha256:") == 2
    assert digest(read) == digest(read)


def test_what_is_too_deep_to_be_written_has_a_digest_by_its_parts() -> None:
    deep = [{"b": 1, "a": "x"}]
    for _ in range(5_000):
        deep = [deep]  # type: ignore[list-item]
    other = [{"b": 1, "a": "y"}]
    for _ in range(5_000):
        other = [other]  # type: ignore[list-item]
    assert digest(deep) == digest(deep) != digest(other)


def test_numbers_are_read_as_json_has_them() -> None:
    numbers = from_json(f"[1, -0, 1.5, {2**63}, {2**70}, {10**400}, 1e400, NaN, 1{'0' * 5_000}]")
    *some, nan, many = numbers
    assert some == [1, 0, 1.5, 2**63, 2.0**70, Huge(str(10**400)), Huge("1e400")]
    assert math.isnan(nan)
    assert many == Huge(f"1{'0' * 5_000}")


def test_what_an_older_version_has_written_can_be_read() -> None:
    assert from_database('{"a": 1}') == {"a": 1}
    assert from_database('{"a": NaN, "b": 1}') == {"a": digest(math.nan), "b": 1}
    assert from_database(f'{{"a": "\\ud800", "b": {10**400}}}') == {
        "a": digest("\ud800"),
        "b": digest(Huge(str(10**400))),
    }


@pytest.mark.parametrize("number", [2**63, 2**64 - 1, 2**64, 2**70, -(2**63), -(2**63) - 1])
def test_a_number_is_read_alike_beside_what_few_readers_take(number: int) -> None:
    [alone] = from_json(f"[{number}]")
    [beside, _] = from_json(f"[{number}, NaN]")
    assert (type(alone), alone) == (type(beside), beside)


@pytest.mark.parametrize("text", [b"", b"{", b"\xff", b"[" * 100_000, b'"\xed\xa0\x80"', "nul"])
def test_what_is_no_json_is_a_value_error(text: bytes | str) -> None:
    with pytest.raises(ValueError, match=r"line 1|decode|utf-8|do not match"):
        from_json(text)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (2**70, 2**63 - 1),
        (10**400, 2**63 - 1),
        (-(2.0**70), -(2**63) + 1),
        (Huge(str(10**400)), 2**63 - 1),
        (Huge("-1e999999999999"), -(2**63) + 1),
        (1.5, 1),
        (7, 7),
        ("a\x00", digest("a\x00")),
        (math.nan, digest(math.nan)),
    ],
)
def test_the_nearest_that_a_column_takes(value: Any, expected: Any) -> None:
    assert nearest(value) == expected


def test_the_nearest_time() -> None:
    first = datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=14)))
    last = datetime(9999, 12, 31, 23, 59, 59, tzinfo=timezone(timedelta(hours=-12)))
    assert nearest(first) == keeping.EARLIEST
    assert nearest(last) == keeping.LATEST
    usual = datetime(2026, 1, 1, tzinfo=UTC)
    assert nearest(usual) is usual
    for edge in (keeping.EARLIEST, keeping.LATEST):
        for hours in (-14, 14):
            assert edge.astimezone(timezone(timedelta(hours=hours))) == edge
