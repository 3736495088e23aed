"""What the app says of its users reaches Polar: the newest, once, and never after a deletion."""

from __future__ import annotations

import itertools
import subprocess
import sys
from dataclasses import replace as with_fields
from datetime import timedelta
from typing import Any

import pytest

from sync.deletions import ledger, pause
from sync.deletions.operator import Verb
from sync.profiles.queries import dismiss, replay
from sync.provisioning import carrying
from sync.store import retry
from sync.worker import alerts
from tests.helpers.bridge import STATE, Bridge, Run, ago, now
from tests.helpers.commands import Commands
from tests.helpers.engines import BOTH_ENGINES, SQLITE
from tests.helpers.servers import ROOT
from tests.helpers.simulator import receiving
from tests.helpers.waiting import wait_for
from tests.helpers.webhooks import event_body

pytestmark = [BOTH_ENGINES, pytest.mark.slow]

EVENTS = "deleted,restored,updated,created"
PATCH = "PATCH /v1/customers/{id}"
POST = "POST /v1/customers/"
NOWHERE = "ann.of.the.lake@nowhere.example"


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is half a minute in life is a moment here."""
    monkeypatch.setattr(retry, "_IDLE", 0.02)
    monkeypatch.setattr(carrying, "_LOOK_AGAIN", carrying._LOOK_AGAIN / 300)


def profiles(it: Bridge) -> list[Any]:
    return it.query("SELECT * FROM profile ORDER BY id")


def carried(it: Bridge, *statuses: str) -> list[Any]:
    """The profiles, once each has such a status and nothing is waiting to be applied."""
    it.settled()
    wait_for(
        lambda: [row["status"] for row in profiles(it)] == list(statuses),
        f"profiles {statuses}",
    )
    return profiles(it)


def called(it: Bridge, customer_id: str) -> tuple[str | None, str | None]:
    customer = it.truth(customer_id)["customer"]
    return customer["email"], customer["name"]


def living(it: Bridge) -> list[Any]:
    return it.sim.items("/v1/customers/", limit=100)


# --- user.updated --------------------------------------------------------------------------------


def test_what_differs_is_changed_and_nothing_else(run: Run) -> None:
    with run(sync_events=EVENTS) as it:
        ann = it.customer("u1", email="old@example.com", name="Ann", metadata={"plan": "gold"})
        it.settled()
        it.tell("u1", "user.updated", email="new@example.com", name="Ann")
        [row] = carried(it, "synced")
        assert (row["customer_id"], row["reason"]) == (ann, None)
        assert called(it, ann) == ("new@example.com", "Ann")
        assert it.truth(ann)["customer"]["metadata"] == {"plan": "gold"}
        assert it.counts() == {PATCH: 1, STATE: 1}
        # Nobody keeps it: not the inbox, not the profile.
        assert not it.query("SELECT 1 FROM inbox WHERE source = 'app' AND body IS NOT NULL")
        personal = ("user_id", "external_id", "email", "name")
        assert [row[name] for name in personal] == [None] * 4

        # The mirror has it by now: no request says so once more.
        it.tell("u1", "user.updated", email="NEW@example.com", name="Ann")
        it.tell("u1", "user.updated", name=None)
        carried(it, "synced")
        assert it.counts() == {PATCH: 1, STATE: 1}


def test_the_newest_wins_whatever_the_order_of_arrival(run: Run) -> None:
    said = [
        (ago(minutes=3), {"email": "a@example.com", "name": "A"}),
        (ago(minutes=2), {"email": "b@example.com"}),
        (ago(minutes=1), {"name": "C"}),
    ]
    orders = list(itertools.permutations(said))
    with run(sync_events=EVENTS) as it:
        users = {
            f"u{number}": it.customer(f"u{number}", email=f"u{number}@example.com")
            for number in range(len(orders))
        }
        it.settled()
        for (user, customer), order in zip(users.items(), orders, strict=True):
            for at, fields in order:
                # No two customers have one address.
                own = {k: f"{user}-{v}" if k == "email" else v for k, v in fields.items()}
                body = event_body("user.updated", user, timestamp=at, **own)
                for _ in range(2):
                    assert it.post(body, webhook_id=f"{user} {at}").status_code == 202
                # Whatever was newest by then is there: the next one meets a user who is synced.
                it.settled()
                wait_for(
                    lambda: not it.query("SELECT 1 FROM profile WHERE status = 'pending'"), "synced"
                )
            assert called(it, customer) == (f"{user}-b@example.com", "C"), order
        carried(it, *["synced"] * len(orders))


def test_nobody_at_polar_is_ignored_and_asked_for_once_where_the_mirror_cannot_know(
    run: Run,
) -> None:
    with run(sync_events=EVENTS) as it:
        it.tell("u1", "user.updated", email="ann@example.com")
        [row] = carried(it, "ignored")
        assert "no customer" in row["reason"]
        assert (row["email"], row["user_id"], it.counts()) == (None, None, {STATE: 1})
        assert living(it) == []
        it.reconcile()
        before = it.counts()
        it.tell("u1", "user.updated", email="ann@example.org")
        carried(it, "ignored")
        assert it.counts() == before


def test_a_customer_of_whom_no_webhook_has_told_is_found(run: Run) -> None:
    with run(sync_events=EVENTS, webhooks=False) as it:
        ann = it.customer("a/b", email="old@example.com")
        it.tell("a/b", "user.updated", email="new@example.com")
        carried(it, "synced")
        assert called(it, ann)[0] == "new@example.com"


def test_a_team_and_its_members_are_called_what_the_team_says(run: Run) -> None:
    with run(sync_events=EVENTS) as it:
        people = [{"external_id": "guest", "email": "guest@example.com", "role": "member"}]
        seats = {"status": "active", "seats": 3}
        team = it.customer("boss", seats, email="billing@acme.com", name="Acme", members=people)
        it.settled()
        it.tell("boss", "user.updated", email="boss@example.com", name="The Boss")
        it.tell("guest", "user.updated", email="other@example.com")
        boss, guest = carried(it, "ignored", "ignored")
        assert f"customer {team} is a team" in boss["reason"]
        assert boss["customer_id"] == team
        assert "no customer" in guest["reason"]
        assert called(it, team) == ("billing@acme.com", "Acme")
        assert PATCH not in it.counts()


def test_a_customer_who_is_another_users_is_left_alone(run: Run) -> None:
    with run(sync_events=EVENTS) as it:
        ann = it.customer("u1", email="ann@example.com")
        it.settled()
        it.map("bob", external_id="u1")
        it.tell("u1", "user.updated", email="new@example.com")
        it.tell("bob", "user.updated", email="bob@example.com")
        mine, bobs = carried(it, "ignored", "synced")
        assert "another user's" in mine["reason"]
        assert bobs["customer_id"] == ann
        assert called(it, ann)[0] == "bob@example.com"

        # An entry may name it by Polar's id as well.
        eve = it.customer("eve", email="eve@example.com")
        it.settled()
        it.map("mallory", customer_id=eve)
        it.tell("eve", "user.updated", email="other@example.com")
        *_, hers = carried(it, "ignored", "synced", "ignored")
        assert (hers["customer_id"], "another user's" in hers["reason"]) == (eve, True)
        assert called(it, eve)[0] == "eve@example.com"


# --- what Polar refuses --------------------------------------------------------------------------


def test_a_value_that_polar_refuses_is_a_dead_letter_in_polars_words(
    run: Run, commands: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    with run(sync_events=EVENTS) as it:
        ann = it.customer("u1", email="old@example.com", name="Ann")
        it.settled()
        it.tell("u1", "user.updated", email=NOWHERE, name="Ann of the Lake")
        [row] = carried(it, "dead")
        # It repeats the address, which is nobody's to read here.
        assert row["reason"] == (
            "Polar refuses it: email: … is not a valid email address:"
            " The domain name … does not exist."
        )
        assert row["next_attempt_at"] is None
        assert called(it, ann) == ("old@example.com", "Ann")
        monkeypatch.setenv("DATABASE_URL", it.store.url)
        at_its_database = with_fields(commands, store=it.store)
        assert "does not exist" in at_its_database.run("status").out
        assert NOWHERE not in at_its_database.run("status", "--json").out

        # Once more, and it is no better.
        assert it.beside(lambda database: replay(database, [row["id"]])) == {row["id"]}
        carried(it, "dead")
        assert it.counts()[PATCH] == 2
        # The next event mends it.
        it.tell("u1", "user.updated", email="new@example.com")
        carried(it, "synced")
        assert called(it, ann) == ("new@example.com", "Ann of the Lake")


def test_an_email_that_another_customer_has_is_for_a_person(run: Run) -> None:
    with run(sync_events=EVENTS) as it:
        bob = it.customer(None, email="taken@example.com")
        it.customer("u1", email="ann@example.com")
        it.settled()
        it.tell("u1", "user.updated", email="taken@example.com")
        it.tell("u2", "user.created", email="taken@example.com", name="New")
        for row in carried(it, "dead", "dead"):
            assert row["customer_id"] == bob
            assert f"customer {bob} has the e-mail already" in row["reason"]
            assert "taken@example.com" not in row["reason"]
        assert called(it, bob)[0] == "taken@example.com"
        assert len(living(it)) == 2
        both = [row["id"] for row in profiles(it)]
        assert it.beside(lambda database: dismiss(database, both)) == set(both)
        for row in carried(it, "ignored", "ignored"):
            assert (row["email"], row["name"], row["user_id"]) == (None, None, None)
        assert it.beside(lambda database: dismiss(database, both)) == set()


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "rate_limit", "retry_after": 1},
        {"kind": "error", "status": 503},
        {"kind": "error", "status": 500, "after_effect": True},
        {"kind": "drop"},
        {"kind": "timeout", "close": True},
    ],
    ids=lambda fault: "-".join(map(str, fault.values())),
)
def test_what_fails_is_tried_again_and_done_once(run: Run, fault: dict[str, Any]) -> None:
    with run(sync_events=EVENTS, request_timeout=1) as it:
        ann = it.customer("u1", email="old@example.com")
        it.settled()
        it.sim.faults(*({**fault, "method": method, "count": 1} for method in ("PATCH", "POST")))
        it.tell("u1", "user.updated", email="new@example.com")
        it.tell("u2", "user.created", email="bob@example.com", name="Bob")
        updated, created = carried(it, "synced", "synced")
        assert called(it, ann)[0] == "new@example.com"
        emails = {customer["external_id"]: customer["email"] for customer in living(it)}
        assert emails == {"u1": "new@example.com", "u2": "bob@example.com"}
        assert (updated["reason"], created["reason"]) == (None, None)
        # A webhook can be faster than the second try.
        assert it.counts()[POST] in {1, 2}


def test_operators_hear_of_what_polar_refuses(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alerts, "_INTERVAL", 0.1)
    with receiving() as told, run(sync_events=EVENTS, operator_url=told.url) as it:
        it.tell("u1", "user.created", email=NOWHERE)
        carried(it, "dead")
        told.wait_for(lambda received: any(b"Polar refuses 1" in one.body for one in received))
        assert NOWHERE.encode() not in b"".join(one.body for one in told.received)


# --- user.created --------------------------------------------------------------------------------


def test_a_new_user_gets_one_customer(run: Run) -> None:
    with run(sync_events=EVENTS, external_id_template="usr_{user_id}", mapping="template") as it:
        body = event_body("user.created", "u1", email="ann@example.com", name="Ann")
        for webhook_id in ("one", "one", "two"):
            assert it.post(body, webhook_id=webhook_id).status_code == 202
        [row] = carried(it, "synced")
        [customer] = living(it)
        assert customer["external_id"] == "usr_u1"
        assert (customer["email"], customer["name"]) == ("ann@example.com", "Ann")
        assert customer["type"] == "individual"
        assert it.counts()[POST] == 1
        assert row["customer_id"] == customer["id"]
        assert not it.query("SELECT 1 FROM inbox WHERE source = 'app' AND body IS NOT NULL")

        it.tell("u1", "user.updated", name="Ann of the Lake")
        carried(it, "synced")
        assert living(it)[0]["name"] == "Ann of the Lake"
        assert len(living(it)) == 1


@pytest.mark.parametrize("webhooks", [True, False])
def test_a_customer_who_is_there_is_left_as_it_is_and_named(run: Run, webhooks: bool) -> None:
    with run(sync_events=EVENTS, webhooks=webhooks) as it:
        ann = it.customer("u1", email="old@example.com", name="Ann")
        it.settled()
        it.tell("u1", "user.created", email="new@example.com", name="Another")
        [row] = carried(it, "ignored")
        assert row["reason"] == f"customer {ann} is there already, and was left as it is"
        assert row["customer_id"] == ann
        assert called(it, ann) == ("old@example.com", "Ann")
        before = it.counts()
        assert (before.get(POST, 0), before[STATE]) == (0 if webhooks else 1, 1)
        assert len(living(it)) == 1


def test_a_new_user_without_an_email_gets_no_customer(run: Run) -> None:
    with run(sync_events=EVENTS) as it:
        it.tell("u1", "user.created", email=None, name="Ann")
        [row] = carried(it, "ignored")
        assert "without an e-mail" in row["reason"]
        refused = it.post(event_body("user.created", "u2", name="Bob"))
        assert (refused.status_code, refused.json()["field"]) == (400, "data.email")
        assert it.counts() == {}
        assert living(it) == []


def test_one_who_is_known_by_polars_id_alone_gets_none(run: Run) -> None:
    with run(sync_events=EVENTS, mapping="table") as it:
        ann = it.customer(None, email="ann@example.com")
        it.settled()
        it.map("u1", customer_id=ann)
        it.tell("u1", "user.created", email="new@example.com")
        it.tell("u2", "user.created", email="bob@example.com")
        mapped, unknown = carried(it, "ignored", "ignored")
        assert "is there already" in mapped["reason"]
        assert "no external id is known" in unknown["reason"]
        it.tell("u1", "user.updated", email="newer@example.com")
        carried(it, "synced", "ignored")
        assert called(it, ann)[0] == "newer@example.com"
        assert POST not in it.counts()


# --- and deletions -------------------------------------------------------------------------------


def test_what_was_said_before_a_deletion_counts_no_more(run: Run) -> None:
    with run(sync_events=EVENTS, deletion_delay=3600) as it:
        ann = it.customer("u1", email="ann@example.com", created_at=ago(days=9))
        it.settled()
        at = ago(minutes=5)
        for user in ("u1", "u2"):
            it.tell(user, "user.deleted", timestamp=at)
            it.tell(user, "user.updated", timestamp=ago(minutes=6), email="late@example.com")
            it.tell(user, "user.created", timestamp=at, email="late@example.com")
        carried(it)
        assert called(it, ann)[0] == "ann@example.com"
        assert not it.query("SELECT 1 FROM inbox WHERE source = 'app' AND status = 'dead'")
        # Restored: whatever is said of the time before counts again.
        it.tell("u1", "user.restored")
        it.tell("u1", "user.updated", timestamp=ago(minutes=6), email="late@example.com")
        carried(it, "synced")
        assert called(it, ann)[0] == "late@example.com"
        assert len(living(it)) == 1


def test_a_deletion_takes_along_what_waits_to_be_carried(run: Run) -> None:
    with run(sync_events=EVENTS) as it:
        ann = it.customer("u1", email="ann@example.com", created_at=ago(days=9))
        it.settled()
        it.beside(lambda database: pause.pause(database, None))
        it.tell("u1", "user.updated", timestamp=ago(minutes=9), email="Planted@example.com")
        it.tell("u2", "user.created", timestamp=ago(minutes=9), email="Planted@example.org")
        carried(it, "pending", "pending")
        for user in ("u1", "u2"):
            it.tell(user, timestamp=ago(minutes=5))
        it.settled()
        assert profiles(it) == []
        it.beside(pause.resume)
        it.wait("u1", "verified")
        it.wait("u2", "no_customer")
        assert it.is_gone(ann)
        assert living(it) == []
        assert PATCH not in it.counts()
        assert POST not in it.counts()


def test_whoever_signs_up_again_gets_a_customer_once_the_old_one_is_gone(run: Run) -> None:
    with run(sync_events=EVENTS, deletion_delay=3600) as it:
        old = it.customer("u1", "active", email="ann@example.com", created_at=ago(days=9))
        it.settled()
        it.tell("u1", timestamp=ago(minutes=5))
        it.tell("u1", "user.created", timestamp=ago(minutes=4), email="again@example.com")
        it.settled()
        why = "it waits: a deletion of the user goes first"
        wait_for(lambda: [row["reason"] for row in profiles(it)] == [why], "it waits")
        assert [customer["id"] for customer in living(it)] == [old]
        it.act(Verb.RETRY, "u1")
        it.wait("u1", "verified")
        carried(it, "synced")
        [new] = living(it)
        assert (new["external_id"], new["email"]) == ("u1", "again@example.com")
        assert it.is_gone(old)


def test_a_customer_that_was_made_late_goes_with_a_deletion_of_before(run: Run) -> None:
    """Created at twelve, deleted at one; both events come at two."""
    with run(sync_events=EVENTS) as it:
        it.tell("u1", "user.created", timestamp=ago(hours=2), email="ann@example.com")
        [row] = carried(it, "synced")
        it.tell("u1", timestamp=ago(hours=1))
        deletion = it.wait("u1", "verified")
        assert it.is_gone(row["customer_id"])
        assert living(it) == []
        found = next(it_ for it_ in it.evidence(deletion) if it_["kind"] == "customer.found")
        assert found["detail"]["made_for_user_created_at"] < found["detail"]["customer_created_at"]


def test_a_customer_that_was_made_for_somebody_who_came_back_stays(run: Run) -> None:
    with run(sync_events=EVENTS) as it:
        it.tell("u1", "user.created", timestamp=ago(minutes=30), email="ann@example.com")
        [row] = carried(it, "synced")
        it.tell("u1", timestamp=ago(hours=1))
        it.wait("u1", "superseded")
        assert not it.is_gone(row["customer_id"])


@pytest.mark.parametrize("answered", [True, False])
def test_a_create_that_runs_while_a_deletion_opens_leaves_nobody_behind(
    run: Run, monkeypatch: pytest.MonkeyPatch, answered: bool
) -> None:
    monkeypatch.setattr(ledger, "STRAY", timedelta(seconds=5))
    kind = {"kind": "delay"} if answered else {"kind": "late"}
    with run(sync_events=EVENTS, request_timeout=3 if answered else 1) as it:
        it.sim.faults({**kind, "seconds": 2, "method": "POST", "path": "customers", "count": 1})
        it.tell("u1", "user.created", timestamp=ago(hours=2), email="ann@example.com")
        wait_for(lambda: it.requests(method="POST"), "the request has left")
        it.tell("u1", timestamp=ago(hours=1))
        it.wait("u1", "verified")
        assert living(it) == []
        assert it.counts()[POST] == 1
        assert profiles(it) == []
        it.settled()
        it.forgotten("ann@example.com")


def test_an_update_that_runs_while_a_deletion_opens_undoes_nothing(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger, "STRAY", timedelta(seconds=5))
    with run(sync_events=EVENTS, request_timeout=1) as it:
        ann = it.customer("u1", email="ann@example.com", created_at=ago(days=9))
        it.settled()
        it.sim.faults({"kind": "late", "seconds": 2, "method": "PATCH", "count": 1})
        it.tell("u1", "user.updated", timestamp=ago(hours=2), email="new@example.com")
        wait_for(lambda: it.requests(method="PATCH"), "the request has left")
        it.tell("u1", timestamp=ago(hours=1))
        it.wait("u1", "verified")
        assert str(called(it, ann)[0]).endswith("@anonymized.polar.sh")
        [request] = it.requests(method="PATCH")
        [delete] = it.requests(method="DELETE", effect="true")
        # It came first, and was overwritten.
        assert request["handled"] == 200
        assert delete["started_at"] > request["started_at"]


def test_a_dead_letter_is_forgotten_with_its_user(run: Run) -> None:
    with run(sync_events=EVENTS) as it:
        it.customer("user-ada", email="old@example.com", created_at=ago(days=9))
        it.settled()
        planted = {"email": NOWHERE, "name": "Planted of Ada", "note": "Planted of Ada"}
        it.tell("user-ada", "user.updated", timestamp=ago(hours=2), **planted)
        it.tell("user-eve", "user.created", timestamp=ago(hours=2), **planted)
        carried(it, "dead", "dead")
        assert NOWHERE.encode() in it.stored()
        it.tell("user-ada", timestamp=ago(hours=1))
        it.tell("user-eve", timestamp=ago(hours=1))
        it.wait("user-ada", "verified")
        it.wait("user-eve", "no_customer")
        assert profiles(it) == []
        it.settled()
        it.forgotten(NOWHERE, "Planted of Ada")


def test_a_pause_holds_them_too(run: Run) -> None:
    with run(sync_events=EVENTS) as it:
        ann = it.customer("u1", email="old@example.com")
        it.settled()
        it.beside(lambda database: pause.pause(database, "a look"))
        it.tell("u1", "user.updated", email="new@example.com")
        carried(it, "pending")
        it.beside(pause.resume)
        carried(it, "synced")
        assert called(it, ann)[0] == "new@example.com"


# --- off, as it is by default --------------------------------------------------------------------


def test_by_default_they_are_ignored_as_any_other_event(run: Run) -> None:
    with run() as it:
        it.customer("u1", email="old@example.com")
        it.settled()
        for kind in ("user.updated", "user.created"):
            answer = it.post(event_body(kind, "u1", email=17))
            assert (answer.status_code, answer.json()["status"]) == (202, "ignored")
        it.settled()
        rows = it.query("SELECT status, body FROM inbox WHERE source = 'app'")
        assert [(row["status"], row["body"]) for row in rows] == [("ignored", None)] * 2
        assert profiles(it) == []
        assert it.counts() == {}


@SQLITE
def test_off_costs_no_import() -> None:
    loaded = "import sys, app.main, sync.worker.loop; print('sync.provisioning' in sys.modules)"
    answer = subprocess.run(
        [sys.executable, "-c", loaded], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert answer.stdout.strip() == "False"


def test_a_webhook_id_that_was_used_before_is_refused_where_the_event_is_newer(run: Run) -> None:
    with run(sync_events=EVENTS) as it:
        ann = it.customer("u1", email="old@example.com")
        it.settled()

        def post(at: str, email: str) -> int:
            body = event_body("user.updated", "u1", timestamp=at, email=email)
            return it.post(body, webhook_id="profile-u1").status_code

        second, third = ago(minutes=2), ago(minutes=1)
        assert post(second, "b@example.com") == 202
        carried(it, "synced")
        assert post(ago(minutes=3), "a@example.com") == 202
        assert post(second, "b@example.com") == 202
        assert post(third, "c@example.com") == 409
        carried(it, "synced")
        assert called(it, ann)[0] == "b@example.com"
        [lost] = it.query("SELECT * FROM refused_event")
        assert lost["event_type"] == "user.updated"
        # Under an id of its own it is lost no more.
        it.tell("u1", "user.updated", timestamp=now().isoformat(), email="c@example.com")
        carried(it, "synced")
        assert called(it, ann)[0] == "c@example.com"
        assert not it.query("SELECT * FROM refused_event")
