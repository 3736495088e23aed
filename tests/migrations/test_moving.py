"""Moving a deployment from one real database to another, in every direction."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from pydantic import SecretStr
from sqlmodel import SQLModel
from typer.testing import CliRunner

from sync.audit_log.tables import LogHeadRow
from sync.cli.main import cli
from sync.deletions import evidence
from sync.deletions.chain import unbroken
from sync.deletions.ledger import Ledger
from sync.deletions.tables import MappingRow, MembershipRow
from sync.hashing import Hasher
from sync.inbox.entry import InboxStatus, Source
from sync.inbox.tables import InboxRow, RefusedRow
from sync.metrics.tables import CounterRow
from sync.migrations.moving import MoveRefused, move
from sync.migrations.upgrade import migrate
from sync.mirror.tables import CustomerRow, GrantRow, MemberRow, SeatRow, SubscriptionRow
from sync.operators import actions
from sync.operators.actions import Did, Person
from sync.outbox.message import Recipient
from sync.outbox.queries import put
from sync.polar.tables import BudgetRow
from sync.profiles.tables import ProfileRow
from sync.reconcile.tables import ReconciliationRow
from sync.settings import SettingsError
from sync.store.database import Database
from sync.store.errors import InUse, StorageUnavailable
from sync.store.exclusive import changing, check_alone, standing_still
from sync.store.hash_key import check_hash_key
from sync.store.schema import SchemaMismatch
from tests.helpers.postgres import Postgres
from tests.helpers.settings import load_settings
from tests.helpers.store import Store, StoreFactory
from tests.helpers.waiting import wait_for

AT = datetime(2026, 3, 29, 1, 59, 59, 999_999, tzinfo=UTC)
MIRRORED: dict[str, Any] = {
    "version_at": AT,
    "observed_at": AT + timedelta(microseconds=1),
    "digest": "d" * 64,
    "written_by": "api",
    "written_at": AT,
    "created_at": AT,
}
INBOX_ROWS = 450
"""More than fit one batch."""

directions = pytest.mark.parametrize(
    ("source", "target"),
    list(itertools.product(["sqlite", "postgresql"], repeat=2)),
    indirect=True,
)
to_another_engine = pytest.mark.parametrize(
    ("source", "target"),
    [("sqlite", "postgresql"), ("postgresql", "sqlite")],
    indirect=True,
)

from_sqlite = pytest.mark.parametrize(
    ("source", "target"), [("sqlite", "postgresql")], indirect=True
)
from_postgresql = pytest.mark.parametrize("source", ["postgresql"], indirect=True)


@pytest.fixture(scope="session")
def new_of(request: pytest.FixtureRequest) -> Callable[[str], Store]:
    """Makes a migrated, empty database on that engine."""

    def make(engine: str) -> Store:
        if engine == "sqlite":
            return Store.of(request.getfixturevalue("new_database")())
        factory: StoreFactory = request.getfixturevalue("new_postgres_store")
        return factory()

    return make


@pytest.fixture(scope="session")
def unmigrated(request: pytest.FixtureRequest) -> Callable[[str], Store]:
    """Makes a database without any table on that engine."""
    paths: pytest.TempPathFactory = request.getfixturevalue("tmp_path_factory")
    numbers = itertools.count(1)

    def make(engine: str) -> Store:
        name = f"target_{next(numbers)}"
        if engine == "sqlite":
            return Store.of(paths.mktemp(name) / "polar-sync.db")
        server: Postgres = request.getfixturevalue("postgres")
        server.sql(f"CREATE DATABASE {name}")
        return Store(server.url(name), paths.mktemp(name))

    return make


@pytest.fixture
def source(request: pytest.FixtureRequest, new_of: Callable[[str], Store]) -> Store:
    """A deployment with something in every table."""
    store = new_of(request.param)
    asyncio.run(fill(store))
    return store


@pytest.fixture
def target(request: pytest.FixtureRequest, unmigrated: Callable[[str], Store]) -> Store:
    return unmigrated(request.param)


async def fill(store: Store) -> None:
    database = Database(store.url)
    settings = load_settings(store)
    ledger = Ledger.of(database, settings)
    await check_hash_key(database, ledger.hasher)
    async with database.write() as session:
        for user_id in ("ünïcode-用户-😀", "' OR 1=1 --", "B", "a"):
            await ledger.open(
                session, user_id=user_id, external_id=None, event_at=AT, now=AT, digest="e" * 64
            )
            session.add(MappingRow(user_id=user_id, external_id=f"x{user_id}", updated_at=AT))
        session.add_all(
            InboxRow(
                source=Source.POLAR,
                webhook_id=f"msg_{number}",
                received_at=AT + timedelta(microseconds=number),
                body=bytes(range(256)) if number % 3 else None,
                digest="0" * 64,
                status=InboxStatus.DEAD if number % 7 == 0 else InboxStatus.APPLIED,
            )
            for number in range(INBOX_ROWS)
        )
        session.add(
            RefusedRow(
                first_id=1, event_type="user.deleted", user_hash="h", event_at=AT, received_at=AT
            )
        )
        put(session, Recipient.APP, "deletion.verified", {"n": 1}, AT, deletion_id=1, user_id="a")
        session.add(
            ProfileRow(user_hash="f" * 64, user_id="c", name="Ünï", name_at=AT, changed_at=AT)
        )
        # Text that sorts otherwise by its bytes than in any language.
        for name in ("a", "B", "_", "é", "Z", "z-1", "z1"):
            session.add(
                CustomerRow(
                    id=name,
                    email="",
                    billing_address={"line1": "\\ \" '", "n": [1, 2.5, None, True, 10**15]},
                    tax_id=None,
                    metadata_={},
                    **MIRRORED,
                )
            )
            session.add(
                GrantRow(
                    id=name, customer_id="a", benefit_id="b", is_granted=name > "a", **MIRRORED
                )
            )
        session.add(
            SubscriptionRow(
                id="s",
                customer_id="a",
                status="active",
                product_id="p",
                amount=2**31 - 1,
                currency="eur",
                recurring_interval="month",
                cancel_at_period_end=False,
                **MIRRORED,
            )
        )
        session.add(MemberRow(id="m", customer_id="a", role="owner", **MIRRORED))
        session.add(SeatRow(id="t", customer_id="a", status="claimed", **MIRRORED))
        seats = [{"seat_id": "t", "subscription_id": "s", "seats": 5}]
        session.add(
            MembershipRow(deletion_id=1, member_id="m", customer_id="a", found_at=AT, seats=seats)
        )
        session.add(BudgetRow(id=1, next_at=AT, paused_until=AT))
        session.add(ReconciliationRow(id=1, progress={"page": 3}))
        session.add(LogHeadRow(size=1, hash="f" * 64, at=AT, signature="e..E"))
        actions.note(session, Person(name="Ann \u00e9", why='"'), Did.INBOX_REPLAY, AT, {2, 1})
        session.add(CounterRow(name="n", labels='["\\" é",""]', value=2.0**53 + 0.5))
    await database.close()


def contents(store: Store) -> dict[str, list[Any]]:
    """Every row of every table, read by the product's own types."""
    with changing(store.url) as connection:
        return {
            table.name: sorted(
                (tuple(row) for row in connection.execute(sa.select(table))), key=str
            )
            for table in SQLModel.metadata.sorted_tables
        }


