"""`polar-sync demo`: the whole bridge at work against a simulated Polar, on this machine only.

The simulator and the real server run as processes of their own on loopback ports, with a SQLite
file that is thrown away. What happens is nothing special to the demo: signed events over HTTP,
signed webhooks back, and the worker in between.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
from pydantic import SecretStr
from rich.console import Console, Group
from rich.live import Live
from rich.panel import Panel
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from sync.deletions import evidence, queries, receipts
from sync.deletions.states import ENDED, NEEDS_A_PERSON, State
from sync.hashing import Hasher
from sync.migrations.upgrade import migrate
from sync.settings import Settings
from sync.signatures import sign
from sync.simulator.config import DEFAULT_TOKEN
from sync.store.database import Database

if TYPE_CHECKING:
    from sync.deletions.tables import DeletionRow

_START_SECONDS = 20.0
_SETTLE_SECONDS = 20.0
_SCRUB_SECONDS = 5.0
"""The write-ahead log is emptied a moment after the rows are."""
_VERIFY_AFTER = 2.0
_REQUEST_TIMEOUT = 1.0
_SETTLED = ENDED | {State.INCOMPLETE}

_PIPELINE = (
    State.RECEIVED,
    State.RESOLVED,
    State.DELETING,
    State.DELETED,
    State.VERIFIED,
    State.INCOMPLETE,
    State.SUPERSEDED,
    State.NO_CUSTOMER,
)

_STYLES: Mapping[State, str] = {
    State.VERIFIED: "green",
    State.INCOMPLETE: "yellow",
    State.SUPERSEDED: "cyan",
    State.NO_CUSTOMER: "cyan",
    State.BLOCKED: "red",
}


class DemoFailed(Exception):
    """A process did not start or did not answer; the message says which."""


@dataclass(slots=True, kw_only=True)
class _Case:
    """One user, what is hard about them, and how their deletion should end."""

    user_id: str
    title: str
    expected: State
    customer_id: str | None = None
    lives_on: str | None = None
    """A customer who must still be there afterwards."""
    row: DeletionRow | None = None
    sent: bool = False

    @property
    def email(self) -> str:
        return f"{self.user_id}@example.com"

    @property
    def settled(self) -> bool:
        return self.row is not None and self.row.state in _SETTLED


@dataclass(slots=True)
class _Demo:
    console: Console
    app_url: str
    polar: httpx.AsyncClient
    app: httpx.AsyncClient
    database: Database
    hasher: Hasher
    event_secret: SecretStr
    cases: list[_Case] = field(default_factory=list)
    progress: Progress = field(
        default_factory=lambda: Progress(
            TextColumn("{task.description:<48}"),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
        )
    )

    # --- Polar's side ------------------------------------------------------------------------

    async def customer(
        self, user_id: str, *subscriptions: str, grants: int = 1, email: str | None = None
    ) -> str:
        """A customer at the simulated Polar; returns Polar's id."""
        answer = await self.polar.post(
            "/_sim/customers",
            json={
                "external_id": user_id,
                "email": email or f"{user_id}@example.com",
                "name": f"Name of {email or user_id}",
                "subscriptions": list(subscriptions),
                "grants": grants,
            },
        )
        answer.raise_for_status()
        customer_id: str = answer.json()["customer"]["id"]
        return customer_id

    @contextlib.asynccontextmanager
    async def faults(self, url: str, *faults: Mapping[str, Any]) -> AsyncIterator[None]:
        """Switch faults on for as long as the block lasts."""
        (await self.polar.put(url, json={"faults": list(faults)})).raise_for_status()
        yield
        (await self.polar.delete(url)).raise_for_status()

    # --- the app's side ------------------------------------------------------------------------

    async def send_deleted(self, case: _Case) -> bytes:
        """Post a signed `user.deleted`; returns the body, for those that send it again."""
        body = json.dumps(
            {
                "type": "user.deleted",
                "timestamp": datetime.now(UTC).isoformat(),
                "data": {"user_id": case.user_id},
            }
        ).encode()
        await self.post(body)
        case.sent = True
        return body

    async def post(self, body: bytes) -> None:
        """Sign the body as the SaaS app would and post it."""
        headers = sign(self.event_secret, f"msg_{uuid.uuid4().hex}", datetime.now(UTC), body)
        answer = await self.app.post(
            "/events", content=body, headers={**headers, "content-type": "application/json"}
        )
        answer.raise_for_status()

    # --- watching ------------------------------------------------------------------------------

    async def look(self) -> None:
        """Read how far every deletion has come."""
        by_hash = {self.hasher.user(case.user_id): case for case in self.cases}
        async with self.database.read() as session:
            for row in await queries.of_users(session, by_hash):
                by_hash[row.user_hash].row = row

    def picture(self) -> Group:
        """How the scenes and the pipeline stand."""
        counts = Counter(case.row.state for case in self.cases if case.row)
        pipeline = "  ".join(f"{state} [bold]{counts[state]}[/bold]" for state in _PIPELINE)
        return Group(self.progress, "", pipeline, "")

    async def scene(
        self, title: str, cases: Sequence[_Case], play: Callable[[], Awaitable[None]]
    ) -> None:
        """Play one scene and watch until each of its deletions has come to rest."""
        self.cases.extend(cases)
        task = self.progress.add_task(title, total=len(cases))
        await play()
        deadline = time.monotonic() + _SETTLE_SECONDS
        while time.monotonic() < deadline:
            await self.look()
            settled = sum(case.settled for case in cases)
            self.progress.update(task, completed=settled)
            if settled == len(cases):
                break
            await asyncio.sleep(0.1)
        self.progress.stop_task(task)

    async def truth(self, customer_id: str) -> dict[str, Any]:
        """The customer as the simulated Polar really has it, deleted or not."""
        answer = await self.polar.get(f"/_sim/customers/{customer_id}")
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
        return found

    async def problems(self, case: _Case, stored: bytes) -> list[str]:
        """What is not as it should be, judged by Polar's truth and by the bytes on disk."""
        found = []
        state = case.row.state if case.row else None
        if state != case.expected:
            found.append(f"ended as {state}, not as {case.expected}")
        if case.lives_on and (await self.truth(case.lives_on))["customer"]["deleted_at"]:
            found.append("the wrong customer was deleted")
        if case.customer_id and not (await self.truth(case.customer_id))["customer"]["deleted_at"]:
            found.append("the customer is still there")
        if state is State.VERIFIED:
            # Who came back has given the bridge the id again, but not the old address.
            personal = [case.email] if case.lives_on else [case.email, case.user_id]
            if any(text.encode() in stored for text in personal):
                found.append("personal data is still in the database file")
        return found


