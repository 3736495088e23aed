"""Types of events that nearly match: which they are, and where they are listed."""

from __future__ import annotations

import pytest

from sync.intake.event_types import EventType
from sync.intake.near_misses import meant
from tests.helpers.commands import Commands
from tests.helpers.engines import BOTH_ENGINES
from tests.helpers.site import site
from tests.helpers.webhooks import event_body

ALWAYS = {EventType.USER_DELETED, EventType.USER_RESTORED}
DELETED = [
    *(
        "User.Deleted",
        "USER.DELETED",
        "USER_DELETED",
        "user_deleted",
        "user-deleted",
        "user:deleted",
    ),
    *(
        "userDeleted",
        "UserDeleted",
        "userdeleted",
        "user deleted",
        " user.deleted ",
        "user.deleted",
    ),
    *("user.delete", "users.deleted", "users.delete", "user.deletion", "user.removed"),
    *("user.destroyed", "user.erased", "account.deleted", "accounts.removed", "deleteUser"),
    *("user.delted", "user.deletd", "user.dleeted", "delete_user", "deleted.users", "User/Deleted"),
    *(
        "clerk.user.deleted",
        "com.example.auth.user.deleted",
        "auth0|user.deleted",
        "v1.user.delete",
    ),
    *("identity.v1.UserDeleted", "supabase:auth:user_deleted", "io.fusionauth.user.delete"),
]
RESTORED = [
    *("User.Restored", "user.restore", "users.restored", "userRestored", "user.undeleted"),
    *("clerk.user.restored", "user.recovered", "account.restore", "user.resotred", "undelete_user"),
]
NEITHER = [
    *(
        "",
        ".",
        "x",
        "user",
        "deleted",
        "user.created",
        "user.updated",
        "user.login",
        "session.deleted",
    ),
    *("organization.deleted", "organizationMembership.deleted", "user.deleted.v2", "email.created"),
    *("user.password.deleted", "user_role.removed", "superuser.deletions.listed", "doctor.visit"),
    *("user.deletion_requested", "日本", "123.456", "user.verified", "account.updated", "x" * 255),
]


@pytest.mark.parametrize("text", DELETED)
def test_what_was_meant_as_a_deletion(text: str) -> None:
    assert meant(text, ALWAYS) is EventType.USER_DELETED


@pytest.mark.parametrize("text", RESTORED)
def test_what_was_meant_as_a_restoration(text: str) -> None:
    assert meant(text, ALWAYS) is EventType.USER_RESTORED


@pytest.mark.parametrize("text", NEITHER)
def test_what_was_meant_as_something_else(text: str) -> None:
    assert meant(text, ALWAYS) is None


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("User.Updated", EventType.USER_UPDATED),
        ("account.changed", EventType.USER_UPDATED),
        ("user_modified", EventType.USER_UPDATED),
        ("user.udpated", EventType.USER_UPDATED),
        ("UserCreated", EventType.USER_CREATED),
        ("users.create", EventType.USER_CREATED),
        ("user.registered", EventType.USER_CREATED),
    ],
)
def test_what_is_asked_for_is_looked_for(text: str, kind: EventType) -> None:
    assert meant(text, set(EventType)) is kind
    assert meant(text, ALWAYS) is None


@BOTH_ENGINES
def test_status_lists_them_by_type_and_count(commands: Commands) -> None:
    sent = ["User.Deleted"] * 3 + ["user.created"] * 5 + ["clerk.user.restored", "user.delete"]
    with site(commands.store) as server:
        for kind in sent:
            assert server.event(event_body(kind)).json() == {"status": "ignored"}
        assert server.event(event_body()).json() == {"status": "accepted"}
        # Of Polar's own webhooks nobody chooses the type.
        assert server.webhook(event_body("user.delete")).status_code == 202

    listed = commands.run("status", "--json").json["near_misses"]

    assert [(it["event_type"], it["count"], it["did_you_mean"]) for it in listed] == [
        ("User.Deleted", 3, "user.deleted"),
        ("clerk.user.restored", 1, "user.restored"),
        ("user.delete", 1, "user.deleted"),
    ]
    assert all(it["newest_at"] for it in listed)
    shown = commands.run("status").out
    assert "User.Deleted" in shown
    assert "EVENT_TYPE_DELETED" in shown
    assert "user.created" not in shown
    # What came before it was acted on is called as it is to be.
    commands.monkeypatch.setenv("SYNC_EVENTS", "deleted,restored,created")
    assert commands.run("status", "--json").json["near_misses"] == listed


@BOTH_ENGINES
def test_a_setting_ends_it(commands: Commands) -> None:
    """From then on they are acted on, and what `send` sends is called so too."""
    with site(commands.store, event_type_deleted="User.Deleted") as server:
        assert server.event(event_body("User.Deleted")).json() == {"status": "accepted"}
        assert server.event(event_body("user.deleted")).json() == {"status": "ignored"}
        commands.monkeypatch.setenv("EVENT_TYPE_DELETED", "User.Deleted")
        sent = commands.run("send", "user.deleted", "user-2", "--url", f"{server.url}/events")
        assert (sent.code, "accepted" in sent.out) == (0, True), sent

    rows = commands.store.query("SELECT event_type, status FROM inbox ORDER BY id")
    assert [tuple(row.values() if isinstance(row, dict) else row) for row in rows] == [
        ("user.deleted", "pending"),
        ("user.deleted", "ignored"),
        ("user.deleted", "pending"),
    ]
    [listed] = commands.run("status", "--json").json["near_misses"]
    assert (listed["event_type"], listed["did_you_mean"]) == ("user.deleted", "User.Deleted")
