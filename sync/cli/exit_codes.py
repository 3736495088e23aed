"""What a command ends with: the tree of errors, and what a reconciliation found, as exit codes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sync.errors import BridgeError, InvalidInput, StorageError

if TYPE_CHECKING:
    from sync.reconcile.report import Report
    from sync.reconcile.users_report import UsersReport

NO = 1
"""The answer is no, nothing was found, or it could not be done."""
UNUSABLE = 2
"""The usage or the configuration is wrong, or the database cannot be used."""

# A reconciliation's.
EQUAL = 0
"""Nothing differed."""
REPAIRED = 1
"""All that differed was repaired."""
LEFT = 2
"""Some of what differed needs action."""
UNFINISHED = 3
"""It did not finish."""
INCOMPLETE = 4
"""It finished, but could not fetch all that Polar counts."""


def exit_code(error: BridgeError) -> int:
    """What a command ends with that raised the error."""
    return UNUSABLE if isinstance(error, InvalidInput | StorageError) else NO


def problems(error: BridgeError) -> Sequence[str]:
    """What the error says, one text for each thing that is wrong."""
    if isinstance(error, InvalidInput):
        return str(error).splitlines()
    if isinstance(error, StorageError):
        from sync.store.errors import StorageUnavailable

        if isinstance(error, StorageUnavailable):
            return [f"the database cannot be used: {error}"]
    return [str(error)]


def reconciliation_code(report: Report, users: UsersReport | None = None) -> int:
    """What `reconcile` ends with. `users`: what `--users` has found."""
    if not report.finished:
        return UNFINISHED
    if report.incomplete:
        return INCOMPLETE
    if report.left or (users is not None and users.needs_action):
        return LEFT
    return REPAIRED if report.total else EQUAL
