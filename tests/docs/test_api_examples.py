"""What `docs/api.md` shows for a shell, run as it stands there; and what it says is there."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from typing import Any

import pytest

from sync.reports.preview import Preview
from tests.helpers.api import API_TOKENS, TOKEN
from tests.helpers.bridge import Run, ago
from tests.helpers.servers import ROOT

PAGE = (ROOT / "docs/api.md").read_text()


def shown(name: str) -> str:
    [code] = re.findall(rf"<!-- tested: {re.escape(name)} -->\n```sh\n(.*?)```", PAGE, re.DOTALL)
    assert isinstance(code, str)
    return code


def answer(name: str, url: str) -> Any:
    """What the example prints."""
    result = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", shown(name)],  # noqa: S607 - as a reader would
        env={**os.environ, "BRIDGE": url, "TOKEN": TOKEN, "NO_PROXY": "*"},
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(result.stdout)


@pytest.mark.slow
@pytest.mark.engines("sqlite")
@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_the_examples_as_they_are_shown(run: Run) -> None:
    assert len(re.findall("<!-- tested: ", PAGE)) == 4
    with run(api_tokens=API_TOKENS) as it:
        for user in ("user-0", "user-1", "user-2"):
            it.customer(user, "active", created_at=ago(days=9))
        for user in ("user-1", "user-0"):
            it.tell(user)
            it.wait(user, "verified")
        url = str(it.app.base_url)
        [listed] = answer("list", url)["deletions"]
        assert (listed["id"], listed["state"]) == (1, "verified")
        assert [item["id"] for item in answer("pages", url)["deletions"]] == [1]
        assert answer("receipt", url)["deletion"] == 1
        told = answer("preview", url)
        assert (told["would_be"], len(told["subscriptions"])) == ("resolved", 1)


def test_every_field_of_a_preview_is_described() -> None:
    section = PAGE.partition("## Before a deletion")[2].partition("\n## ")[0]
    assert {name for name in Preview.model_fields if f"`{name}" not in section} == set()
