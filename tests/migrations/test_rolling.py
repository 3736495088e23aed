"""`migrate` of a newer version while processes of today's code serve: they go on, side by side with
the newer ones, unless the newer version says that it takes something away from them.

The newer version is a copy of today's code with one migration more.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from sync.demo.processes import free_port
from sync.simulator.config import DEFAULT_TOKEN
from tests.helpers.bridge import Bridge, bridge_settings
from tests.helpers.clients import new_client
from tests.helpers.commands import Result, finished
from tests.helpers.deployment import Process
from tests.helpers.engines import BOTH_ENGINES
from tests.helpers.servers import ROOT
from tests.helpers.settings import POLAR_SECRET, environment
from tests.helpers.simulator import SimulatorClient
from tests.helpers.store import Store
from tests.helpers.waiting import wait_for

pytestmark = [BOTH_ENGINES, pytest.mark.slow]

NEWER = """
import sqlalchemy as sa
from alembic import op

revision = "9000"
down_revision = "{head}"
contracts = {contracts}

def upgrade():
    op.create_table("made_up", sa.Column("id", sa.Integer(), primary_key=True))
    for table in ("inbox", "deletion", "customer"):
        op.add_column(table, sa.Column("made_up", sa.String(), nullable=False, server_default="x"))
    op.create_index("ix_made_up", "deletion", ["made_up"])
    if contracts:
        op.add_column("inbox", sa.Column("gone", sa.String(), nullable=True))
"""


def newer(directory: Path, *, contracts: bool) -> Path:
    """The newer version's code."""
    for package in ("app", "sync"):
        shutil.copytree(ROOT / package, directory / package)
    versions = directory / "sync/migrations/versions"
    head = max(path.name[:4] for path in versions.glob("[0-9]*.py"))
    (versions / "9000_made_up.py").write_text(NEWER.format(head=head, contracts=contracts))
    return directory


def command(code: Path, *arguments: str, variables: dict[str, str]) -> Result:
    """A command of that code."""
    first = f"import sys; sys.path.insert(0, {str(code)!r})"
    then = "from sync.cli.main import main; main()"
    return finished(*arguments, variables=variables, cwd=code, code=f"{first}; {then}")


@contextmanager
def serving(code: Path, variables: dict[str, str]) -> Iterator[httpx.Client]:
    """A server of that code with its own worker, once it is up."""
    port = free_port()
    process = Process(
        [sys.executable, "-m", "sync.cli", "serve", "--port", str(port)],
        {**variables, "PYTHONPATH": str(code), "WORKER": "embedded"},
        cwd=code,
    )
    process.start()
    try:
        with new_client(f"http://127.0.0.1:{port}") as client:
            wait_for(lambda: any("running on" in line for line in process.log), "it serves")
            yield client
    finally:
        process.kill()


def ready(client: httpx.Client) -> tuple[int, str | None]:
    answer = client.get("/readyz")
    return answer.status_code, answer.json().get("reason")


def test_old_processes_go_on_beside_newer_ones(
    sim: SimulatorClient, store: Store, tmp_path: Path
) -> None:
    variables = environment(
        store,
        POLAR_ACCESS_TOKEN=DEFAULT_TOKEN,
        POLAR_BASE_URL=sim.url,
        RATE_PER_MINUTE="100000",
        VERIFY_AFTER="0.5",
    )
    code = newer(tmp_path, contracts=False)
    with serving(ROOT, variables) as old:
        it = Bridge(sim, bridge_settings(sim, store), old, store)
        sim.endpoint(f"{old.base_url}/webhooks/polar", secret=POLAR_SECRET)
        users = [f"user-{number}" for number in range(6)]
        for user in users:
            it.customer(user, "active")
        it.tell("user-0")
        it.wait("user-0", "verified")
        it.tell("user-1")

        migrated = command(code, "migrate", variables=variables)
        assert (migrated.code, migrated.err) == (0, "")
        # Whoever looks on by `SELECT *` has prepared it for the columns of before.
        store.close()
        assert store.query("SELECT version_num FROM alembic_version")[0][0] == "9000"

        it.tell("user-2")
        it.wait_all(users[:3], "verified")
        assert ready(old) == (200, None)
        with serving(code, variables) as new:
            replace(it, app=new).tell("user-3")
            it.tell("user-4")
            it.wait_all(users[3:5], "verified")
            assert (ready(old), ready(new)) == ((200, None), (200, None))
        # Also one that starts only now, as when the newer version is taken back.
        again = command(ROOT, "migrate", variables=variables)
        assert (again.code, again.out) == (0, "the database is up to date\n")
    with serving(ROOT, variables) as old:
        replace(it, app=old).tell("user-5")
        it.wait("user-5", "verified")
        assert command(ROOT, "audit", "verify", variables=variables).code == 0


def test_what_takes_something_away_is_not_for_old_processes(store: Store, tmp_path: Path) -> None:
    variables = environment(store)
    code = newer(tmp_path, contracts=True)
    with serving(ROOT, variables) as old:
        assert ready(old) == (200, None)
        assert command(code, "migrate", variables=variables).code == 0
        assert ready(old) == (503, "schema")
    refused = command(ROOT, "status", variables=variables)
    assert refused.code == 2
    assert "migrated by a newer version" in refused.err
