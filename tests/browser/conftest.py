"""A real browser: Debian's Chromium, driven by Playwright."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.helpers.waiting import WAIT

CHROMIUM = shutil.which("chromium")


@pytest.fixture
def chromium() -> Iterator[Browser]:
    """For one test: Playwright has an event loop of its own as long as it runs."""
    if CHROMIUM is None:
        why = "Chromium is not installed: apt-get install chromium"
        if os.environ.get("NOTHING_SKIPPED"):
            pytest.fail(why)
        pytest.skip(why)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@dataclass
class Window:
    """A page, and what the browser complained of."""

    page: Page
    complaints: list[str] = field(default_factory=list)


Open = Callable[..., Window]


@pytest.fixture
def open_window(chromium: Browser) -> Iterator[Open]:
    """Opens windows with cookies of their own; takes what Playwright's `new_context` does."""
    contexts = []

    def opened(**how: object) -> Window:
        context = chromium.new_context(**how)  # type: ignore[arg-type]
        context.set_default_timeout(WAIT * 1_000)
        contexts.append(context)
        window = Window(context.new_page())
        window.page.on("console", lambda said: window.complaints.append(said.text))
        window.page.on("pageerror", lambda error: window.complaints.append(str(error)))
        return window

    yield opened
    for context in contexts:
        context.close()
