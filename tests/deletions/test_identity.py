"""Who a local user is at Polar, and the mapping that says so."""

from __future__ import annotations

import asyncio
import gc
import io
import json
import tracemalloc
from collections.abc import Coroutine
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, TypeVar

import pytest
from pydantic import SecretStr
from sqlmodel import select

from sync.deletions import mapping
from sync.deletions.id_file import MAX_PROBLEMS
from sync.deletions.identity import (
    FromEvent,
    Identified,
    InvalidEntry,
    Source,
    by_rule,
    remove_entry,
    resolve,
    set_entry,
    user_by_rule,
)
from sync.deletions.mapping import Target
from sync.deletions.mapping_import import ImportFailed, import_entries
from sync.deletions.states import State
from sync.deletions.tables import DeletionRow, MappingRow
from sync.hashing import Hasher
from sync.settings import Settings
from sync.store.database import Database
from tests.helpers.engines import BOTH_ENGINES
from tests.helpers.settings import load_settings
from tests.helpers.store import Store, StoreFactory

pytestmark = BOTH_ENGINES

HASHER = Hasher(SecretStr("k" * 32))
UUID = "6f2c1d0e-3f43-4f5e-9a55-0d6d1f6c2b11"
AT = datetime(2026, 10, 1, tzinfo=UTC)

T = TypeVar("T")


