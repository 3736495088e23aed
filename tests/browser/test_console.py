"""The console as somebody sees it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, ViewportSize, expect

from app.main import create_app
from sync.deletions.observations import Unmapped
from tests.browser.conftest import Open
from tests.helpers.bridge import Bridge, Run, ago, now
from tests.helpers.commands import HELD, TEAM, VERIFIED, Commands
from tests.helpers.console import TOKEN
from tests.helpers.dead_letters import hang
from tests.helpers.proxy import PREFIX, behind_proxy
from tests.helpers.settings import load_settings
from tests.helpers.site import Site, site

pytestmark = pytest.mark.slow

PHONE: ViewportSize = {"width": 360, "height": 740}
LONG = "an-id-without-any-place-to-break-it-" + "x" * 200
PAGES = (
    "",
    "/deletions",
    "/deletions?q=nobody",
    "/deletions?state=held_by_brake",
    "/brake",
    "/deletions/5",
    "/deletions/1",
    "/deletions/2",
    "/deletions?from=2026-01-01&to=2026-12-31",
    "/deletions/1/approve",
    "/deletions/4/map",
    "/deletions/1/transfer",
    "/deletions/1/revoke",
    "/deletions/3/receipt.html",
    "/dead-letters/events",
    "/dead-letters/messages",
    "/dead-letters/profiles",
    "/dead-letters/lost",
    "/dead-letters/events/replay",
    "/dead-letters/events/1/replay",
    "/dead-letters/profiles/1/dismiss",
    "/done",
    "/pause",
    "/resume",
    "/deletions/99",
)


@pytest.fixture
def console(commands: Commands) -> Iterator[Site]:
    """Two deletions that the brake holds, one that is verified, one that waits for a mapping, one
    that is held for a team, and something that hangs of each kind."""
    hang(commands)
    for user in ("user-1", LONG):
        commands.deletion(user, *HELD)
    commands.deletion("user-3", *VERIFIED)
    commands.deletion("user-4", Unmapped())
    commands.deletion(LONG[:-1], *TEAM)
    commands.run("pause", "--why", LONG)
    commands.run("resume")
    with site(commands.store, console_token=TOKEN, worker="separate") as running:
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
def test_a_session_that_ends_elsewhere_while_a_form_is_open(
    console: Site, open_window: Open, java_script_enabled: bool
) -> None:
    page = open_window(java_script_enabled=java_script_enabled).page
    log_in(page, console.url)
    expect(page.get_by_role("heading", name="Overview")).to_be_visible()
    page.goto(f"{console.url}/console/deletions/1/approve")
    second = page.context.new_page()
    second.goto(f"{console.url}/console")
    second.get_by_role("button", name="Log out").click()
    expect(second.get_by_role("button", name="Log in")).to_be_visible()
    page.get_by_label("Type the number").fill("1")
    page.get_by_role("button", name="Approve").click()
    expect(page.get_by_text("nothing was done: log in again")).to_be_visible()
    page.get_by_label("Your name").fill("Ann")
    page.get_by_label("Console token").fill(TOKEN)
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("heading", name="Approve: deletion 1")).to_be_visible()
    # What was done in one window is not done again from the other.
    second.goto(f"{console.url}/console/deletions/1/cancel")
    second.get_by_label("Type the number").fill("1")
    second.get_by_role("button", name="Cancel").click()
    expect(second.get_by_text("Deletion 1: it is canceled.")).to_be_visible()
    second.reload()
    expect(second.get_by_role("heading", name="Deletion 1 canceled")).to_be_visible()
    expect(second.get_by_text("Deletion 1: it is canceled.")).to_have_count(0)
    page.reload()
    expect(page.get_by_text("Deletion 1 cannot be approved")).to_be_visible()
    expect(page.get_by_role("button", name="Approve")).to_have_count(0)
    page.get_by_role("link", name="Deletion 1", exact=True).click()
    expect(page.get_by_role("heading", name="Deletion 1 canceled")).to_be_visible()


@pytest.mark.parametrize("java_script_enabled", [True, False], ids=["js", "no-js"])
def test_one_that_is_held_is_approved(
    commands: Commands, console: Site, open_window: Open, java_script_enabled: bool
) -> None:
    window = open_window(java_script_enabled=java_script_enabled)
    page = window.page
    log_in(page, console.url)
    page.goto(f"{console.url}/console/deletions/2")
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
    page.get_by_role("link", name="Dead letters").click()
    expect(page.get_by_text("All deletions are paused by Ann")).to_be_visible()
    page.get_by_role("link", name="Resume").click()
    page.get_by_label("Why").fill("it is mended")
    page.get_by_role("button", name="Resume").click()
    expect(page.get_by_text("Deletions go on.")).to_be_visible()
    expect(page.get_by_text("All deletions are paused")).to_have_count(0)
    page.get_by_role("link", name="Done").click()
    expect(page.get_by_role("cell", name="it is mended")).to_be_visible()
    assert window.complaints == []


@pytest.mark.parametrize("java_script_enabled", [True, False], ids=["js", "no-js"])
def test_all_that_the_brake_holds_is_approved(
    console: Site, open_window: Open, java_script_enabled: bool
) -> None:
    window = open_window(java_script_enabled=java_script_enabled)
    page = window.page
    log_in(page, console.url)
    needs = page.get_by_role("table").first.get_by_role("row")
    expect(needs).to_have_count(3)
    page.get_by_role("link", name="Look at them").click()
    expect(page.get_by_role("table").get_by_role("row")).to_have_count(3)
    expect(page.get_by_label("State")).to_have_value("held_by_brake")
    page.get_by_role("link", name="Overview").click()
    page.get_by_role("link", name="approve all").click()
    page.get_by_label("Why").fill("a clean-up, as announced")
    page.get_by_label("Type how many").fill("3")
    page.get_by_role("button", name="Approve all").click()
    # The browser itself does not send another number.
    expect(page.get_by_role("heading", name="Approve 2 deletions")).to_be_visible()
    page.get_by_label("Type how many").fill("2")
    page.get_by_role("button", name="Approve all").click()
    expect(page.get_by_role("cell", name="a clean-up, as announced")).to_be_visible()
    expect(page.get_by_role("cell", name="approve deletions 1, 2")).to_be_visible()
    assert window.complaints == []


@pytest.mark.parametrize("java_script_enabled", [True, False], ids=["js", "no-js"])
def test_dead_letters_are_replayed_and_dismissed(
    console: Site, open_window: Open, java_script_enabled: bool
) -> None:
    window = open_window(java_script_enabled=java_script_enabled)
    page = window.page
    log_in(page, console.url)
    page.get_by_role("link", name="could not be applied").click()
    expect(page.get_by_role("link", name="Events 1")).to_have_attribute("aria-current", "page")
    page.get_by_role("link", name="Replay 1").click()
    page.get_by_label("Why").fill("the parser is mended")
    page.get_by_role("button", name="Replay").click()
    expect(page.get_by_text("Tried again: 1.")).to_be_visible()
    for kind, where in (
        ("Messages", "deletion 7"),
        ("Profiles", "user-8"),
        ("lost", "user with hash"),
    ):
        page.get_by_role("link", name=kind).click()
        expect(page.get_by_role("cell", name=where)).to_be_visible()
        page.get_by_role("link", name="Dismiss 1").click()
        page.get_by_label("Type the number").fill("1")
        page.get_by_role("button", name="Dismiss").click()
        # The browser itself does not send it without a reason.
        expect(page.get_by_role("heading", name="Dismiss")).to_be_visible()
        page.get_by_label("Why").fill("seen to by hand")
        page.get_by_role("button", name="Dismiss").click()
        expect(page.get_by_text("Dismissed: 1.")).to_be_visible()
        expect(page.get_by_text("Nothing hangs here.")).to_be_visible()
    page.get_by_role("link", name="Done").click()
    expect(page.get_by_role("cell", name="seen to by hand")).to_have_count(3)
    expect(page.get_by_role("cell", name="Ann", exact=True)).to_have_count(4)
    page.get_by_role("link", name="Overview").click()
    expect(page.get_by_text("could not be applied")).to_have_count(0)
    assert window.complaints == []


@pytest.fixture
def hanging(run: Run) -> Iterator[Bridge]:
    """At Polar: a user who is there under another id, and one whose team has another member. The
    app has deleted both."""
    with run(mapping="table", console_token=TOKEN) as it:
        others = [{"external_id": "u2", "email": "u2@example.com", "name": "M", "role": "member"}]
        it.customer("legacy-1", "active", "paused", created_at=ago(days=9))
        it.customer("boss", "active", created_at=ago(days=9), members=others)
        it.map("boss", external_id="boss")
        for user, state in (("user-1", "unmapped"), ("boss", "held")):
            it.tell(user)
            it.wait(user, state)
        yield it


@pytest.mark.parametrize("java_script_enabled", [True, False], ids=["js", "no-js"])
def test_what_a_hanging_deletion_needs(
    hanging: Bridge, open_window: Open, java_script_enabled: bool
) -> None:
    it = hanging
    window = open_window(java_script_enabled=java_script_enabled)
    page = window.page
    log_in(page, str(it.app.base_url).rstrip("/"))
    page.get_by_role("link", name="1", exact=True).click()
    page.get_by_role("link", name="Map").click()
    page.get_by_label("External id at Polar").fill("legacy-1")
    page.get_by_label("Why").fill("seen in the old table")
    page.get_by_label("Type the number").fill("1")
    page.get_by_role("button", name="Map").click()
    expect(page.get_by_text("The user is mapped")).to_be_visible()
    it.wait("user-1", "incomplete")
    page.get_by_role("link", name="Overview").click()
    page.get_by_role("link", name="1", exact=True).click()
    page.get_by_role("link", name="Revoke").click()
    expect(page.get_by_role("main").get_by_role("listitem")).to_have_count(1)
    page.get_by_label("Type the number").fill("1")
    page.get_by_role("button", name="Revoke").click()
    expect(page.get_by_text("What survived is revoked")).to_be_visible()
    it.wait("user-1", "verified")
    page.get_by_role("link", name="Overview").click()
    page.get_by_role("link", name="2", exact=True).click()
    page.get_by_role("link", name="Transfer").click()
    desktop = page.viewport_size
    assert desktop is not None
    page.set_viewport_size(PHONE)
    # Long as the names of the members are, they fit.
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    page.set_viewport_size(desktop)
    page.get_by_label("The new owner").select_option(index=1)
    page.get_by_label("Type the number").fill("2")
    page.get_by_role("button", name="Transfer").click()
    expect(page.get_by_text("The team is handed over")).to_be_visible()
    it.wait("boss", "verified")
    page.get_by_role("link", name="Deletions").click()
    today = f"{now():%Y-%m-%d}"
    page.get_by_label("Received from").fill(today)
    page.get_by_role("button", name="Search").click()
    expect(page.get_by_role("cell", name="verified")).to_have_count(2)
    page.get_by_role("link", name="2", exact=True).click()
    page.get_by_role("link", name="Receipt to read").click()
    expect(page.get_by_role("heading", name="Receipt of a deletion")).to_be_visible()
    # Its own style is let through.
    header = page.get_by_role("banner").first
    expect(header).to_have_css("display", "flex")
    assert window.complaints == []


@pytest.fixture
def proxied(commands: Commands) -> Iterator[str]:
    """Where a browser finds the bridge by a proxy."""
    commands.deletion("user-1", *HELD)
    settings = load_settings(commands.store, console_token=TOKEN, root_path=PREFIX)
    with behind_proxy(create_app(settings)) as url:
        yield url


def test_behind_a_proxy(proxied: str, open_window: Open) -> None:
    window = open_window()
    page = window.page
    page.goto(f"{proxied}/console/deletions/1")
    page.get_by_label("Your name").fill("Ann")
    page.get_by_label("Console token").fill(TOKEN)
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("heading", name="Deletion 1 held")).to_be_visible()
    page.get_by_role("link", name="Cancel").click()
    page.get_by_label("Type the number").fill("1")
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_text("It is canceled.")).to_be_visible()
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_role("button", name="Log in")).to_be_visible()
    assert window.complaints == []


def press_until(page: Page, text: str) -> None:
    """Go on by the keyboard to the link, field or button that says so."""
    of_focused = (
        "document.activeElement.ariaLabel || document.activeElement.labels?.[0]?.textContent"
        " || document.activeElement.textContent"
    )
    while not page.evaluate(of_focused).startswith(text):
        page.keyboard.press("Tab")


def test_a_dead_letter_is_dismissed_by_keyboard_alone(console: Site, open_window: Open) -> None:
    page = open_window().page
    log_in(page, console.url)
    expect(page.get_by_role("heading", name="Overview")).to_be_visible()
    for text, follows in (
        ("Dead letters", "Dead letters: Events"),
        ("Messages", "Dead letters: Messages"),
        ("Dismiss 1", "Dismiss message 1"),
    ):
        press_until(page, text)
        page.keyboard.press("Enter")
        expect(page).to_have_title(f"{follows} · polar-sync")
    press_until(page, "Why")
    page.keyboard.type("seen to by hand")
    page.keyboard.press("Tab")
    page.keyboard.type("1")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Dismissed: 1.")).to_be_visible()


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


TABLES = ("", "/deletions", "/dead-letters/events", "/dead-letters/lost", "/done")


def test_on_a_phone_rows_are_blocks_and_tables_are_still_read_as_such(
    console: Site, open_window: Open
) -> None:
    page = open_window(viewport=PHONE).page
    log_in(page, console.url)
    tree = page.context.new_cdp_session(page)
    for path in TABLES:
        page.goto(f"{console.url}/console{path}")
        stacks = page.locator(".stacks")
        # Nothing of a row has to be scrolled to.
        assert stacks.evaluate("it => it.scrollWidth <= it.clientWidth"), path
        cells = stacks.locator("td:not(:empty)")
        for cell in cells.all():
            expect(cell).to_be_visible()
            box = cell.bounding_box()
            assert box is not None
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= PHONE["width"]
            name = cell.evaluate("it => getComputedStyle(it, '::before').content")
            assert name.startswith(f'"{cell.get_attribute("data-name")}"')
        roles = [it["role"]["value"] for it in tree.send("Accessibility.getFullAXTree")["nodes"]]
        assert {"table", "row", "columnheader", "cell"} <= set(roles), path


def test_what_stands_side_by_side_is_in_line(console: Site, open_window: Open) -> None:
    page = open_window(viewport={"width": 1_280, "height": 800}).page
    log_in(page, console.url)
    page.goto(f"{console.url}/console/deletions")
    fields = page.locator(".search > div")
    for part in ("label", "input, select"):
        boxes = [field.locator(part).bounding_box() for field in fields.all()]
        assert len({(box["y"], box["height"]) for box in boxes if box}) == 1, part
    page.goto(f"{console.url}/console/deletions/1")
    for exact in page.locator(".facts div.muted").all():
        assert exact.evaluate("it => it.getClientRects().length") == 1
        box = exact.bounding_box()
        assert box is not None
        assert box["height"] < 30
    families = page.locator(".facts code").evaluate_all(
        "all => all.map(it => getComputedStyle(it).fontFamily)"
    )
    assert len(set(families)) == 1


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
    # The last of the pages is a 404, and says so; others refuse what is not possible.
    assert [it for it in window.complaints if "404" not in it and "409" not in it] == []
    found = []
    page.goto(f"{console.url}/console/pause")
    page.get_by_label("Why").fill(LONG)
    page.get_by_role("button", name="Pause").click()
    for path in ("", "/resume", "/deletions/1/approve"):
        page.goto(f"{console.url}/console{path}")
        expect(page.get_by_text("All deletions are paused")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
        found.append(Axe().run(page))
    problems = [result.generate_report() for result in found if result.violations_count]
    assert not problems, "\n".join(problems)
