"""A deployment in good health."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sync.mirror.kinds import needed_events
from sync.simulator.config import DEFAULT_TOKEN
from tests.helpers.commands import Commands
from tests.helpers.doctor import Deployment
from tests.helpers.servers import serve_settings
from tests.helpers.settings import POLAR_SECRET, environment, load_settings
from tests.helpers.simulator import SimulatorClient
from tests.helpers.store import StoreFactory


@pytest.fixture(scope="module")
def served(new_store: StoreFactory) -> Iterator[str]:
    """The real server."""
    with serve_settings(load_settings(new_store())) as url:
        yield url


@pytest.fixture
def deployment(
    polar_process: SimulatorClient,
    served: str,
    new_store: StoreFactory,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Deployment:
    """Its database is its own, the server is everybody's."""
    polar_process.start_over()
    store = new_store()
    monkeypatch.chdir(store.directory)
    made = polar_process.endpoint(
        f"{served}/webhooks/polar", secret=POLAR_SECRET, events=list(needed_events())
    )
    deployment = Deployment(polar_process, made, Commands(store, capsys, monkeypatch))
    deployment.set(
        **environment(
            store,
            POLAR_ACCESS_TOKEN=DEFAULT_TOKEN,
            POLAR_BASE_URL=polar_process.url,
            PUBLIC_URL=served,
        )
    )
    return deployment
