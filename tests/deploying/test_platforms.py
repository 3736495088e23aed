"""What Render, Fly and Railway are told, held against what the bridge has. Their own schemas cannot
be had from a registry, so whether they take the fields is not tested."""

from __future__ import annotations

import json
import re
import shlex
import tomllib
from collections.abc import Iterable
from typing import Any

import pytest
import yaml

from sync.cli.main import command
from sync.settings import Settings
from tests.helpers.clients import new_client
from tests.helpers.servers import ROOT, serve_settings
from tests.helpers.settings import SettingsFactory

RENDER: dict[str, Any] = yaml.safe_load((ROOT / "render.yaml").read_text())["services"][0]
RAILWAY: dict[str, Any] = json.loads((ROOT / "railway.json").read_text())
FLY: dict[str, Any] = tomllib.loads((ROOT / "fly.toml").read_text())
IMAGE = (ROOT / "Dockerfile").read_text()


def commands() -> set[str]:
    return set(command().commands)


@pytest.mark.parametrize(
    "command",
    [
        RENDER["startCommand"].removeprefix("polar-sync "),
        FLY["deploy"]["release_command"],
        *FLY["processes"].values(),
    ],
)
def test_what_they_start_is_a_command(command: str) -> None:
    assert shlex.split(command)[0] in commands()


@pytest.mark.parametrize(
    "names", [[it["key"] for it in RENDER["envVars"]], list(FLY["env"])], ids=["render", "fly"]
)
def test_what_they_set_are_settings(names: Iterable[str]) -> None:
    assert set(names) <= {name.upper() for name in Settings.model_fields}


def test_a_secret_is_in_no_file() -> None:
    """Render asks for it."""
    valued = {it["key"] for it in RENDER["envVars"] if "value" in it}
    assert valued == {"HOST", "PORT", "DATABASE_URL", "DATABASE_ON_VOLUME"}
    required = {name.upper() for name, it in Settings.model_fields.items() if it.is_required()}
    assert required <= {it["key"] for it in RENDER["envVars"]}


def test_the_file_is_on_the_disk() -> None:
    settings = {it["key"]: it.get("value") for it in RENDER["envVars"]}
    assert settings["DATABASE_URL"].startswith(f"sqlite:///{RENDER['disk']['mountPath']}/")
    # Railway's volume goes where the image has its file.
    assert "DATABASE_URL=sqlite:////data/" in IMAGE
    assert RAILWAY["build"]["dockerfilePath"] == "Dockerfile"


def test_they_ask_for_health_where_it_is_and_at_the_port_that_is_listened_at(
    new_settings: SettingsFactory,
) -> None:
    (check,) = FLY["http_service"]["checks"]
    paths = {RENDER["healthCheckPath"], RAILWAY["deploy"]["healthcheckPath"], check["path"]}
    with serve_settings(new_settings()) as url, new_client(url) as client:
        assert {client.get(path).status_code for path in paths} == {200}
    assert str(FLY["http_service"]["internal_port"]) == FLY["env"]["PORT"]
    assert FLY["http_service"]["processes"] == ["web"]


def test_they_wait_for_longer_than_it_takes_to_stop() -> None:
    (within,) = re.findall(
        r"stops within (\d+) seconds of SIGTERM",
        (ROOT / "docs/deploying.md").read_text().replace("\n", " "),
    )
    assert FLY["kill_signal"] == "SIGTERM"
    waits = (FLY["kill_timeout"], int(RAILWAY["deploy"]["drainingSeconds"]))
    assert min(waits) > int(within)