def run(console: Console) -> int:
    """Run the demo; 0 if everything ended as it should, 1 otherwise."""
    started = time.monotonic()
    try:
        failed = asyncio.run(_run(console))
    except DemoFailed as error:
        console.print(f"[red]{error}[/red]")
        return 1
    seconds = time.monotonic() - started
    if failed:
        console.print(f"\n[red]{failed} did not end as they should[/red] ({seconds:.0f} s)")
        return 1
    console.print(f"\n[green]Everything ended as it should[/green] ({seconds:.0f} s).")
    return 0


async def _run(console: Console) -> int:
    event_secret = "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
    polar_secret = f"polar_whs_{secrets.token_urlsafe(32)}"
    hash_key = SecretStr(secrets.token_hex(32))
    with tempfile.TemporaryDirectory(prefix="polar-sync-demo-") as directory:
        path = Path(directory) / "demo.db"
        database_url = f"sqlite:///{path}"
        migrate(database_url)
        port = _free_port()
        with contextlib.ExitStack() as processes:
            polar_url = processes.enter_context(_simulator(directory))
            processes.enter_context(
                _server(
                    directory,
                    port,
                    {
                        "POLAR_ACCESS_TOKEN": DEFAULT_TOKEN,
                        "POLAR_BASE_URL": polar_url,
                        "POLAR_WEBHOOK_SECRETS": polar_secret,
                        "EVENT_SECRETS": event_secret,
                        "HASH_KEY": hash_key.get_secret_value(),
                        "DATABASE_URL": database_url,
                        "VERIFY_AFTER": str(_VERIFY_AFTER),
                        "REQUEST_TIMEOUT": str(_REQUEST_TIMEOUT),
                        # The default is polite to a real Polar; nobody wants to watch it wait.
                        "RATE_PER_MINUTE": "6000",
                        # Polar's clock and the app's are one here, and signing up again is quick.
                        "CLOCK_SKEW": "0",
                    },
                )
            )
            app_url = f"http://127.0.0.1:{port}"
            async with (
                httpx.AsyncClient(base_url=polar_url, trust_env=False) as polar,
                httpx.AsyncClient(base_url=app_url, trust_env=False) as app,
            ):
                database = Database(database_url)
                demo = _Demo(
                    console,
                    app_url,
                    polar,
                    app,
                    database,
                    Hasher(hash_key),
                    SecretStr(event_secret),
                )
                try:
                    await _until_ready(app)
                    await _connect_webhooks(polar, app_url, polar_secret)
                    return await _play(demo, path)
                finally:
                    await database.close()


