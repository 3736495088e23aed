"""The pictures that the pages show are there, small, and each is shown."""

from __future__ import annotations

import re

from tests.helpers.servers import ROOT

DOCS = ROOT / "docs"
MOST = 150 * 1_024


def test_every_picture_is_there_is_small_and_is_shown() -> None:
    text = "".join(page.read_text() for page in DOCS.glob("*.md"))
    shown = set(re.findall(r'(?:src|srcset)="images/([^"]*)"|\]\(images/([^)]*)\)', text))
    names = {first or second for first, second in shown}
    there = {it.name: it.stat().st_size for it in (DOCS / "images").iterdir()}
    assert names == there.keys()
    assert max(there.values()) < MOST
