"""The console as somebody sees it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.conftest import Open
from tests.helpers.commands import HELD, VERIFIED, Commands
from tests.helpers.console import TOKEN
from tests.helpers.site import Site, site

pytestmark = pytest.mark.slow

PHONE = {"width": 360, "height": 740}
LONG = "an-id-without-any-place-to-break-it-" + "x" * 200
PAGES = (
    "",
    "/deletions",
    "/deletions?q=nobody",
    "/deletions/1",
    "/deletions/2",
    "/deletions/1/approve",
    "/pause",
    "/deletions/99",
)


@pytest.fixture
def console(commands: Commands) -> Iterator[Site]:
    """Two deletions that are held, and one that is verified."""
    for user in ("user-1", LONG):
        commands.deletion(user, *HELD)
    commands.deletion("user-3", *VERIFIED)
    with site(commands.store, console_token=TOKEN) as running:
        yield running


def log_in(page: Page, url: str) -> None:
    page.goto(f"{url}/console")
    page.get_by_label("Your name").fill("Ann")
    page.get_by_label("Console token").fill(TOKEN)
    page.get_by_role("button", name="Log in").click()


@pytest.mark.parametrize("java_script_enabled", [True, False], ids=["js", "no-js"])
def test_from_the_login_to_one_deletion_and_out(
    console: Site, open_window: Open, java_script_enabled: bool
) -> None:
    window = open_window(java_script_enabled=java_script_enabled)
    page = window.page
    log_in(page, console.url)
    expect(page.get_by_role("heading", name="Needs a person")).to_be_visible()
    page.get_by_role("link", name="Deletions", exact=True).click()
    page.get_by_label("Find").fill("user-1")
    page.get_by_role("button", name="Search").click()
    rows = page.get_by_role("table").get_by_role("row")
    expect(rows).to_have_count(2)
    page.get_by_role("link", name="1", exact=True).click()
    expect(page.get_by_role("heading", name="Deletion 1 held")).to_be_visible()
    expect(page.get_by_text("The chain is unbroken.")).to_be_visible()
    page.get_by_text("Detail", exact=True).first.click()
    expect(page.locator("details[open] dt").first).to_be_visible()
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_role("button", name="Log in")).to_be_visible()
    page.goto(f"{console.url}/console/deletions/1")
    expect(page.get_by_role("button", name="Log in")).to_be_visible()
    assert window.complaints == []


@pytest.mark.parametrize("java_script_enabled", [True, False], ids=["js", "no-js"])
def test_one_that_is_held_is_approved(
    commands: Commands, console: Site, open_window: Open, java_script_enabled: bool
) -> None:
    window = open_window(java_script_enabled=java_script_enabled)
    page = window.page
    log_in(page, console.url)
    page.get_by_role("link", name="2", exact=True).click()
    page.get_by_role("link", name="Approve").click()
    page.get_by_label("Why").fill("seen with Bob")
    page.get_by_label("Type the number").fill("1")
    page.get_by_role("button", name="Approve").click()
    # The browser itself does not send another number.
    expect(page.get_by_role("heading", name="Approve: deletion 2")).to_be_visible()
    page.get_by_label("Type the number").fill("2")
    page.get_by_role("button", name="Approve").click()
    expect(page.get_by_text("It is approved.")).to_be_visible()
    expect(page.get_by_role("link", name="Approve")).to_have_count(0)
    page.get_by_role("link", name="Overview").click()
    page.get_by_role("link", name="Pause all deletions").click()
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_text("All deletions are paused")).to_be_visible()
    page.get_by_role("button", name="Resume").click()
    expect(page.get_by_text("All deletions are paused")).to_have_count(0)
    assert window.complaints == []


def test_by_keyboard_alone(console: Site, open_window: Open) -> None:
    page = open_window().page
    page.goto(f"{console.url}/console/login")
    for text in ("Ann", TOKEN):
        while page.evaluate("document.activeElement.tagName") != "INPUT":
            page.keyboard.press("Tab")
        page.keyboard.type(text)
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Overview")).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    expect(page.get_by_role("link", name="Skip to the content")).to_be_in_viewport()
    while page.evaluate("document.activeElement.textContent") != "Deletions":
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Deletions")).to_be_visible()


def test_on_a_phone_nothing_is_cut_off(console: Site, open_window: Open) -> None:
    page = open_window(viewport=PHONE).page
    log_in(page, console.url)
    for path in PAGES:
        page.goto(f"{console.url}/console{path}")
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], path


@pytest.mark.parametrize("color_scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1_200, PHONE["width"]])
def test_everybody_can_read_it(
    console: Site, open_window: Open, color_scheme: str, width: int
) -> None:
    window = open_window(color_scheme=color_scheme, viewport={"width": width, "height": 800})
    page = window.page
    page.goto(f"{console.url}/console/login")
    found = [Axe().run(page)]
    log_in(page, console.url)
    for path in PAGES:
        page.goto(f"{console.url}/console{path}")
        for details in page.locator("details").all():
            details.evaluate("it => { it.open = true }")
        found.append(Axe().run(page))
    problems = [result.generate_report() for result in found if result.violations_count]
    assert not problems, "\n".join(problems)
    # The last of the pages is a 404, and says so.
    assert [it for it in window.complaints if "404" not in it] == []