class Files:
    """One migrated database, and coroutines run against it."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.url = store.url

    def run(self, work: Coroutine[Any, Any, T], database: Database) -> T:
        async def closing() -> T:
            try:
                return await work
            finally:
                await database.close()

        return asyncio.run(closing())

    def load(self, content: bytes, file_format: Literal["csv", "jsonl"] = "csv") -> int:
        database = Database(self.url)
        stream = io.BytesIO(content)
        return self.run(import_entries(database, HASHER, stream, file_format), database)

    def set(self, user_id: str, **ids: str | None) -> None:
        database = Database(self.url)
        self.run(set_entry(database, HASHER, user_id, **ids), database)

    def remove(self, user_id: str) -> bool:
        database = Database(self.url)
        return self.run(remove_entry(database, user_id), database)

    def get(self, user_id: str) -> Target | None:
        database = Database(self.url)

        async def read() -> Target | None:
            async with database.read() as session:
                entry = await mapping.get(session, user_id)
                return None if entry is None else entry.target

        return self.run(read(), database)

    def all(self) -> dict[str, str | None]:
        database = Database(self.url)

        async def read() -> dict[str, str | None]:
            async with database.read() as session:
                rows = (await session.exec(select(MappingRow))).all()
                return {row.user_id: row.external_id or row.customer_id for row in rows}

        return self.run(read(), database)

    def resolve(self, user_id: str, override: str | None = None, **settings: str) -> Target | None:
        event = FromEvent(override, datetime.now(UTC)) if override else None
        identified = self.identify(user_id, event, **settings)
        return None if identified is None else identified.target

    def identify(self, user_id: str, event: FromEvent | None, **settings: str) -> Identified | None:
        database = Database(self.url)
        loaded = Settings.load(
            polar_access_token="polar_oat_x",
            polar_webhook_secrets="polar_whs_" + "x" * 22,
            event_secrets="whsec_" + "A" * 44,
            hash_key="k" * 32,
            _env_file=None,
            **settings,
        )

        async def read() -> Identified | None:
            async with database.read() as session:
                return await resolve(session, user_id, event, loaded)

        return self.run(read(), database)

    def add_deletion(self, user_id: str, state: State, **fields: Any) -> None:
        database = Database(self.url)
        row = DeletionRow(
            user_hash=HASHER.user(user_id),
            user_id=user_id,
            event_at=AT,
            received_at=AT,
            state=state,
            **fields,
        )

        async def add() -> None:
            async with database.write() as session:
                session.add(row)

        self.run(add(), database)

    def deletion(self, user_id: str) -> DeletionRow:
        database = Database(self.url)

        async def read() -> DeletionRow:
            async with database.read() as session:
                query = select(DeletionRow).where(DeletionRow.user_id == user_id)
                return (await session.exec(query)).one()

        return self.run(read(), database)


@pytest.fixture
def files(new_store: StoreFactory) -> Files:
    return Files(new_store())


def failure(files: Files, content: bytes, kind: Literal["csv", "jsonl"] = "csv") -> ImportFailed:
    before = files.all()
    with pytest.raises(ImportFailed) as caught:
        files.load(content, kind)
    assert files.all() == before
    return caught.value


# --- resolving -----------------------------------------------------------------------------


def test_a_target_is_exactly_one_id() -> None:
    for ids in ({}, {"external_id": "a", "customer_id": UUID}, {"external_id": ""}):
        with pytest.raises(ValueError, match="exactly one"):
            Target(**ids)


def test_the_rule_named_by_the_settings(files: Files) -> None:
    assert files.resolve("u1") == Target(external_id="u1")
    assert files.resolve("u1", mapping="table") is None
    template = {"mapping": "template", "external_id_template": "app:{user_id}/x"}
    assert files.resolve("{user_id}", **template) == Target(external_id="app:{user_id}/x")
    assert files.resolve("u" * 255, **template) == Target(external_id=f"app:{'u' * 255}/x")


@pytest.mark.parametrize(
    ("template", "external_id", "user_id"),
    [
        (None, "u1", "u1"),
        (None, "x" * 256, None),
        (None, "a\nb", None),
        ("app:{user_id}", "app:u1", "u1"),
        ("app:{user_id}", "u1", None),
        ("app:{user_id}", "app:", None),
        ("app:{user_id}", "ap", None),
        (" {user_id}/{user_id} ", "u1/u1", "u1"),
        ("{user_id}/{user_id}", "u1/u2", None),
        ("{user_id}/{user_id}", "u1/u12", None),
        ("{user_id}{user_id}x", "u1u1x", "u1"),
        ("app:{user_id}", "app:{user_id}", "{user_id}"),
    ],
)
def test_the_rule_is_undone(template: str | None, external_id: str, user_id: str | None) -> None:
    rule = {} if template is None else {"mapping": "template", "external_id_template": template}
    settings = load_settings(Path("nowhere.db"), **rule)
    assert user_by_rule(external_id, settings) == user_id
    if user_id is not None:
        known = by_rule(user_id, settings)
        assert known is not None
        assert known.target.external_id == external_id
    assert user_by_rule(external_id, load_settings(Path("nowhere.db"), mapping="table")) is None


@pytest.mark.parametrize("mapping", ["identity", "template", "table"])
def test_an_entry_beats_the_rule_and_the_event_beats_both(files: Files, mapping: str) -> None:
    files.set("u1", external_id="ext-1")
    files.set("u2", customer_id=UUID.upper())
    assert files.resolve("u1", mapping=mapping) == Target(external_id="ext-1")
    assert files.resolve("u2", mapping=mapping) == Target(customer_id=UUID)
    assert files.resolve("u2", "given", mapping=mapping) == Target(external_id="given")
    assert files.resolve("u2", mapping=mapping) == Target(customer_id=UUID)


def test_what_an_operator_says_after_the_event_beats_the_event(files: Files) -> None:
    before = FromEvent("given", datetime.now(UTC))
    assert files.identify("u1", before) == Identified(Target(external_id="given"), Source.EVENT)
    files.set("u1", external_id="ext-1")
    assert files.identify("u1", before) == Identified(Target(external_id="ext-1"), Source.ENTRY)
    after = FromEvent("given", datetime.now(UTC))
    assert files.identify("u1", after) == Identified(Target(external_id="given"), Source.EVENT)
    files.remove("u1")
    assert files.identify("u1", before) == Identified(Target(external_id="given"), Source.EVENT)
    assert files.identify("u1", None) == Identified(Target(external_id="u1"), Source.IDENTITY)


def test_an_external_id_is_trimmed_as_polar_trims_it(files: Files) -> None:
    files.set(" u1 ", external_id="\u2003lead ")
    assert files.resolve(" u1 ") == Target(external_id="lead")
    # The local user id is what the app says it is.
    assert files.resolve("u1", mapping="table") is None
    assert files.resolve(" u2") == Target(external_id="u2")
    assert files.resolve("u2", " given ") == Target(external_id="given")
    template = {"mapping": "template", "external_id_template": " app {user_id}"}
    assert files.resolve("u2 ", **template) == Target(external_id="app u2")
    files.store.execute("UPDATE mapping SET external_id = ' of an earlier version '")
    assert files.resolve(" u1 ") == Target(external_id="of an earlier version")
    assert files.resolve("u2", "  ") is None


@pytest.mark.parametrize("blanks", [" ", "\u2003 "])
def test_nobody_is_mapped_to_blanks(files: Files, blanks: str) -> None:
    with pytest.raises(InvalidEntry, match="external_id: must not be only blanks"):
        files.set("u1", external_id=blanks)
    assert failure(files, f"user_id,external_id\nu1,{blanks}\n".encode())


# --- single entries ------------------------------------------------------------------------


def test_entries_are_set_changed_and_removed(files: Files) -> None:
    assert files.get("u1") is None
    files.set("u1", external_id="ext-1")
    files.set("u1", customer_id=UUID)
    assert files.get("u1") == Target(customer_id=UUID)
    assert files.remove("u1")
    assert not files.remove("u1")
    assert files.get("u1") is None


@pytest.mark.parametrize(
    ("user_id", "ids", "field"),
    [
        ("", {"external_id": "e"}, "user_id"),
        ("u" * 256, {"external_id": "e"}, "user_id"),
        ("u\x00", {"external_id": "e"}, "user_id"),
        ("u", {"external_id": "e" * 256}, "external_id"),
        ("u", {"external_id": "\ud800"}, "external_id"),
        ("u", {"customer_id": "cus_1"}, "customer_id"),
        ("u", {"customer_id": UUID + "\n"}, "customer_id"),
        ("u", {}, "external_id, customer_id"),
        ("u", {"external_id": ""}, "external_id, customer_id"),
        ("u", {"external_id": "e", "customer_id": UUID}, "external_id, customer_id"),
    ],
)
def test_an_unusable_entry_is_refused(
    files: Files, user_id: str, ids: dict[str, str], field: str
) -> None:
    with pytest.raises(InvalidEntry) as caught:
        files.set(user_id, **ids)
    assert [problem.field for problem in caught.value.problems] == [field]
    assert files.all() == {}


# --- waking what waited --------------------------------------------------------------------


@pytest.mark.parametrize("way", ["set", "import"])
def test_an_unmapped_deletion_is_woken(files: Files, way: str) -> None:
    files.add_deletion("u1", State.UNMAPPED)
    files.add_deletion("u2", State.UNMAPPED)
    if way == "set":
        files.set("u1", external_id="ext-1")
    else:
        files.load(b"user_id,external_id\nu1,ext-1\n")
    woken, other = files.deletion("u1"), files.deletion("u2")
    assert woken.next_attempt_at is not None
    assert abs(woken.next_attempt_at - datetime.now(UTC)).total_seconds() < 60
    assert woken.signals == 1
    assert (other.next_attempt_at, other.signals) == (None, 0)


@pytest.mark.slow
def test_a_deletion_being_resolved_is_told_but_not_hurried(files: Files) -> None:
    files.add_deletion("u1", State.RECEIVED, next_attempt_at=AT)
    files.add_deletion("u2", State.BLOCKED, resume=State.RECEIVED, next_attempt_at=AT)
    files.add_deletion("u3", State.VERIFIED)
    for user_id in ("u1", "u2", "u3"):
        files.set(user_id, external_id=f"ext-{user_id}")
    after = [files.deletion(user_id) for user_id in ("u1", "u2", "u3")]
    assert [(row.signals, row.next_attempt_at) for row in after] == [(1, AT), (1, AT), (0, None)]


def test_a_failed_import_wakes_nothing(files: Files) -> None:
    files.add_deletion("u1", State.UNMAPPED)
    failure(files, b"user_id,external_id\nu1,ext-1\nu2\n")
    assert files.deletion("u1").signals == 0


# --- imports -------------------------------------------------------------------------------


def test_a_csv_in_any_order_with_a_bom_blanks_and_quotes(files: Files) -> None:
    content = (
        "\ufeffcustomer_id,user_id,external_id\r\n"
        '"","u,1","a ""quoted"" id"\r\n'
        "\r\n"
        f"{UUID.upper()},ü2,\r\n"
        '"","u,1","a ""quoted"" id"'
    )
    assert files.load(content.encode()) == 2
    assert files.all() == {"u,1": 'a "quoted" id', "ü2": UUID}


def test_json_lines(files: Files) -> None:
    lines = [
        {"user_id": 42, "external_id": 7},
        {"user_id": "a\u2028b", "external_id": None, "customer_id": UUID},
        {"user_id": "42", "external_id": "7", "customer_id": ""},
    ]
    content = "\n\n".join(json.dumps(line, ensure_ascii=False) for line in lines)
    assert files.load(content.encode(), "jsonl") == 2
    assert files.all() == {"42": "7", "a\u2028b": UUID}


def test_an_import_replaces_entries_and_keeps_the_others(files: Files) -> None:
    files.load(b"user_id,external_id\na,1\nb,2\n")
    assert files.load(f"user_id,external_id,customer_id\nb,,{UUID}\nc,2,\n".encode()) == 2
    assert files.all() == {"a": "1", "b": UUID, "c": "2"}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=["LF", "CRLF", "CR"])
@pytest.mark.parametrize("between", [",", ";", "\t"], ids=["comma", "semicolon", "tab"])
def test_a_csv_as_spreadsheets_write_it(
    files: Files, encoding: str, end: str, between: str
) -> None:
    rows = [
        ["user_id ", " external_id", "customer_id"],
        ["ü1", ' "zoë, €; x"', ""],
        [],
        ["  ", "", ""] if between == "\t" else [],
        # Where files were put together.
        ["user_id", "external_id", "customer_id"],
        ["日本", "", f" {UUID} "],
    ]
    text = end.join(between.join(row) for row in rows)

    assert files.load(text.encode(encoding)) == 2
    assert files.all() == {"ü1": "zoë, €; x", "日本": UUID}


@pytest.mark.parametrize(
    ("content", "problems"),
    [
        (b"user_id,external_id\nu1,e\nu2,x\nu3, e \n", [(4, "external_id", "line 2 ")]),
        (
            f"user_id,customer_id\nu1,{UUID}\nu2,{UUID.upper()}".encode(),
            [(3, "customer_id", "line 2 ")],
        ),
        (b"user_id,external_id\n u1 ,e\n", [(2, "user_id", "blank")]),
        (b"user_id,external_id\nu1,e\nexternal_id,user_id\n", [(3, "line", "another header")]),
        (
            "user_id,external_id\nu1,e\ud800".encode("utf-16", "surrogatepass"),
            [(2, "external_id", "")],
        ),
        ("user_id,external_id\nu1,e".encode("utf-16") + b"x", [(2, "external_id", "UTF-8")]),
        ("user_id,external_id\nu1,é".encode("latin-1"), [(2, "external_id", "UTF-8")]),
    ],
)
def test_what_is_refused_with_its_line(
    files: Files, content: bytes, problems: list[tuple[int, str, str]]
) -> None:
    failed = failure(files, content)
    for (line, problem), (number, field, words) in zip(failed.problems, problems, strict=True):
        assert (line, problem.field) == (number, field)
        assert words in problem.remedy


def test_a_customer_is_one_users(files: Files) -> None:
    """Also where the other's entry is in the database."""
    files.load(f"user_id,external_id,customer_id\na,1,\nb,,{UUID}\n".encode())

    failed = failure(files, f"user_id,external_id,customer_id\nx,9,\nc,,{UUID}\nd,1,".encode())
    assert [(line, problem.field) for line, problem in failed.problems] == [
        (3, "customer_id"),
        (4, "external_id"),
    ]
    assert "polar-sync map remove b" in failed.problems[0][1].remedy
    assert "polar-sync map remove a" in failed.problems[1][1].remedy
    for ids in ({"external_id": " 1 "}, {"customer_id": UUID}):
        with pytest.raises(InvalidEntry, match="has it already"):
            files.set("c", **ids)
    assert files.all() == {"a": "1", "b": UUID}

    # The same again is nothing new, and two may change places at once.
    files.set("a", external_id="1")
    assert files.load(f"user_id,external_id,customer_id\nb,1,\na,,{UUID}\n".encode()) == 2
    assert files.all() == {"a": UUID, "b": "1"}
    files.remove("a")
    files.set("c", customer_id=UUID)