async def _play(demo: _Demo, path: Path) -> int:
    demo.console.print(
        "[bold]polar-sync demo[/bold]: a simulated Polar and the real server, on loopback\n"
        f"  Polar   {demo.polar.base_url}\n  bridge  {demo.app_url}\n"
    )
    with Live(get_renderable=demo.picture, console=demo.console, refresh_per_second=10):
        await _every_status(demo)
        await _lost_answer(demo)
        await _event_twice(demo)
        await _webhooks_lost(demo)
        await _webhooks_shuffled(demo)
        await _signed_up_again(demo)
        await _nobody(demo)
        await demo.polar.post("/_sim/settle", json={"timeout": _SETTLE_SECONDS})
        await demo.look()
    problems = await _problems(demo, path)
    demo.console.print(_table(demo, problems))
    await _print_receipt(demo)
    return sum(bool(found) for found in problems.values())


async def _problems(demo: _Demo, path: Path) -> dict[str, list[str]]:
    """What did not end as it should, by user id."""
    deadline = time.monotonic() + _SCRUB_SECONDS
    while True:
        stored = b"".join(file.read_bytes() for file in sorted(path.parent.glob(f"{path.name}*")))
        problems = {case.user_id: await demo.problems(case, stored) for case in demo.cases}
        if not any(problems.values()) or time.monotonic() > deadline:
            return problems
        await asyncio.sleep(0.1)


# --- the scenes ------------------------------------------------------------------------------


async def _every_status(demo: _Demo) -> None:
    ends = {
        "trialing": State.VERIFIED,
        "active": State.VERIFIED,
        "past_due": State.VERIFIED,
        "canceled": State.VERIFIED,
        "incomplete_expired": State.VERIFIED,
        "paused": State.INCOMPLETE,
        "unpaid": State.INCOMPLETE,
        "incomplete": State.INCOMPLETE,
    }
    cases = []
    for status, expected in ends.items():
        case = _Case(
            user_id=f"{status.replace('_', '-')}-user",
            title=f"subscription {status}",
            expected=expected,
        )
        case.customer_id = await demo.customer(case.user_id, status)
        cases.append(case)

    async def play() -> None:
        for case in cases:
            await demo.send_deleted(case)

    await demo.scene("a subscription in every status", cases, play)


async def _lost_answer(demo: _Demo) -> None:
    case = _Case(
        user_id="lost-answer", title="DELETE times out after Polar did it", expected=State.VERIFIED
    )
    case.customer_id = await demo.customer(case.user_id, "active")

    async def play() -> None:
        await demo.send_deleted(case)

    timeout = {"kind": "timeout", "seconds": 2 * _REQUEST_TIMEOUT, "method": "DELETE", "count": 1}
    async with demo.faults("/_sim/faults", timeout):
        await demo.scene("DELETE times out after Polar did it", [case], play)


async def _event_twice(demo: _Demo) -> None:
    case = _Case(user_id="sent-twice", title="the same event twice", expected=State.VERIFIED)
    case.customer_id = await demo.customer(case.user_id, "active")

    async def play() -> None:
        await demo.post(await demo.send_deleted(case))

    await demo.scene("the same event twice", [case], play)


async def _webhooks_lost(demo: _Demo) -> None:
    case = _Case(
        user_id="lost-webhooks",
        title="every webhook lost: proved by the API",
        expected=State.VERIFIED,
    )
    case.customer_id = await demo.customer(case.user_id, "active", "past_due", grants=2)

    async def play() -> None:
        await demo.send_deleted(case)

    async with demo.faults("/_sim/webhook-faults", {"kind": "drop"}):
        await demo.scene("every webhook lost", [case], play)


async def _webhooks_shuffled(demo: _Demo) -> None:
    case = _Case(
        user_id="shuffled-webhooks",
        title="webhooks repeated and out of order",
        expected=State.VERIFIED,
    )
    case.customer_id = await demo.customer(case.user_id, "active", "trialing", grants=3)

    async def play() -> None:
        await demo.send_deleted(case)

    duplicate, reorder = {"kind": "duplicate", "copies": 2}, {"kind": "reorder", "seconds": 0.5}
    async with demo.faults("/_sim/webhook-faults", duplicate, reorder):
        await demo.scene("webhooks repeated and out of order", [case], play)


async def _signed_up_again(demo: _Demo) -> None:
    first = _Case(
        user_id="came-back", title="deleted, then signed up again", expected=State.VERIFIED
    )
    first.customer_id = await demo.customer(first.user_id, "active")
    bodies: list[bytes] = []

    async def leave() -> None:
        bodies.append(await demo.send_deleted(first))

    await demo.scene("deleted, then signed up again", [first], leave)
    first.lives_on = await demo.customer(first.user_id, "active", email="new@example.com")

    late = _Case(
        user_id="came-back-early",
        title="signed up again before it was handled",
        expected=State.SUPERSEDED,
    )

    async def late_events() -> None:
        # The app repeats the old event: it is about the customer who is gone.
        await demo.post(bodies[0])
        body = json.dumps(
            {
                "type": "user.deleted",
                "timestamp": datetime.now(UTC).isoformat(),
                "data": {"user_id": late.user_id},
            }
        ).encode()
        late.lives_on = await demo.customer(late.user_id, "active")
        await demo.post(body)
        late.sent = True

    await demo.scene("the id is taken again by a new customer", [late], late_events)


