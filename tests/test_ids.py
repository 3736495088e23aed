"""What an id must look like."""

from __future__ import annotations

import pytest

from sync.ids import has_forbidden_characters, trimmed


@pytest.mark.parametrize(
    ("external_id", "stored"), [(" lead", "lead"), ("a b\u2003", "a b"), ("x", "x"), (" ", "")]
)
def test_an_external_id_has_no_blanks_at_its_ends(external_id: str, stored: str) -> None:
    assert trimmed(external_id) == stored


@pytest.mark.parametrize("text", ["a\x00", "\x85", "\ud800"])
def test_control_characters_and_lone_surrogates_are_no_part_of_an_id(text: str) -> None:
    assert has_forbidden_characters(text)
    assert not has_forbidden_characters("ünï 用")
