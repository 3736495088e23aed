"""Several processes of one deployment on PostgreSQL."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from tests.helpers.bridge import Bridge, deletes
from tests.helpers.servers import ROOT
from tests.helpers.waiting import POLL, WAIT, wait_for

WEB = [sys.executable, "-m", "uvicorn", "app.main:create_app", "--factory", "--no-access-log"]
WORKER = [sys.executable, "-m", "sync.cli", "worker"]
STARTED = re.compile("Application startup complete|the worker has started")


@dataclass
class Process:
    """One of a deployment's processes, which can be started again after it was killed."""

    command: list[str]
    variables: Mapping[str, str]
    fds: tuple[int, ...] = ()
    cwd: Path = ROOT
    log: list[str] = field(default_factory=list)
    popen: subprocess.Popen[str] | None = None
    _reader: threading.Thread | None = None
    _lives_before: int = 0

    def start(self) -> None:
        self._lives_before = self._lives()
        self.popen = subprocess.Popen(
            self.command,
            cwd=self.cwd,
            env={**os.environ, **self.variables},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            pass_fds=self.fds,
        )
        assert self.popen.stderr is not None
        self._reader = threading.Thread(target=self.log.extend, args=(self.popen.stderr,))
        self._reader.start()

    def _lives(self) -> int:
        """How often it has said that it is up."""
        return sum(STARTED.search(line) is not None for line in self.log)

    @property
    def is_up(self) -> bool:
        return self._lives() > self._lives_before

    def signal(self, number: signal.Signals) -> None:
        assert self.popen is not None
        self.popen.send_signal(number)

    def kill(self) -> None:
        if self.popen is None:
            return
        self.popen.kill()
        self.popen.wait()
        assert self._reader is not None
        self._reader.join()
        assert self.popen.stderr is not None
        self.popen.stderr.close()
        self.popen = None


@dataclass
class Deployment:
    """Web processes behind one address, workers, and the app that sends until it is heard."""

    it: Bridge
    url: str
    processes: list[Process]

    def send(self, body: bytes, webhook_id: str) -> None:
        end = time.monotonic() + WAIT
        while True:
            with contextlib.suppress(httpx.TransportError):
                if self.it.post(body, webhook_id=webhook_id).status_code == 202:
                    return
            assert time.monotonic() < end, self.log()
            time.sleep(POLL)

    def log(self) -> str:
        return "".join(line for process in self.processes for line in process.log)


NewDeployment = Callable[..., AbstractContextManager[Deployment]]


def check_everything_ended_once(
    it: Bridge, customers: Mapping[str, str], unknown: Counter[str]
) -> None:
    """Each customer was deleted once, and asked for again only where an answer may have been lost;
    each event was applied once, and every chain is whole."""
    assert deletes(it, effect="true") == Counter(customers.values())
    for customer, sent in deletes(it).items():
        assert sent <= 1 + unknown[customer], customer
    for user in customers:
        (row,) = it.deletions(user)
        evidence = it.evidence(row)
        kinds = Counter(link["kind"] for link in evidence)
        assert kinds["event.received"] == kinds["customer.found"] == kinds["forgotten"] == 1
        digests = [
            link["detail"]["payload_digest"] for link in evidence if "webhook." in link["kind"]
        ]
        assert len(digests) == len(set(digests))
        assert it.receipt(row)["chain_unbroken"]
    assert not it.query("SELECT * FROM inbox WHERE status NOT IN ('applied', 'ignored')")


def unknown_answers(it: Bridge) -> Counter[str]:
    """Customers of whom it is not recorded at this moment what their DELETE has done."""
    rows = it.query("SELECT customer_id FROM deletion WHERE state = 'deleting'")
    return Counter(row["customer_id"] for row in rows)


def more_deletes(it: Bridge, number: int) -> None:
    """Wait until so many more have been sent."""
    seen = len(deletes(it))
    wait_for(lambda: len(deletes(it)) >= seen + number, "some work is under way")
