"""Installed as an application: from the wheel, into a home of its own, and nowhere else."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest

from tests.helpers.packages import bare, find_uv
from tests.helpers.servers import ROOT

pytestmark = pytest.mark.slow

BASE = Path(getattr(sys, "_base_executable", sys.executable))
"""The Python that environments are made from."""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory with the wheel and the sdist."""
    directory = tmp_path_factory.mktemp("dist")
    subprocess.run([find_uv(), "build", "--quiet", "-o", directory], cwd=ROOT, check=True)
    return directory


@pytest.fixture(scope="module")
def wheel(built: Path) -> Path:
    (found,) = built.glob("*.whl")
    return found


def version() -> str:
    project: dict[str, str] = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return project["version"]


def contents(directory: Path) -> str:
    """Every name in it, with the size and the time of writing; not what Python compiles."""
    found = hashlib.sha256()
    for path in sorted(directory.rglob("*")):
        if "__pycache__" not in path.parts:
            about = path.lstat()
            found.update(f"{path} {about.st_size} {about.st_mtime_ns}\n".encode())
    return found.hexdigest()


def site_packages(python: Path) -> Path:
    code = "import sysconfig; print(sysconfig.get_path('purelib'))"
    return Path(subprocess.check_output([python, "-I", "-c", code], text=True).strip())


def at_home(home: Path) -> dict[str, str]:
    """The environment of somebody whose home that is."""
    # What was fetched before need not be fetched again.
    cache = subprocess.check_output([find_uv(), "cache", "dir"], text=True).strip()
    return bare() | {"HOME": str(home), "UV_CACHE_DIR": cache, "UV_PYTHON_DOWNLOADS": "never"}


def test_as_a_tool_it_runs_and_nothing_outside_its_environment_changes(
    wheel: Path, tmp_path: Path
) -> None:
    home, work = tmp_path / "home", tmp_path / "work"
    home.mkdir()
    work.mkdir()
    others = [site_packages(BASE), site_packages(Path(sys.executable))]
    before = [contents(it) for it in others]
    environment = at_home(home)
    subprocess.run(
        [find_uv(), "tool", "install", "--quiet", "--python", BASE, wheel],
        env=environment,
        cwd=work,
        check=True,
    )
    program = home / ".local/bin/polar-sync"
    said = subprocess.check_output([program, "--version"], env=environment, cwd=work, text=True)
    assert said == f"polar-sync {version()}\n"
    shown = subprocess.run(
        [program, "demo"], env=environment, cwd=work, capture_output=True, text=True, check=False
    )
    assert shown.returncode == 0, shown.stdout + shown.stderr
    assert "no personal data" in shown.stdout

    assert [contents(it) for it in others] == before
    assert list(work.iterdir()) == []
    inside = home / ".local/share/uv/tools"
    written = [it for it in home.rglob("*") if it.is_file() and inside not in it.parents]
    assert [it for it in written if it.name != ".lock"] == [program]
    for name in ("app", "sync"):
        found = subprocess.run(
            [BASE, "-I", "-c", f"import {name}"], capture_output=True, check=False, cwd=work
        )
        assert found.returncode == 1, f"{name} can be imported where nobody has installed it"


def test_pipx_installs_it_too(wheel: Path, tmp_path: Path) -> None:
    environment = at_home(tmp_path)
    subprocess.run(
        [find_uv(), "tool", "run", "--quiet", "pipx", "install", "--quiet", wheel],
        env=environment,
        check=True,
    )
    said = subprocess.check_output(
        [tmp_path / ".local/bin/polar-sync", "--version"], env=environment, text=True
    )
    assert said == f"polar-sync {version()}\n"


def test_the_wheel_holds_the_code_its_licence_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    tracked = {
        str(path.relative_to(ROOT))
        for package in ("app", "sync")
        for path in (ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    metadata = f"polar_sync-{version()}.dist-info"
    assert {name for name in names if not name.startswith(metadata)} == tracked
    assert f"{metadata}/licenses/LICENSE" in names


def test_the_sdist_holds_what_its_tests_need(built: Path, tmp_path: Path) -> None:
    """All of them are collected in it; what they read is there."""
    (sdist,) = built.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        archive.extractall(tmp_path, filter="data")
    (unpacked,) = tmp_path.iterdir()
    # Its own code, not that of the environment.
    environment = os.environ | {"PYTHONPATH": str(unpacked), "PYTEST_ADDOPTS": ""}
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-n", "0", "-p", "no:cov"]
    collected = subprocess.run(
        command, cwd=unpacked, env=environment, capture_output=True, text=True, check=False
    )
    assert collected.returncode == 0, collected.stdout[-2000:]
    there = {str(path.relative_to(unpacked)) for path in unpacked.rglob("*") if path.is_file()}
    assert {"PKG-INFO"} <= there
    left_out = {name for name in tracked() if name not in there} - NOT_IN_THE_SDIST
    assert left_out == set()


NOT_IN_THE_SDIST = {".pre-commit-config.yaml"}
"""Tracked, and of use only in a clone."""


def tracked() -> list[str]:
    """What git has; in an sdist, which has no git, nothing."""
    said = subprocess.run(
        ["git", "ls-files"],  # noqa: S607 - of whoever runs the tests
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return said.stdout.splitlines() if said.returncode == 0 else []
