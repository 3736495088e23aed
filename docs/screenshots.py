"""Makes the pictures in `docs/images/`: the console's pages and a receipt, from the demo's data.

    uv run docs/screenshots.py

Takes Chromium (`apt-get install chromium`). What is in them is the same each time, but for the
times and Polar's ids. Look at each before you commit it.
"""

from __future__ import annotations

import contextlib
import json
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Literal

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from sync.receipt_keys import read_keys
from sync.receipts.page import page as receipt_page
from sync.receipts.signing import Signer

IMAGES = Path(__file__).parent / "images"
COLORS = 128
"""Of a picture: as many as text and a few marks need."""
WINDOW = {"width": 1_100, "height": 400}
"""A picture is as high as the page, and no less than this."""
A4 = {"width": 794, "height": 1_123}
"""In pixels of CSS."""
MOST = 1_500
"""Pixels of a picture's height: whoever wants the rest opens the console."""

MUCH = 12
"""The number of a deletion with two subscriptions and three benefits."""

Scheme = Literal["light", "dark"]


@contextlib.contextmanager
def demo() -> Iterator[tuple[str, str]]:
    """A demo that is kept: the console's URL, and the token."""
    command = [sys.executable, "-u", "-m", "sync.cli", "demo", "--keep"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603
        try:
            assert process.stdout is not None  # noqa: S101 - asked for
            said = ""
            for line in process.stdout:
                said += line
                if "Ctrl-C ends" in line:
                    break
            [(url, token)] = re.findall(r"^  (http://\S+/console)\n  (\S+)$", said, re.MULTILINE)
            yield url, token
        finally:
            process.send_signal(signal.SIGINT)


def save(page: Page, name: str) -> None:
    """The page as a picture, with no more colours than it needs."""
    height = min(page.evaluate("document.documentElement.scrollHeight"), MOST)
    clip = {"x": 0, "y": 0, "width": page.viewport_size["width"], "height": height}  # type: ignore[index]
    picture = Image.open(BytesIO(page.screenshot(full_page=True, clip=clip)))  # type: ignore[arg-type]
    file = IMAGES / f"{name}.png"
    few = picture.convert("RGB").quantize(COLORS, dither=Image.Dither.NONE)
    few.save(file, optimize=True)
    print(f"{file}  {file.stat().st_size / 1024:.0f} KiB")  # noqa: T201


def console(browser: Browser, url: str, token: str, scheme: Scheme) -> str:
    """Each page of the console; returns the receipt of a deletion with much to prove."""
    ending = "" if scheme == "light" else "-dark"
    context = browser.new_context(color_scheme=scheme, viewport=WINDOW)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(url)
    page.get_by_label("Your name").fill("Ann")
    page.get_by_label("Console token").fill(token)
    page.get_by_role("button", name="Log in").click()
    save(page, f"console{ending}")
    page.goto(f"{url}/deletions")
    save(page, f"console-list{ending}")
    page.goto(f"{url}/deletions/1")
    save(page, f"console-deletion{ending}")
    receipt = page.request.get(f"{url}/deletions/{MUCH}/receipt.json").text()
    page.goto(f"{url}/deletions?state=held")
    page.get_by_role("table").get_by_role("link").first.click()
    page.get_by_role("link", name="Approve").click()
    save(page, f"console-approve{ending}")
    context.close()
    return receipt


def signer() -> Signer:
    """With a key of its own, as a deployment has one."""
    made = subprocess.run(
        [sys.executable, "-m", "sync.cli", "keys", "new"],
        capture_output=True,
        text=True,
        check=True,
    )
    return Signer(read_keys(made.stdout.strip().partition("=")[2]))


def main() -> None:
    IMAGES.mkdir(exist_ok=True)
    with demo() as (url, token), sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        receipt = console(browser, url, token, "light")
        console(browser, url, token, "dark")
        sheet = browser.new_context(viewport=A4).new_page()  # type: ignore[arg-type]
        sheet.emulate_media(media="print")
        signed = signer().signed(json.loads(receipt))
        sheet.set_content(receipt_page(signed, "https://bridge.example.com"))
        # The sheet's margins, which only a printer has.
        sheet.add_style_tag(content="body { padding: 12mm 15mm !important; }")
        save(sheet, "receipt")
        browser.close()


if __name__ == "__main__":
    main()
