"""A world as a file: what is loaded is there, what is kept can be loaded, what cannot says why."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.helpers.servers import ROOT
from tests.helpers.simulator import SimulatorClient

ADA = "0f9d1f0e-4c43-4d5e-8a55-1d6d1f6c2b11"
WORLD: dict[str, Any] = {
    "settings": {"rate_limit": 60, "rate_window": 0.5},
    "endpoints": [{"url": "http://127.0.0.1:9/", "secret": "polar_whs_x", "enabled": False}],
    "faults": {"faults": [{"kind": "delay", "seconds": 0.01, "method": "DELETE"}]},
    "customers": [
        {"id": ADA, "external_id": "ada", "email": "ada@example.com", "name": "Ada",
         "created_at": "2026-08-01T00:00:00Z", "subscriptions": ["active", "past_due"],
         "grants": 2},
        {"external_id": "team", "email": "team@example.com", "members": [
            {"external_id": "boss", "email": "boss@example.com", "role": "owner"},
            {"external_id": "guest", "email": "guest@example.com"}],
         "subscriptions": [{"status": "active", "seats": 3,
                            "taken_seats": [{"member": "guest", "grants": 1}]}]},
    ],
}  # fmt: skip


def loaded(sim: SimulatorClient, world: Any) -> httpx.Response:
    return sim.ask("PUT", "/world", world)


def test_what_is_loaded_is_there(sim: SimulatorClient) -> None:
    sim.control("POST", "/customers", {"external_id": "before"})
    assert loaded(sim, WORLD).is_success
    ada = sim.api.get("/v1/customers/external/ada").json()
    assert (ada["id"], ada["created_at"]) == (ADA, "2026-08-01T00:00:00Z")
    shown = sim.control("GET", f"/customers/{ADA}")
    assert sorted(it["status"] for it in shown["subscriptions"]) == ["active", "past_due"]
    assert [it["is_granted"] for it in shown["grants"]] == [True, True]
    team = sim.api.get("/v1/customers/external/team").json()
    (seat,) = sim.control("GET", f"/customers/{team['id']}")["seats"]
    assert seat["status"] == "claimed"
    assert sim.api.get("/v1/customers/external/before").status_code == 404
    assert sim.control("GET", "/settings")["rate_limit"] == 60
    assert sim.control("GET", "/webhooks")["events"] == []


def test_what_is_kept_is_loaded_as_it_was(sim: SimulatorClient) -> None:
    loaded(sim, WORLD)
    kept = sim.control("GET", "/world")
    assert sim.control("PUT", "/world", kept) == kept
    assert "scopes" not in kept["settings"]
    assert kept["customers"][0]["id"] == ADA
    assert kept["endpoints"][0]["secret"] == "polar_whs_x"


@pytest.mark.parametrize(
    ("world", "said"),
    [
        ({"customer": []}, "customer: Extra inputs"),
        ({"settings": {"rate": 1}}, "rate: Extra inputs"),
        ({"customers": [{"subscriptions": ["gone"]}]}, "customers.0.subscriptions.0.status"),
        (
            {"customers": [{"external_id": "a"}, {"external_id": "a"}]},
            "customers.1: A customer with this external ID already exists",
        ),
        ({"customers": [{"id": ADA}, {"id": ADA}]}, "customers.1: A customer with this id"),
        (
            {"customers": [{"subscriptions": [{"seats": 1, "taken_seats": [{"member": "x"}]}]}]},
            "a seat is taken by x, who is not in members",
        ),
    ],
)
def test_what_cannot_be_loaded_says_why(sim: SimulatorClient, world: Any, said: str) -> None:
    answer = loaded(sim, world)
    assert answer.status_code == 422
    assert said in answer.text


@pytest.mark.slow
@pytest.mark.parametrize("command", [["-m", "sync.simulator"], ["-m", "sync.cli", "simulator"]])
def test_a_process_begins_with_one_and_keeps_it(tmp_path: Path, command: list[str]) -> None:
    (tmp_path / "world.json").write_text(json.dumps(WORLD))
    process = subprocess.Popen(
        [sys.executable, *command, "--load", "world.json", "--record", "kept.json"],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    url = process.stdout.readline().rpartition(" ")[2].strip()
    with process, httpx.Client(base_url=url, trust_env=False) as client:
        made = client.post("/_sim/customers", json={"external_id": "later"}).json()
        # A reset is back to the file.
        client.post("/_sim/reset")
        assert client.get(f"/_sim/customers/{made['customer']['id']}").status_code == 404
        assert client.get(f"/_sim/customers/{ADA}").is_success
        client.post("/_sim/customers", json={"external_id": "kept"})
        process.send_signal(signal.SIGTERM)
        process.wait(60)
    kept = json.loads((tmp_path / "kept.json").read_text())
    assert {it["external_id"] for it in kept["customers"]} == {"ada", "team", "kept"}


@pytest.mark.slow
@pytest.mark.parametrize("command", [["-m", "sync.simulator"], ["-m", "sync.cli", "simulator"]])
@pytest.mark.parametrize(
    ("content", "said"),
    [(None, "world.json: No such file"), ("{}}", "world.json: the file: Invalid JSON")],
)
def test_a_file_that_cannot_be_loaded_is_named(
    tmp_path: Path, command: list[str], content: str | None, said: str
) -> None:
    if content is not None:
        (tmp_path / "world.json").write_text(content)
    result = subprocess.run(
        [sys.executable, *command, "--load", "world.json"],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 2
    assert said in result.stderr


def test_the_page_shows_what_is_in_it(sim: SimulatorClient) -> None:
    sim.control("POST", "/customers", {"external_id": "<b>ada</b>", "subscriptions": ["active"]})
    sim.control("PUT", "/faults", {"faults": [{"kind": "drop", "path": "^/v1/nowhere"}]})
    sim.api.get("/v1/customers/")
    page = sim.ask("GET", "/").text
    for text in ("&lt;b&gt;ada&lt;/b&gt;", "active", "/v1/customers/", "^/v1/nowhere"):
        assert text in page
    assert "<b>ada" not in page
