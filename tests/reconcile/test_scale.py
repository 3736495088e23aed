"""A hundred thousand customers in little memory."""

from __future__ import annotations

import json
import os
import subprocess
import time

import pytest

from sync.cli.exit_codes import EQUAL, REPAIRED
from tests.helpers.bridge import ago
from tests.helpers.desk import MANY, Desk, Json, bulk
from tests.helpers.store import DatabaseFactory


def peak_kib(process: subprocess.Popen[str]) -> tuple[int, Json]:
    """The most memory that it ever had, and what it printed."""
    assert process.stdout is not None
    out = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode in {EQUAL, REPAIRED}
    return usage.ru_maxrss, json.loads(out)


@pytest.mark.slow
def test_many_customers_in_little_memory(desk: Desk, new_database: DatabaseFactory) -> None:
    few = 10_000
    bulk(desk.sim, few, subscriptions=[], grants=0)
    with Desk(desk.sim, new_database()).process() as process:
        before, _ = peak_kib(process)
    bulk(desk.sim, MANY - few, subscriptions=[], grants=0, start=few, created_at=ago(days=1))
    began = time.monotonic()
    with desk.process() as process:
        peak, report = peak_kib(process)
    seconds = time.monotonic() - began
    assert report["found"] == {"customer": {"missing": MANY}, "member": {"missing": MANY}}
    assert report["calls"] == 2 * MANY // 100 + 2
    assert desk.one("SELECT count(*) FROM customer") == MANY
    assert peak - before < 16 * 1024, (before, peak, seconds)
