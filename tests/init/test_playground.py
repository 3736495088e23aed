"""`polar-sync init --simulator`, followed to a verified deletion as it says."""

from __future__ import annotations

import json
import re
from functools import partial
from pathlib import Path

import httpx
import pytest

from sync.demo.processes import free_port
from tests.helpers.commands import finished, process
from tests.helpers.waiting import wait_for

pytestmark = pytest.mark.slow


def test_to_a_verified_deletion(tmp_path: Path) -> None:
    made = finished("init", "--simulator", variables={}, cwd=tmp_path)
    assert (made.code, made.err) == (0, "")
    assert "polar-sync simulator" in made.out
    # As printed, but on ports that nobody else has.
    polar, bridge = free_port(), free_port()
    env = tmp_path / ".env"
    text = env.read_text()
    assert "POLAR_BASE_URL=http://127.0.0.1:8123\n" in text
    assert "PUBLIC_URL=http://127.0.0.1:8000\n" in text
    env.write_text(text.replace(":8123", f":{polar}").replace(":8000", f":{bridge}"))
    run = partial(finished, variables={"PORT": str(bridge)}, cwd=tmp_path)
    start = partial(process, variables={"PORT": str(bridge)}, cwd=tmp_path)
    with start("simulator") as simulator, start("serve") as serve:
        try:
            assert simulator.stdout is not None
            assert f"http://127.0.0.1:{polar}" in simulator.stdout.readline()
            assert serve.stderr is not None
            assert any("running on" in line.lower() for line in serve.stderr)
            customer = {"external_id": "42", "subscriptions": ["active"]}
            httpx.post(f"http://127.0.0.1:{polar}/_sim/customers", json=customer)
            sent = run("send", "user.deleted", "42")
            assert sent.code == 0, sent.err

            def state() -> str:
                shown = run("show", "42", "--json")
                found = json.loads(shown.out).get("deletions") if shown.code == 0 else None
                return str(found[0]["state"]) if found else ""

            wait_for(lambda: state() == "verified", "verified")
            doctor = run("doctor", "--json")
            assert doctor.code == 0, re.findall(r'"detail": .*', doctor.out)
        finally:
            simulator.terminate()
            serve.terminate()
