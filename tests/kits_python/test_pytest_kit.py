"""The kit for an app's own tests, run as somebody would who has copied it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.helpers.servers import ROOT

KIT = ROOT / "kits/pytest"


def test_the_page_shows_the_files_as_they_are() -> None:
    page = (ROOT / "docs/testing-your-app.md").read_text()
    shown = dict(
        re.findall(r"<!-- tested: kits/pytest/(\S+) -->\n```\w+\n(.*?)```", page, re.DOTALL)
    )
    assert shown == {it.name: it.read_text() for it in KIT.iterdir() if it.is_file()}


@pytest.mark.slow
def test_it_passes_and_can_fail(tmp_path: Path) -> None:
    shutil.copytree(KIT, tmp_path, dirs_exist_ok=True)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir=."]
    # `polar-sync` is on the PATH of who has installed it.
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"

    def run() -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command,
            cwd=tmp_path,
            env={"PATH": path},
            capture_output=True,
            text=True,
            check=False,
        )

    passed = run()
    assert passed.returncode == 0, passed.stdout + passed.stderr
    assert "2 passed" in passed.stdout
    app = tmp_path / "account.py"
    app.write_text(app.read_text().replace("self.polar.customers.delete_external", "print"))
    broken = run()
    assert broken.returncode == 1, broken.stdout + broken.stderr
    assert "2 failed" in broken.stdout
