"""What an app is given to send its events with: each is run as it is printed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from sync.init.snippets import Language, snippet
from tests.helpers.servers import serve_settings
from tests.helpers.settings import EVENT_SECRET, SettingsFactory, database_path
from tests.helpers.store import inbox_rows

CALLS: Mapping[Language, tuple[str, str]] = {
    Language.PYTHON: ("app.py", "\ntell_polar_sync('user-1')\n"),
    Language.NODE: ("app.mjs", "\nawait tellPolarSync('user-1')\n"),
    Language.BASH: ("app.sh", ""),
}
PROGRAMS = {Language.PYTHON: sys.executable, Language.NODE: "node", Language.BASH: "bash"}


@pytest.mark.slow
@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("secret", [EVENT_SECRET, "whsec_" + "A" * 43 + "="])
def test_it_sends_what_the_bridge_takes(
    new_settings: SettingsFactory, tmp_path: Path, language: Language, secret: str
) -> None:
    program = shutil.which(PROGRAMS[language])
    if program is None:
        pytest.skip(f"{language} is not on this machine")
    name, call = CALLS[language]
    (tmp_path / name).write_text(snippet(language) + call)
    settings = new_settings(event_secrets=(EVENT_SECRET,))
    with serve_settings(settings) as url:
        variables = {"POLAR_SYNC_URL": url, "POLAR_SYNC_SECRET": secret}
        result = subprocess.run(
            [program, name, "user-1"],
            cwd=tmp_path,
            env={**os.environ, **variables},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
    rows = inbox_rows(database_path(settings))
    if secret == EVENT_SECRET:
        assert result.returncode == 0, result.stderr
        (row,) = rows
        assert json.loads(row["body"])["data"] == {"user_id": "user-1"}
    else:
        # Whoever sends is told, and can send it again.
        assert result.returncode != 0
        assert "401" in result.stdout + result.stderr
        assert rows == []
