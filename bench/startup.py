"""How long the command line takes to start, and what an idle server costs. Linux only.

In each round, for this checkout and each `--against` (a directory with a `.venv`), in turn:

    line     python -c "import sqlalchemy, pydantic, httpx, starlette", the measure of the next two
    help     polar-sync --help           goal: at most 0.4 of the line
    status   polar-sync status           goal: at most 1.2 of the line
    ready    from the beginning of `migrate` until /readyz answers 200, on a new SQLite file
    together of `serve --migrate` in place of these two commands, until the same
    memory   of that server, idle, with WORKER=embedded; goal: 75 MB resident
    imports  what a process has in memory that does nothing but import the libraries that are fixed

Prints medians. A round before the first, which is not counted, compiles what is imported.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import statistics
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Sequence
from pathlib import Path

from harness import parser

HERE = Path(__file__).parent.parent
LINE = "import sqlalchemy, pydantic, httpx, starlette"
FIXED = "import httpx, sqlmodel, standardwebhooks, starlette.applications, uvicorn"
IDLE = 2.0
"""Seconds after which a server that is ready is taken to be idle."""
PATIENCE = 60.0
SETTINGS = {
    "POLAR_ACCESS_TOKEN": "polar_oat_bench",
    "POLAR_WEBHOOK_SECRETS": "polar_whs_nobody_sends_anything",
    "EVENT_SECRETS": "bm9ib2R5IHNlbmRzIGFueXRoaW5n",
    "HASH_KEY": "0123456789abcdef" * 2,
    "POLAR_BASE_URL": "http://127.0.0.1:9",
    "WORKER": "embedded",
}

Round = dict[str, float]


class Deployment:
    """A bridge of one checkout, on a new SQLite file in the directory."""

    def __init__(self, checkout: Path, directory: Path) -> None:
        self._bin = checkout / ".venv" / "bin"
        self._directory = directory
        kept = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
        url = f"sqlite:///{directory / 'bench.db'}"
        self._environment = {**kept, **SETTINGS, "DATABASE_URL": url}

    def start(
        self, program: str, *arguments: str, stdout: int = subprocess.DEVNULL
    ) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [self._bin / program, *arguments],
            cwd=self._directory,
            env=self._environment,
            stdout=stdout,
            stderr=subprocess.PIPE,
        )

    def output(self, program: str, *arguments: str) -> str:
        """What it has said once it has ended."""
        with self.start(program, *arguments, stdout=subprocess.PIPE) as process:
            out, errors = process.communicate()
        assert process.returncode == 0, errors.decode()
        return out.decode()

    def seconds(self, program: str, *arguments: str) -> float:
        """Until it has ended."""
        begun = time.perf_counter()
        self.output(program, *arguments)
        return time.perf_counter() - begun

    def importing(self) -> float:
        """Megabytes of a process that imports what is fixed."""
        code = f"{FIXED}; print(open('/proc/self/smaps_rollup').read())"
        return megabytes(self.output("python", "-c", code))["Rss:"]

    def until_ready(self, *options: str) -> tuple[float, float, float]:
        """Seconds until a server is ready, and its memory once it is idle."""
        port = free_port()
        begun = time.perf_counter()
        with self.start("polar-sync", "serve", "--port", str(port), *options) as server:
            try:
                wait_until_ready(f"http://127.0.0.1:{port}/readyz")
                ready = time.perf_counter() - begun
                time.sleep(IDLE)
                found = megabytes(Path(f"/proc/{server.pid}/smaps_rollup").read_text())
            finally:
                server.send_signal(signal.SIGTERM)
        return ready, found["Rss:"], found["Pss:"]

    def measure(self) -> Round:
        migrating = self.seconds("polar-sync", "migrate")
        ready, resident, proportional = self.until_ready()
        status = self.seconds("polar-sync", "status")
        for file in self._directory.glob("bench.db*"):
            file.unlink()
        together, _, _ = self.until_ready("--migrate")
        return {
            "line": self.seconds("python", "-c", LINE),
            "help": self.seconds("polar-sync", "--help"),
            "status": status,
            "ready": migrating + ready,
            "together": together,
            "resident": resident,
            "proportional": proportional,
            "imports": self.importing(),
        }


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_until_ready(url: str) -> None:
    give_up_at = time.monotonic() + PATIENCE
    while time.monotonic() < give_up_at:
        with contextlib.suppress(OSError):
            urllib.request.urlopen(url, timeout=PATIENCE).close()  # noqa: S310 - on loopback
            return
        time.sleep(0.01)
    raise TimeoutError(url)


def megabytes(rollup: str) -> dict[str, float]:
    """What the kernel says of a process's memory. `Rss:` is all that it has; in `Pss:` pages that
    are shared are divided among those that share them."""
    lines = (line.split() for line in rollup.strip().splitlines()[1:])
    return {name: int(size) * 1024 / 1e6 for name, size, _ in lines}


def measure(checkouts: Sequence[Path], rounds: int) -> dict[str, Round]:
    """The medians of each checkout, by its directory."""
    measured: dict[Path, list[Round]] = {checkout: [] for checkout in checkouts}
    for _ in range(rounds + 1):
        for checkout, found in measured.items():
            with tempfile.TemporaryDirectory() as directory:
                found.append(Deployment(checkout, Path(directory)).measure())
    return {str(checkout): medians(found[1:]) for checkout, found in measured.items()}


def medians(rounds: Sequence[Round]) -> Round:
    def median(name: str) -> float:
        return statistics.median(found[name] for found in rounds)

    return {
        "help_to_line": statistics.median(found["help"] / found["line"] for found in rounds),
        "status_to_line": statistics.median(found["status"] / found["line"] for found in rounds),
        "ready_seconds": median("ready"),
        "ready_to_line": statistics.median(found["ready"] / found["line"] for found in rounds),
        "together_seconds": median("together"),
        "resident_mb": median("resident"),
        "proportional_mb": median("proportional"),
        "imports_mb": median("imports"),
        "line_seconds": median("line"),
    }


def main() -> None:
    command = parser(__doc__)
    command.add_argument("--rounds", type=int, default=7, help="default: %(default)s")
    command.add_argument(
        "--against",
        metavar="DIR",
        type=lambda text: Path(text).resolve(),
        action="append",
        default=[],
        help="measure this checkout too",
    )
    given = command.parse_args()
    found = measure([HERE, *given.against], given.rounds)
    if given.json:
        print(json.dumps(found, indent=2))
        return
    for checkout, figures in found.items():
        print(checkout)
        print(f"  --help / line                  {figures['help_to_line']:6.2f}")
        print(f"  status / line                  {figures['status_to_line']:6.2f}")
        print(
            f"  migrate until ready            {figures['ready_seconds']:6.2f} s,"
            f" {figures['ready_to_line']:.1f} lines"
        )
        print(f"  serve --migrate until ready    {figures['together_seconds']:6.2f} s")
        print(
            f"  idle server                    {figures['resident_mb']:6.1f} MB resident,"
            f" {figures['proportional_mb']:.1f} MB proportional"
        )
        print(f"  the fixed libraries alone      {figures['imports_mb']:6.1f} MB resident")
        print(f"  line                           {figures['line_seconds']:6.2f} s")


if __name__ == "__main__":
    main()
