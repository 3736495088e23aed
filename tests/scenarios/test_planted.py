"""A string in every field of every event: none of it is left once its user is forgotten, whether
the event could be applied or not, and whether it came before or after."""

from __future__ import annotations

import asyncio
import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
from sqlmodel import SQLModel

from sync.inbox.entry import Entry, Source
from sync.inbox.group_commit import Inbox
from sync.mirror.kinds import needed_events
from sync.store.database import Database
from sync.store.errors import StorageUnavailable
from tests.helpers.bridge import Bridge, Run, ago
from tests.helpers.engines import BOTH_ENGINES
from tests.helpers.scenarios import ada
from tests.helpers.waiting import wait_for
from tests.helpers.webhooks import event_body, new_id

Json = dict[str, Any]
PLANTED = "Planted of Ada"
VARIANTS: tuple[Any, ...] = (PLANTED, {PLANTED: [PLANTED]})
"""As text, and as what is the wrong type wherever text is the right one."""


def places(content: Json, depth: int = 2) -> Iterator[tuple[str, ...]]:
    """Every field, also of the objects within."""
    for name, value in content.items():
        yield (name,)
        if isinstance(value, dict) and depth > 1:
            yield from ((name, *rest) for rest in places(value, depth - 1))


def planted(event: Json, place: tuple[str, ...], value: Any) -> bytes:
    changed = copy.deepcopy(event)
    within = changed["data"]
    for name in place[:-1]:
        within = within[name]
    within[place[-1]] = value
    return json.dumps(changed).encode()


def about_ada(it: Bridge) -> list[Json]:
    """An event of every type that the bridge subscribes to, about Ada or where she is a member, as
    Polar renders them."""
    rendered: dict[str, Json] = {}
    for sent in it.sim.events():
        event = json.loads(sent["payload"])
        if "user-ada" in sent["payload"]:
            rendered.setdefault(event["type"].partition(".")[0], event)
            rendered.setdefault(event["type"], event)
    events = []
    for kind in needed_events():
        like = rendered.get(kind) or rendered[kind.partition(".")[0]]
        events.append({**like, "type": kind})
    return events


def bodies(events: list[Json]) -> list[bytes]:
    found = [
        planted(event, place, value)
        for event in events
        for place in places(event["data"])
        for value in VARIANTS
    ]
    for event in events:
        with_string = {**event, "data": {**event["data"], "email": PLANTED}}
        # No zone, no time, no object, no type.
        found += [
            json.dumps({**with_string, "timestamp": "2026-11-01T12:00:00"}).encode(),
            json.dumps({**with_string, "timestamp": PLANTED}).encode(),
            json.dumps({**with_string, "type": PLANTED}).encode(),
            json.dumps({**event, "data": [with_string["data"]]}).encode(),
            json.dumps(with_string).encode()[:-1],
        ]
    return found


def seat(it: Bridge, team: str) -> None:
    """Ada sits on a seat of the team's subscription."""
    [subscription] = it.truth(team)["subscriptions"]
    people = it.sim.get("/v1/members/", customer_id=team)["items"]
    [person] = [person for person in people if person["external_id"] == "user-ada"]
    ids = {"subscription_id": subscription["id"], "member_id": person["id"]}
    it.sim.control("POST", "/seats", {**ids, "status": "claimed"})


def rows_with(it: Bridge, text: str) -> list[tuple[str, Json]]:
    """Every row of every table that holds the text."""
    tables = sorted(SQLModel.metadata.tables)
    rows = [(name, dict(row)) for name in tables for row in it.query(f'SELECT * FROM "{name}"')]  # noqa: S608
    return [(name, row) for name, row in rows if text in str(row)]


def gone(it: Bridge) -> None:
    """Nothing planted is left: in no row, and in no byte."""
    left = rows_with(it, PLANTED)
    assert not left, [(name, row.get("event_type"), row.get("error")) for name, row in left]
    # The worker does it the later the larger the file has been.
    wait_for(lambda: it.beside(vacuumed), "the file is written anew")
    it.forgotten(PLANTED)


async def vacuumed(database: Database) -> bool:
    try:
        await database.vacuum()
    except StorageUnavailable:
        return False
    return True


def deliver(it: Bridge, sent: list[bytes], source: Source = Source.POLAR) -> None:
    """Have the inbox hold them, as if each had come signed."""

    async def work(database: Database) -> None:
        inbox = Inbox(database)
        running = asyncio.create_task(inbox.run())
        entries = [Entry(source=source, webhook_id=new_id(), body=body) for body in sent]
        await asyncio.gather(*map(inbox.put, entries))
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    it.beside(work)
    it.settled()


@pytest.mark.slow
@BOTH_ENGINES
def test_no_planted_string_is_left(run: Run) -> None:
    with run(verify_after=1, sync_events="deleted,restored,updated,created") as it:
        customer = ada(it, "active")
        seated = {"external_id": "user-ada", "email": "ada@example.com", "name": "Ada"}
        team = it.customer(
            "boss",
            {"status": "active", "seats": 3},
            created_at=ago(days=9),
            members=[{**seated, "role": "member"}],
        )
        it.settled()
        seat(it, team)
        it.settled()
        events = about_ada(it)
        sent = bodies(events)
        assert len(sent) > 1_000
        deliver(it, sent)
        assert it.query("SELECT 1 FROM inbox WHERE status = 'dead'")
        assert PLANTED.encode() in it.stored()
        # What the app says of her, beside the fields that are read.
        note: Json = {"note": PLANTED, "more": {PLANTED: [1, PLANTED]}}
        it.post(event_body("session.created", "user-ada", **note))
        it.tell("user-ada", "user.created", timestamp=ago(hours=1), email="ada@example.com", **note)
        it.tell("user-ada", "user.updated", timestamp=ago(hours=1), name=PLANTED, **note)
        # Polar does not take it: a dead letter.
        refused = f"{PLANTED.replace(' ', '.')}@nowhere.example"
        it.tell("user-ada", "user.updated", timestamp=ago(hours=1), email=refused, **note)
        wait_for(lambda: it.query("SELECT 1 FROM profile WHERE status = 'dead'"), "it is refused")
        it.tell("user-ada", **note)
        it.wait("user-ada", "verified")
        assert it.is_gone(customer)
        it.settled()
        gone(it)

        # All of it once more, late.
        deliver(it, sent)
        it.tell("user-ada", "user.updated", timestamp=ago(hours=1), name=PLANTED, **note)
        it.settled()
        gone(it)
        assert not it.query("SELECT 1 FROM inbox WHERE body IS NOT NULL AND status = 'pending'")
