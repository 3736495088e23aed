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
OF_THE_APP = {"EVENT_PRESET": "clerk", "DATABASE_URL": "postgresql://127.0.0.1/app"}
"""Variables that are the bridge's as well, and must not get there."""


def run(directory: Path, path: str, *options: str) -> tuple[int, str]:
    """The app's tests, in a copy of the kit; gives the exit code and what was said."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir=.", *options],
        cwd=directory,
        env={**OF_THE_APP, "PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The kit in an app's directory, whose `.env` is the app's."""
    shutil.copytree(KIT, tmp_path, dirs_exist_ok=True)
    (tmp_path / ".env").write_text("MAPPING=none\nPOLAR_BASE_URL=http://127.0.0.1:1\n")
    return tmp_path


def test_the_page_shows_the_files_as_they_are() -> None:
    page = (ROOT / "docs/testing-your-app.md").read_text()
    shown = dict(
        re.findall(r"<!-- tested: kits/pytest/(\S+) -->\n```\w+\n(.*?)```", page, re.DOTALL)
    )
    assert shown == {it.name: it.read_text() for it in KIT.iterdir() if it.is_file()}


@pytest.mark.slow
def test_it_passes_and_can_fail(copy: Path) -> None:
    # `polar-sync` is on the PATH of who has installed it.
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    code, said = run(copy, path)
    assert code == 0, said
    assert "3 passed" in said
    app = copy / "account.py"
    text = app.read_text()
    app.write_text(text.replace('"webhook-signature"', '"signature"'))
    code, said = run(copy, path, "-k", "pays_no_more")
    assert code == 1, said
    assert "1 failed" in said
    assert "401" in said


@pytest.mark.slow
def test_without_polar_sync_it_says_how_to_get_it(copy: Path) -> None:
    code, said = run(copy, "/nowhere")
    assert code == 1
    assert "3 errors" in said
    assert "polar-sync is not on the PATH" in said
    assert "uv tool install" in said
    assert "Traceback" not in said
    assert "FileNotFoundError" not in said
