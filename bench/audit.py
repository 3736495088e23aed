"""What it takes to verify the log over all deletions as it grows. Prints ratios of one run.

For each number of pieces of evidence (100,000 and 1,000,000 unless given), ten for each deletion:
`polar-sync audit verify` in a process of its own. Goals, from the first to the last: at most 1.2
times the memory, and at most 1.2 times the time for each piece beyond what an empty log takes.
With --database a PostgreSQL URL: an empty database, which is left filled; one number of pieces.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from harness import parser
from sqlmodel import SQLModel

from sync.audit_log.entry import entry_hash
from sync.audit_log.tables import LogEntryRow
from sync.deletions.chain import content_hash
from sync.deletions.states import State
from sync.deletions.tables import DeletionRow, EvidenceRow
from sync.hash_chain import GENESIS
from sync.migrations.upgrade import migrate
from sync.store.exclusive import changing

ROOT = Path(__file__).parent.parent
EACH = 10
CHUNK = 2_000
"""Deletions written at once."""
THEN = datetime(2026, 1, 1, tzinfo=UTC)
SETTINGS = {
    "POLAR_ACCESS_TOKEN": "polar_oat_bench",
    "POLAR_WEBHOOK_SECRETS": "polar_whs_nobody_sends_anything",
    "EVENT_SECRETS": "bm9ib2R5IHNlbmRzIGFueXRoaW5n",
    "HASH_KEY": "0123456789abcdef" * 2,
}
MEASURED = """
import atexit, resource, sys
from sync.cli.main import main
atexit.register(lambda: print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr))
main()
"""
"""The command line of a process that says how much memory it has had, in KiB."""


@dataclass(frozen=True)
class Taken:
    pieces: int
    seconds: float
    mebibytes: float


def row(table: type[SQLModel], **values: Any) -> dict[str, Any]:
    return table(**values).model_dump(exclude_none=True)


def chains(numbers: range) -> Iterator[tuple[dict[str, Any], list[dict[str, Any]]]]:
    """Deletions that are verified, each with its evidence."""
    for number in numbers:
        links: list[dict[str, Any]] = []
        before = GENESIS
        for seq in range(1, EACH + 1):
            at = THEN + timedelta(seconds=number, milliseconds=seq)
            state = State.VERIFIED if seq == EACH else State.DELETED
            detail = {"id": f"{number:032x}", "payload_digest": f"{number * seq:064x}"}
            said = (at, "webhook.subscription.revoked", "webhook", state, detail)
            before = content_hash(before, number, seq, *said)
            names = ("at", "kind", "source", "state", "detail")
            link = dict(zip(names, said, strict=True))
            links.append({"deletion_id": number, "seq": seq, "hash": before, **link})
        when = THEN + timedelta(seconds=number)
        fixed = {"user_hash": f"{number:064x}", "event_at": when, "received_at": when}
        yield row(DeletionRow, id=number, state=State.VERIFIED, user_id=None, **fixed), links


def fill(url: str, pieces: int) -> None:
    index, before = 0, GENESIS
    with changing(url) as connection:
        for start in range(1, pieces // EACH + 1, CHUNK):
            made = list(chains(range(start, min(start + CHUNK, pieces // EACH + 1))))
            links = [link for _, theirs in made for link in theirs]
            entries = []
            for link in links:
                index += 1
                about = (link["deletion_id"], link["seq"], link["hash"])
                before = entry_hash(before, index, link["at"], "evidence", *about)
                names = ("deletion_id", "seq", "link_hash")
                known = dict(zip(names, about, strict=True))
                known |= {"index": index, "at": link["at"], "kind": "evidence", "hash": before}
                entries.append(known)
            connection.execute(sa.insert(DeletionRow), [deletion for deletion, _ in made])
            connection.execute(sa.insert(EvidenceRow), links)
            connection.execute(sa.insert(LogEntryRow), entries)


def verified(url: str, pieces: int) -> Taken:
    started = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", MEASURED, "audit", "verify", "--json"],
        env={**os.environ, **SETTINGS, "DATABASE_URL": url, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    seconds = time.perf_counter() - started
    report = json.loads(done.stdout)
    assert (report["holds"], report["evidence"]) == (True, pieces)
    return Taken(pieces, seconds, int(done.stderr) / 1024)


def measured(pieces: int) -> Taken:
    with tempfile.TemporaryDirectory() as directory:
        url = f"sqlite:///{directory}/bench.db"
        migrate(url)
        fill(url, pieces)
        return verified(url, pieces)


def main() -> None:
    command = parser(__doc__)
    command.add_argument("pieces", nargs="*", type=int, default=[100_000, 1_000_000])
    command.add_argument("--database", metavar="URL")
    given = command.parse_args()
    if given.database:
        migrate(given.database)
        fill(given.database, given.pieces[-1])
        taken = [verified(given.database, 0), verified(given.database, given.pieces[-1])]
    else:
        taken = [measured(pieces) for pieces in (0, *given.pieces)]
    empty, *sizes = taken
    if given.json:
        print(json.dumps([asdict(it) for it in taken], indent=2))
        return
    for it in sizes:
        each = (it.seconds - empty.seconds) / it.pieces
        print(
            f"{it.pieces:>9} pieces   {it.mebibytes:6.0f} MiB   {it.seconds:6.1f} s"
            f"   {each * 1e6:5.1f} µs each"
        )
    first, last = sizes[0], sizes[-1]
    per = [(it.seconds - empty.seconds) / it.pieces for it in (first, last)]
    print(f"memory, last / first   {last.mebibytes / first.mebibytes:.2f}")
    print(f"time each, last / first   {per[1] / per[0]:.2f}")


if __name__ == "__main__":
    main()
