"""What the table of kinds says of each."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from sync.mirror import kinds
from sync.mirror.kinds import KINDS, NEVER, Kind
from tests.helpers.commands import AT

KIND = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)


@KIND
def test_what_has_no_time_to_be_sorted_by_comes_last(kind: Kind[Any]) -> None:
    rows = [SimpleNamespace(**{kind.sorted_by: at}) for at in (None, AT)]
    assert sorted(map(kind.key, rows)) == [AT, NEVER]


@KIND
def test_a_deletion_must_see_the_end_of_what_can_be_open(kind: Kind[Any]) -> None:
    assert (kind in kinds.proved()) == (kind.name in {"subscription", "benefit_grant"})
