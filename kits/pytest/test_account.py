import httpx
import pytest
from account import App

CUSTOMER = "/customers/0f9d1f0e-4c43-4d5e-8a55-1d6d1f6c2b11"


@pytest.fixture
def app(bridge):
    return App(bridge.url, bridge.secret)


def test_who_deletes_the_account_pays_no_more(app, bridge, polar):
    app.delete_account("user-1")
    assert bridge.ended("user-1")["state"] == "verified"
    now = polar.control("GET", CUSTOMER)
    assert now["customer"]["deleted_at"] is not None
    assert [it["status"] for it in now["subscriptions"]] == ["canceled"]
    assert [it["is_granted"] for it in now["grants"]] == [False]


def test_where_polar_is_down_it_is_done_once_polar_is_back(app, bridge, polar):
    down = {"kind": "error", "status": 503, "path": "/external/user-1", "count": 1}
    polar.control("PUT", "/faults", {"faults": [down]})
    app.delete_account("user-1")
    assert bridge.ended("user-1")["state"] == "verified"
    [fault] = polar.control("GET", "/faults")["faults"]
    assert fault["struck"] == 1


def test_an_event_that_the_app_has_not_signed_is_refused(bridge, polar):
    forger = App(bridge.url, "whsec_bm90IHRoZSBzZWNyZXQgb2YgdGhlIGFwcA==")
    with pytest.raises(httpx.HTTPStatusError, match="401"):
        forger.delete_account("user-1")
    unsigned = {"type": "user.deleted", "data": {"user_id": "user-1"}}
    assert httpx.post(f"{bridge.url}/events", json=unsigned).status_code == 401
    assert bridge.deletions("user-1") == []
    assert polar.control("GET", CUSTOMER)["customer"]["deleted_at"] is None
