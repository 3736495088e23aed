"""The receivers that `docs/outcomes.md` shows, run as they stand there."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr

from sync.signatures import sign
from tests.helpers.bridge import Run, ago
from tests.helpers.servers import ROOT
from tests.helpers.waiting import wait_for
from tests.helpers.webhooks import signed_headers

SECRET = "whsec_" + "b" * 32
PAGE = (ROOT / "docs/outcomes.md").read_text()


def shown(name: str, directory: Path) -> Path:
    """The example, as a file."""
    [code] = re.findall(rf"<!-- tested: {re.escape(name)} -->\n```\w+\n(.*?)```", PAGE, re.DOTALL)
    file = directory / name
    file.write_text(code)
    return file


@pytest.mark.slow
@pytest.mark.engines("sqlite")
@pytest.mark.parametrize("name", ["receiver.py", "receiver.mjs"])
def test_a_receiver_as_it_is_shown(run: Run, tmp_path: Path, name: str) -> None:
    file = shown(name, tmp_path)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    if name.endswith(".py"):
        command = [sys.executable, "-m", "uvicorn", "receiver:app", "--port", port]
    elif node := shutil.which("node"):
        command = [node, str(file)]
    else:
        pytest.skip("node is not installed")
    url = f"http://127.0.0.1:{port}/webhooks/polar-sync"
    log = tmp_path / "log"
    with (
        log.open("wb") as out,
        subprocess.Popen(
            command,
            cwd=tmp_path,
            env={**os.environ, "OUTCOME_SECRET": SECRET, "PORT": port},
            stdout=out,
            stderr=out,
        ) as process,
    ):
        try:
            with run(outcome_url=url, outcome_secrets=SECRET) as it:
                it.customer("user-ada", "active", created_at=ago(days=9))
                it.tell("user-ada")
                it.wait("user-ada", "verified")
                wait_for(lambda: "user-ada: verified" in log.read_text(), "it is told")
                wait_for(
                    lambda: it.query("SELECT 1 FROM outbox WHERE status = 'delivered'"),
                    "it is acknowledged",
                )
            # The doctor's, which is about nobody.
            test = b'{"type": "deletion.test", "data": {"user_id": null, "text": "a test"}}'
            headers = sign(SecretStr(SECRET), "test", datetime.now(UTC), test)
            assert httpx.post(url, content=test, headers=headers).status_code == 204
            assert "null" not in log.read_text()
            forged = httpx.post(url, content=b"{}", headers=signed_headers(b"{}"))
            assert forged.status_code == 401
        finally:
            process.kill()
