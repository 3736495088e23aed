"""For pytest: a simulated Polar for as long as the tests run, and polar-sync for each that asks."""

import base64
import os
import re
import secrets
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

WORLD = Path(__file__).with_name("world.json")
# As in your deployment, such as {"MAPPING": "template", "EXTERNAL_ID_TEMPLATE": "usr_{user_id}"}.
SETTINGS: dict[str, str] = {}
PATIENCE = 60  # seconds
UNDER_WAY = {"received", "resolved", "deleting", "deleted"}
NOT_HERE = (
    "polar-sync is not on the PATH, and these tests start it: in a clone of its repository,"
    " `uv tool install .` or `pipx install .`, then open a new terminal"
)


class SimulatedPolar:
    """What a test does to it, and sees of it: the control API, below /_sim/."""

    access_token = "polar_oat_simulator"

    def __init__(self, url: str) -> None:
        self.url = url

    def control(self, method: str, path: str, body: object = None):
        answer = httpx.request(method, f"{self.url}/_sim{path}", json=body, timeout=PATIENCE)
        answer.raise_for_status()
        return answer.json() if answer.content else None


class Bridge:
    """polar-sync: `url` and `secret` are your app's POLAR_SYNC_URL and POLAR_SYNC_SECRET."""

    def __init__(self, url: str, secret: str, api_token: str) -> None:
        self.url, self.secret = url, secret
        self._api_token = api_token

    def deletions(self, user_id: str) -> list[dict]:
        """The user's deletions, newest first."""
        answer = httpx.get(
            f"{self.url}/deletions",
            params={"user_id": user_id},
            headers={"authorization": f"Bearer {self._api_token}"},
            timeout=PATIENCE,
        )
        return answer.raise_for_status().json()["deletions"]

    def ended(self, user_id: str) -> dict:
        """Waits until polar-sync has done what it can. Gives the newest of them."""

        def look() -> dict | None:
            found = self.deletions(user_id)[:1]
            return found[0] if found and found[0]["state"] not in UNDER_WAY else None

        return wait_for(
            look, lambda: f"{user_id}'s deletion has not ended: {self.deletions(user_id)}"
        )


def wait_for(look: Callable, problem: Callable[[], str]):
    until = time.monotonic() + PATIENCE
    while not (found := look()):
        if time.monotonic() > until:
            pytest.fail(problem())
        time.sleep(0.05)
    return found


@contextmanager
def running(directory: Path, *arguments: str, **settings: str) -> Iterator[str]:
    """`polar-sync` with these arguments, and no setting but these. Gives its URL."""
    program = shutil.which("polar-sync")
    if program is None:
        pytest.fail(NOT_HERE, pytrace=False)
    environment = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    log = directory / "log"
    # In a directory without a .env.
    with (
        log.open("w") as output,
        subprocess.Popen(
            [program, *arguments],
            cwd=directory,
            env=environment | settings,
            stdout=output,
            stderr=output,
        ) as process,
    ):

        def url() -> str | None:
            found = re.search(r" on (http://\S+)\s", log.read_text())
            if not found and process.poll() is not None:
                pytest.fail(f"polar-sync {arguments[0]} has ended: {log.read_text()}")
            return found and found[1]

        try:
            yield wait_for(url, lambda: f"polar-sync does not start: {log.read_text()}")
        finally:
            process.terminate()


@pytest.fixture(scope="session")
def _simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimulatedPolar]:
    command = ["simulator", "--port", "0", "--time-scale", "0.01", "--load", str(WORLD)]
    with running(tmp_path_factory.mktemp("polar"), *command) as url:
        yield SimulatedPolar(url)


@pytest.fixture
def polar(_simulator: SimulatedPolar) -> SimulatedPolar:
    """For one test: who is in world.json is there, and nobody else."""
    _simulator.control("POST", "/reset")
    return _simulator


@pytest.fixture
def bridge(polar: SimulatedPolar, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bridge]:
    """For one test: what it has seen of this Polar would be wrong in the next."""
    api_token, webhook_secret = secrets.token_hex(32), secrets.token_hex(32)
    event_secret = "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
    settings = {
        "POLAR_BASE_URL": polar.url,
        "POLAR_ACCESS_TOKEN": polar.access_token,
        "POLAR_WEBHOOK_SECRETS": webhook_secret,
        "EVENT_SECRETS": event_secret,
        "HASH_KEY": secrets.token_hex(32),
        "API_TOKENS": f"tests:{api_token}",
        "VERIFY_AFTER": "2",  # seconds, after which lost webhooks are not waited for
        **SETTINGS,
    }
    directory = tmp_path_factory.mktemp("polar-sync")
    with running(directory, "serve", "--migrate", "--port", "0", **settings) as url:
        endpoint = {"url": f"{url}/webhooks/polar", "secret": webhook_secret}
        polar.control("POST", "/webhooks/endpoints", endpoint)

        def is_ready() -> bool:
            return httpx.get(f"{url}/readyz", timeout=PATIENCE).is_success

        wait_for(is_ready, lambda: "polar-sync is not ready")
        yield Bridge(url, event_secret, api_token)
