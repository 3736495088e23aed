"""The check that `docs/audit-log.md` shows, run as it stands there on an export."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

from sync.auditing.findings import What
from tests.helpers.auditing import deployment, remove_before
from tests.helpers.commands import VERIFIED, Commands
from tests.helpers.engines import BOTH_ENGINES
from tests.helpers.servers import ROOT

pytestmark = BOTH_ENGINES

PAGE = (ROOT / "docs/audit-log.md").read_text()


def run(directory: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "check_log.py", "export.jsonl"]
    return subprocess.run(command, cwd=directory, capture_output=True, text=True, check=False)


def test_a_check_as_it_is_shown(commands: Commands) -> None:
    store = deployment(commands)
    commands.deletion("user-4", *VERIFIED)
    remove_before(commands, 1)
    [code] = re.findall(r"<!-- tested: check_log.py -->\n```python\n(.*?)```", PAGE, re.DOTALL)
    (store.directory / "check_log.py").write_text(code)
    export = store.directory / "export.jsonl"
    export.write_text(commands.run("audit", "export").out)
    head = json.loads(commands.run("audit", "head", "--json").out)
    result = run(store.directory)
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout == f"{head['size']} entries, head {head['hash']}\n"

    lines = export.read_text().splitlines(keepends=True)
    kept = next(line for line in lines if '"detail": {"' in line)
    for wrong in (
        lines[1:],
        [*lines[:3], *lines[4:]],
        [lines[1], lines[0], *lines[2:]],
        [line.replace('"detail": {"', '"detail": {"x') if line == kept else line for line in lines],
        [*lines[:-2], lines[-1]],
    ):
        export.write_text("".join(wrong))
        assert run(store.directory).returncode == 1


def test_everything_that_can_be_found_is_described() -> None:
    assert set(re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE)) == set(What)