def test_two_at_once_are_not_both_given_the_customer(files: Files) -> None:
    async def main() -> list[BaseException | None]:
        databases = [Database(files.url) for _ in range(4)]
        try:
            return await asyncio.gather(
                *(
                    set_entry(database, HASHER, f"u{number}", external_id="e")
                    for number, database in enumerate(databases)
                ),
                return_exceptions=True,
            )
        finally:
            for database in databases:
                await database.close()

    outcomes = asyncio.run(main())

    assert sorted(type(it).__name__ for it in outcomes) == ["InvalidEntry"] * 3 + ["NoneType"]
    assert len(files.all()) == 1


def test_files_without_entries(files: Files) -> None:
    assert files.load(b"", "jsonl") == 0
    assert files.load(b"user_id,external_id\n") == 0


@pytest.mark.parametrize(
    ("header", "field"),
    [
        (b"", "header"),
        (b"user_id", "header"),
        (b"external_id,customer_id", "header"),
        (b"user_id,external_id,external_id", "header"),
        (b"user_id|external_id", "'user_id|external_id'"),
        (b"user_id;external_id,customer_id", "'user_id;external_id'"),
        (b'user_id,"external_id', "line"),
        (b"user_id,external_id" + b"," * 20_000, "line"),
    ],
)
def test_a_header_that_cannot_be_used(files: Files, header: bytes, field: str) -> None:
    failed = failure(files, header + b"\nu,e\n")
    line, problem = failed.problems[0]
    assert (line, problem.field[: len(field)]) == (1, field)
    assert str(failed).isascii()