def tables(store: Store) -> list[str]:
    with changing(store.url) as connection:
        return sa.inspect(connection).get_table_names()


@pytest.mark.slow
@directions
def test_everything_is_moved_and_goes_on_where_it_was(source: Store, target: Store) -> None:
    before = source.stored()

    moved = move(source.url, target.url)

    assert {item.table for item in moved} == {it.name for it in SQLModel.metadata.sorted_tables}
    assert all(item.rows > 0 for item in moved)
    assert source.stored() == before
    there = contents(target)
    assert there == contents(source)
    assert len(there["inbox"]) == INBOX_ROWS

    async def go_on() -> None:
        database = Database(target.url)
        await database.check_schema()
        settings = load_settings(target)
        await check_hash_key(database, Hasher(settings.hash_key))
        ledger = Ledger.of(database, settings)
        async with database.write() as session:
            for number in range(1, 5):
                assert unbroken(await evidence.of(session, number))
            row = await ledger.open(
                session, user_id="new", external_id=None, event_at=AT, now=AT, digest=""
            )
            assert row.id == 5
            again = await ledger.open(
                session, user_id="a", external_id=None, event_at=AT, now=AT, digest=""
            )
            assert again.id == 4
        await database.close()

    asyncio.run(go_on())


@pytest.mark.slow
@directions
def test_a_target_that_was_only_looked_at_is_fresh(source: Store, target: Store) -> None:
    """A look at a new database leaves it the check of HASH_KEY, which is not needed."""

    async def look() -> None:
        database = Database(target.url)
        await check_hash_key(database, Hasher(SecretStr("another key than the source's has got")))
        await database.close()

    migrate(target.url)
    asyncio.run(look())

    move(source.url, target.url)

    assert contents(target) == contents(source)


