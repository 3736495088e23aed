"""The units, held against systemd where it is there, and what they start, started as they say."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from sync.demo.processes import free_port
from tests.helpers.servers import ROOT
from tests.helpers.settings import environment
from tests.helpers.waiting import WAIT

UNITS = ROOT / "deploy/systemd"
NAMES = ("polar-sync.service", "polar-sync-worker.service")
EXPOSURE = 12
"""In tenths: what docs/deploying.md names."""


@pytest.fixture
def analyze() -> str:
    found = shutil.which("systemd-analyze")
    if found is None:
        assert not os.environ.get("NOTHING_SKIPPED"), "systemd is not installed: see .ci/run"
        pytest.skip("systemd-analyze is not on the PATH")
    return found


def values(name: str) -> dict[str, str]:
    """What the unit sets; of what is set twice, the last."""
    return dict(re.findall(r"^(\w+)=(.*)$", (UNITS / name).read_text(), re.MULTILINE))


@pytest.mark.parametrize("name", NAMES)
def test_systemd_understands_it_and_finds_it_closed(
    analyze: str, tmp_path: Path, name: str
) -> None:
    unit = tmp_path / name
    text = (UNITS / name).read_text()
    # The program is not where the unit has it.
    unit.write_text(re.sub("^ExecStart=.*", "ExecStart=/bin/true", text, flags=re.MULTILINE))
    for command in (
        ["verify", "--man=no", "--recursive-errors=no"],
        ["security", "--offline=true", "--no-pager", f"--threshold={EXPOSURE}"],
    ):
        said = subprocess.run(
            [analyze, *command, unit], capture_output=True, text=True, check=False
        )
        assert said.returncode == 0, said.stdout + said.stderr
    assert f"exposure level for {name}: {EXPOSURE / 10}" in said.stdout
    assert f"{EXPOSURE / 10} OK" in (ROOT / "docs/deploying.md").read_text()


def test_the_worker_differs_in_nothing_but_what_it_does() -> None:
    server, worker = map(values, NAMES)
    differing = {name for name in server | worker if server.get(name) != worker.get(name)}
    assert differing == {"Description", "After", "ExecStart"}


def started(name: str, directory: Path, variables: dict[str, str]) -> subprocess.Popen[str]:
    """What the unit starts, in the directory that stands for its state's."""
    program, *arguments = shlex.split(values(name)["ExecStart"])
    assert program == "/opt/polar-sync/bin/polar-sync"
    return subprocess.Popen(
        [Path(sys.executable).parent / "polar-sync", *arguments],
        cwd=directory,
        env={"PATH": os.environ["PATH"], **variables},
        stderr=subprocess.PIPE,
        text=True,
    )


def write_settings(directory: Path, **overrides: str) -> None:
    """As `polar-sync init` does."""
    variables = environment(directory / "polar-sync.db", PORT=str(free_port()), **overrides)
    text = "".join(f"{name}={value}\n" for name, value in variables.items())
    file = directory / ".env"
    file.write_text(text)
    file.chmod(0o600)


@pytest.mark.slow
def test_what_they_start_reads_the_settings_there_and_stops_in_time(tmp_path: Path) -> None:
    write_settings(tmp_path)
    for name, up in zip(NAMES, ("running on", "worker has started"), strict=True):
        with started(name, tmp_path, {}) as process:
            try:
                assert process.stderr is not None
                assert any(up in line for line in process.stderr)
                process.send_signal(signal.SIGTERM)
                assert process.wait(WAIT) == 0
            finally:
                process.kill()


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_wrong_settings_are_what_it_is_not_started_again_for(tmp_path: Path, name: str) -> None:
    write_settings(tmp_path, WORKER="nobody")
    with started(name, tmp_path, {}) as process:
        process.communicate(timeout=WAIT)
    assert str(process.returncode) == values(name)["RestartPreventExitStatus"]
