"""`polar-sync demo`: the whole bridge at work against a simulated Polar, on this machine only.

The simulator and the real server run as processes of their own on loopback ports, with a SQLite
file that is thrown away. What happens is nothing special to the demo: signed events over HTTP,
signed webhooks back, and the worker in between.

With `--keep` both go on running after that, with the console, until Ctrl-C or SIGTERM.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import secrets
import signal
import tempfile
import time
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path

import httpx
from pydantic import SecretStr
from rich.console import Console
from rich.live import Live

from sync.cancellation import told_to_stop
from sync.deletions.states import State
from sync.demo.outcome import contradictions, differences, outcome
from sync.demo.printing import Line, invitation, picture, progress_bar, receipt_panel, results
from sync.demo.processes import DemoFailed, free_port, server, simulator, until_ready
from sync.demo.scenes import SCENES, TO_MEND, Scene
from sync.demo.stage import Case, Stage
from sync.demo.waiting import PATIENCE, until
from sync.errors import InvalidInput
from sync.hashing import Hasher
from sync.migrations.upgrade import migrate
from sync.simulator.config import DEFAULT_TOKEN
from sync.store.database import Database

_VERIFY_AFTER = 2.0


_OF_THE_CONSOLE = ("itsdangerous", "jinja2")


def run(console: Console, scenes: Sequence[Scene] = SCENES, *, keep: bool = False) -> int:
    """Run the demo; 0 if everything ended as it should, 1 otherwise. `keep`: go on running, with
    the console and one more deletion to decide about, until Ctrl-C or SIGTERM.

    Raises:
        InvalidInput: the console's packages are missing.
    """
    if keep and not all(find_spec(name) for name in _OF_THE_CONSOLE):
        raise InvalidInput(
            "--keep shows the console, which needs packages that are missing: in a clone,"
            " uv run --extra console polar-sync demo --keep, or pip install '.[console]'"
        )
    # SIGTERM ends it as Ctrl-C does: what was started is stopped, what was written is removed. A
    # shell that starts it in the background has Ctrl-C ignored.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    try:
        return asyncio.run(_run(console, (*scenes, TO_MEND) if keep else scenes, keep))
    except DemoFailed as error:
        console.print(f"[red]{error}[/red]")
        return 1


async def _run(console: Console, scenes: Sequence[Scene], keep: bool) -> int:
    started = time.monotonic()
    console_token = secrets.token_urlsafe(32)
    event_secret = "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
    polar_secret = f"polar_whs_{secrets.token_urlsafe(32)}"
    hash_key = secrets.token_hex(32)
    async with contextlib.AsyncExitStack() as stack:
        directory = Path(
            stack.enter_context(tempfile.TemporaryDirectory(prefix="polar-sync-demo-"))
        )
        path = directory / "demo.db"
        database_url = f"sqlite:///{path}"
        when_up = stack.enter_context(simulator(directory))
        migrate(database_url)
        polar_url = when_up()
        settings = {
            "POLAR_ACCESS_TOKEN": DEFAULT_TOKEN,
            "POLAR_BASE_URL": polar_url,
            "POLAR_WEBHOOK_SECRETS": polar_secret,
            "EVENT_SECRETS": event_secret,
            "HASH_KEY": hash_key,
            "DATABASE_URL": database_url,
            "VERIFY_AFTER": str(_VERIFY_AFTER),
            # The default is polite to a real Polar; nobody wants to watch it wait.
            "RATE_PER_MINUTE": "6000",
            # Polar's clock and the app's are one here, and signing up again is quick.
            "CLOCK_SKEW": "0",
            **({"CONSOLE_TOKEN": console_token} if keep else {}),
        }
        app_url = stack.enter_context(server(directory, free_port(), settings))
        token = {"authorization": f"Bearer {DEFAULT_TOKEN}"}
        stage = Stage(
            polar=await stack.enter_async_context(_client(polar_url, token)),
            app=await stack.enter_async_context(_client(app_url, {})),
            database=Database(database_url),
            hasher=Hasher(SecretStr(hash_key)),
            event_secret=SecretStr(event_secret),
            progress=progress_bar(),
        )
        stack.push_async_callback(stage.database.close)
        await until_ready(stage.app)
        await stage.connect_webhooks(polar_secret)
        failed = await _play(console, stage, scenes, path)
        seconds = time.monotonic() - started
        if failed:
            console.print(f"\n[red]{failed} did not end as they should[/red] ({seconds:.0f} s)")
        else:
            console.print(f"\n[green]Everything ended as it should[/green] ({seconds:.0f} s).")
        if keep:
            console.print(invitation(f"{app_url}/console", console_token, stage.cases))
            await _until_told()
        return 1 if failed else 0


async def _until_told() -> None:
    """Wait for Ctrl-C or SIGTERM. Another one changes nothing: what follows takes seconds."""
    await told_to_stop().wait()


def _client(url: str, headers: Mapping[str, str]) -> httpx.AsyncClient:
    # Longer than what is asked may take, so that the answer says that it did not come.
    return httpx.AsyncClient(base_url=url, headers=headers, timeout=2 * PATIENCE, trust_env=False)


async def _play(console: Console, stage: Stage, scenes: Sequence[Scene], path: Path) -> int:
    """Every scene, and what came of it; returns how many deletions did not end as they should."""
    console.print(
        "[bold]polar-sync demo[/bold]: a simulated Polar and the real server, on loopback\n"
        f"  Polar   {stage.polar.base_url}\n  bridge  {stage.app.base_url}\n"
    )
    with Live(get_renderable=lambda: picture(stage), console=console, refresh_per_second=10):
        for scene in scenes:
            await scene(stage)
        await stage.all_told()
        await stage.look()
    lines = await _lines(stage, path)
    console.print(results(lines))
    verified = (it.receipt for it in lines if it.receipt and it.seen.state is State.VERIFIED)
    if (receipt := next(verified, None)) is not None:
        console.print(receipt_panel(receipt))
    return sum(bool(line.wrong) for line in lines)


async def _lines(stage: Stage, path: Path) -> list[Line]:
    """How each case ended, by the bridge's receipts, by Polar's rows, and by the bytes on disk."""

    async def forgotten() -> bool:
        return not _remembered(stage.cases, path)

    # The write-ahead log is emptied a moment after the rows are.
    await until(forgotten)
    remembered = _remembered(stage.cases, path)
    lines = []
    for case in stage.cases:
        facts = await stage.facts(case)
        seen = outcome(facts)
        wrong = [*differences(case.expected, seen), *contradictions(facts)]
        if case in remembered:
            wrong.append("personal data is still in the database file")
        reason = case.row.reason if case.row else None
        lines.append(
            Line(title=case.title, seen=seen, wrong=wrong, reason=reason, receipt=facts.receipt)
        )
    return lines


def _remembered(cases: Sequence[Case], path: Path) -> list[Case]:
    """Those who are verified, and whose personal data is in the database's files all the same."""
    stored = b"".join(file.read_bytes() for file in sorted(path.parent.glob(f"{path.name}*")))
    return [
        case
        for case in cases
        if case.state is State.VERIFIED and any(it.encode() in stored for it in case.personal)
    ]
