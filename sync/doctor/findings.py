"""What a check finds."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """Of one check."""

    PASS = "pass"  # noqa: S105 - the name of an outcome
    WARN = "warn"
    FAIL = "fail"
    SKIP = "skip"


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check has found. Holds no secret."""

    outcome: Verdict
    detail: str
    remedy: str = ""


def passed(detail: str) -> Finding:
    """All is well."""
    return Finding(Verdict.PASS, detail)


def warned(detail: str, remedy: str) -> Finding:
    """It works, and should be looked at."""
    return Finding(Verdict.WARN, detail, remedy)


def failed(detail: str, remedy: str) -> Finding:
    """It does not work."""
    return Finding(Verdict.FAIL, detail, remedy)


def skipped(detail: str, remedy: str = "") -> Finding:
    """It cannot be looked at, or need not be."""
    return Finding(Verdict.SKIP, detail, remedy)
