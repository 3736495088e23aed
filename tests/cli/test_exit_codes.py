"""The tree of errors as exit codes and lines on stderr."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from sync.cli.exit_codes import (
    EQUAL,
    LEFT,
    NO,
    REPAIRED,
    UNFINISHED,
    UNUSABLE,
    exit_code,
    problems,
    reconciliation_code,
)
from sync.deletions.queries import Ambiguous
from sync.errors import BridgeError, NothingFound, NotPossible, PolarError
from sync.migrations.moving import MoveRefused
from sync.reconcile.report import Difference, Finding, Report
from sync.settings import SettingsError
from sync.store.errors import StorageUnavailable
from sync.store.schema import SchemaMismatch


@pytest.mark.parametrize(
    ("error", "code", "lines"),
    [
        (SettingsError(["HASH_KEY is", "PORT is"]), UNUSABLE, ["HASH_KEY is", "PORT is"]),
        (Ambiguous("7 is both"), UNUSABLE, ["7 is both"]),
        (SchemaMismatch("it is older"), UNUSABLE, ["it is older"]),
        (StorageUnavailable("full"), UNUSABLE, ["the database cannot be used: full"]),
        (NothingFound("no deletion"), NO, ["no deletion"]),
        (MoveRefused("not empty"), NO, ["not empty"]),
        (NotPossible("too late"), NO, ["too late"]),
        (PolarError("answered 401"), NO, ["answered 401"]),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BridgeError) else "",
)
def test_each_kind_of_error_has_one_exit_code(
    error: BridgeError, code: int, lines: list[str]
) -> None:
    assert exit_code(error) == code
    assert problems(error) == lines


def test_a_reconciliation_has_codes_of_its_own() -> None:
    report = Report(started_at=datetime(2026, 10, 1, tzinfo=UTC))
    assert reconciliation_code(report) == UNFINISHED
    report.finished = True
    assert reconciliation_code(report) == EQUAL
    repaired = Difference(kind="customer", id="1", finding=Finding.MISSING, cause="")
    report.add(repaired)
    assert reconciliation_code(report) == REPAIRED
    report.add(replace(repaired, id="2", repaired=False))
    assert reconciliation_code(report) == LEFT
