"""The image and what composes it. No container engine runs here: the linters read the files, and
one test carries the Dockerfile's steps out by hand, in directories of its own."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from sync.demo.processes import free_port
from tests.helpers.packages import bare, find_uv
from tests.helpers.servers import ROOT
from tests.helpers.settings import EVENT_SECRET, HASH_KEY, POLAR_SECRET
from tests.helpers.waiting import WAIT

SCRIPTS = Path(sys.executable).parent
COMPOSED = ("compose.yaml", "compose.postgres.yaml")


def test_the_linter_has_nothing_to_say_of_the_dockerfile() -> None:
    result = subprocess.run(
        [SCRIPTS / "hadolint", "--no-color", "Dockerfile"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (result.returncode, result.stdout) == (0, "")


@pytest.mark.slow
def test_the_composed_files_are_of_their_schema() -> None:
    command = [
        str(SCRIPTS / "check-jsonschema"),
        "--builtin-schema",
        "vendor.compose-spec",
        *COMPOSED,
    ]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout


def instructions() -> Iterator[tuple[str, str]]:
    """Of the Dockerfile, in order: the instruction and what follows it."""
    text = (ROOT / "Dockerfile").read_text()
    lines = re.sub(r"\\\n\s*", "", re.sub(r"^#.*\n", "", text, flags=re.MULTILINE)).splitlines()
    for line in filter(None, lines):
        name, _, rest = line.partition(" ")
        yield name, rest


@dataclass
class Stage:
    """One stage, in a directory that stands for the root of its file system."""

    root: Path
    where: str = "/"
    variables: dict[str, str] = field(default_factory=dict)

    def at(self, path: str) -> Path:
        return self.root / (Path(self.where) / path).relative_to("/")

    def run(self, command: str) -> None:
        inside = re.sub(r"(?<![\w./])/(app|data)\b", rf"{self.root}/\1", command)
        environment = {**bare(), **self.variables}
        subprocess.run(inside, shell=True, cwd=self.at("."), env=environment, check=True)  # noqa: S602

    def env(self, rest: str) -> None:
        for name, value in (part.split("=", 1) for part in shlex.split(rest)):
            self.variables[name] = value.replace("$PATH", os.environ["PATH"]).replace(
                "/app/", f"{self.root}/app/"
            )


@pytest.mark.slow
def test_its_steps_by_hand_make_a_bridge_that_serves_and_stops(tmp_path: Path) -> None:
    """Not in a container: what takes root or another user's files, `useradd` and `install`, is left
    out, and so is installing uv, which is here."""
    find_uv()
    stages: list[Stage] = []
    rest_of: dict[str, str] = {}
    for name, rest in instructions():
        rest_of[name] = rest
        if name == "FROM":
            assert rest.startswith("python:3.13-slim")
            stages.append(Stage(tmp_path / str(len(stages))))
            stages[-1].root.mkdir()
            continue
        stage = stages[-1]
        if name == "WORKDIR":
            stage.where = rest
            stage.at(".").mkdir(exist_ok=True)
        elif name == "ENV":
            stage.env(rest)
        elif name == "COPY":
            source = stages[0].root if rest.startswith("--from=build ") else ROOT
            *names, target = rest.removeprefix("--from=build ").split()
            for it in names:
                copied, to = source / it.lstrip("/"), stage.at(target)
                if copied.is_dir():
                    to.parent.mkdir(parents=True, exist_ok=True)
                    ignored = shutil.ignore_patterns("__pycache__")
                    shutil.copytree(copied, to, symlinks=True, ignore=ignored)
                else:
                    shutil.copy(copied, to)
        elif name == "RUN" and not rest.startswith(("pip install", "useradd")):
            stage.run(rest)
        else:
            assert name in {"RUN", "USER", "EXPOSE", "HEALTHCHECK", "ENTRYPOINT", "CMD"}

    final = stages[-1]
    # The environment's scripts name the directory that they were made in.
    for script in (final.root / "app/.venv/bin").iterdir():
        if script.is_file() and not script.is_symlink():
            text = script.read_bytes()
            script.write_bytes(text.replace(bytes(stages[0].root), bytes(final.root)))
    with tempfile.TemporaryDirectory(dir=volume()) as data:
        serves_and_stops(final, rest_of, Path(data))


def volume() -> str:
    """A directory on a file system of its own, as a volume is."""
    shared = Path("/dev/shm")  # noqa: S108 - nothing else is mounted everywhere
    if not shared.is_dir() or shared.stat().st_dev == Path("/").stat().st_dev:
        pytest.skip("nothing is mounted that could stand for a volume")
    return str(shared)


def serves_and_stops(stage: Stage, rest_of: Mapping[str, str], data: Path) -> None:
    variables = {
        **bare(),
        **stage.variables,
        "DATABASE_URL": f"sqlite:///{data}/polar-sync.db",
        "HOST": "127.0.0.1",
        "PORT": str(free_port()),
        "POLAR_ACCESS_TOKEN": "polar_oat_test",
        "POLAR_WEBHOOK_SECRETS": POLAR_SECRET,
        "EVENT_SECRETS": EVENT_SECRET,
        "HASH_KEY": HASH_KEY,
        "POLAR_BASE_URL": "http://127.0.0.1:1",
    }
    entry = json.loads(rest_of["ENTRYPOINT"])
    program = str(stage.root / "app/.venv/bin" / entry[0])
    health = json.loads(rest_of["HEALTHCHECK"].partition("CMD ")[2])
    with subprocess.Popen(
        [program, *json.loads(rest_of["CMD"])],
        cwd=data,
        env=variables,
        stderr=subprocess.PIPE,
        text=True,
    ) as serve:
        try:
            assert serve.stderr is not None
            assert any("running on" in line for line in serve.stderr)
            healthy = subprocess.run(
                [program, *health[1:]], cwd=data, env=variables, capture_output=True, check=False
            )
            assert healthy.returncode == 0, healthy.stderr
            serve.send_signal(signal.SIGTERM)
            assert serve.wait(WAIT) == 0
        finally:
            serve.kill()
    unhealthy = subprocess.run(
        [program, *health[1:]], cwd=data, env=variables, capture_output=True, check=False
    )
    assert unhealthy.returncode == 1
    assert b"nobody answers" in unhealthy.stderr
    variables["DATABASE_URL"] = "sqlite:////opt/nowhere/polar-sync.db"
    refused = subprocess.run(
        [program, "serve"], cwd=data, env=variables, capture_output=True, check=False
    )
    assert refused.returncode == 2
    assert b"which is on no volume" in refused.stderr
