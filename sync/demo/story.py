"""`polar-sync demo`: the whole bridge at work against a simulated Polar, on this machine only.

The simulator and the real server run as processes of their own on loopback ports, with a SQLite
file that is thrown away. What happens is nothing special to the demo: signed events over HTTP,
signed webhooks back, and the worker in between.
"""

from __future__ import annotations

import asyncio
import base64
import secrets
import tempfile
import time
from pathlib import Path

import httpx
from pydantic import SecretStr
from rich.console import Console
from rich.live import Live

from sync.demo.printing import picture, print_receipt, progress_bar, results
from sync.demo.processes import DemoFailed, free_port, server, simulator, until_ready
from sync.demo.scenes import REQUEST_TIMEOUT, SCENES
from sync.demo.stage import SETTLE_SECONDS, Stage
from sync.hashing import Hasher
from sync.migrations.upgrade import migrate
from sync.simulator.config import DEFAULT_TOKEN
from sync.store.database import Database

_SCRUB_SECONDS = 5.0
"""The write-ahead log is emptied a moment after the rows are."""
_VERIFY_AFTER = 2.0


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
    hash_key = secrets.token_hex(32)
    with tempfile.TemporaryDirectory(prefix="polar-sync-demo-") as name:
        directory = Path(name)
        path = directory / "demo.db"
        database_url = f"sqlite:///{path}"
        migrate(database_url)
        settings = {
            "POLAR_ACCESS_TOKEN": DEFAULT_TOKEN,
            "POLAR_WEBHOOK_SECRETS": polar_secret,
            "EVENT_SECRETS": event_secret,
            "HASH_KEY": hash_key,
            "DATABASE_URL": database_url,
            "VERIFY_AFTER": str(_VERIFY_AFTER),
            "REQUEST_TIMEOUT": str(REQUEST_TIMEOUT),
            # The default is polite to a real Polar; nobody wants to watch it wait.
            "RATE_PER_MINUTE": "6000",
            # Polar's clock and the app's are one here, and signing up again is quick.
            "CLOCK_SKEW": "0",
        }
        with (
            simulator(directory) as polar_url,
            server(directory, free_port(), {**settings, "POLAR_BASE_URL": polar_url}) as app_url,
        ):
            async with (
                httpx.AsyncClient(base_url=polar_url, trust_env=False) as polar,
                httpx.AsyncClient(base_url=app_url, trust_env=False) as app,
            ):
                database = Database(database_url)
                stage = Stage(
                    polar=polar,
                    app=app,
                    database=database,
                    hasher=Hasher(SecretStr(hash_key)),
                    event_secret=SecretStr(event_secret),
                    progress=progress_bar(),
                )
                try:
                    await until_ready(app)
                    await stage.connect_webhooks(polar_secret)
                    return await _play(console, stage, path)
                finally:
                    await database.close()


async def _play(console: Console, stage: Stage, path: Path) -> int:
    """Every scene, and what came of it; returns how many deletions did not end as they should."""
    console.print(
        "[bold]polar-sync demo[/bold]: a simulated Polar and the real server, on loopback\n"
        f"  Polar   {stage.polar.base_url}\n  bridge  {stage.app.base_url}\n"
    )
    with Live(get_renderable=lambda: picture(stage), console=console, refresh_per_second=10):
        for scene in SCENES:
            await scene(stage)
        await stage.polar.post("/_sim/settle", json={"timeout": SETTLE_SECONDS})
        await stage.look()
    problems = await _problems(stage, path)
    console.print(results(stage, problems))
    await print_receipt(console, stage)
    return sum(bool(found) for found in problems.values())


async def _problems(stage: Stage, path: Path) -> dict[str, list[str]]:
    """What did not end as it should, by user id."""
    deadline = time.monotonic() + _SCRUB_SECONDS
    while True:
        stored = b"".join(file.read_bytes() for file in sorted(path.parent.glob(f"{path.name}*")))
        problems = {case.user_id: await stage.problems(case, stored) for case in stage.cases}
        if not any(problems.values()) or time.monotonic() > deadline:
            return problems
        await asyncio.sleep(0.1)
