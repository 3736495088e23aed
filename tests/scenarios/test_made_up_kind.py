"""A kind that Polar does not have: one entry, one table class, one renderer, and everything that
mirrored objects go through works for it, from the first webhook to the forgetting."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from pydantic import AwareDatetime
from sqlmodel import Field, SQLModel

from sync.mirror import kinds
from sync.mirror.kinds import Is, Kind
from sync.mirror.objects import API, Mirrored, PolarId
from sync.mirror.tables import Provenance
from sync.reconcile.report import Report
from sync.simulator import routing
from sync.simulator.app import create_simulator
from sync.simulator.calls import Answer, Call, Route
from sync.simulator.config import SimulatorConfig
from sync.store.columns import UtcDateTime
from sync.store.database import Database
from sync.worker.retention import Retention
from tests.helpers import bridge
from tests.helpers.bridge import Bridge, ago
from tests.helpers.engines import BOTH_ENGINES
from tests.helpers.servers import serve
from tests.helpers.simulator import Json, SimulatorClient
from tests.helpers.store import Store
from tests.helpers.waiting import wait_for
from tests.helpers.webhooks import new_id, polar_headers

pytestmark = BOTH_ENGINES

SECRET = "with love from Ada"


@dataclass(frozen=True, slots=True, kw_only=True)
class Gift(Mirrored):
    customer_id: PolarId
    note: str | None = None
    deleted_at: AwareDatetime | None = None
    forgotten_at: AwareDatetime | None = None


GIFT: Kind[Gift] = Kind(
    name="gift",
    object=Gift,
    events=("gift.created", "gift.updated"),
    path="/v1/gifts/",
    sorted_by="created_at",
    listed_when=(Is("deleted_at", None),),
    only_mirrored=("forgotten_at",),
    earliest=("deleted_at", "forgotten_at"),
    personal=("note",),
    after_silence=lambda row, now: replace(row, deleted_at=now, observed_at=now, written_by=API),
)


class GiftRow(Provenance, table=True):
    # Not among the others' tables but for as long as a test has the kind.
    metadata = sa.MetaData()

    __tablename__ = "gift"

    id: str = Field(primary_key=True)
    customer_id: str
    created_at: datetime = Field(sa_type=UtcDateTime)
    note: str | None = None
    deleted_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    forgotten_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


TABLE = GiftRow.metadata.tables["gift"]


@dataclass
class Gifts:
    """What a Polar with gifts has of them."""

    rows: dict[str, Json] = field(default_factory=dict)

    def give(self, customer_id: str, note: str) -> Json:
        gift: Json = {
            "id": str(uuid.uuid4()),
            "created_at": ago(hours=1),
            "modified_at": None,
            "customer_id": customer_id,
            "note": note,
            "deleted_at": None,
        }
        self.rows[gift["id"]] = gift
        return gift

    def listed(self, call: Call) -> Answer:
        """The renderer."""
        owners = {value for name, value in call.query if name == "customer_id"}
        items = [row for row in self.rows.values() if not owners or row["customer_id"] in owners]
        total = {"total_count": len(items), "max_page": 1}
        return 200, {"items": items, "pagination": total}


@pytest.fixture
def gifts(monkeypatch: pytest.MonkeyPatch) -> Gifts:
    """The entry, the table class and the renderer."""

    there = Gifts()
    route = Route("GET", "/v1/gifts/", ("customers:read",), there.listed)
    monkeypatch.setattr(kinds, "KINDS", (*kinds.KINDS, GIFT))
    monkeypatch.setattr(routing, "ROUTES", [*routing.ROUTES, route])
    tables = {**SQLModel.metadata.tables, TABLE.name: TABLE}
    monkeypatch.setattr(SQLModel.metadata, "tables", tables)
    return there


@pytest.fixture
def polar(gifts: Gifts) -> Iterator[SimulatorClient]:
    """A Polar that knows gifts."""
    with serve(create_simulator(SimulatorConfig(time_scale=0.01))) as url:
        client = SimulatorClient(url)
        yield client
        client.close()


@pytest.fixture
def here(polar: SimulatorClient, store: Store) -> Iterator[Bridge]:
    """A bridge whose database has the table."""
    engine = sa.create_engine(store.url.replace("postgresql://", "postgresql+psycopg://"))
    TABLE.create(engine)
    engine.dispose()
    with bridge.running(polar, store) as it:
        yield it


def mirrored(here: Bridge, gift: Json) -> Any:
    rows = here.query("SELECT * FROM gift WHERE id = ?", gift["id"])
    return rows[0] if rows else None


def webhook(here: Bridge, event_type: str, gift: Json) -> str:
    """Send one as Polar would, and wait until it is applied; returns its id."""
    event = {"type": event_type, "timestamp": datetime.now(UTC).isoformat(), "data": gift}
    body, webhook_id = json.dumps(event).encode(), new_id()
    headers = polar_headers(body, webhook_id=webhook_id)
    assert here.app.post("/webhooks/polar", content=body, headers=headers).status_code == 202

    def applied() -> bool:
        rows = here.query("SELECT status FROM inbox WHERE webhook_id = ?", webhook_id)
        return bool(rows) and rows[0]["status"] != "pending"

    wait_for(applied, "the webhook is applied")
    return webhook_id


def reconciled(here: Bridge) -> Report:
    report = here.reconcile()
    assert report.finished, report.stopped
    return report


@pytest.mark.slow
def test_it_is_mirrored_from_webhooks_and_its_payloads_are_retained_like_any(
    gifts: Gifts, here: Bridge
) -> None:
    gift = gifts.give(here.customer("user-1"), SECRET)

    webhook_id = webhook(here, "gift.created", gift)

    assert mirrored(here, gift)["note"] == SECRET
    newer = {**gift, "modified_at": datetime.now(UTC).isoformat(), "note": "again"}
    webhook(here, "gift.updated", newer)
    webhook(here, "gift.created", gift)
    assert mirrored(here, gift)["note"] == "again", "a late webhook moves nothing back"

    async def sweep(database: Database) -> None:
        retention = Retention(
            database=database, payloads=timedelta(0), inbox=timedelta(days=90), audit=None
        )
        await retention.sweep()

    here.beside(sweep)
    [row] = here.query("SELECT status, body FROM inbox WHERE webhook_id = ?", webhook_id)
    assert (row["status"], row["body"]) == ("applied", None)


def test_it_is_reconciled(gifts: Gifts, here: Bridge) -> None:
    owner = here.customer("user-1")
    kept, dropped = gifts.give(owner, "kept"), gifts.give(owner, SECRET)

    assert reconciled(here).found["gift"] == {"missing": 2}
    assert mirrored(here, dropped)["note"] == SECRET

    del gifts.rows[dropped["id"]]
    kept.update(note="changed", modified_at=datetime.now(UTC).isoformat())
    assert reconciled(here).found == {"gift": {"changed": 1, "extra": 1}}
    assert mirrored(here, kept)["note"] == "changed"
    assert mirrored(here, dropped)["deleted_at"] is not None
    assert mirrored(here, dropped)["note"] is None

    report = reconciled(here)
    assert report.found == {}
    assert report.compared["gift"] == 1


@pytest.mark.slow
def test_it_is_scrubbed_with_its_customer_and_nothing_brings_it_back(
    gifts: Gifts, here: Bridge
) -> None:
    gift = gifts.give(here.customer("user-1"), SECRET)
    webhook(here, "gift.created", gift)

    here.tell("user-1")
    here.wait("user-1", "verified")

    assert mirrored(here, gift)["note"] is None
    assert mirrored(here, gift)["forgotten_at"] is not None
    newer = {**gift, "modified_at": datetime.now(UTC).isoformat()}
    webhook(here, "gift.updated", newer)
    assert mirrored(here, gift)["note"] is None
    another = gifts.give(gift["customer_id"], SECRET)
    webhook(here, "gift.created", another)
    assert mirrored(here, another)["note"] is None
    here.forgotten(SECRET)


def test_setup_and_doctor_ask_for_its_events(gifts: Gifts) -> None:
    assert {"gift.created", "gift.updated"} < set(kinds.needed_events())
