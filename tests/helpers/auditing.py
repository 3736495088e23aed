"""A log over some deletions, and somebody who has the database and touches it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sync.audit_log.entry import entry_hash
from sync.auditing import heads
from sync.deletions import removal
from sync.deletions.chain import content_hash
from sync.deletions.ledger import Ledger
from sync.hash_chain import GENESIS
from sync.receipt_keys import ReceiptKey
from sync.receipts.signing import Signer
from tests.helpers.commands import HELD, NOW, VERIFIED, Commands, Result
from tests.helpers.receipts import KEY
from tests.helpers.store import Store

Place = tuple[str, int | None, int | None]
"""What was found of which deletion's which piece of evidence."""


def deployment(commands: Commands, *, signing: bool = False) -> Store:
    """Three deletions, of which the second is held: 1 has entries 1 to 6, 2 has 7 to 9, 3 has 10 to
    15."""
    if signing:
        commands.monkeypatch.setenv("RECEIPT_KEY", KEY.setting.get_secret_value())
    commands.deletion("user-1", *VERIFIED)
    commands.deletion("user-2", *HELD)
    commands.deletion("user-3", *VERIFIED)
    return commands.store


def verify(commands: Commands, *arguments: str) -> Result:
    result = commands.run("audit", "verify", "--json", *arguments)
    assert result.code in (0, 1), result.err
    assert result.json["holds"] is (result.code == 0)
    return result


def found(commands: Commands, *arguments: str) -> set[Place]:
    """What a look at all of it finds."""
    findings = verify(commands, *arguments).json["findings"]
    assert findings["total"] == len(findings["named"])
    return {(it["what"], it["deletion"], it["seq"]) for it in findings["named"]}


def keep_head(commands: Commands, key: ReceiptKey | None = None) -> None:
    """What a worker does once a day."""
    signer = None if key is None else Signer([key])
    commands.do(lambda ledger: heads.keep(ledger.database, signer))


def saved_head(commands: Commands, name: str = "head.json") -> Path:
    """A head that is kept elsewhere."""
    file = commands.store.directory / name
    file.write_text(commands.run("audit", "head", "--json").out)
    return file


def remove_before(commands: Commands, days: float) -> None:
    """Remove the deletions of up to so many days after the tests' own time."""

    async def work(ledger: Ledger) -> None:
        async for _ in removal.remove(ledger.database, NOW + timedelta(days=days)):
            pass

    commands.do(work)


def rechain(store: Store) -> None:
    """Have every hash fit what the rows say now, as somebody can who knows how, and has no key."""
    previous: dict[int, str] = {}
    for row in store.query("SELECT * FROM evidence ORDER BY deletion_id, seq"):
        number = row["deletion_id"]
        content = (row["kind"], row["source"], row["state"], json.loads(row["detail"]))
        before = previous.get(number, GENESIS)
        previous[number] = content_hash(before, number, row["seq"], _at(row), *content)
        store.execute("UPDATE evidence SET hash = ? WHERE id = ?", previous[number], row["id"])
        store.execute(
            "UPDATE log_entry SET link_hash = ? WHERE deletion_id = ? AND seq = ?",
            *(previous[number], number, row["seq"]),
        )
    before = GENESIS
    for index, row in enumerate(store.query('SELECT * FROM log_entry ORDER BY "index"'), start=1):
        about = (row["kind"], row["deletion_id"], row["seq"], row["link_hash"])
        before = entry_hash(before, index, _at(row), *about)
        store.execute(
            'UPDATE log_entry SET hash = ?, "index" = ? WHERE "index" = ?',
            *(before, index, row["index"]),
        )


def _at(row: Any) -> datetime:
    return datetime.fromisoformat(row["at"]).replace(tzinfo=UTC)