def test_every_problem_of_a_csv_is_told_with_its_line(files: Files) -> None:
    content = (
        b"user_id,external_id,customer_id\n"
        b"good,e,\n"
        b"few,e\n"
        b"both,e,6f2c1d0e-3f43-4f5e-9a55-0d6d1f6c2b11\n"
        b",e,\n"
        b'stray,"e,\n'
        b"good,e,\n"
        b"good,other,\n"
        b"latin-\xe9,e,\n"
        b"two,\x07,nope\n" + b"long," + b"e" * 70_000 + b",\n"
        b"none,,\n"
    )
    failed = failure(files, content)
    assert [(line, problem.field) for line, problem in failed.problems] == [
        (3, "line"),
        (4, "external_id, customer_id"),
        (5, "user_id"),
        (6, "line"),
        (8, "user_id"),
        (9, "user_id"),
        (10, "external_id"),
        (10, "customer_id"),
        (11, "line"),
        (12, "external_id, customer_id"),
    ]
    assert failed.total == 10
    assert "line 8: user_id: line 2 maps it to another customer" in str(failed)


@pytest.mark.parametrize(
    ("line", "field"),
    [
        (b"[]", "line"),
        (b"{", "line"),
        (b"[" * 10_000, "line"),
        (b'{"user_id":"u","external_id":"e"}' + b" " * 20_000, "line"),
        (b'{"user_id":' + b"1" * 5_000 + b"}", "line"),
        (b'{"user_id":true,"external_id":"e"}', "user_id"),
        (b'{"user_id":1.5,"external_id":"e"}', "user_id"),
        (b'{"user_id":"u","external_id":["e"]}', "external_id"),
        (b'{"user_id":"\\ud800","external_id":"e"}', "user_id"),
        (b'{"user_id":"u","external_id":"\xff"}', "external_id"),
        (b'{"user_id":"u","customer_id":5}', "customer_id"),
        (b'{"external_id":"e"}', "user_id"),
        (b'{"user_id":"u","external_id":"e","email":"x"}', "'email'"),
    ],
)
def test_a_json_line_that_cannot_be_used(files: Files, line: bytes, field: str) -> None:
    failed = failure(files, b'\n{"user_id":"good","external_id":"e"}\n' + line, "jsonl")
    assert [(number, problem.field) for number, problem in failed.problems] == [(3, field)]


