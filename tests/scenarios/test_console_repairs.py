"""What is done from the console to a deletion at Polar itself: map, hand over, revoke."""

from __future__ import annotations

import re

import pytest

from tests.helpers.bridge import REVOKE, Bridge, Run, ago, deletes
from tests.helpers.console import TOKEN, Visitor, text_of
from tests.helpers.engines import BOTH_ENGINES

pytestmark = BOTH_ENGINES


def visitor(it: Bridge) -> Visitor:
    one = Visitor(it.app)
    assert one.log_in("Ann").status_code == 303
    return one


def offered(console: Visitor, number: int) -> list[str]:
    page = console.get(f"/deletions/{number}")
    names: list[str] = re.findall(rf'href="/console/deletions/{number}/(\w+)"', page.text)
    return names


def last(it: Bridge, number: int, kind: str) -> dict[str, object]:
    [*_, link] = [link for link in it.evidence({"id": number}) if link["kind"] == kind]
    assert link["source"] == "operator"
    detail: dict[str, object] = link["detail"]
    return detail


@pytest.mark.slow
@pytest.mark.parametrize("by", ["external_id", "customer_id"])
def test_a_user_is_mapped_and_the_customer_deleted(run: Run, by: str) -> None:
    with run(mapping="table", console_token=TOKEN) as it:
        customer = it.customer("legacy-7", "active", created_at=ago(days=9))
        console = visitor(it)
        it.tell("user-1")
        number = it.wait("user-1", "unmapped")["id"]
        assert offered(console, number) == ["map", "retry", "cancel"]
        path = f"/deletions/{number}/map"
        assert "user-1" in text_of(console.get(path))
        form = console.csrf() | {"number": str(number), "why": "seen in the old table"}
        form[by] = f" {customer if by == 'customer_id' else 'legacy-7'} "
        both = {"external_id": "legacy-7", "customer_id": customer}
        for wrong in ({"number": "99"}, {by: ""}, both, {"customer_id": "no-uuid"}):
            assert console.post(path, form | wrong).status_code == 400
        assert not it.is_gone(customer)
        assert console.post(path, form).status_code == 303
        it.wait("user-1", "verified")
        assert deletes(it, effect="true") == {customer: 1}
        told = {"customer_id": customer} if by == "customer_id" else {}
        why = {"by": "Ann", "why": "seen in the old table"}
        assert last(it, number, "identity.mapped") == {**told, **why}
        assert f"map deletion {number} Ann seen in the old table" in text_of(console.get("/done"))
        # Who the user was is forgotten, in the evidence as well.
        it.forgotten("legacy-7")
        assert offered(console, number) == []
        again = console.post(path, form)
        assert again.status_code == 409
        assert "forgotten" in text_of(again)


def test_another_users_customer_is_not_given_away(run: Run) -> None:
    with run(mapping="table", console_token=TOKEN) as it:
        it.map("user-2", external_id="legacy-2")
        console = visitor(it)
        it.tell("user-1")
        number = it.wait("user-1", "unmapped")["id"]
        form = console.csrf() | {"number": str(number), "external_id": "legacy-2"}
        answer = console.post(f"/deletions/{number}/map", form)
        assert answer.status_code == 400
        assert "user-2" in text_of(answer)
        assert "identity.mapped" not in it.kinds({"id": number})
        assert it.query("SELECT user_id FROM mapping")[0]["user_id"] == "user-2"


@pytest.mark.slow
def test_a_team_is_handed_over(run: Run) -> None:
    with run(console_token=TOKEN) as it:
        others = [{"external_id": "u2", "email": "u2@example.com", "name": "M", "role": "member"}]
        customer = it.customer("boss", "active", created_at=ago(days=9), members=others)
        console = visitor(it)
        it.tell("boss")
        number = it.wait("boss", "held")["id"]
        assert offered(console, number) == ["transfer", "approve", "cancel"]
        path = f"/deletions/{number}/transfer"
        asked = console.get(path)
        assert "u2@example.com" not in asked.text
        # The members to choose from, and the user is none of them.
        choices = re.findall(r"<option value=\"([^\"]*)\">([^<]+)</option>", asked.text)
        [(_, choose), (member, named)] = choices
        assert choose == "choose a member"
        assert named == f"u2 · member · {member}"
        assert 'name="to" required autocomplete' not in asked.text
        form = console.csrf() | {"number": str(number), "to": "nobody", "why": "u2 pays"}
        wrong = console.post(path, form)
        assert wrong.status_code == 400
        assert "u2" in text_of(wrong)
        done = console.post(path, form | {"to": member})
        assert done.status_code == 303
        it.wait("boss", "verified")
        assert not it.is_gone(customer)
        detail = last(it, number, "team.handed_over")
        assert (detail["by"], detail["why"]) == ("Ann", "u2 pays")
        assert f"transfer deletion {number} Ann u2 pays" in text_of(console.get("/done"))
        assert console.post(path, form | {"to": "u2"}).status_code == 409


@pytest.mark.slow
def test_what_survived_is_revoked(run: Run) -> None:
    with run(console_token=TOKEN) as it:
        customer = it.customer("user-1", "active", "paused", created_at=ago(days=9))
        console = visitor(it)
        it.tell("user-1")
        number = it.wait("user-1", "incomplete")["id"]
        [paused] = [
            one["id"] for one in it.truth(customer)["subscriptions"] if one["status"] == "paused"
        ]
        assert offered(console, number)[0] == "revoke"
        path = f"/deletions/{number}/revoke"
        assert paused in text_of(console.get(path))
        form = console.csrf() | {"number": str(number), "why": "nobody pays for it"}
        assert console.post(path, form | {"number": ""}).status_code == 400
        console.post("/pause", form)
        stopped = console.post(path, form)
        assert stopped.status_code == 409
        assert f"Nothing of deletion {number} can be revoked: all deletions are paused." in text_of(
            stopped
        )
        assert text_of(console.get(path)) == text_of(stopped)
        assert "revoke" in offered(console, number)
        assert it.counts().get(REVOKE, 0) == 0
        console.post("/resume", form)
        assert console.post(path, form).status_code == 303
        it.wait("user-1", "verified")
        assert last(it, number, "survivors.revoked") == {
            "revoked": [paused],
            "by": "Ann",
            "why": "nobody pays for it",
        }
        assert f"revoke deletion {number} Ann nobody pays" in text_of(console.get("/done"))
        again = console.post(path, form)
        assert again.status_code == 409
        assert "no subscription" in text_of(again)


@pytest.mark.slow
def test_polars_refusal_is_told_and_nothing_is_noted(run: Run) -> None:
    with run(console_token=TOKEN) as it:
        locked = {"status": "paused", "locked": True}
        customer = it.customer("user-1", locked, created_at=ago(days=9))
        (subscription,) = it.truth(customer)["subscription_ids"]
        console = visitor(it)
        it.tell("user-1")
        number = it.wait("user-1", "incomplete")["id"]
        path = f"/deletions/{number}/revoke"
        form = console.csrf() | {"number": str(number)}
        answer = console.post(path, form)
        assert answer.status_code == 502
        assert "Polar does not do it" in text_of(answer)
        assert "survivors.revoked" not in it.kinds({"id": number})
        it.sim.control("POST", f"/subscriptions/{subscription}", {"locked": False})
        it.wait("user-1", "incomplete")
        assert console.post(path, form).status_code == 303
        it.wait("user-1", "verified")