@pytest.mark.slow
def test_there_and_back_is_the_same(
    new_of: Callable[[str], Store], unmigrated: Callable[[str], Store]
) -> None:
    first, second, third = new_of("sqlite"), unmigrated("postgresql"), unmigrated("sqlite")
    asyncio.run(fill(first))

    there = move(first.url, second.url)
    back = move(second.url, third.url)

    assert there == back
    for table in SQLModel.metadata.sorted_tables:
        sql = f"SELECT * FROM {table.name}"  # noqa: S608
        rows = [sorted((tuple(row) for row in it.query(sql)), key=str) for it in (first, third)]
        assert rows[0] == rows[1]


@pytest.mark.slow
@to_another_engine
def test_the_command_prints_what_it_moved(source: Store, target: Store) -> None:
    result = CliRunner().invoke(cli, ["migrate", "--from", source.url, "--to", target.url])

    assert (result.exit_code, result.stderr) == (0, "")
    assert re.search(r"│ inbox +│ +450 │", result.stdout)
    assert result.stdout.endswith(
        "everything is moved; set DATABASE_URL to the target before you start again\n"
    )


@pytest.mark.slow
@to_another_engine
def test_a_migrated_target_will_do_and_a_second_move_is_refused(
    source: Store, target: Store
) -> None:
    move(source.url, target.url)
    before = contents(target)

    with pytest.raises(MoveRefused, match="the target is not empty: its table benefit_grant has"):
        move(source.url, target.url)
    assert contents(target) == before


@to_another_engine
def test_a_target_with_tables_of_somebody_else_is_refused(source: Store, target: Store) -> None:
    with changing(target.url) as connection:
        connection.execute(sa.text("CREATE TABLE invoice (id INTEGER)"))

    with pytest.raises(MoveRefused, match="it has the table invoice"):
        move(source.url, target.url)
    assert tables(target) == ["invoice"]


@pytest.mark.slow
@to_another_engine
def test_a_source_that_a_process_has_open_is_refused(source: Store, target: Store) -> None:
    async def attempt() -> str:
        database = Database(source.url)
        await database.check_schema()
        # Idle: it holds no lock, and would go on writing after the move.
        result = await asyncio.to_thread(
            CliRunner().invoke, cli, ["migrate", "--from", source.url, "--to", target.url]
        )
        await database.close()
        assert result.exit_code == 1
        return result.stderr

    assert asyncio.run(attempt()) == (
        "error: the source is in use: stop every `polar-sync serve` and `worker` on it first\n"
    )

    def moved() -> bool:
        # A server may take a moment to see that the process has left.
        with contextlib.suppress(InUse):
            return bool(move(source.url, target.url))
        return False

    wait_for(moved, "the source is free")


