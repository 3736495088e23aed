"""Runs every check in turn. What breaks down or hangs fails by itself, and hides no other."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass
from typing import Any

from sync.doctor.checks import CHECKS, Check
from sync.doctor.deployment import Deployment
from sync.doctor.findings import Finding, Verdict, failed, skipped
from sync.errors import PolarError
from sync.settings import SettingsError
from sync.store.errors import StorageUnavailable
from sync.store.schema import SchemaMismatch

_PATIENCE = 30.0
"""Seconds for one check."""
_UNSOUND = frozenset({Verdict.FAIL, Verdict.SKIP})


@dataclass(frozen=True, slots=True)
class Row:
    """A check and what it has found."""

    name: str
    finding: Finding


@dataclass(frozen=True, slots=True)
class Report:
    """All checks, in their order."""

    rows: Sequence[Row]

    @property
    def ok(self) -> bool:
        """Whether none has failed."""
        return all(row.finding.outcome is not Verdict.FAIL for row in self.rows)

    def as_json(self) -> dict[str, Any]:
        """`ok`, and `checks`: each with `name`, `outcome`, `detail` and `remedy`."""
        checks = [{"name": row.name, **asdict(row.finding)} for row in self.rows]
        return {"ok": self.ok, "checks": checks}


async def examine(url: str | None, checks: Sequence[Check] = CHECKS) -> Report:
    """Look at every check. `url`: the bridge's public URL, in place of PUBLIC_URL."""
    rows: list[Row] = []
    async with AsyncExitStack() as stack:
        deployment = Deployment(url, stack)
        for check in checks:
            unsound = [row.name for row in rows if row.finding.outcome in _UNSOUND]
            lacking = [name for name in unsound if name in check.needs]
            if lacking:
                finding = skipped(f"not possible without: {', '.join(lacking)}")
            else:
                finding = await _look(check, deployment)
            rows.append(Row(check.name, finding))
    return Report(rows)


async def _look(check: Check, deployment: Deployment) -> Finding:
    try:
        async with asyncio.timeout(_PATIENCE):
            return await check.look(deployment)
    except SettingsError as error:
        return failed("; ".join(error.problems), "set it in the environment or .env")
    except SchemaMismatch as error:
        detail, _, remedy = str(error).partition("; ")
        return failed(detail, remedy)
    except StorageUnavailable as error:
        return failed(f"the database cannot be used: {error}", "check DATABASE_URL")
    except PolarError as error:
        return failed(str(error), "try again; if it stays, ask Polar")
    except TimeoutError:
        return failed(f"no answer within {_PATIENCE:g} s", "see what is so slow")
    except Exception as error:  # noqa: BLE001 - one check must never hide the others
        # Not the message: it could quote a secret.
        return failed(f"unexpected {type(error).__name__}", "report it as a bug")
