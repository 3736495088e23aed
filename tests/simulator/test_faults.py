"""Faults of API requests: each kind, and when it strikes."""

from __future__ import annotations

import time

import httpx
import pytest

from tests.helpers.simulator import SimulatorClient
from tests.helpers.waiting import wait_for

PATH = "/v1/customers/external/user-1"


def is_deleted(sim: SimulatorClient) -> bool:
    return sim.items("/v1/customers/") == []


def test_a_delay_comes_before_the_effect(sim: SimulatorClient) -> None:
    sim.customer()
    sim.faults({"kind": "delay", "seconds": 0.2, "method": "delete"})
    start = time.monotonic()
    assert sim.delete().status_code == 204
    assert time.monotonic() - start >= 0.2


def test_a_dropped_request_does_nothing_and_gets_no_answer(sim: SimulatorClient) -> None:
    sim.customer()
    sim.faults({"kind": "drop", "count": 1})
    with pytest.raises(httpx.RemoteProtocolError):
        sim.delete()
    assert not is_deleted(sim)
    (record,) = sim.control("GET", "/requests?method=DELETE")["requests"]
    assert (record["status"], record["effect"], record["fault"]) == (None, False, "drop")
    assert sim.delete().status_code == 204


@pytest.mark.parametrize("after_effect", [False, True])
def test_an_error_before_or_after_the_effect(sim: SimulatorClient, after_effect: bool) -> None:
    sim.customer()
    sim.faults({"kind": "error", "status": 502, "after_effect": after_effect, "method": "DELETE"})
    assert sim.delete().status_code == 502
    assert is_deleted(sim) == after_effect
    (record,) = sim.control("GET", "/requests?method=DELETE")["requests"]
    assert (record["status"], record["effect"]) == (502, after_effect)


def test_a_forced_429(sim: SimulatorClient) -> None:
    sim.customer()
    sim.faults({"kind": "rate_limit", "retry_after": 7, "method": "DELETE"})
    response = sim.delete()
    assert (response.status_code, response.headers["retry-after"]) == (429, "7")
    assert response.content == b""
    sim.faults({"kind": "rate_limit", "method": "DELETE"})
    assert sim.delete().headers["retry-after"] == "60"
    assert not is_deleted(sim)


def test_an_answer_held_back_after_the_effect(sim: SimulatorClient) -> None:
    sim.customer()
    sim.faults({"kind": "timeout", "seconds": 30, "method": "DELETE"})
    with pytest.raises(httpx.ReadTimeout):
        sim.api.delete(PATH, timeout=0.2)
    assert is_deleted(sim)
    (record,) = sim.control("GET", "/requests?method=DELETE")["requests"]
    assert (record["effect"], record["status"]) == (True, None)


def test_an_answer_that_comes_late(sim: SimulatorClient) -> None:
    sim.customer()
    sim.faults({"kind": "timeout", "seconds": 0.2, "method": "DELETE"})
    start = time.monotonic()
    assert sim.delete().status_code == 204
    assert time.monotonic() - start >= 0.2


def test_a_connection_closed_after_the_effect(sim: SimulatorClient) -> None:
    sim.customer()
    sim.faults({"kind": "timeout", "close": True, "method": "DELETE"})
    with pytest.raises(httpx.RemoteProtocolError):
        sim.delete()
    assert is_deleted(sim)


def test_the_path_is_matched_as_it_was_sent(sim: SimulatorClient) -> None:
    sim.customer("a b")
    sim.customer("c")
    sim.faults({"kind": "error", "path": "^/v1/customers/external/a%20b$", "method": "DELETE"})
    assert sim.delete("c").status_code == 204
    assert sim.delete("a b").status_code == 503
    sim.control("DELETE", "/faults")
    assert sim.delete("a b").status_code == 204


def test_a_fault_strikes_so_many_times(sim: SimulatorClient) -> None:
    sim.faults({"kind": "error", "count": 2}, {"kind": "rate_limit", "count": 1})
    statuses = [sim.api.get("/v1/customers/").status_code for _ in range(4)]
    assert statuses == [503, 503, 429, 200]
    struck = [rule["struck"] for rule in sim.control("GET", "/faults")["faults"]]
    assert struck == [2, 1]


def test_a_fault_strikes_with_a_probability_that_a_seed_repeats(sim: SimulatorClient) -> None:
    def statuses(seed: int) -> list[int]:
        sim.faults({"kind": "error", "probability": 0.5}, seed=seed)
        return [sim.api.get("/v1/customers/").status_code for _ in range(20)]

    first = statuses(1)
    assert set(first) == {200, 503}
    assert statuses(1) == first
    assert statuses(2) != first


