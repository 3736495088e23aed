"""No statement of the daily work reads a whole table, however many rows there are."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa

from sync.audit_log import queries as audit_log
from sync.deletions import evidence, finding, inspection, memberships, queries
from sync.deletions.finding import Group, Received
from sync.deletions.leases import Leases
from sync.deletions.ledger import Ledger
from sync.deletions.states import State
from sync.inbox.entry import Entry, Outcome, Source
from sync.inbox.group_commit import Inbox
from sync.intake.apply import Applier
from sync.intake.event_types import EventType
from sync.mirror import customers as mirror_customers
from sync.mirror import rows as mirror_rows
from sync.mirror.kinds import CUSTOMER, NEVER, owned
from sync.reconcile.cursor import Window
from sync.reports.deletion import page, received_page
from sync.reports.overview import overview
from sync.reports.search import read_cursor
from sync.reports.status import status
from sync.store.database import Database
from sync.worker.retention import Retention
from tests.helpers.settings import load_settings
from tests.helpers.store import Store, StoreFactory
from tests.helpers.webhooks import event_body

pytestmark = pytest.mark.engines("sqlite", "postgresql")

INBOX_ROWS = 200_000
DELETIONS = 50_000
MIRRORED = 50_000
DAYS = 200
"""How far back the rows reach, the oldest first."""

LARGE = (
    *("inbox", "deletion", "evidence", "log_entry", "customer", "subscription", "benefit_grant"),
    *("member", "customer_seat"),
)
"""The tables that grow."""
COUNTS = "GROUP BY deletion.state"
"""To count the deletions by state, each is visited: by SQLite in the small index on the state."""
MOST_ROWS = 2_000
"""A batch, or the deletions that are open."""
INSTRUCTIONS_PER_ROW = 40
"""Of SQLite's virtual machine, where a row is read and sorted. To pass over one takes about six, so
a whole table is still many times MOST_ROWS."""


def fill(store: Store) -> None:
    """A deployment of some months, nearly all of it done with."""
    series = (
        f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {INBOX_ROWS})"  # noqa: S608
    )
    seconds = DAYS * 86_400 / INBOX_ROWS
    at = (
        f"strftime('%Y-%m-%d %H:%M:%f000', 'now', '-' || (({INBOX_ROWS} - i) * {seconds})"
        " || ' seconds')"
        if store.is_sqlite
        else f"now() - ({INBOX_ROWS} - i) * interval '{seconds} seconds'"
    )
    payload = "x'7b7d'" if store.is_sqlite else r"'\x7b7d'::bytea"
    yes, no = ("1", "0") if store.is_sqlite else ("true", "false")
    store.execute(
        f"{series} INSERT INTO inbox (source, webhook_id, received_at, applied_at, event_at, body,"  # noqa: S608
        " digest, status, event_type, customer_id, user_hash)"
        f" SELECT CASE WHEN i % 20 = 0 THEN 'app' ELSE 'polar' END, 'msg_' || i, {at}, {at}, {at},"
        f" CASE WHEN i > {INBOX_ROWS} * 0.96 THEN {payload} END, '',"
        " CASE WHEN i % 5000 = 1 THEN 'dead' WHEN i % 3 = 0 THEN 'ignored' ELSE 'applied' END,"
        " CASE WHEN i % 60 = 0 THEN 'user.updated' WHEN i % 400 = 0 THEN 'user.restored'"
        " WHEN i % 20 = 0 THEN 'user.deleted'"
        " ELSE 'customer.updated' END, 'c' || (i % 40000), 'u' || (i % 50000) FROM n"
    )
    store.execute(
        f"{series} INSERT INTO deletion (user_hash, event_at, received_at, ended_at, state,"  # noqa: S608
        " approved, attempts, signals, customer_id, next_attempt_at)"
        f" SELECT 'u' || i, {at}, {at}, {at}, CASE WHEN i % 1000 = 0 AND i > {DELETIONS} * 0.9"
        f" THEN 'incomplete' WHEN i > {DELETIONS} - 500 THEN 'received'"
        f" WHEN i % 50 = 0 THEN 'superseded' ELSE 'verified' END, {yes}, 0, 0, 'c' || i,"
        f" CASE WHEN i > {DELETIONS} - 500 THEN {at} END FROM n WHERE i <= {DELETIONS}"
    )
    store.execute(
        f"{series} INSERT INTO evidence (deletion_id, seq, at, kind, source, state, detail, hash)"  # noqa: S608
        f" SELECT 1 + i / 4, 1 + i % 4, {at}, 'checked', 'api', 'deleted', '{{}}', '' FROM n"
        f" WHERE i < {DELETIONS} * 4"
    )
    store.execute(
        f'{series} INSERT INTO log_entry ("index", at, kind, deletion_id, seq, link_hash, hash)'  # noqa: S608
        f" SELECT i, {at}, 'evidence', 1 + i / 4, 1 + i % 4, '', '' FROM n"
        f" WHERE i < {DELETIONS} * 4"
    )
    version = f"{at}, {at}, '', 'api', {at}"
    store.execute(
        f"{series} INSERT INTO customer (id, created_at, version_at, observed_at, digest,"  # noqa: S608
        f" written_by, written_at) SELECT 'c' || i, {at}, {version} FROM n WHERE i <= {MIRRORED}"
    )
    store.execute(
        f"{series} INSERT INTO subscription (id, customer_id, created_at, started_at, status,"  # noqa: S608
        " product_id, amount, currency, recurring_interval, cancel_at_period_end, version_at,"
        f" observed_at, digest, written_by, written_at) SELECT 's' || i, 'c' || i, {at},"
        f" CASE WHEN i % 1000 > 0 THEN {at} END, 'active', 'p', 100, 'usd', 'month', {no},"
        f" {version} FROM n WHERE i <= {MIRRORED}"
    )
    store.execute(
        f"{series} INSERT INTO benefit_grant (id, customer_id, benefit_id, created_at, is_granted,"  # noqa: S608
        " version_at, observed_at, digest, written_by, written_at)"
        f" SELECT 'b' || i, 'c' || i, 'b', {at}, {yes}, {version} FROM n WHERE i <= {MIRRORED}"
    )
    store.execute(
        f"{series} INSERT INTO member (id, customer_id, external_id, created_at, role, version_at,"  # noqa: S608
        " observed_at, digest, written_by, written_at)"
        f" SELECT 'm' || i, 'c' || i, 'e' || i, {at}, 'owner', {version} FROM n"
        f" WHERE i <= {MIRRORED}"
    )
    store.execute(
        f"{series} INSERT INTO customer_seat (id, customer_id, subscription_id, member_id,"  # noqa: S608
        " created_at, status, version_at, observed_at, digest, written_by, written_at)"
        f" SELECT 't' || i, 'c' || i, 's' || i, 'm' || i, {at}, 'claimed', {version} FROM n"
        f" WHERE i <= {MIRRORED}"
    )
    if not store.is_sqlite:
        # What autovacuum does by itself before long. A SQLite file is not analyzed by anybody.
        store.execute("ANALYZE")


@contextlib.contextmanager
def watched() -> Iterator[dict[str, Any]]:
    """Every statement that is executed meanwhile, with parameters it had once."""
    seen: dict[str, Any] = {}

    def see(
        _connection: object,
        _cursor: object,
        statement: str,
        parameters: Any,
        _context: object,
        is_many: bool,
    ) -> None:
        if statement.startswith(("SELECT", "UPDATE", "DELETE")):
            seen.setdefault(statement, parameters[0] if is_many else parameters)

    sa.event.listen(sa.Engine, "before_cursor_execute", see)
    try:
        yield seen
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", see)


async def a_day(store: Store) -> None:
    """Everything that a deployment does over and over."""
    settings = load_settings(store)
    database = Database(store.url)
    ledger = Ledger.of(database, settings)
    inbox = Inbox(database)
    running = asyncio.create_task(inbox.run())
    entry = Entry(
        source=Source.APP,
        webhook_id="msg_new",
        body=event_body(),
        event_type=EventType.USER_DELETED,
    )
    assert await inbox.put(entry) is Outcome.ACCEPTED
    assert await inbox.put(entry) is Outcome.DUPLICATE
    running.cancel()
    applier = Applier(database, ledger, settings)
    assert await applier.anything_pending()
    assert await applier.apply_batch() == 1
    leases = Leases(database, timedelta(seconds=settings.lease))
    assert await leases.anything_due()
    assert len(await leases.claim(50)) == 50
    async with database.write() as session:
        assert len(await evidence.ends(session, range(1, 51))) == 50
    report = await status(database, settings, 50)
    assert report["dead_letters"]["total"] == INBOX_ROWS / 5_000
    retention = Retention(
        database,
        payloads=timedelta(days=7.9),
        inbox=timedelta(days=DAYS - 1),
        audit=timedelta(days=DAYS - 0.1),
    )
    swept = await retention.sweep()
    assert min(swept.payloads, swept.inbox_rows, swept.deletions) > 0
    await a_page_of_each_list(database)
    await a_page_of_the_log(database)
    await what_the_api_is_asked(database)
    await what_the_console_shows(database, store)
    await database.close()


async def a_page_of_the_log(database: Database) -> None:
    """What is read at once to verify or to export it, and what a receipt asks it."""
    middle = DELETIONS // 2
    async with database.reading() as connection:
        page = await audit_log.entries_after(connection, middle, 100)
        assert [it.index for it in page] == list(range(middle + 1, middle + 101))
        places = {(it.deletion_id, it.seq) for it in page}
        assert (await inspection.links(connection, places)).keys() == places
        assert len(await inspection.links_after(connection, middle, 100)) == 100
        assert len(await inspection.deletions_after(connection, middle, 100)) == 100
        assert len(await audit_log.entries_of_deletions_after(connection, middle, 100)) == 100
    async with database.read() as session:
        assert await audit_log.place_of(session, 2, 1) == (4, "")


async def what_the_api_is_asked(database: Database) -> None:
    """Pages at the beginning and far on, of all deletions and of those in states with many, few
    and old ones only; one user's."""
    for state in (None, State.VERIFIED, State.SUPERSEDED, State.INCOMPLETE):
        for before in (None, DELETIONS // 2):
            found = await page(database, user_hash=None, state=state, before=before, limit=20)
            assert state is State.INCOMPLETE or len(found.deletions) == 20
    found = await page(database, user_hash="u40000", state=None, before=None, limit=20)
    [one] = found.deletions
    assert one.user_hash == "u40000"
    async with database.read() as session:
        assert await queries.of_event(session, "u40000", one.event_at) == one.id


async def what_the_console_shows(database: Database, store: Store) -> None:
    """Its charts, and whose something is that somebody has in hand."""
    lately = await overview(database, load_settings(store))
    assert lately.median == 0
    assert sum(day.total for day in lately.days) == 0
    newest = datetime.now(UTC) - timedelta(days=DAYS * (1 - DELETIONS / INBOX_ROWS))
    month = Received(newest - timedelta(days=40), newest - timedelta(days=10))
    # All of them, as nobody would ask; a month of some while ago, and what follows on its page.
    for received in (Received(newest - timedelta(days=DAYS), newest), month):
        for state in (None, State.VERIFIED, State.INCOMPLETE):
            cursor = None
            for _ in range(2):
                few = await received_page(database, received, chosen=state, before=cursor, limit=20)
                assert state is State.INCOMPLETE or len(few.deletions) == 20
                cursor = read_cursor(few.next_cursor) if few.next_cursor else None
    for group in Group:
        await received_page(database, Received(), chosen=group, before=None, limit=20)
    among = range(20_000, 21_000)
    few = await received_page(database, month, chosen=None, before=None, limit=20, among=among)
    assert [it.id for it in few.deletions] == list(among[:-21:-1])
    async with database.read() as session:
        for name in ("c500", "s500", "b500", "m500", "t500"):
            assert await mirror_rows.customers_of(session, name) == {"c500"}
        assert not await memberships.numbers_of(session, "m500", 10)
        for user, owner, number in (("u500", "", 500), ("", "c600", 600)):
            found = await finding.known_by(
                session, user_hash=user, external_hash="x", customer_ids=[owner], limit=10
            )
            assert found == {number}


async def a_page_of_each_list(database: Database) -> None:
    """What a reconciliation looks up for it, in the middle of the list and at its end."""
    newest = datetime.now(UTC) - timedelta(days=DAYS * (1 - MIRRORED / INBOX_ROWS))
    day = timedelta(days=1)
    windows = (
        Window(after=newest - 10 * day, until=newest - 9 * day, seen=frozenset()),
        Window(after=newest - day, until=NEVER, seen=frozenset()),
    )
    ids = [str(number) for number in range(100, 200)]
    async with database.reading() as connection:
        for kind in (CUSTOMER, *owned()):
            for window in windows:
                assert window.after is not None
                first = kind.name[0]
                names = dict.fromkeys((first + number for number in ids), window.after)
                found = await mirror_rows.listed(connection, kind, window.span, names)
                assert set(names) < set(found)
        assert not await queries.any_concerned(connection, names, names)
    async with database.read() as session:
        owners = [f"c{number}" for number in ids]
        for kind in owned():
            assert len(await mirror_rows.stored_of(session, kind, owners)) == len(owners)
        guests = await mirror_customers.memberships_known_as(session, [f"e{it}" for it in ids])
        assert len(guests) == len(ids)
        members = [f"m{it}" for it in ids]
        assert len(await mirror_customers.seats_of_members(session, members)) == len(ids)


def sqlite_visits(store: Store, statement: str, parameters: Any) -> tuple[int, list[str]]:
    """About how many rows it looks at, and by what plan."""
    steps = 0

    def count() -> None:
        nonlocal steps
        steps += 1

    with contextlib.closing(sqlite3.connect(store.path, isolation_level=None)) as connection:
        plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)]
        connection.execute("BEGIN")
        connection.set_progress_handler(count, INSTRUCTIONS_PER_ROW * 100)
        connection.execute(statement, parameters).fetchall()
        connection.set_progress_handler(None, 0)
        connection.execute("ROLLBACK")
    return steps * 100, plan


def postgresql_visits(store: Store, statement: str, parameters: Any) -> tuple[int, list[str]]:
    """How many rows it looks at, and by what plan."""

    def visited(node: dict[str, Any]) -> int:
        inner = sum(visited(part) for part in node.get("Plans", ()))
        if node.get("Relation Name") not in LARGE:
            return inner
        rows = node["Actual Rows"] + node.get("Rows Removed by Filter", 0)
        return inner + int(rows * node["Actual Loops"])

    with psycopg.connect(store.url) as connection:
        explain = f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}"
        [(plan,)] = connection.execute(explain, parameters).fetchall()
        connection.rollback()
    return visited(plan[0]["Plan"]), [json.dumps(plan, indent=1)]


@pytest.mark.slow
def test_no_table_that_grows_is_read_whole(new_store: StoreFactory) -> None:
    store = new_store()
    fill(store)
    with watched() as statements:
        asyncio.run(a_day(store))

    visits = sqlite_visits if store.is_sqlite else postgresql_visits
    looked_at = {
        statement: visits(store, statement, parameters)
        for statement, parameters in statements.items()
        if COUNTS not in statement
    }
    assert len(looked_at) > 20
    assert {text: found for text, found in looked_at.items() if found[0] > MOST_ROWS} == {}
