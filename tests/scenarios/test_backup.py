"""A backup that is made while the bridge serves, restored, and gone on from: the example in
docs/operations.md, rehearsed."""

from __future__ import annotations

import contextlib
import itertools
import sqlite3
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from sync.deletions.operator import Verb
from tests.helpers.bridge import Run, running
from tests.helpers.commands import Commands
from tests.helpers.engines import BOTH_ENGINES
from tests.helpers.postgres import Postgres
from tests.helpers.simulator import SimulatorClient
from tests.helpers.store import Store

pytestmark = [BOTH_ENGINES, pytest.mark.slow]

Restored = Callable[[], Store]
Backup = Callable[[], Restored]
_numbers = itertools.count(1)


def of_sqlite(store: Store, directory: Path) -> Restored:
    """What `.backup` of the sqlite3 shell does."""
    copy = directory / "copy.db"
    with (
        contextlib.closing(sqlite3.connect(store.path)) as connection,
        contextlib.closing(sqlite3.connect(copy)) as target,
    ):
        connection.backup(target)
    return lambda: Store.of(copy)


def of_postgres(store: Store, directory: Path, server: Postgres) -> Restored:
    dump = directory / "copy.dump"
    pg_dump = server.programs / "pg_dump"
    subprocess.run([pg_dump, "--format=custom", f"--file={dump}", store.url], check=True)

    def restore() -> Store:
        name = f"restored_{next(_numbers)}"
        server.sql(f"CREATE DATABASE {name}")
        to = ["--no-owner", "--exit-on-error", f"--dbname={server.url(name)}"]
        subprocess.run([server.programs / "pg_restore", *to, dump], check=True)
        return Store(server.url(name), directory)

    return restore


@pytest.fixture
def backup(request: pytest.FixtureRequest, store: Store, tmp_path: Path) -> Backup:
    if store.is_sqlite:
        return lambda: of_sqlite(store, tmp_path)
    server: Postgres = request.getfixturevalue("postgres")
    return lambda: of_postgres(store, tmp_path, server)


def keep(commands: Commands, file: Path, *arguments: str) -> Path:
    said = commands.run(*arguments)
    assert said.code == 0, said.err
    file.write_text(said.out)
    return file


def test_what_was_backed_up_while_serving_is_gone_on_from(
    run: Run,
    sim: SimulatorClient,
    store: Store,
    backup: Backup,
    tmp_path: Path,
    commands: Commands,
) -> None:
    there = replace(commands, store=store)
    commands.monkeypatch.setenv("DATABASE_URL", store.url)
    with run(max_deletions_per_hour=1, verify_after=0.2) as it:
        customers = {user: it.customer(user, "active") for user in ("first", "held", "after")}
        it.settled()
        it.tell("first")
        it.wait("first", "verified")
        it.tell("held")
        it.wait("held", "held")
        receipt = keep(there, tmp_path / "receipt.json", "receipt", "1")
        before = keep(there, tmp_path / "before.json", "audit", "head", "--json")

        restored = backup()

        it.tell("after")
        it.wait("after", "held")
        it.act(Verb.APPROVE, "after")
        it.wait("after", "verified")
        later = keep(there, tmp_path / "later.json", "audit", "head", "--json")

    copy = restored()
    here = replace(commands, store=copy)
    commands.monkeypatch.setenv("DATABASE_URL", copy.url)
    against = ["audit", "verify", "--against", str(before), "--against", str(receipt)]
    assert here.run(*against).code == 0
    lost = here.run("audit", "verify", "--against", str(later), "--json")
    assert (lost.code, lost.json["holds"]) == (1, False)

    with running(sim, copy, verify_after=0.2, max_deletions_per_hour=0) as it:
        assert [row["state"] for row in it.deletions("first")] == ["verified"]
        assert it.deletions("after") == []
        it.act(Verb.APPROVE, "held")
        it.wait("held", "verified")
        assert it.is_gone(customers["held"])
        # The app sends again what came in since the backup. The customer, whom the mirror knows, is
        # found gone.
        it.tell("after")
        it.wait("after", "verified")
        assert here.run(*against).code == 0
