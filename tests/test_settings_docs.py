"""`.env.example` against the settings. `docs/reference/settings.md` is made of them."""

from __future__ import annotations

import re
from pathlib import Path

from sync.settings import Settings

ROOT = Path(__file__).parent.parent


def test_the_example_has_what_is_required_and_nothing_unknown() -> None:
    lines = (ROOT / ".env.example").read_text()
    given = set(re.findall(r"^([A-Z_]+)=", lines, re.MULTILINE))
    mentioned = set(re.findall(r"^# ([A-Z_]+)=", lines, re.MULTILINE))

    assert given == {
        name.upper() for name, field in Settings.model_fields.items() if field.is_required()
    }
    assert mentioned <= {name.upper() for name in Settings.model_fields}
