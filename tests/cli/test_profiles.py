"""`polar-sync profiles`, and `polar-sync send` of what it shows."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sync.deletions.ledger import Ledger
from sync.profiles import queries
from sync.profiles.profile import Change, ProfileStatus
from sync.profiles.queries import Said
from tests.helpers.commands import AT, CUSTOMER, NOW, Commands
from tests.helpers.engines import BOTH_ENGINES
from tests.helpers.site import site

pytestmark = BOTH_ENGINES

REASON = "Polar refuses it: email: … is not a valid email address"
PERSONAL = ("user_id", "external_id", "email", "name")


@pytest.fixture
def said(commands: Commands) -> Commands:
    """Three users: one is synced, one is a dead letter, one is pending."""

    async def work(ledger: Ledger) -> None:
        database = ledger.database
        for number in (1, 2, 3):
            change = Change(at=AT, email=f"ann-{number}@example.com", name="Ann")
            user = f"user-{number}"
            known = Said(
                user_id=user,
                user_hash=ledger.hasher.user(user),
                external_id=f"x-{number}",
                change=change,
            )
            async with database.write() as session:
                await queries.note(database, session, known, NOW)
        for status in (ProfileStatus.SYNCED, ProfileStatus.DEAD):
            leased = await queries.claim(database, NOW - NOW)
            assert leased is not None
            async with database.write() as session:
                row = await queries.held(database, session, leased)
                assert row is not None
                reason = REASON if status is ProfileStatus.DEAD else None
                queries.end(row, leased.profile, status, NOW, reason=reason, customer_id=CUSTOMER)

    commands.do(work)
    return commands


def listed(commands: Commands, *options: str) -> list[Any]:
    found: list[Any] = commands.run("profiles", "list", "--json", *options).json["profiles"]
    return found


def test_what_became_of_each(said: Commands) -> None:
    assert [(it["id"], it["status"]) for it in listed(said)] == [
        (3, "pending"),
        (2, "dead"),
        (1, "synced"),
    ]
    [dead] = listed(said, "--state", "dead")
    assert (dead["reason"], dead["customer_id"]) == (REASON, CUSTOMER)
    assert [it["id"] for it in listed(said, "--limit", "1")] == [3]
    assert listed(said, "--since", "2030-01-01T00:00:00Z") == []
    assert "@example.com" not in said.run("profiles", "list", "--json").out
    assert "is not a valid email" in said.run("profiles", "list").out.replace("\n", " ")
    assert [it["id"] for it in listed(said, "--user", "user-2")] == [2]
    assert listed(said, "--user", "nobody") == []
    assert "no profiles" in said.run("profiles", "list", "--state", "ignored").out
    wrong = said.run("profiles", "list", "--state", "lost")
    assert wrong.code == 2
    assert "pending, synced, ignored, dead" in wrong.err


def test_what_is_personal_is_masked_unless_it_is_asked_for(said: Commands) -> None:
    masked = said.run("profiles", "show", "2", "--json")
    assert [masked.json[name] for name in PERSONAL] == ["…"] * 4
    assert "ann" not in masked.out.lower()
    shown = said.run("profiles", "show", "2", "--json", "--unmask").json
    assert [shown[name] for name in PERSONAL] == ["user-2", "x-2", "ann-2@example.com", "Ann"]
    assert shown["email_at"] == AT.isoformat(timespec="microseconds")
    assert "ann-3@example.com" in said.run("profiles", "show", "3", "--unmask").out
    synced = said.run("profiles", "show", "1", "--json", "--unmask").json
    assert [synced[name] for name in PERSONAL] == [None] * 4
    assert said.run("profiles", "show", "4").code == 1


def test_carried_again_or_dismissed(said: Commands) -> None:
    status = said.run("status")
    assert "profiles: 1 to be carried to Polar" in status.out
    assert said.run("status", "--json").json["profiles"]["newest_dead"][0]["id"] == 2
    for wrong in ([], ["2", "--all"]):
        assert said.run("profiles", "replay", *wrong).code == 2
    result = said.run("profiles", "replay", "2", "3")
    assert (result.code, result.out) == (1, "profiles that are carried again: 1\n")
    assert said.run("profiles", "replay", "--all").code == 1
    assert said.run("profiles", "dismiss", "2").code == 1
    assert [it["status"] for it in listed(said)] == ["pending", "pending", "synced"]

    async def refuse(ledger: Ledger) -> None:
        leased = await queries.claim(ledger.database, NOW - NOW)
        assert leased is not None
        async with ledger.database.write() as session:
            row = await queries.held(ledger.database, session, leased)
            assert row is not None
            queries.end(row, leased.profile, ProfileStatus.DEAD, NOW, reason=REASON)

    said.do(refuse)
    [dead] = listed(said, "--state", "dead")
    result = said.run("profiles", "dismiss", str(dead["id"]))
    assert (result.code, result.out) == (0, "profiles that are dismissed: 1\n")
    [ignored] = listed(said, "--state", "ignored")
    assert ignored["reason"] == f"dismissed: {REASON}"
    shown = said.run("profiles", "show", str(dead["id"]), "--unmask", "--json").json
    assert [shown[name] for name in PERSONAL] == [None] * 4


@pytest.mark.parametrize("preset", ["standard", "clerk"])
def test_an_event_is_sent_by_hand_where_the_bridge_looks_for_it(
    commands: Commands, preset: str
) -> None:
    refused = commands.run("send", "user.updated", "u")
    assert refused.code == 2
    assert "add updated to SYNC_EVENTS" in refused.err
    for wrong in (
        ("user.deleted", "u", "--email", "a@example.com"),
        ("user.restored", "u", "--name", "A"),
    ):
        assert "has neither --email nor --name" in commands.run("send", *wrong).err
    events = "deleted,restored,updated,created"
    commands.monkeypatch.setenv("SYNC_EVENTS", events)
    commands.monkeypatch.setenv("EVENT_PRESET", preset)
    assert "give --email or --name" in commands.run("send", "user.updated", "u").err
    with site(commands.store, sync_events=events, event_preset=preset) as server:
        options = ["--email", "ann@example.com", "--name", "Ann", "--url", f"{server.url}/events"]
        sent = commands.run("send", "user.created", "user-2", *options)
        assert (sent.code, "accepted" in sent.out) == (0, True), sent
    [row] = commands.store.query("SELECT body FROM inbox")
    assert "ann@example.com" in json.dumps(json.loads(bytes(row["body"])))