async def _nobody(demo: _Demo) -> None:
    case = _Case(
        user_id="never-paid", title="a user without a customer", expected=State.NO_CUSTOMER
    )

    async def play() -> None:
        await demo.send_deleted(case)

    await demo.scene("a user without a customer", [case], play)


# --- what is shown at the end ----------------------------------------------------------------


def _table(demo: _Demo, problems: Mapping[str, Sequence[str]]) -> Group:
    table = Table(title="How each deletion ended", title_justify="left")
    for heading in ("case", "ended as", "as it should"):
        table.add_column(heading, overflow="fold")
    needs: list[str] = []
    for case in demo.cases:
        state = case.row.state if case.row else None
        style = _STYLES.get(state, "red") if state else "red"
        wrong = problems[case.user_id]
        table.add_row(
            case.title,
            f"[{style}]{state}[/]",
            "[red]" + "; ".join(wrong) + "[/]" if wrong else "[green]yes[/]",
        )
        if case.row and case.row.reason and state in NEEDS_A_PERSON:
            needs.append(f"  [{style}]{state}[/]  {case.title}: {case.row.reason}")
    return Group(table, "What a person is told to do", *needs, "")


async def _print_receipt(demo: _Demo) -> None:
    row = next((c.row for c in demo.cases if c.row and c.row.state is State.VERIFIED), None)
    if row is None:
        return
    async with demo.database.read() as session:
        links = await evidence.of(session, row.id)
    receipt = receipts.receipt(row, links, demo.hasher)
    facts = Table.grid(padding=(0, 2))
    for name, value in receipt.items():
        if name != "evidence":
            facts.add_row(name, str(value)[:40])
    chain = Table(box=None, pad_edge=False)
    for heading in ("#", "at", "evidence", "then", "hash"):
        chain.add_column(heading, no_wrap=True)
    for link in links:
        chain.add_row(
            str(link.seq),
            f"{link.at:%H:%M:%S.%f}"[:-3],
            link.kind,
            link.state,
            link.hash[:8],
        )
    demo.console.print(
        Panel(
            Group(facts, "", chain),
            title=f"receipt of deletion {row.id}",
            subtitle="no personal data; whoever has the user id and the key can match it",
            expand=False,
        )
    )


# --- processes -------------------------------------------------------------------------------


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextlib.contextmanager
def _simulator(directory: str) -> Iterator[str]:
    """The simulated Polar; yields its URL."""
    command = [sys.executable, "-m", "sync.simulator", "--port", "0", "--time-scale", "0.05"]
    with _process(command, directory, "simulator", {}) as process:
        assert process.stdout is not None  # noqa: S101 - asked for
        line = process.stdout.readline().decode().strip()
        if "http://" not in line:
            raise DemoFailed(f"the simulator did not start; see {directory}/simulator.log")
        yield line.rpartition(" ")[2]


@contextlib.contextmanager
def _server(directory: str, port: int, settings: Mapping[str, str]) -> Iterator[None]:
    """The bridge as a deployment runs it."""
    command = [sys.executable, "-m", "sync.cli", "serve", "--port", str(port)]
    with _process(command, directory, "server", settings):
        yield


@contextlib.contextmanager
def _process(
    command: Sequence[str], directory: str, name: str, settings: Mapping[str, str]
) -> Iterator[subprocess.Popen[bytes]]:
    # Whatever the shell configures for a real deployment is not the demo's.
    theirs = {name.upper() for name in Settings.model_fields}
    kept = {name: value for name, value in os.environ.items() if name not in theirs}
    environment = {**kept, **settings}
    with (
        (Path(directory) / f"{name}.log").open("wb") as log,
        subprocess.Popen(  # noqa: S603 - our own modules, by this interpreter
            command, cwd=directory, env=environment, stdout=subprocess.PIPE, stderr=log
        ) as process,
    ):
        try:
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(timeout=15)
            except subprocess.TimeoutExpired:
                process.kill()


async def _until_ready(app: httpx.AsyncClient) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        with contextlib.suppress(httpx.TransportError):
            if (await app.get("/readyz")).is_success:
                return
        await asyncio.sleep(0.05)
    raise DemoFailed("the server did not become ready")


async def _connect_webhooks(polar: httpx.AsyncClient, app_url: str, secret: str) -> None:
    endpoint = {"url": f"{app_url}/webhooks/polar", "secret": secret}
    (await polar.post("/_sim/webhooks/endpoints", json=endpoint)).raise_for_status()
