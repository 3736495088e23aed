"""The checks that `docs/receipts.md` shows, run as they stand there."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from sync.receipt_keys import jwks
from tests.helpers.receipts import KEY, OLDER, Json, receipt
from tests.helpers.servers import ROOT

PAGE = (ROOT / "docs/receipts.md").read_text()


def run(name: str, directory: Path, document: Json) -> subprocess.CompletedProcess[str]:
    """The example, with that receipt."""
    [code] = re.findall(rf"<!-- tested: {re.escape(name)} -->\n```\w+\n(.*?)```", PAGE, re.DOTALL)
    (directory / name).write_text(code)
    (directory / "receipt.json").write_text(json.dumps(document, indent=2))
    (directory / "jwks.json").write_text(json.dumps(jwks([OLDER, KEY])))
    program = sys.executable if name.endswith(".py") else shutil.which("node")
    if program is None:
        pytest.skip("node is not installed")
    return subprocess.run(
        [program, name, "receipt.json", "jwks.json"],
        cwd=directory,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.slow
@pytest.mark.parametrize("name", ["check.py", "check.mjs"])
def test_a_check_as_it_is_shown(tmp_path: Path, name: str) -> None:
    document = receipt(not_covered="Übrig: “残り” 😀 \u2028")
    result = run(name, tmp_path, document)
    assert (result.returncode, result.stdout, result.stderr) == (0, "deletion 7: verified\n", "")

    for wrong in (
        {**document, "state": "canceled"},
        {**document, "signature": receipt(signer=OLDER)["signature"]},
        {**document, "evidence": document["evidence"][1:]},
        {**document, "more": 1},
    ):
        assert run(name, tmp_path, wrong).returncode == 1
