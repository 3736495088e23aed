"""The chain of evidence: whatever is done to it afterwards shows."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import pytest

from sync.deletions.chain import is_of_its_evidence, link_hash, unbroken
from sync.deletions.states import State
from sync.hash_chain import GENESIS

AT = datetime(2026, 11, 1, 12, tzinfo=UTC)


@dataclass
class Link:
    """A piece of evidence without a table."""

    deletion_id: int = 7
    seq: int = 1
    at: datetime = AT
    kind: str = "checked"
    source: str = "api"
    state: State = State.DELETED
    detail: dict[str, Any] = field(default_factory=dict)
    hash: str = ""


def chain(length: int) -> list[Link]:
    links: list[Link] = []
    for seq in range(1, length + 1):
        link = Link(seq=seq, detail={"b": seq, "a": ["é", None]})
        link.hash = link_hash(links[-1].hash if links else GENESIS, link)
        links.append(link)
    return links


def test_a_chain_as_it_was_written_is_unbroken() -> None:
    assert unbroken([])
    assert unbroken(chain(3))


def test_the_hash_does_not_depend_on_the_order_of_keys() -> None:
    link, *_ = chain(1)
    assert unbroken([replace(link, detail=dict(reversed(link.detail.items())))])


@pytest.mark.parametrize(
    "change",
    [
        {"deletion_id": 8},
        {"seq": 3},
        {"at": AT.replace(microsecond=1)},
        {"kind": "retried"},
        {"source": "operator"},
        {"state": State.VERIFIED},
        {"detail": {}},
        {"hash": "0" * 64},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_changed_link_shows(change: dict[str, Any]) -> None:
    links = chain(3)
    links[1] = replace(links[1], **change)
    assert not unbroken(links)


@pytest.mark.parametrize("number", range(3))
def test_a_missing_link_shows_but_for_the_last(number: int) -> None:
    links = chain(3)
    del links[number]
    assert unbroken(links) is (number == 2)
    for seq, link in enumerate(links, 1):
        link.seq = seq
    assert unbroken(links) is (number == 2)


@pytest.mark.parametrize(
    ("state", "customer_id", "is_of_it"),
    [
        ("verified", "two", True),
        ("verified", "one", False),
        ("verified", None, False),
        ("deleted", "one", True),
    ],
)
def test_a_verified_deletion_is_about_whom_its_delete_was_sent_to(
    state: str, customer_id: str | None, is_of_it: bool
) -> None:
    sent = [("delete.sent", {"customer_id": "one"}), ("delete.sent", {"customer_id": "two"})]
    assert is_of_its_evidence(state, customer_id, sent) is is_of_it
    assert is_of_its_evidence(state, customer_id, [("delete.sent", {}), ("checked", {})])
