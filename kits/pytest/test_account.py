import pytest
from account import App
from polar import PolarServerError

CUSTOMER = "/customers/0f9d1f0e-4c43-4d5e-8a55-1d6d1f6c2b11"


@pytest.fixture
def app(polar):
    return App(polar.access_token, polar.url)


def test_who_deletes_the_account_pays_no_more(app, polar):
    app.delete_account("user-1")
    polar.control("POST", "/settle", {"timeout": 30})
    now = polar.control("GET", CUSTOMER)
    assert now["customer"]["deleted_at"] is not None
    assert [it["status"] for it in now["subscriptions"]] == ["canceled"]
    assert [it["is_granted"] for it in now["grants"]] == [False]


def test_where_polar_is_down_the_app_does_not_say_that_it_is_done(app, polar):
    polar.control("PUT", "/faults", {"faults": [{"kind": "error", "method": "DELETE"}]})
    with pytest.raises(PolarServerError):
        app.delete_account("user-1")
    now = polar.control("GET", CUSTOMER)
    assert [it["status"] for it in now["subscriptions"]] == ["active"]
