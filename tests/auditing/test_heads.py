"""Heads: kept once a day while the log grows, printed whenever they are asked for."""

from __future__ import annotations

import asyncio
import json
import logging
from datetime import datetime, timedelta

import pytest

from sync.auditing import heads
from sync.deletions.ledger import Ledger
from sync.receipts.signing import Signed, Signer, WrongSignature, check, public_keys
from sync.store.database import Database
from tests.helpers.auditing import deployment, found, keep_head, saved_head, verify
from tests.helpers.commands import VERIFIED, Commands
from tests.helpers.engines import BOTH_ENGINES, SQLITE
from tests.helpers.receipts import KEY, receipt

pytestmark = BOTH_ENGINES

KEYS = public_keys([KEY.jwk])


def kept(commands: Commands) -> list[int]:
    """The sizes of those in the database."""
    rows = commands.store.query("SELECT size FROM log_head ORDER BY size")
    return [row["size"] for row in rows]


def a_day_later(commands: Commands) -> None:
    """As if what is kept had been kept long ago."""
    [row] = commands.store.query("SELECT min(at) AS at FROM log_head")
    before = datetime.fromisoformat(row["at"]) - timedelta(days=1)
    at = f"{before:%Y-%m-%d %H:%M:%S.%f}" + ("" if commands.store.is_sqlite else "+00")
    commands.store.execute("UPDATE log_head SET at = ?", at)


def test_one_a_day_is_kept_while_the_log_grows(
    commands: Commands, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "sync.auditing")
    keep_head(commands)
    assert kept(commands) == []

    deployment(commands)
    keep_head(commands)
    commands.deletion("user-4", *VERIFIED)
    keep_head(commands)
    assert kept(commands) == [15]
    # Carried away with the rest of the process's log.
    [row] = commands.store.query("SELECT hash FROM log_head")
    assert f"has 15 entries: its head is {row['hash']}" in caplog.text

    a_day_later(commands)
    keep_head(commands)
    assert kept(commands) == [15, 21]
    a_day_later(commands)
    keep_head(commands)
    assert kept(commands) == [15, 21]
    assert found(commands) == set()


def test_of_several_workers_one_keeps_it(commands: Commands) -> None:
    deployment(commands)

    async def work(_: Ledger) -> None:
        databases = [Database(commands.store.url) for _ in range(3)]
        await asyncio.gather(*(heads.keep(it, Signer([KEY])) for it in databases))
        for it in databases:
            await it.close()

    commands.do(work)
    assert kept(commands) == [15]


def test_a_worker_that_finds_the_log_cut_off_says_so_and_keeps_no_other(
    commands: Commands, caplog: pytest.LogCaptureFixture
) -> None:
    deployment(commands)
    keep_head(commands)
    a_day_later(commands)
    commands.store.execute("DELETE FROM log_entry WHERE deletion_id = 3")
    keep_head(commands)
    assert kept(commands) == [15]
    assert "is not what it was at entry 15: polar-sync audit verify" in caplog.text


def test_a_head_is_signed_where_receipts_are(commands: Commands) -> None:
    deployment(commands)
    plain = json.loads(saved_head(commands).read_text())
    assert plain.keys() == {"log_version", "size", "hash", "at"}
    assert (plain["log_version"], plain["size"]) == (1, 15)

    commands.monkeypatch.setenv("RECEIPT_KEY", KEY.setting.get_secret_value())
    signed = json.loads(saved_head(commands).read_text())
    assert check(signed, signed["signature"], KEYS, Signed.HEAD) == KEY.kid
    assert (signed["size"], signed["hash"]) == (plain["size"], plain["hash"])
    # It is none over a receipt, nor the other way round.
    with pytest.raises(WrongSignature, match="not that of a receipt"):
        check(signed, signed["signature"], KEYS)
    document = receipt()
    with pytest.raises(WrongSignature, match="not that of a log-head"):
        check(document, document["signature"], KEYS, Signed.HEAD)
    shown = commands.run("audit", "head")
    assert (shown.code, signed["hash"] in shown.out) == (0, True)


def test_several_that_were_kept_in_one_file(commands: Commands) -> None:
    deployment(commands, signing=True)
    file = saved_head(commands)
    commands.deletion("user-4", *VERIFIED)
    with file.open("a") as more:
        more.write(commands.run("audit", "head", "--json").out)
        more.write(commands.run("receipt", "1").out)
    report = verify(commands, "--against", str(file)).json
    assert (report["against"], report["signed"], report["heads"]) == (3, 3, 0)
    again = verify(commands, "--against", str(file), "--against", str(file)).json
    assert again["against"] == 6


@SQLITE
@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("", "it is no head of the log or receipt: it is not JSON in UTF-8"),
        ("[]", "it is no head of the log or receipt: it is no JSON object"),
        ('{"size": 1}', "kept.json, number 1 is no head of the log"),
        (
            '{"log_version": 1, "size": 0, "hash": "h"} {"size": 1}',
            "kept.json, number 2 is no head",
        ),
        (
            '{"receipt_version": 1}',
            "kept.json, number 1 is a receipt that names no place in the log",
        ),
    ],
)
def test_what_is_no_head_is_refused(commands: Commands, content: str, problem: str) -> None:
    (commands.store.directory / "kept.json").write_text(content)
    result = commands.run("audit", "verify", "--against", "kept.json", "--json")
    assert result.code == result.json["exit_code"] == 2
    assert result.json["problems"][0].startswith(problem)
