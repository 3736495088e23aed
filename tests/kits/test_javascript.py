"""Polar's JavaScript SDK and vitest against the simulator; the Better Auth plugin as a package."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.helpers.servers import ROOT
from tests.kits.conftest import HERE, KITS, NODE

PAGE = (ROOT / "docs/testing-your-app.md").read_text()
SHOWN = re.findall(r"<!-- tested: (kits/vitest/[\w.-]+) -->\n```js\n(.*?)```", PAGE, re.DOTALL)


WHERE_POLAR_SYNC_IS = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
VITEST = ("../node_modules/vitest/vitest.mjs", "run", "--reporter=json")


def run(
    directory: Path, *command: str, path: str = WHERE_POLAR_SYNC_IS
) -> subprocess.CompletedProcess[str]:
    # Variables that are the bridge's as well, and must not get there.
    of_the_app = {"EVENT_PRESET": "clerk", "DATABASE_URL": "postgresql://127.0.0.1/app"}
    return subprocess.run(
        [NODE, *command],
        cwd=directory,
        env={**os.environ, "PATH": path, "NO_COLOR": "1", **of_the_app},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.slow
def test_the_official_sdk_and_an_app_under_vitest(node_directory: Path) -> None:
    result = run(node_directory / "vitest", *VITEST)
    assert result.returncode == 0, result.stdout + result.stderr
    report = json.loads(result.stdout)
    files = {Path(it["name"]).name for it in report["testResults"]}
    assert files == {"account.test.mjs", "sdk.test.mjs"}
    assert report["numPassedTests"] == report["numTotalTests"] > 9


def test_the_page_shows_the_files_of_the_kit() -> None:
    assert {name for name, _ in SHOWN} == {
        str(it.relative_to(ROOT)) for it in KITS.glob("vitest/*")
    }
    for name, text in SHOWN:
        assert text == (ROOT / name).read_text(), name


@pytest.mark.slow
def test_an_app_that_does_not_sign_fails_under_vitest(packages: Path, tmp_path: Path) -> None:
    shutil.copytree(KITS / "vitest", tmp_path / "vitest")
    (tmp_path / "node_modules").symlink_to(packages)
    app = tmp_path / "vitest/account.mjs"
    app.write_text(app.read_text().replace("'webhook-signature'", "'signature'"))
    result = run(tmp_path / "vitest", *VITEST, "--testNamePattern=pays no more")
    assert result.returncode == 1
    assert json.loads(result.stdout)["numFailedTests"] == 1
    assert "polar-sync answered 401" in result.stdout


@pytest.mark.slow
def test_without_polar_sync_vitest_says_how_to_get_it(node_directory: Path) -> None:
    result = run(node_directory / "vitest", *VITEST, path="/nowhere")
    assert result.returncode == 1
    assert "polar-sync is not on the PATH" in result.stderr
    assert "uv tool install" in result.stderr
    assert "spawn polar-sync ENOENT" not in result.stderr


@pytest.mark.slow
def test_the_types_of_the_plugin(node_directory: Path) -> None:
    options = ("--noEmit", "--strict", "--skipLibCheck", "--module", "nodenext")
    result = run(node_directory, "node_modules/typescript/bin/tsc", *options, "apps/types.mts")
    assert result.returncode == 0, result.stdout


def test_the_package_has_every_file_of_the_plugin() -> None:
    directory = KITS / "better-auth"
    package = json.loads((directory / "package.json").read_text())
    code = {it.name for it in directory.glob("*.m*s")}
    assert set(package["files"]) == code


def test_the_locked_packages_come_from_whichever_registry_npm_uses() -> None:
    packages = json.loads((HERE / "package-lock.json").read_text())["packages"]
    assert len(packages) > 50
    assert not [name for name, package in packages.items() if "resolved" in package]