def test_a_fault_that_makes_no_sense_is_refused(sim: SimulatorClient) -> None:
    for fault in (
        {"kind": "nope"},
        {"kind": "error", "path": "("},
        {"kind": "error", "status": 200},
        {"kind": "drop", "probability": 2},
        {"kind": "drop", "typo": 1},
    ):
        body = {"faults": [fault]}
        assert sim.ask("PUT", "/faults", body).status_code == 422


@pytest.mark.slow
def test_a_client_that_gives_up_during_a_delay_still_has_its_effect(sim: SimulatorClient) -> None:
    sim.customer()
    sim.faults({"kind": "delay", "seconds": 0.4, "method": "DELETE"})
    with pytest.raises(httpx.ReadTimeout):
        sim.api.delete(PATH, timeout=0.1)
    assert not is_deleted(sim)
    wait_for(lambda: is_deleted(sim), "the effect")


# -- a request that arrives late -----------------------------------------------------------


def handled(sim: SimulatorClient) -> list[int | None]:
    rows = sim.control("GET", "/requests?method=DELETE")["requests"]
    return [row["handled"] for row in rows]


@pytest.mark.slow
def test_a_late_request_takes_effect_after_its_client_gave_up(sim: SimulatorClient) -> None:
    sim.customer()
    sim.faults({"kind": "late", "seconds": 0.6, "method": "DELETE", "count": 1})
    with pytest.raises(httpx.ReadTimeout):
        sim.api.delete(PATH, timeout=0.1)
    (record,) = sim.control("GET", "/requests?method=DELETE")["requests"]
    assert record["route"] == "/v1/customers/external/{external_id}"
    assert (record["handled"], record["effect"], record["fault"]) == (None, False, "late")
    assert not is_deleted(sim)
    wait_for(lambda: handled(sim) == [204], "the effect")
    assert is_deleted(sim)
    (record,) = sim.control("GET", "/requests?handled=204")["requests"]
    assert (record["status"], record["effect"]) == (None, True)


@pytest.mark.slow
def test_a_late_delete_hits_whoever_signed_up_in_between(sim: SimulatorClient) -> None:
    sim.customer()
    sim.faults({"kind": "late", "seconds": 0.8, "method": "DELETE", "count": 1})
    with pytest.raises(httpx.ReadTimeout):
        sim.api.delete(PATH, timeout=0.1)
    assert sim.delete().status_code == 204
    new = sim.customer()
    wait_for(lambda: handled(sim) == [204, 204], "the effect")
    assert sim.truth(new)["customer"]["deleted_at"] is not None


@pytest.mark.slow
def test_a_late_request_that_finds_nothing_any_more_changes_nothing(sim: SimulatorClient) -> None:
    sim.customer()
    sim.faults({"kind": "late", "seconds": 0.4, "method": "DELETE", "count": 1})
    with pytest.raises(httpx.ReadTimeout):
        sim.api.delete(PATH, timeout=0.1)
    assert sim.delete().status_code == 204
    wait_for(lambda: handled(sim) == [404, 204], "the late request")
    assert len(sim.control("GET", "/requests?effect=true")["requests"]) == 1


@pytest.mark.slow
def test_a_late_request_is_never_answered(sim: SimulatorClient) -> None:
    sim.customer()
    sim.faults({"kind": "late", "seconds": 0.1, "method": "DELETE"})
    with pytest.raises(httpx.ReadTimeout):
        sim.api.delete(PATH, timeout=1)
    assert handled(sim) == [204]


@pytest.mark.slow
def test_a_late_request_does_not_outlive_its_simulator(sim: SimulatorClient) -> None:
    sim.faults({"kind": "late", "seconds": 0.3, "method": "DELETE"})
    with pytest.raises(httpx.ReadTimeout):
        sim.api.delete(PATH, timeout=0.1)
    sim.control("POST", "/reset")
    sim.customer()
    # One that arrives after the first would have.
    sim.faults({"kind": "late", "seconds": 0.4, "method": "DELETE"})
    with pytest.raises(httpx.ReadTimeout):
        sim.api.delete("/v1/customers/external/nobody", timeout=0.1)
    wait_for(lambda: handled(sim) == [404], "the second request")
    assert not is_deleted(sim)
