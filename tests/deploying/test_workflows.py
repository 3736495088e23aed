"""What GitHub runs: linted here, and the steps of a release that need no GitHub carried out."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.helpers.packages import bare, find_uv
from tests.helpers.servers import ROOT

SCRIPTS = Path(sys.executable).parent
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
RELEASE = ROOT / ".github/workflows/release.yml"
PINNED = re.compile(r"[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+")


@pytest.mark.slow
def test_they_are_of_their_schema() -> None:
    checker = [str(SCRIPTS / "check-jsonschema"), "--builtin-schema", "vendor.github-workflows"]
    said = subprocess.run([*checker, *WORKFLOWS], capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stdout


def test_the_linter_finds_nothing_unsafe_in_them() -> None:
    command = [str(SCRIPTS / "zizmor"), "--offline", "--pedantic", "--quiet", *map(str, WORKFLOWS)]
    said = subprocess.run(command, capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stdout


def test_every_action_is_pinned_to_one_commit_and_names_its_version() -> None:
    commits: dict[str, set[str]] = {}
    for workflow in WORKFLOWS:
        for used in re.findall(r"uses: (.*)", workflow.read_text()):
            assert PINNED.fullmatch(used), used
            action, _, pinned = used.partition("@")
            commits.setdefault(action, set()).add(pinned)
    assert len(commits) > 5
    assert all(len(pinned) == 1 for pinned in commits.values())


def step(name: str) -> str:
    """What that step of the release's first job runs."""
    steps: list[dict[str, Any]] = yaml.safe_load(RELEASE.read_text())["jobs"]["build"]["steps"]
    (found,) = [it["run"] for it in steps if it.get("name", "").startswith(name)]
    return str(found)


def run(name: str, directory: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """The step in a copy of what it reads, as GitHub runs it."""
    for file in ("pyproject.toml", "uv.lock", "CHANGELOG.md", "README.md"):
        shutil.copy(ROOT / file, directory / file)
    environment = bare() | {"UV_PYTHON_DOWNLOADS": "never"} | variables
    environment["PATH"] = f"{Path(find_uv()).parent}:{environment['PATH']}"
    return subprocess.run(
        ["/bin/bash", "-e", "-o", "pipefail", "-c", step(name)],
        cwd=directory,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.slow
@pytest.mark.parametrize(("more", "code"), [("", 0), (".1", 1)])
def test_a_tag_is_the_version_that_the_changelog_has(tmp_path: Path, more: str, code: int) -> None:
    said = run("The tag is", tmp_path, GITHUB_REF_NAME=f"v{version('polar-sync')}{more}")
    assert said.returncode == code, said.stderr


@pytest.mark.slow
def test_the_bill_of_materials_names_what_the_lock_file_has(tmp_path: Path) -> None:
    made = run("Bill of materials", tmp_path)
    assert made.returncode == 0, made.stderr
    bill = json.loads((tmp_path / "sbom/polar-sync.cdx.json").read_text())
    assert bill["bomFormat"] == "CycloneDX"
    assert bill["metadata"]["component"]["name"] == "polar-sync"
    names = {component["name"] for component in bill["components"]}
    assert {"starlette", "psycopg", "sqlalchemy", "opentelemetry-sdk"} <= names
    assert "pytest" not in names