def test_of_many_problems_the_first_are_told_and_all_are_counted(files: Files) -> None:
    failed = failure(files, b"user_id,external_id\n" + b"u\n" * 1_000)
    assert [line for line, _ in failed.problems] == list(range(2, 2 + MAX_PROBLEMS))
    assert failed.total == 1_000
    assert str(failed).endswith("and 980 more")


def test_the_database_is_not_locked_while_a_slow_stream_is_read(files: Files) -> None:
    class Slow(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            files.store.execute("DELETE FROM deletion")
            return super().read(size)

    database = Database(files.url)
    stream = Slow(b"user_id,external_id\nu,e\n")
    assert files.run(import_entries(database, HASHER, stream, "csv"), database) == 1


@pytest.mark.slow
def test_memory_stays_flat(files: Files) -> None:
    def lines(count: int) -> io.BytesIO:
        rows = (f"user-{number:09d},external-{number:09d}\n".encode() for number in range(count))
        return io.BytesIO(b"user_id,external_id\n" + b"".join(rows))

    def peak(count: int) -> int:
        stream, database = lines(count), Database(files.url)
        # Seldom collected, garbage would be most of what is measured; and the more there was
        # before, the more seldom all of it is.
        seldom = gc.get_threshold()
        gc.freeze()
        gc.collect()
        gc.set_threshold(100)
        tracemalloc.start()
        try:
            assert files.run(import_entries(database, HASHER, stream, "csv"), database) == count
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
            gc.set_threshold(*seldom)
            gc.unfreeze()

    peak(2_000)
    # Bytes a line. One that were kept until the end would take more than 200: two texts and what
    # holds them.
    assert (peak(50_000) - peak(2_000)) / 48_000 < 50
