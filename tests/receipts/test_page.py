"""A receipt as a page for people."""

from __future__ import annotations

import html
import os
import re
import shutil
import subprocess
import typing
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from sync.deletions import observations
from sync.deletions.evidence import JOINED, SCRUBBED
from sync.deletions.states import State
from sync.receipts.page import SAID, STATES, page
from tests.helpers.commands import CUSTOMER, OTHER
from tests.helpers.receipts import KEY, USUAL, Json, receipt

V = State.VERIFIED
MEMBER = {"member_id": "member-1", "customer_id": "team-1", "ended_at": None, "kept": False}


class Read(HTMLParser):
    """What a page says, and what it is made of. Fails where an element is not closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.attributes: list[tuple[str, str | None]] = []
        self.open: list[str] = []
        self.words = ""
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        self.attributes += attrs
        if tag not in {"meta", "br"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.words += f" {data}"


def words(document: Json, public_url: str | None = None) -> str:
    """What a reader reads."""
    return " ".join(Read(page(document, public_url)).words.split())


def test_every_state_and_every_kind_of_evidence_has_words() -> None:
    assert set(STATES) == set(State)
    kinds = {it.evidence for it in typing.get_args(observations.Observation)}
    assert kinds | {JOINED, SCRUBBED, "event.received", "forgotten"} <= set(SAID)
    for state in State:
        said = words(receipt(*USUAL[:1], ("checked", "api", state, {}), state=state.value))
        assert STATES[state][1] in said


def test_the_usual_deletion() -> None:
    said = words(receipt(), "https://bridge.example.com")
    for text in (
        "The app, by its event: the user was deleted there on 1 Oct 2026, 00:00:00 .",
        f"customer {CUSTOMER} since 1 Sep 2026",
        f"subscription {OTHER} active",
        "benefit grant-1 granted",
        "DELETE of the customer sent to Polar ( by external id; anonymized )",
        f"customer deleted {CUSTOMER} Polar's answer 204, 1 Oct 2026, 00:00:04"
        " webhook customer.deleted, 1 Oct 2026, 00:00:06",
        f"subscription canceled {OTHER} webhook subscription.revoked, 1 Oct 2026, 00:00:05",
        "benefit revoked grant-1 Polar's webhooks, 1 Oct 2026, 00:00:07",
        "user forgotten the bridge, 1 Oct 2026, 00:00:00",
        "Polar keeps invoices. Payment methods at Stripe are not touched.",
        KEY.kid,
        "https://bridge.example.com/.well-known/jwks.json",
        receipt()["evidence"][-1]["hash"],
    ):
        assert text in said


def test_what_the_bridge_has_no_key_for_is_not_said_to_be_signed() -> None:
    said = words(receipt(signer=None))
    assert "is sealed with a secret key" in said
    assert "signed" not in said
    assert "/.well-known" not in said
    assert "The bridge has the public key at /.well-known/jwks.json" in words(receipt())


def test_an_audits_says_as_of_when() -> None:
    steps = (
        ("orphan.found", "audit", State.HELD, {"reason": "`approve`, or `cancel`"}),
        *USUAL[1:],
    )
    said = words(receipt(*steps, said_by="audit"))
    assert "the user is not among the app's users as of 1 Oct 2026, 00:00:00" in said
    assert "The app, by its event" not in said
    assert "( approve, or cancel )" in said


def test_a_broken_chain_is_all_that_is_said_of_the_outcome() -> None:
    said = words(receipt(chain_unbroken=False))
    assert "broken The chain of evidence has been tampered with." in said
    assert STATES[V][1] not in said


def test_what_is_left_is_said() -> None:
    left = {
        "by": "api",
        "subscriptions": [{"id": "s1", "status": "paused", "ended": False}],
        "benefit_grants": [{"id": "g1", "is_granted": True}],
    }
    seat = {"deletion": 7, "customer_id": "team-1", "subscription_id": "s9", "seats": 5}
    kept = {**MEMBER, "member_id": "member-2", "kept": True}
    ended = {**MEMBER, "member_id": "member-3", "ended_at": "2026-10-01T00:00:09.000000+00:00"}
    document = receipt(
        *USUAL[:4],
        ("membership.ended", "webhook", State.DELETED, {"member_id": "member-3"}),
        ("checked", "api", State.INCOMPLETE, left),
        memberships=[MEMBER, kept, ended, {**ended, "member_id": "member-4"}],
        paid_seats=[seat],
        personal_data_forgotten_at=None,
    )
    said = words(document)
    for text in (
        "subscription paused: has not ended s1 Polar's API",
        "benefit still granted g1 Polar's API",
        "member has not ended member-1",
        "member kept: not the user's at that time member-2",
        "member ended member-3 Polar's webhooks, 1 Oct 2026, 00:00:05",
        "member ended member-4",
        "seat stays paid for s9",
        "member member-1 under customer team-1",
        "Here the user stands as a keyed hash",
    ):
        assert text in said
    assert "user forgotten" not in said


def test_the_same_again_and_again_is_one_line() -> None:
    failed = ("request.failed", "api", State.RESOLVED, {"reason": "Polar is away"})
    said = words(receipt(*USUAL[:2], failed, failed, failed, ("news", "moon", V, {})))
    assert "no answer that can be used, 3 times ( Polar is away ) Polar's API" in said
    # Of a kind that is not known yet.
    assert "news moon" in said


def test_where_nothing_was_there() -> None:
    document = receipt(
        USUAL[0],
        ("customer.missing", "api", State.NO_CUSTOMER, {}),
        polar_customer_id=None,
        customer_deleted_at=None,
        personal_data_forgotten_at=None,
    )
    said = words(document)
    assert "No customer of the user's at Polar, and no membership, is known." in said
    assert "Nothing has been deleted." in said


HOSTILE = "<script>alert(1)</script><img src=x onerror=a>\"'&{{ 7*7 }}\u202egnp\x1b[2J\x00"


def every_text(value: Any) -> Any:
    """With each text followed by what a page must not take for its own."""
    if isinstance(value, dict):
        return {
            key: item if key in {"at", "kind", "source", "seq"} else every_text(item)
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [every_text(item) for item in value]
    return f"{value}{HOSTILE}" if isinstance(value, str) else value


def test_what_comes_from_elsewhere_is_text_alone() -> None:
    steps = [
        (kind, source, state, every_text(detail) if kind != "customer.found" else detail)
        for kind, source, state, detail in USUAL
    ]
    steps.insert(2, (f"x{HOSTILE}", HOSTILE, V, {"reason": HOSTILE, "problem": HOSTILE}))
    document = receipt(
        *steps,
        user_hash=HOSTILE,
        polar_customer_id=HOSTILE,
        not_covered=HOSTILE,
        memberships=[{**MEMBER, "member_id": HOSTILE, "customer_id": HOSTILE}],
    )
    text = page(document, f"https://x.example/{HOSTILE}")
    assert HOSTILE not in text
    assert html.escape("<script>alert(1)") in text
    assert "49" not in re.findall(r"\{\{.*?\}\}|49 ", text)
    for unseen in ("\u202e", "\x1b", "\x00"):
        assert unseen not in text
    read = Read(text)
    assert read.names.isdisjoint({"script", "img", "link", "iframe", "object", "a", "form"})
    assert {name for name, _ in read.attributes} <= {
        "lang", "charset", "name", "content", "http-equiv", "class", "datetime",
    }  # fmt: skip
    assert "default-src 'none'" in text
    assert "url(" not in text
    assert "@import" not in text


@pytest.mark.slow
def test_the_usual_deletion_fits_on_a_sheet(tmp_path: Path) -> None:
    browser = shutil.which("chromium")
    if browser is None:
        assert not os.environ.get("NOTHING_SKIPPED"), "chromium is not installed: see .ci/run"
        pytest.skip("chromium is not installed")
    many = [{"id": f"{OTHER[:-1]}{it}", "status": "canceled", "ended": True} for it in range(4)]
    steps = (*USUAL[:6], ("checked", "api", V, {**USUAL[6][3], "subscriptions": many}), USUAL[7])
    file, printed = tmp_path / "receipt.html", tmp_path / "receipt.pdf"
    file.write_text(page(receipt(*steps), "https://bridge.example.com"), encoding="utf-8")
    subprocess.run(
        [
            browser,
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            f"--user-data-dir={tmp_path / 'profile'}",
            "--no-pdf-header-footer",
            f"--print-to-pdf={printed}",
            file.as_uri(),
        ],
        check=True,
        capture_output=True,
        timeout=120,
    )
    assert len(re.findall(rb"/Type\s*/Page\b", printed.read_bytes())) == 1
