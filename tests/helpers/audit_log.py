"""The log over all deletions, as somebody beside the bridge reads it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sync.audit_log.entry import entry_hash
from sync.hash_chain import GENESIS
from tests.helpers.store import Store


def log_of(store: Store) -> list[Any]:
    """Its entries, oldest first, each made sure to follow from the one before."""
    entries = store.query('SELECT * FROM log_entry ORDER BY "index"')
    previous = GENESIS
    for index, entry in enumerate(entries, start=1):
        assert entry["index"] == index
        content = (entry["kind"], entry["deletion_id"], entry["seq"], entry["link_hash"])
        at = datetime.fromisoformat(entry["at"]).replace(tzinfo=UTC)
        previous = entry_hash(previous, index, at, *content)
        assert entry["hash"] == previous
    return entries


def logged(store: Store) -> set[tuple[int, int, str]]:
    """Deletion, number and hash of each piece of evidence in the log."""
    entries = [it for it in log_of(store) if it["kind"] == "evidence"]
    found = {(it["deletion_id"], it["seq"], it["link_hash"]) for it in entries}
    assert len(found) == len(entries)
    return found


def evidence_in(store: Store) -> set[tuple[int, int, str]]:
    """The same of each piece of evidence that there is."""
    rows = store.query("SELECT deletion_id, seq, hash FROM evidence")
    return {(row["deletion_id"], row["seq"], row["hash"]) for row in rows}
