"""A deployment of several processes."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import pytest

from sync.simulator import DEFAULT_TOKEN
from tests.helpers import bridge
from tests.helpers.bridge import Bridge
from tests.helpers.clients import new_client
from tests.helpers.deployment import WEB, WORKER, Deployment, Process
from tests.helpers.settings import environment
from tests.helpers.simulator import SimulatorClient
from tests.helpers.store import Store


@pytest.fixture
def new_deployment(
    sim: SimulatorClient, store: Store
) -> Callable[..., AbstractContextManager[Deployment]]:
    @contextlib.contextmanager
    def make(*, web: int, workers: int, **settings: str) -> Iterator[Deployment]:
        variables = environment(
            store,
            **{
                "POLAR_ACCESS_TOKEN": DEFAULT_TOKEN,
                "POLAR_BASE_URL": sim.url,
                "RATE_PER_MINUTE": "100000",
                **settings,
            },
        )
        with socket.create_server(("127.0.0.1", 0)) as listener:
            url = f"http://127.0.0.1:{listener.getsockname()[1]}"
            fd = listener.fileno()
            processes = [Process([*WEB, "--fd", str(fd)], variables, (fd,)) for _ in range(web)]
            processes += [Process(WORKER, variables) for _ in range(workers)]
            with new_client(url, timeout=5, one_connection_each=True) as app:
                it = Bridge(sim, bridge.bridge_settings(sim, store), app, store)
                try:
                    for process in processes:
                        process.start()
                    yield Deployment(it, url, processes)
                finally:
                    for process in processes:
                        process.kill()

    return make
