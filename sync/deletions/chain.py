"""The chain of evidence: every link holds the hash of the one before it, so that none can be
changed, removed or put in without it showing. Pure.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from sync.deletions.observations import DeleteSent
from sync.deletions.states import State
from sync.hash_chain import GENESIS, canonical, iso

_SENT = DeleteSent.evidence


class Link(Protocol):
    """One piece of evidence, with what chains it to the one before."""

    deletion_id: int
    seq: int
    """From 1."""
    at: datetime
    kind: str
    source: str
    state: State
    detail: dict[str, Any]
    hash: str


def link_hash(previous: str, link: Link) -> str:
    """The hash of the link, with the one before it."""
    return content_hash(
        previous,
        link.deletion_id,
        link.seq,
        link.at,
        link.kind,
        link.source,
        link.state,
        link.detail,
    )


def content_hash(
    previous: str,
    deletion_id: int,
    seq: int,
    at: datetime,
    kind: str,
    source: str,
    state: str,
    detail: Mapping[str, Any],
) -> str:
    """SHA-256 over the hash before it and a link's content, in hex."""
    content = [previous, deletion_id, seq, iso(at), kind, source, state, detail]
    return hashlib.sha256(canonical(content)).hexdigest()


def is_of_its_evidence(
    state: str, customer_id: str | None, evidence: Iterable[tuple[str, Mapping[str, Any]]]
) -> bool:
    """Whether a deletion that is verified is about the customer to whom its DELETE was sent.

    Args:
        customer_id: Polar's, as the deletion has it.
        evidence: kind and detail of each piece, in order.
    """
    if state != State.VERIFIED:
        return True
    sent_to = [it["customer_id"] for kind, it in evidence if kind == _SENT and "customer_id" in it]
    return not sent_to or sent_to[-1] == customer_id


def unbroken(links: Sequence[Link]) -> bool:
    """Whether the chain is whole and as it was written."""
    previous = GENESIS
    for seq, link in enumerate(links, start=1):
        if link.seq != seq or link.hash != link_hash(previous, link):
            return False
        previous = link.hash
    return True
