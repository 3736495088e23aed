"""Whatever somebody does to the tables shows."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest

from sync.deletions import queries
from sync.deletions.ledger import Ledger
from sync.deletions.observations import DeleteAnswered, DeleteSent
from sync.deletions.queries import Which
from tests.helpers.auditing import (
    Place,
    deployment,
    found,
    keep_head,
    rechain,
    remove_before,
    saved_head,
    verify,
)
from tests.helpers.commands import CUSTOMER, FOUND, HELD, NOW, VERIFIED, Commands
from tests.helpers.engines import BOTH_ENGINES, SQLITE
from tests.helpers.receipts import KEY, OLDER

pytestmark = BOTH_ENGINES


class Tampering(NamedTuple):
    """Something that is done to the tables, and what is found."""

    statements: tuple[str, ...]
    found: set[Place]


EVIDENCE = "DELETE FROM evidence WHERE deletion_id = "
ENTRIES = "DELETE FROM log_entry WHERE "
TAMPERINGS = {
    "a detail": Tampering(
        ("UPDATE evidence SET detail = '{}' WHERE deletion_id = 1 AND seq = 2",),
        {("evidence_changed", 1, 2)},
    ),
    "a time": Tampering(
        (
            "UPDATE evidence SET at = '2020-01-01 00:00:00.000000'"
            " WHERE deletion_id = 3 AND seq = 1",
        ),
        {("evidence_changed", 3, 1)},
    ),
    "a state that there is not": Tampering(
        ("UPDATE evidence SET state = 'nonsense' WHERE deletion_id = 1 AND seq = 2",),
        {("evidence_changed", 1, 2)},
    ),
    "a hash": Tampering(
        ("UPDATE evidence SET hash = 'h' WHERE deletion_id = 1 AND seq = 2",),
        {("evidence_changed", 1, 2)},
    ),
    "a link removed": Tampering(
        (f"{EVIDENCE} 1 AND seq = 2",),
        {("evidence_missing", 1, 2)},
    ),
    "a link removed, and its entry": Tampering(
        (f"{EVIDENCE} 1 AND seq = 2", f"{ENTRIES} deletion_id = 1 AND seq = 2"),
        {("entry_missing", None, None), ("evidence_missing", 1, 2), ("evidence_changed", 1, 3)},
    ),
    "the last link removed": Tampering(
        (f"{EVIDENCE} 2 AND seq = 3", "UPDATE deletion SET state = 'resolved' WHERE id = 2"),
        {("evidence_missing", 2, 3)},
    ),
    "a link put in": Tampering(
        (
            "INSERT INTO evidence (deletion_id, seq, at, kind, source, state, detail, hash) SELECT"
            " deletion_id, 4, at, kind, source, state, detail, hash FROM evidence"
            " WHERE deletion_id = 2 AND seq = 3",
        ),
        {("evidence_not_logged", 2, 4)},
    ),
    "two links swapped": Tampering(
        (
            "UPDATE evidence SET seq = -2 WHERE deletion_id = 1 AND seq = 2",
            "UPDATE evidence SET seq = 2 WHERE deletion_id = 1 AND seq = 3",
            "UPDATE evidence SET seq = 3 WHERE deletion_id = 1 AND seq = -2",
        ),
        {("evidence_changed", 1, 2), ("evidence_changed", 1, 3)},
    ),
    "a link given to another deletion": Tampering(
        ("UPDATE evidence SET deletion_id = 2, seq = 4 WHERE deletion_id = 1 AND seq = 6",),
        {
            ("evidence_missing", 1, 6),
            ("evidence_not_logged", 2, 4),
            ("state_differs", 2, None),
        },
    ),
    "a whole deletion": Tampering(
        (f"{EVIDENCE} 1", "DELETE FROM deletion WHERE id = 1"),
        {("deletion_missing", 1, None)},
    ),
    "all the evidence of one": Tampering((f"{EVIDENCE} 1",), {("deletion_missing", 1, None)}),
    "a row alone": Tampering(
        ("DELETE FROM deletion WHERE id = 2",), {("deletion_missing", 2, None)}
    ),
    "a whole deletion, and its entries": Tampering(
        (f"{EVIDENCE} 1", "DELETE FROM deletion WHERE id = 1", f"{ENTRIES} deletion_id = 1"),
        {("entry_missing", None, None)},
    ),
    "a state": Tampering(
        ("UPDATE deletion SET state = 'canceled' WHERE id = 1",), {("state_differs", 1, None)}
    ),
    "a deletion put in": Tampering(
        (
            "CREATE TABLE copied AS SELECT * FROM deletion WHERE id = 1",
            "UPDATE copied SET id = 99",
            "INSERT INTO deletion SELECT * FROM copied",
        ),
        {("state_differs", 99, None)},
    ),
    "an entry changed": Tampering(
        ("UPDATE log_entry SET seq = 9 WHERE deletion_id = 2 AND seq = 1",),
        {("entry_changed", 2, 9), ("evidence_missing", 2, 9), ("evidence_not_logged", 2, 1)},
    ),
    "an entry's time": Tampering(
        (
            "UPDATE log_entry SET at = '2020-01-01 00:00:00.000000' WHERE deletion_id = 2"
            " AND seq = 1",
        ),
        {("entry_changed", 2, 1)},
    ),
    "an entry's kind": Tampering(
        ("UPDATE log_entry SET kind = 'nonsense' WHERE deletion_id = 2 AND seq = 1",),
        {("entry_changed", 2, 1)},
    ),
    "an entry removed": Tampering(
        (f"{ENTRIES} deletion_id = 2 AND seq = 1",),
        {("entry_missing", None, None), ("evidence_not_logged", 2, 1)},
    ),
    "two entries swapped": Tampering(
        (
            'UPDATE log_entry SET "index" = -7 WHERE "index" = 7',
            'UPDATE log_entry SET "index" = 7 WHERE "index" = 8',
            'UPDATE log_entry SET "index" = 8 WHERE "index" = -7',
        ),
        {("entry_changed", 2, 1), ("entry_changed", 2, 2), ("entry_changed", 2, 3)},
    ),
    "the tail of the log": Tampering(
        (f"{ENTRIES} deletion_id = 3",), {("evidence_not_logged", 3, seq) for seq in range(1, 7)}
    ),
    "an entry put in": Tampering(
        (
            'INSERT INTO log_entry ("index", at, kind, deletion_id, seq, link_hash, hash) SELECT'
            ' 16, at, kind, deletion_id, seq, link_hash, hash FROM log_entry WHERE "index" = 7',
        ),
        {("entry_changed", 2, 1), ("entry_repeated", 2, 1)},
    ),
    "an entry before the first": Tampering(
        ('UPDATE log_entry SET "index" = 0 WHERE "index" = 1',),
        {("entry_changed", None, None), ("entry_missing", None, None)},
    ),
    "removed as if for its age": Tampering(
        (
            'INSERT INTO log_entry ("index", at, kind, deletion_id, seq, link_hash, hash) SELECT'
            " 16, at, 'removed', deletion_id, seq, link_hash, hash FROM log_entry"
            ' WHERE "index" = 6',
            f"{EVIDENCE} 1",
            "DELETE FROM deletion WHERE id = 1",
        ),
        {("entry_changed", 1, 6)},
    ),
}


@pytest.mark.parametrize("name", TAMPERINGS)
def test_found(commands: Commands, name: str) -> None:
    store = deployment(commands)
    assert found(commands) == set()
    for statement in TAMPERINGS[name].statements:
        store.execute(statement)
    assert found(commands) == TAMPERINGS[name].found


@SQLITE
@pytest.mark.parametrize("value", ["'no time'", "x'ff'", "7"])
def test_what_cannot_be_read_is_found_too(commands: Commands, value: str) -> None:
    """PostgreSQL takes no such value."""
    store = deployment(commands)
    keep_head(commands)
    store.execute(f"UPDATE evidence SET at = {value} WHERE deletion_id = 1 AND seq = 2")  # noqa: S608
    store.execute(f"UPDATE evidence SET detail = {value} WHERE deletion_id = 1 AND seq = 3")  # noqa: S608
    store.execute(f"UPDATE log_entry SET at = {value} WHERE deletion_id = 2 AND seq = 1")  # noqa: S608
    store.execute(f"UPDATE log_head SET at = {value}")  # noqa: S608
    assert found(commands) == {
        ("evidence_changed", 1, 2),
        ("evidence_changed", 1, 3),
        ("entry_changed", 2, 1),
    }
    assert commands.run("audit", "export").code == 0
    keep_head(commands)


def test_a_chain_made_anew_is_found_by_a_head_that_was_kept(commands: Commands) -> None:
    store = deployment(commands)
    keep_head(commands)
    elsewhere = saved_head(commands)
    store.execute("UPDATE evidence SET detail = '{}' WHERE deletion_id = 1 AND seq = 2")
    rechain(store)
    assert found(commands) == {("head_differs", None, None)}

    # Whoever has the database has its heads as well.
    store.execute("DELETE FROM log_head")
    assert found(commands) == set()
    assert found(commands, "--against", str(elsewhere)) == {("head_differs", None, None)}


def test_a_tail_that_is_cut_off_is_found_by_a_head_that_was_kept(commands: Commands) -> None:
    store = deployment(commands)
    keep_head(commands)
    elsewhere = saved_head(commands)
    for table in ("evidence", "log_entry"):
        store.execute(f"DELETE FROM {table} WHERE deletion_id = 3")  # noqa: S608
    store.execute("DELETE FROM deletion WHERE id = 3")
    assert found(commands) == {("log_cut_off", None, None)}

    store.execute("DELETE FROM log_head")
    assert found(commands) == set()
    assert found(commands, "--against", str(elsewhere)) == {("log_cut_off", None, None)}
    # It goes on, and is longer than it was one day.
    for number in range(3):
        commands.deletion(f"later-{number}", *HELD)
    assert found(commands, "--against", str(elsewhere)) == {("head_differs", None, None)}


def test_a_head_that_somebody_else_has_signed_is_found(commands: Commands) -> None:
    store = deployment(commands, signing=True)
    keep_head(commands, KEY)
    report = verify(commands).json
    assert (report["heads"], report["signed"]) == (1, 1)

    store.execute("UPDATE evidence SET detail = '{}' WHERE deletion_id = 1 AND seq = 2")
    rechain(store)
    store.execute("DELETE FROM log_head")
    keep_head(commands, OLDER)
    assert found(commands) == {("wrong_signature", None, None)}


def test_a_receipt_is_as_good_as_a_head(commands: Commands) -> None:
    store = deployment(commands, signing=True)
    file = store.directory / "receipt.json"
    file.write_text(commands.run("receipt", "3").out)
    report = verify(commands, "--against", str(file)).json
    assert (report["against"], report["signed"]) == (1, 1)

    changed = file.read_text().replace('"index": 15', '"index": 14')
    other = store.directory / "other.json"
    other.write_text(changed)
    assert found(commands, "--against", str(other)) == {
        ("wrong_signature", None, None),
        ("head_differs", None, None),
    }
    store.execute("UPDATE evidence SET detail = '{}' WHERE deletion_id = 1 AND seq = 2")
    rechain(store)
    assert found(commands, "--against", str(file)) == {("head_differs", None, None)}


def test_removed_for_its_age_is_told_apart_from_gone(commands: Commands) -> None:
    store = deployment(commands)
    newest = commands.deletion("user-4", *VERIFIED)
    keep_head(commands)
    remove_before(commands, 1)
    report = verify(commands).json
    assert report["findings"]["total"] == 0
    assert (report["deletions"], report["evidence"]) == (2, 9)
    assert {row["id"] for row in store.query("SELECT id FROM deletion")} == {2, newest}

    for table, number in (("evidence", "deletion_id"), ("deletion", "id")):
        store.execute(f"DELETE FROM {table} WHERE {number} = 2")  # noqa: S608
    assert found(commands) == {("deletion_missing", 2, None)}


def test_what_was_removed_for_its_age_does_not_come_back(commands: Commands) -> None:
    store = deployment(commands)
    kept = [
        "CREATE TABLE kept_evidence AS SELECT * FROM evidence WHERE deletion_id = 1",
        "CREATE TABLE kept_deletion AS SELECT * FROM deletion WHERE id = 1",
    ]
    for statement in kept:
        store.execute(statement)
    remove_before(commands, 1)
    store.execute("INSERT INTO deletion SELECT * FROM kept_deletion")
    store.execute("INSERT INTO evidence SELECT * FROM kept_evidence")
    assert found(commands) == {("deletion_back", 1, None)}


def test_of_very_many_findings_some_are_named(
    commands: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sync.auditing.findings._KEPT", 4)
    # And pages that are smaller than what a deletion has.
    monkeypatch.setattr("sync.auditing.inspecting._BATCH", 3)
    monkeypatch.setattr("sync.auditing.inspecting._LINKS_EACH", 1)
    store = deployment(commands)
    assert found(commands) == set()
    store.execute("UPDATE evidence SET detail = '{\"x\": 1}'")
    findings = verify(commands).json["findings"]
    assert (findings["total"], len(findings["named"])) == (15, 4)
    shown = commands.run("audit", "verify")
    assert shown.code == 1
    assert "\nand 11 more\n" in shown.out
    assert shown.err == "error: the log over all deletions does not hold\n"


@pytest.mark.parametrize("column", ["user_hash", "customer_id"])
def test_a_row_that_is_made_anothers_is_found_by_a_receipt_that_was_kept(
    commands: Commands, column: str
) -> None:
    store = deployment(commands)
    receipts = []
    for number in ("2", "3"):
        receipts.append(store.directory / f"{number}.json")
        receipts[-1].write_text(commands.run("receipt", number).out)
    kept = [it for file in receipts for it in ("--against", str(file))]
    assert found(commands, *kept) == set()
    # Until it is verified, another customer may be found for the user.
    store.execute("UPDATE deletion SET customer_id = 'another' WHERE id = 2")
    assert found(commands, *kept) == set()
    store.execute(f"UPDATE deletion SET {column} = 'another' WHERE id = 3")  # noqa: S608
    assert found(commands) == set()
    assert found(commands, *kept) == {("row_differs", 3, None)}


def test_a_verified_row_has_the_customer_of_its_evidence(commands: Commands) -> None:
    number = commands.deletion("user-1", FOUND)

    async def work(ledger: Ledger) -> None:
        async with ledger.database.write() as session:
            [row] = await queries.find(session, ledger.hasher, Which(str(number), as_user=False))
            sent: dict[str, Any] = {"source": "worker", "customer_id": CUSTOMER}
            await ledger.record(session, row, DeleteSent(), NOW, **sent)
            for observation in (DeleteAnswered(), VERIFIED[-1]):
                await ledger.record(session, row, observation, NOW, source="api")

    commands.do(work)
    assert found(commands) == set()
    commands.sql("UPDATE deletion SET customer_id = 'another'")
    assert found(commands) == {("row_differs", number, None)}
    forged = commands.store.directory / "forged.json"
    forged.write_text(commands.run("receipt", str(number)).out)
    checked = commands.run("receipt", "verify", str(forged), "--json")
    assert checked.code == 1
    assert "another customer" in checked.json["chain"]["detail"]
