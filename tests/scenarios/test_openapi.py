"""A real process held against its own OpenAPI document, by schemathesis."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from sync.simulator.config import DEFAULT_TOKEN
from tests.helpers.api import API_TOKENS, TOKEN, ask
from tests.helpers.bridge import ago
from tests.helpers.clients import new_client
from tests.helpers.engines import BOTH_ENGINES
from tests.helpers.servers import serve_process
from tests.helpers.settings import environment
from tests.helpers.simulator import SimulatorClient
from tests.helpers.store import Store
from tests.helpers.waiting import WAIT, wait_for
from tests.helpers.webhooks import event_body, signed_headers

pytestmark = [pytest.mark.slow, BOTH_ENGINES]

SCHEMATHESIS = [
    str(Path(sys.executable).with_name("schemathesis")),
    "run",
    "--checks=all",
    "--max-examples=15",
    "--continue-on-failure",
    # A busy machine is no finding.
    "--suppress-health-check=all",
    f"--request-timeout={WAIT:g}",
    "--generation-database=none",
    "--no-color",
]


def test_the_process_answers_as_its_document_says(
    sim: SimulatorClient, store: Store, tmp_path: Path
) -> None:
    sim.customer("1", subscriptions=["active", "paused"], created_at=ago(days=9))
    variables = environment(
        store,
        API_TOKENS=API_TOKENS,
        POLAR_ACCESS_TOKEN=DEFAULT_TOKEN,
        POLAR_BASE_URL=sim.url,
        RATE_PER_MINUTE="100000",
        WORKER="embedded",
    )
    with serve_process(variables, tmp_path) as process:
        with new_client(process.url) as app:
            body = event_body(user_id="user-0")
            app.post("/events", content=body, headers=signed_headers(body))
            # The first number that it will try.
            wait_for(lambda: ask(app, "/deletions/1").status_code == 200, "there is one")
        found = subprocess.run(
            [*SCHEMATHESIS, f"-HAuthorization: Bearer {TOKEN}", f"{process.url}/openapi.json"],
            cwd=tmp_path,
            env={**os.environ, "NO_PROXY": "*"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert found.returncode == 0, found.stdout + found.stderr
        assert "Tested: 8" in found.stdout
        assert process.popen.poll() is None
        assert "unhandled" not in "".join(process.log)