@pytest.mark.slow
@to_another_engine
def test_a_source_that_somebody_else_writes_to_is_refused(source: Store, target: Store) -> None:
    with changing(source.url) as connection:
        if source.is_sqlite:
            connection.execute(sa.text("UPDATE meta SET value = value"))
        else:
            connection.exec_driver_sql("SET application_name = 'psql'")
            connection.execute(sa.text("UPDATE meta SET value = value"))
        with pytest.raises(InUse):
            move(source.url, target.url)


@pytest.mark.slow
@from_postgresql
def test_a_process_that_connects_meanwhile_is_noticed(source: Store) -> None:
    with (
        standing_still(source.url, SQLModel.metadata.sorted_tables) as connection,
        asyncio.Runner() as runner,
    ):
        check_alone(connection)
        database = Database(source.url)
        runner.run(database.check_schema())
        try:
            with pytest.raises(InUse):
                check_alone(connection)
        finally:
            runner.run(database.close())


@to_another_engine
def test_a_source_of_another_version_is_refused(source: Store, target: Store) -> None:
    source.execute("UPDATE alembic_version SET version_num = '0001'")
    source.close()

    with pytest.raises(SchemaMismatch, match="older"):
        move(source.url, target.url)
    assert tables(target) == []


@pytest.mark.slow
@from_sqlite
def test_a_row_that_the_target_does_not_take_leaves_it_empty(source: Store, target: Store) -> None:
    source.execute("UPDATE subscription SET product_id = 'secret' || char(0)")

    with pytest.raises(MoveRefused, match="does not take a row of subscription") as refused:
        move(source.url, target.url)
    assert "secret" not in str(refused.value)
    assert tables(target) == []


@pytest.mark.slow
@from_sqlite
def test_a_row_that_comes_back_otherwise_leaves_it_empty(source: Store, target: Store) -> None:
    # SQLite keeps what it is given, whatever the column's type: here the number 0.1, as text.
    source.execute("UPDATE subscription SET amount = 900.4")

    with pytest.raises(MoveRefused, match="does not give back the rows of subscription"):
        move(source.url, target.url)
    assert tables(target) == []


def test_what_cannot_be_moved_at_all(
    new_of: Callable[[str], Store], unmigrated: Callable[[str], Store]
) -> None:
    store, nowhere = new_of("sqlite"), unmigrated("sqlite")

    with pytest.raises(MoveRefused, match="the same file"):
        move(store.url, f"sqlite:///{store.directory}/../{store.directory.name}/{store.path.name}")
    with pytest.raises(StorageUnavailable, match="there is no file"):
        move(nowhere.url, store.url)
    assert not nowhere.path.exists()
    nowhere.path.touch()
    with pytest.raises(SchemaMismatch, match="no tables"):
        move(nowhere.url, store.url)


@pytest.mark.parametrize("option", ["--from", "--to"])
def test_one_option_alone_is_a_wrong_usage(option: str) -> None:
    result = CliRunner().invoke(cli, ["migrate", option, "sqlite:///a.db"])

    assert result.exit_code == 2
    assert "give both --from and --to, or neither" in result.stderr


@pytest.mark.parametrize("url", ["mysql://localhost/a", "nonsense", "sqlite"])
def test_a_url_that_cannot_be_read_is_named(url: str) -> None:
    result = CliRunner().invoke(cli, ["migrate", "--from", "sqlite:///a.db", "--to", url])

    assert isinstance(result.exception, SettingsError)
    assert result.exception.problems == [
        "--to must begin with sqlite:/// or postgresql://, for instance sqlite:///polar-sync.db"
    ]


@pytest.mark.slow
def test_a_url_as_many_platforms_write_it(
    new_of: Callable[[str], Store], unmigrated: Callable[[str], Store]
) -> None:
    source, target, back = new_of("sqlite"), unmigrated("postgresql"), unmigrated("sqlite")
    old = target.url.replace("postgresql://", "postgres://")
    assert old != target.url

    for start, end in ((source.url, old), (old, back.url)):
        result = CliRunner().invoke(cli, ["migrate", "--from", start, "--to", end])
        assert result.exit_code == 0, result.exception
    assert contents(back) == contents(source)
