"""The README's first command."""

from __future__ import annotations

import contextlib
import io
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from rich.console import Console

from sync.deletions.states import State
from sync.demo.outcome import Outcome
from sync.demo.stage import Case, Stage
from sync.demo.story import run
from tests.helpers.clients import new_client
from tests.helpers.commands import finished
from tests.helpers.console import Visitor, text_of
from tests.helpers.waiting import wait_for


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


# --- kept running --------------------------------------------------------------------------------

KEEP = [sys.executable, "-m", "sync.cli", "demo", "--keep"]
ENDS = "Ctrl-C ends the demo and removes everything.\n"


@dataclass(frozen=True, slots=True)
class Kept:
    """`demo --keep` in a process group of its own, as a shell starts it."""

    popen: subprocess.Popen[str]
    said: Sequence[str]
    """Line by line, up to and with the one that it was read until."""
    directory: Path
    """Where it may write."""

    def tell(self, number: signal.Signals, *, all_of_them: bool) -> None:
        """Send the signal, as a terminal does to the whole group, or to the first process."""
        (os.killpg if all_of_them else os.kill)(self.popen.pid, number)

    def left(self) -> list[str]:
        """What it has left: processes of its group, and files."""
        processes = []
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.popen.pid, 0)
            processes.append("a process")
        return [*processes, *(str(it) for it in self.directory.iterdir())]


@contextlib.contextmanager
def kept(directory: Path, until: str) -> Iterator[Kept]:
    """The command, once it has said `until`; killed at the end, with all that it has started."""
    popen = subprocess.Popen(
        KEEP,
        cwd=directory,
        env={**os.environ, "TMPDIR": str(directory), "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    assert popen.stdout is not None
    try:
        said = []
        for line in popen.stdout:
            said.append(line)
            if until in line:
                break
        assert until in said[-1], "".join(said)
        yield Kept(popen, said, directory)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(popen.pid, signal.SIGKILL)
        popen.wait()
        popen.stdout.close()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("number", "all_of_them"),
    [(signal.SIGINT, True), (signal.SIGTERM, False)],
    ids=["ctrl-c", "sigterm"],
)
def test_why_a_deletion_hangs_is_found_and_mended_in_the_console(
    tmp_path: Path, number: signal.Signals, all_of_them: bool
) -> None:
    with kept(tmp_path, ENDS) as demo:
        [url, token] = re.findall(
            r"^  (http://\S+/console)\n  (\S+)$", "".join(demo.said), re.MULTILINE
        )[0]
        base, _, path = url.rpartition("/")
        assert path == "console"
        with new_client(base) as client:
            visitor = Visitor(client)
            assert visitor.log_in(token=token).status_code == 303
            assert "has been active since the event" in text_of(visitor.get())
            listed = visitor.get("/deletions?state=held").text
            newest = re.findall(r'href="/console/deletions/(\d+)"', listed)[0]
            approval = f"/deletions/{newest}/approve"
            [csrf] = set(re.findall(r'name="csrf" value="([^"]+)"', visitor.get(approval).text))
            form = {"csrf": csrf, "number": newest, "why": "asked again"}
            done = visitor.post(approval, form, origin=base)
            assert done.status_code == 303
            wait_for(
                lambda: "verified" in text_of(visitor.get("/deletions?q=second-thoughts")),
                "the deletion is verified",
            )
        demo.tell(number, all_of_them=all_of_them)
        demo.popen.communicate()
        assert demo.popen.returncode == 0
        assert demo.left() == []


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_in_the_middle_of_its_story_it_ends_as_cleanly(
    tmp_path: Path, number: signal.Signals
) -> None:
    with kept(tmp_path, "bridge  http://") as demo:
        demo.tell(number, all_of_them=False)
        rest, _ = demo.popen.communicate()
        assert demo.popen.returncode == 130, rest
        assert "Traceback" not in rest
        assert demo.left() == []


@pytest.mark.slow
@pytest.mark.parametrize("package", ["jinja2", "itsdangerous"])
def test_without_the_consoles_packages_it_says_how_to_get_them(
    tmp_path: Path, package: str
) -> None:
    code = f"import sys; sys.modules[{package!r}] = None; from sync.cli.main import main; main()"
    done = finished("demo", "--keep", variables={}, cwd=tmp_path, code=code)
    assert done.code == 2
    assert "pip install '.[console]'" in done.err
    assert "uv run --extra console polar-sync demo --keep" in done.err
    assert done.out == ""
