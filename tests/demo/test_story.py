"""The README's first command."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console

from sync.deletions.states import State
from sync.demo.outcome import Outcome
from sync.demo.stage import Case, Stage
from sync.demo.story import run


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
    for part in ("Everything ended as it should", "receipt of deletion", "held", "paid seat"):
        assert part in done.stdout
    readme = (Path(__file__).parents[2] / "README.md").read_text()
    assert _table(readme) == _table(done.stdout) != []
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_what_did_not_happen_is_shown_as_wrong_and_the_demo_fails() -> None:
    async def expects_too_much(stage: Stage) -> None:
        expected = Outcome(state=State.VERIFIED, is_taken=True)
        await stage.scene("wrong", [Case(user_id="nobody", title="wrong", expected=expected)])

    printed = io.StringIO()
    assert run(Console(file=printed, width=80), [expects_too_much]) == 1
    for part in (
        "wrong: state: no_customer, not verified; is_taken: False, not True",
        "1 did not end as they should",
    ):
        assert part in printed.getvalue()


def _table(text: str) -> list[str]:
    """The table of how each deletion ended, but for its last line."""
    return re.findall("┏[^└]*", text)
