"""The README's first command."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.slow
def test_the_demo_needs_no_settings_and_ends_as_it_should(tmp_path: Path) -> None:
    bare = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    # A real deployment's variable in the shell must not reach into the demo.
    bare["MAPPING"] = "table"
    command = [sys.executable, "-m", "sync.cli", "demo"]
    done = subprocess.run(
        command, cwd=tmp_path, env=bare, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stdout + done.stderr
    for part in ("Everything ended as it should", "receipt of deletion", "superseded", "paused"):
        assert part in done.stdout
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []
