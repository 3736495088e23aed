"""The documentation as a site, built anew."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from tests.helpers.servers import ROOT


def build(directory: Path) -> Path:
    """Build it there, strictly; returns where its pages are."""
    shutil.copy(ROOT / "zensical.toml", directory)
    shutil.copytree(ROOT / "docs", directory / "docs")
    result = subprocess.run(
        [sys.executable, "-m", "zensical", "build", "--strict"],
        cwd=directory,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return directory / "dist/site"
