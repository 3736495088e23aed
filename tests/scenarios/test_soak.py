"""A minute of everything at once: the program of the bench, with a seed that is always the same."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from tests.helpers.servers import ROOT

WRONG = ("lost", "wrong", "unproved", "stuck", "personal_bytes")


@pytest.mark.slow
@pytest.mark.parametrize("on", ["sqlite", "postgresql"])
def test_a_minute_of_everything_at_once(on: str) -> None:
    command = [sys.executable, "bench/soak.py", "--minutes", "1", "--seed", "7", "--json"]
    done = subprocess.run(
        [*command, "--engine", on],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout, done.stderr
    figures = json.loads(done.stdout)
    assert {name: figures[name] for name in WRONG} == dict.fromkeys(WRONG, 0), figures["said"]
    assert figures["events"]
    assert done.returncode == 0
