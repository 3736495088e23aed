"""Reading what Polar answers."""

from __future__ import annotations

import pytest

from sync.mirror.reading import digest


def test_a_digest_does_not_depend_on_the_order_of_the_keys() -> None:
    assert digest({"a": 1, "b": [2]}) == digest({"b": [2], "a": 1}) != digest({"a": 1, "b": [3]})


def test_what_is_nested_too_deeply_is_a_value_error() -> None:
    content: list[object] = []
    for _ in range(100_000):
        content = [content]
    with pytest.raises(ValueError, match="nested too deeply"):
        digest(content)
