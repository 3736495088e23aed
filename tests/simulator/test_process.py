"""The simulator as a process, and as a big one."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.helpers.clients import new_client
from tests.helpers.servers import ROOT
from tests.helpers.simulator import SimulatorClient
from tests.helpers.waiting import WAIT


@pytest.fixture
def process(request: pytest.FixtureRequest) -> Iterator[tuple[subprocess.Popen[str], str]]:
    arguments: list[str] = getattr(request, "param", [])
    command = [sys.executable, "-m", "sync.simulator", "--port", "0", *arguments]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as running:
        try:
            assert running.stdout is not None
            line = running.stdout.readline()
            assert line.startswith("simulator listening on http://127.0.0.1:")
            yield running, line.split()[-1]
        finally:
            running.kill()


@pytest.mark.slow
@pytest.mark.parametrize(
    "process",
    [["--token", "t", "--time-scale", "0", "--rate-limit", "9", "--settings", '{"seed": 7}']],
    indirect=True,
)
def test_it_serves_with_its_options_until_told(
    process: tuple[subprocess.Popen[str], str],
) -> None:
    running, url = process
    settings = httpx.get(f"{url}/_sim/settings").json()
    assert (settings["time_scale"], settings["rate_limit"], settings["seed"]) == (0, 9, 7)
    headers = {"Authorization": "Bearer t"}
    with new_client(url, headers=headers) as client:
        assert client.get("/v1/customers/").status_code == 200
        client.put("/_sim/faults", json={"faults": [{"kind": "timeout", "seconds": 600}]})
        with pytest.raises(httpx.ReadTimeout):
            client.get("/v1/customers/", timeout=0.3)
        running.send_signal(signal.SIGTERM)
        # The answer that it holds back keeps it from nothing.
        output, errors = running.communicate(timeout=WAIT)
    assert (running.returncode, output, errors) == (0, "", "")


@pytest.mark.slow
@pytest.mark.parametrize("arguments", [["--settings", "{"], ["--time-scale", "-1"], ["--nope"]])
def test_wrong_options_are_refused(arguments: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "sync.simulator", *arguments],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "error:" in done.stderr


@pytest.mark.slow
def test_a_large_world_is_made_and_read_quickly(sim: SimulatorClient) -> None:
    bulk = {"count": 20_000, "prefix": "u", "subscriptions": ["active"], "grants": 1}
    start = time.monotonic()
    made = sim.control("POST", "/customers/bulk", {**bulk, "return_ids": True})
    assert made["count"] == len(made["ids"]) == 20_000
    assert time.monotonic() - start < WAIT
    # Whatever scans all rows for each request would take minutes here.
    start = time.monotonic()
    for n in range(200):
        customer_id = made["ids"][n]
        assert sim.items("/v1/subscriptions/", customer_id=customer_id)[0]["status"] == "active"
        assert sim.delete(f"u{n}").status_code == 204
        assert len(sim.items("/v1/customers/", page=n + 1, limit=10)) == 10
    assert time.monotonic() - start < WAIT
    page = sim.get("/v1/benefit-grants/", is_granted=True, page=150, limit=100)
    assert page["pagination"]["total_count"] > 19_000
    sim.settle()
    canceled = sim.get("/v1/subscriptions/", status="canceled")
    assert canceled["pagination"]["total_count"] == 200


def test_a_bulk_that_clashes_is_refused(sim: SimulatorClient) -> None:
    sim.customer("user-2")
    response = sim.ask("POST", "/customers/bulk", {"count": 5})
    assert response.status_code == 409
    rows = sim.items("/v1/customers/")
    assert [row["external_id"] for row in rows] == ["user-1", "user-0", "user-2"]


@pytest.mark.slow
@pytest.mark.parametrize("command", [["-m", "sync.simulator"], ["-m", "sync.cli", "simulator"]])
def test_it_listens_where_a_container_needs_it(tmp_path: Path, command: list[str]) -> None:
    with subprocess.Popen(
        [sys.executable, *command, "--host", "0.0.0.0", "--port", "0"],  # noqa: S104 - is told to
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    ) as running:
        try:
            assert running.stdout is not None
            url = running.stdout.readline().split()[-1]
            assert url.startswith("http://0.0.0.0:")
            with new_client(url.replace("0.0.0.0", "127.0.0.1")) as client:  # noqa: S104
                assert client.get("/_sim/settings").is_success
        finally:
            running.kill()
