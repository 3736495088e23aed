"""The documentation in a real browser: search, dark mode, and nothing from other hosts."""

from __future__ import annotations

import functools
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Open
from tests.helpers.documentation import build

pytestmark = pytest.mark.slow


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *_: object) -> None:  # noqa: A002 - as it is called there
        pass


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    pages: Path = build(tmp_path_factory.mktemp("site"))
    handler = functools.partial(_Quiet, directory=str(pages))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_it_can_be_searched_and_read_in_the_dark_and_asks_nobody_else(
    site: str, open_window: Open
) -> None:
    window = open_window(color_scheme="dark")
    page = window.page
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{site}/")
    expect(page.locator("body")).to_have_attribute("data-md-color-scheme", "slate")
    page.goto(f"{site}/how-it-works/")
    picture = page.locator("img[alt^='The states']")
    expect(picture).to_be_visible()
    assert picture.evaluate("it => it.complete && it.naturalWidth > 0")
    page.keyboard.press("/")
    page.keyboard.type("CLOCK_SKEW")
    found = page.get_by_role("link").filter(has_text="Every setting").first
    expect(found).to_be_visible()
    assert {url.split("/")[2] for url in asked if url.startswith("http")} == {site.split("/")[2]}
    assert window.complaints == []
