"""Behind a real PgBouncer that pools transactions: a connection to the server is anybody's next."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from sync.store.database import Database, Lane
from tests.helpers import pgbouncer
from tests.helpers.bridge import DELETE, Run, names
from tests.helpers.commands import finished
from tests.helpers.engines import POSTGRESQL
from tests.helpers.postgres import Postgres
from tests.helpers.settings import environment
from tests.helpers.store import Store

pytestmark = [POSTGRESQL, pytest.mark.slow]

TIMEOUTS = ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout")


@pytest.fixture
def pooled(postgres: Postgres, store: Store) -> Iterator[str]:
    pgbouncer.needed()
    with pgbouncer.pooling(postgres, store.name) as url:
        yield url


def test_deletions_by_several_processes(
    run: Run, store: Store, postgres: Postgres, pooled: str
) -> None:
    """Leases, the ledger's lock, the inbox and the mirror, with more clients than connections."""
    users = names(40)
    with run(database_url=pooled) as it, run(database_url=pooled, webhooks=False):
        customers = {user: it.customer(user, "active") for user in users}
        for user in users:
            it.tell(user)
        rows = [it.wait(user, "verified") for user in users]
        assert all(it.is_gone(customer) for customer in customers.values())
        assert it.counts()[DELETE] == len(users)
        assert all(it.receipt(row)["chain_unbroken"] for row in rows)
    # Nothing was left on the pooler's connections for whoever gets them next.
    with pgbouncer.asking(pooled) as ask:
        assert [ask(f"SHOW {name}") for name in TIMEOUTS] == ["0"] * 3
        assert ask("SELECT count(*) FROM pg_prepared_statements") == 0
        assert ask("SELECT count(*) FROM pg_listening_channels()") == 0


def test_every_command(store: Store, pooled: str) -> None:
    variables = environment(store, DATABASE_URL=pooled, POLAR_BASE_URL="http://127.0.0.1:9")

    for command in (
        ["migrate"],
        ["map", "set", "u1", "--external-id", "e1"],
        ["map", "show", "u1"],
        ["status"],
    ):
        result = finished(*command, variables=variables, cwd=store.directory)
        assert result.code == 0, result


def test_what_a_transaction_is_set_to(store: Store, postgres: Postgres, pooled: str) -> None:
    """It is on disk before it is answered, and gives up what it waits for."""
    postgres.sql(f"ALTER DATABASE {store.name} SET synchronous_commit = off")
    postgres.end_connections(store.name)

    async def main() -> list[Any]:
        database = Database(pooled)
        try:
            async with database.write(Lane.INBOX) as session:
                connection = await session.connection()
                return [
                    (await connection.exec_driver_sql(f"SHOW {name}")).scalar_one()
                    for name in ("synchronous_commit", *TIMEOUTS)
                ]
        finally:
            await database.close()

    assert asyncio.run(main()) == ["on", "1min", "30s", "15s"]


def test_moving_is_left_to_the_server_itself(store: Store, pooled: str) -> None:
    result = finished(
        *("migrate", "--from", pooled, "--to", f"sqlite:///{store.directory}/target.db"),
        variables={},
        cwd=store.directory,
    )

    assert (result.code, result.err.count("\n")) == (2, 1)
    assert "a pooler such as PgBouncer is in between" in result.err


def test_a_pooler_of_statements_is_refused(store: Store, postgres: Postgres) -> None:
    pgbouncer.needed()
    with pgbouncer.pooling(postgres, store.name, mode="statement") as url:
        variables = environment(store, DATABASE_URL=url)
        for command in ("status", "serve", "worker", "migrate"):
            result = finished(command, variables=variables, cwd=store.directory)
            assert (result.code, result.err.count("\n")) == (2, 1), result
            assert "statement pooling mode" in result.err
