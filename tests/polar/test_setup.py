"""`polar-sync setup`: the webhook endpoint at Polar, made or mended."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from sync.mirror.kinds import needed_events
from sync.settings import PolarSettings, SettingsError
from sync.simulator.config import DEFAULT_TOKEN
from tests.helpers.commands import Commands, Result
from tests.helpers.settings import POLAR_SECRET
from tests.helpers.simulator import Json, SimulatorClient
from tests.helpers.store import Store

URL = "https://bridge.example.com"
ENDPOINT = f"{URL}/webhooks/polar"

Setup = Callable[..., Result]


@pytest.fixture
def setup(
    sim: SimulatorClient,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Setup:
    """Runs the command where there is nothing but a token."""
    monkeypatch.chdir(tmp_path)
    for name in ("POLAR_WEBHOOK_SECRETS", "EVENT_SECRETS", "HASH_KEY", "PUBLIC_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("POLAR_ACCESS_TOKEN", DEFAULT_TOKEN)
    monkeypatch.setenv("POLAR_BASE_URL", sim.url)

    def run(*arguments: str) -> Result:
        result = Commands(Store.of(tmp_path / "none.db"), capsys, monkeypatch).run(
            "setup", *arguments
        )
        assert DEFAULT_TOKEN not in result.out + result.err
        # No secret but in the one line, and that only where an endpoint was made.
        for item in endpoints(sim):
            shown = result.out.replace(f"POLAR_WEBHOOK_SECRETS={item['secret']}\n", "")
            assert item["secret"] not in shown + result.err
        assert list(tmp_path.iterdir()) == []
        return result

    return run


def endpoints(sim: SimulatorClient) -> list[Json]:
    found: list[Json] = sim.control("GET", "/webhooks?events=false")["endpoints"]
    return found


def writes(sim: SimulatorClient) -> list[str]:
    found = sim.control("GET", "/requests?effect=true")["requests"]
    return [item["method"] for item in found]


def test_the_endpoint_is_made_and_its_secret_shown_once(sim: SimulatorClient, setup: Setup) -> None:
    first = setup("--url", f"{URL}/")

    (made,) = endpoints(sim)
    assert (made["url"], made["format"], made["enabled"]) == (ENDPOINT, "raw", True)
    assert made["events"] == list(needed_events())
    assert (first.code, first.err) == (0, "")
    assert first.out.splitlines() == [
        f"webhook endpoint {ENDPOINT}",
        "  created",
        f"POLAR_WEBHOOK_SECRETS={made['secret']}",
    ]

    again = setup("--url", URL)

    assert endpoints(sim) == [made]
    assert writes(sim) == ["POST"]
    assert again.code == 0
    assert again.out.splitlines()[1] == "  as it should be"
    assert "POLAR_WEBHOOK_SECRETS=" not in again.out


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"enabled": False}, ["enabled"]),
        ({"format": "discord"}, ["format set to raw, from discord"]),
        (
            {"events": [*needed_events()[:-2], "order.created"]},
            ["event types added: customer_seat.claimed, customer_seat.revoked"],
        ),
        ({"enabled": False, "format": "slack", "events": []}, ["enabled", "slack", "customer."]),
        ({"url": "https://BRIDGE.example.com:443/webhooks/polar"}, ["as it should be"]),
    ],
)
def test_an_endpoint_is_mended_and_no_more(
    sim: SimulatorClient, setup: Setup, fields: Json, words: list[str]
) -> None:
    other = sim.endpoint("https://other.example.com/webhooks/polar", enabled=False)
    ours = sim.endpoint(**{"url": ENDPOINT, "secret": POLAR_SECRET, **fields})

    result = setup("--url", URL)

    left, mended = endpoints(sim)
    assert left == {**other, "failures_in_row": 0}
    assert (mended["id"], mended["secret"]) == (ours["id"], POLAR_SECRET)
    assert (mended["format"], mended["enabled"]) == ("raw", True)
    assert set(mended["events"]) == {*needed_events(), *ours["events"]}
    assert result.code == 0
    assert all(word in result.out for word in words)
    before = writes(sim)
    assert setup("--url", URL).out.splitlines()[1] == "  as it should be"
    assert writes(sim) == before


def test_of_two_endpoints_one_is_mended_and_the_other_named(
    sim: SimulatorClient, setup: Setup
) -> None:
    sim.endpoint(ENDPOINT, enabled=False)
    sim.endpoint(ENDPOINT)

    result = setup("--url", URL)

    assert [item["enabled"] for item in endpoints(sim)] == [False, True]
    assert "that you can delete at Polar: 1" in result.out


def test_public_url_takes_the_options_place(
    sim: SimulatorClient, setup: Setup, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PUBLIC_URL", f"{URL}/mounted")

    assert setup().code == 0
    assert [item["url"] for item in endpoints(sim)] == [f"{URL}/mounted/webhooks/polar"]


def test_what_polar_refuses_changes_nothing(
    sim: SimulatorClient, setup: Setup, monkeypatch: pytest.MonkeyPatch
) -> None:
    sim.settings(scopes=["webhooks:read"])
    refused = setup("--url", URL)
    assert (refused.code, refused.out) == (1, "")
    assert "webhooks:write" in refused.err

    sim.settings(available=False)
    down = setup("--url", URL)
    assert (down.code, down.out) == (1, "")
    assert "503" in down.err

    monkeypatch.setenv("POLAR_BASE_URL", "http://127.0.0.1:9")
    assert setup("--url", URL).code == 1
    assert endpoints(sim) == []


def test_the_token_and_a_url_are_all_that_is_needed(
    setup: Setup, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert setup().code == 2
    assert setup("--url", "bridge.example.com").code == 2
    monkeypatch.delenv("POLAR_ACCESS_TOKEN")
    missing = setup("--url", URL)
    assert missing.code == 2
    assert missing.err.startswith("error: POLAR_ACCESS_TOKEN is not set")
    assert len(missing.err.splitlines()) == 1


def polar_settings(**fields: Any) -> PolarSettings:
    token = SecretStr("t")
    return PolarSettings.load(_env_file=None, polar_access_token=token, **fields)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("https://bridge.example.com", "https://bridge.example.com"),
        ("http://127.0.0.1:8000/", "http://127.0.0.1:8000"),
        ("https://example.com/bridge/", "https://example.com/bridge"),
    ],
)
def test_a_public_url(given: str, kept: str) -> None:
    assert polar_settings(public_url=given).public_url == kept


@pytest.mark.parametrize(
    "given",
    [
        "bridge.example.com",
        "ftp://bridge.example.com",
        "https://",
        "https://bridge.example.com/webhooks/polar",
        "https://bridge.example.com/webhooks/polar/",
        "https://bridge.example.com/events",
        "https://bridge.example.com?a=b",
        "https://bridge.example.com/#a",
        "https://me:hidden@bridge.example.com",
    ],
)
def test_what_is_no_public_url(given: str) -> None:
    with pytest.raises(SettingsError) as caught:
        polar_settings(public_url=given)

    (problem,) = caught.value.problems
    assert problem.startswith("PUBLIC_URL must be")
    assert "hidden" not in problem
