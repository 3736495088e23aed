"""The pages as a site: it builds without a warning, each page is in the navigation, and what is
made from the code is as the code is."""

from __future__ import annotations

import html
import re
import runpy
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from tests.helpers.documentation import build
from tests.helpers.servers import ROOT

DOCS = ROOT / "docs"
GENERATOR = runpy.run_path(str(DOCS / "generate.py"))
LINK = re.compile(r"\]\((?!https?:|#)([^)#\s]+)")


def test_it_builds_without_a_warning(tmp_path: Path) -> None:
    built = build(tmp_path)
    assert (built / "index.html").exists()
    assert (built / "reference/settings/index.html").exists()


def pages_of(entries: Sequence[Mapping[str, object]]) -> Iterator[str]:
    for entry in entries:
        for to in entry.values():
            if isinstance(to, list):
                yield from pages_of(to)
            else:
                yield str(to)


def test_every_page_is_in_the_navigation_once() -> None:
    nav = tomllib.loads((ROOT / "zensical.toml").read_text())["project"]["nav"]
    assert sorted(pages_of(nav)) == sorted(str(it.relative_to(DOCS)) for it in DOCS.rglob("*.md"))


def test_no_page_links_to_what_is_not_on_the_site() -> None:
    for page in DOCS.rglob("*.md"):
        for target in LINK.findall(page.read_text()):
            assert DOCS in (page.parent / target).resolve().parents, (page.name, target)


def test_what_is_made_from_the_code_is_as_the_code_is() -> None:
    """Otherwise: `python docs/generate.py`."""
    made = GENERATOR["pages"]()
    assert {it.name: it.read_text() for it in (DOCS / "reference").iterdir()} == made


def test_the_picture_of_the_states_is_as_the_code_is() -> None:
    """Otherwise: `python docs/generate.py`, with Graphviz installed."""
    picture = GENERATOR["PICTURE"].read_text()
    titles = set(map(html.unescape, re.findall(r"<title>(.*?)</title>", picture)))
    drawn = GENERATOR["dot"]()
    nodes = set(re.findall(r"^(\w+) \[group", drawn, re.MULTILINE))
    ways = {f"{a}->{b}" for a, b in re.findall(r"^(\w+) -> (\w+)", drawn, re.MULTILINE)}
    assert titles - {"%3"} == nodes | ways
