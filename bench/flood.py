"""What strangers can do to a server. Prints peak memory and the latency of honest events.

Strangers, with no signature: 100 MB of pipelined requests on each of eight connections; heads that
do not end; 800 connections that send most of a body and wait; all of these at once, for as long as
it takes to send the honest events. Each attack meets a server of its own, on SQLite. Honest: signed
webhooks of 2 to 6 KiB, one after the other, half of them each on a connection of its own.
Goals: peak memory within 150 MB of idle; p99 at most 5 times that without a flood.
"""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import os
import re
import selectors
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from harness import parser
from ingest import SECRET, Connection, requests

from sync.migrations.upgrade import migrate

HERE = Path(__file__).parent
PIPELINED = b"GET /livez HTTP/1.1\r\nhost: bench\r\n\r\n"
MEGABYTE = 1_000_000
ATTACKERS = 2
"""Processes that attack: one could not keep up with the server."""


def pipelined(port: int, share: int) -> None:
    """100 MB on each of `share` connections, over and over; no answer is read."""
    block = PIPELINED * (MEGABYTE // len(PIPELINED))
    _send_forever(port, share, lambda: iter([block] * 100))


def heads(port: int, share: int) -> None:
    """A head of 100 MB on each of `share` connections, over and over."""
    start = b"POST /events HTTP/1.1\r\nhost: bench\r\n"
    lines = b"x-header: value\r\n" * (MEGABYTE // 17)
    _send_forever(port, share, lambda: iter([start] + [lines] * 100))


def bodies(port: int, share: int) -> None:
    """All but the last byte of 1 MiB on each of `share` connections, which then wait."""
    size = 1_048_576
    head = b"POST /events HTTP/1.1\r\nhost: bench\r\ncontent-type: application/json\r\n"
    head += f"content-length: {size}\r\n\r\n".encode()
    _send_forever(port, share, lambda: iter([head, b"x" * (size - 1)]))


ATTACKS: dict[str, list[tuple[Callable[[int, int], None], int]]] = {
    "pipelined": [(pipelined, 8)],
    "heads": [(heads, 8)],
    "bodies": [(bodies, 800)],
    "all": [(pipelined, 8), (heads, 8), (bodies, 800)],
}
"""Each with how many connections it has."""


def _send_forever(port: int, connections: int, parts: Callable[[], Iterator[bytes]]) -> None:
    """Send on so many connections at once. One that the server closes is opened again."""
    selector = selectors.DefaultSelector()

    def opened() -> None:
        connection = socket.socket()
        connection.setblocking(False)
        connection.connect_ex(("127.0.0.1", port))
        # Answers that nobody reads must not keep the attacker busy, who has the same processors.
        selector.register(connection, selectors.EVENT_WRITE, [b"", parts()])

    for _ in range(connections):
        opened()
    while True:
        for key, events in selector.select():
            try:
                if events & selectors.EVENT_READ and not key.fileobj.recv(65_536):  # type: ignore[union-attr]
                    raise ConnectionResetError
                if events & selectors.EVENT_WRITE:
                    part = key.data[0] or next(key.data[1], b"")
                    if not part:
                        # It waits, until the server has had enough of it.
                        selector.modify(key.fileobj, selectors.EVENT_READ, key.data)
                        continue
                    sent = key.fileobj.send(part)  # type: ignore[union-attr]
                    key.data[0] = part[sent:]
            except BlockingIOError:
                continue
            except OSError:
                selector.unregister(key.fileobj)
                key.fileobj.close()  # type: ignore[union-attr]
                opened()


@dataclass(frozen=True)
class Server:
    port: int
    pid: int

    def megabytes(self, name: str) -> float:
        """`VmRSS`: now; `VmHWM`: at most so far."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        found = re.search(rf"{name}:\s+(\d+) kB", status)
        assert found, status
        return int(found[1]) * 1024 / MEGABYTE


@contextlib.contextmanager
def serving(code: Path, http: str | None) -> Iterator[Server]:
    """The bridge as a deployment has it. `http`: in place of its own protocol."""
    with contextlib.ExitStack() as stack:
        directory = stack.enter_context(tempfile.TemporaryDirectory())
        url = f"sqlite:///{directory}/bench.db"
        migrate(url)
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        port: int = listener.getsockname()[1]
        listener.close()
        command = [sys.executable, "-m", "sync.cli", "serve", "--port", str(port)]
        if http is not None:
            command = [sys.executable, "-m", "uvicorn", "app.main:create_app", "--factory"]
            command += ["--http", http, "--port", str(port), "--no-access-log"]
        environment = {
            **os.environ,
            "POLAR_ACCESS_TOKEN": "polar_oat_bench",
            "POLAR_WEBHOOK_SECRETS": SECRET.get_secret_value(),
            "EVENT_SECRETS": "bm9ib2R5IHNlbmRzIGFueXRoaW5n",
            "HASH_KEY": "0123456789abcdef" * 2,
            "DATABASE_URL": url,
            "WORKER": "separate",
            "PYTHONPATH": str(code),
        }
        log = stack.enter_context(Path(directory, "log").open("wb"))
        process = stack.enter_context(
            subprocess.Popen(command, cwd=directory, env=environment, stderr=log)
        )
        stack.callback(process.kill)
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
                break
            time.sleep(0.05)
        yield Server(port, process.pid)


@dataclass(frozen=True)
class Latency:
    p50: float
    p99: float
    again: int
    """How often an event had to be sent again."""


def honest(port: int, made: list[bytes]) -> Latency:
    """Send the events one after the other, each until it is taken."""
    took: list[float] = []
    again = 0
    kept: Connection | None = None
    for number, request in enumerate(made):
        started = time.perf_counter()
        while True:
            connection = kept if number % 2 and kept is not None else None
            try:
                connection = connection or Connection(port)
                connection.socket.settimeout(60)
                connection.send(request)
                while connection.received() is None:
                    pass
                break
            except (OSError, AssertionError):
                again += 1
                kept = None
        took.append(time.perf_counter() - started)
        if number % 2:
            kept = connection
        elif connection is not kept:
            connection.socket.close()
    took.sort()
    return Latency(took[len(took) // 2], took[int(len(took) * 0.99)], again)


@dataclass(frozen=True)
class Figures:
    attack: str
    idle_mb: float
    peak_mb: float
    above_idle_mb: float
    p50_ms: float
    p99_ms: float
    p50_times: float
    """Of that of the same server before the flood."""
    p99_times: float
    sent_again: int


def measure(attack: str, events: int, code: Path, http: str | None) -> Figures:
    with serving(code, http) as server, contextlib.ExitStack() as stack:
        honest(server.port, requests(events // 4))
        before = honest(server.port, requests(events))
        idle = server.megabytes("VmRSS")
        for flood, connections in ATTACKS[attack]:
            for _ in range(ATTACKERS):
                stranger = multiprocessing.Process(
                    target=flood, args=(server.port, connections // ATTACKERS), daemon=True
                )
                stranger.start()
                stack.callback(stranger.kill)
        time.sleep(1)
        meanwhile = honest(server.port, requests(events))
        time.sleep(1)
        peak = server.megabytes("VmHWM")
    return Figures(
        attack=attack,
        idle_mb=idle,
        peak_mb=peak,
        above_idle_mb=peak - idle,
        p50_ms=meanwhile.p50 * 1000,
        p99_ms=meanwhile.p99 * 1000,
        p50_times=meanwhile.p50 / before.p50,
        p99_times=meanwhile.p99 / before.p99,
        sent_again=meanwhile.again,
    )


def main() -> None:
    arguments = parser(__doc__)
    arguments.add_argument("--events", type=int, default=2_000, help="default: %(default)s")
    arguments.add_argument("--attack", choices=ATTACKS, action="append", help="default: each")
    arguments.add_argument("--code", type=Path, default=HERE.parent, help="another checkout")
    arguments.add_argument("--http", help="uvicorn's: h11 or httptools; default: as `serve` has it")
    given = arguments.parse_args()
    found = [
        measure(attack, given.events, given.code.resolve(), given.http)
        for attack in given.attack or ATTACKS
    ]
    if given.json:
        print(json.dumps([asdict(it) for it in found], indent=2))
        return
    print(f"{'':<10}idle MB   peak MB   above    p50 ms    p99 ms   p50 times   p99 times   again")
    for it in found:
        print(
            f"{it.attack:<10}{it.idle_mb:>7.0f}   {it.peak_mb:>7.0f}   {it.above_idle_mb:>5.0f}   "
            f"{it.p50_ms:>7.2f}   {it.p99_ms:>7.2f}   {it.p50_times:>9.1f}   "
            f"{it.p99_times:>9.1f}   {it.sent_again:>5}"
        )


if __name__ == "__main__":
    main()
