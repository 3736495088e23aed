"""`.env.example` against the settings. `docs/reference/settings.md` is made of them."""

from __future__ import annotations

import re
from pathlib import Path

from sync.settings import RelaySettings, Settings

ROOT = Path(__file__).parent.parent


def test_the_example_has_what_is_required_and_nothing_unknown() -> None:
    lines = (ROOT / ".env.example").read_text()
    given = set(re.findall(r"^([A-Z_]+)=", lines, re.MULTILINE))
    mentioned = set(re.findall(r"^# ([A-Z_]+)=", lines, re.MULTILINE))

    assert given == {
        name.upper() for name, field in Settings.model_fields.items() if field.is_required()
    }
    assert mentioned <= {name.upper() for name in Settings.model_fields}


def test_the_relays_page_has_its_settings() -> None:
    page = (ROOT / "docs/relay.md").read_text()
    named = re.findall(
        r"`([A-Z_]+)`", "".join(re.findall(r"^\| (`[A-Z_`, ]+`) \|", page, re.MULTILINE))
    )
    beside = {"HOST", "PORT"}
    assert {*named} | beside == {name.upper() for name in RelaySettings.model_fields}
