"""Receipts: a deletion's chain of evidence as a document, with a seal over it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any, Protocol

from sqlmodel.ext.asyncio.session import AsyncSession

from sync.audit_log import queries as audit_log
from sync.deletions import evidence, memberships
from sync.deletions.chain import unbroken
from sync.deletions.evidence import SCRUBBED
from sync.deletions.observations import CustomerGone, CustomerMissing, DeleteSent, HandedOver
from sync.deletions.tables import DeletionRow, EvidenceRow
from sync.hash_chain import canonical, iso
from sync.hashing import Hasher

RECEIPT_VERSION = 1

_ALWAYS = (
    "Polar keeps orders and invoices, the customer's events, tax id and old external id, and for up"
    " to 90 days the webhook payloads that it has sent. Payment methods at Stripe are not touched."
)


async def receipt(session: AsyncSession, deletion: DeletionRow, hasher: Hasher) -> dict[str, Any]:
    """What can be shown to whoever asks for proof. Holds no personal data.

    `user_hash` is the keyed hash of the local user id: given the id, the holder of HASH_KEY can say
    whether this receipt is that user's. `seal` is keyed too and covers everything else.
    """
    links = await evidence.of(session, deletion.id)
    content: dict[str, Any] = {
        "receipt_version": RECEIPT_VERSION,
        "deletion": deletion.id,
        "state": deletion.state,
        "user_hash": deletion.user_hash,
        "polar_customer_id": deletion.customer_id,
        "user_deleted_at": iso(deletion.event_at),
        "said_by": evidence.said_by(links),
        "delete_sent_at": _iso(deletion.delete_sent_at),
        "deleted_by": deleted_by(links),
        "customer_deleted_at": _iso(deletion.deleted_at) if deletion.customer_id else None,
        "memberships": [
            {
                "member_id": row.member_id,
                "customer_id": row.customer_id,
                "ended_at": _iso(row.ended_at),
                "kept": row.kept,
            }
            for row in await memberships.of(session, [deletion.id])
        ],
        "paid_seats": [
            asdict(seat) for seat in await memberships.paid_seats_of(session, deletion.id)
        ],
        "ended_at": _iso(deletion.ended_at),
        "personal_data_forgotten_at": _iso(deletion.forgotten_at),
        "evidence": [
            {
                "seq": row.seq,
                "at": iso(row.at),
                "kind": row.kind,
                "source": row.source,
                "state": row.state,
                "detail": row.detail,
                "hash": row.hash,
            }
            for row in links
        ],
        "chain_unbroken": unbroken(links),
        "log": await _place(session, links),
        "not_covered": not_covered(links),
    }
    return {**content, "seal": hasher.seal(canonical(content))}


async def _place(session: AsyncSession, links: Sequence[EvidenceRow]) -> dict[str, Any] | None:
    """Where the newest link stands in the log over all deletions; None: nowhere, as no link of the
    ledger's own does."""
    place = links and await audit_log.place_of(session, links[-1].deletion_id, links[-1].seq)
    return {"index": place[0], "hash": place[1]} if place else None


class Said(Protocol):
    """What a piece of evidence says."""

    @property
    def kind(self) -> str: ...

    @property
    def detail(self) -> dict[str, Any]: ...


def not_covered(links: Sequence[Said]) -> str:
    """What `verified` does not speak of. docs/privacy.md says what can be done about each."""
    kinds = {link.kind for link in links}
    sent = [link.detail for link in links if link.kind == DeleteSent.evidence]
    parts = [_ALWAYS]
    if SCRUBBED in kinds:
        parts.append("Polar keeps members' external ids; name and e-mail were overwritten.")
    else:
        parts.append("Polar keeps members' names, e-mails and external ids in clear.")
    if not sent and CustomerGone.evidence not in kinds and CustomerMissing.evidence in kinds:
        parts.append("Whoever deleted the customer may not have had it anonymized.")
    if any(detail.get("anonymize") is False for detail in sent):
        parts.append("The customer's e-mail, names and address stay: ANONYMIZE was false.")
    if HandedOver.evidence in kinds:
        parts.append(
            "The team that was handed over keeps its e-mail, name and external id: the user's,"
            " unless somebody has changed them."
        )
    return " ".join(parts)


def identified_by(links: Sequence[EvidenceRow]) -> str | None:
    """Who said at the last look whom the user is at Polar; a value of `identity.Source`."""
    said = [row.detail["identified_by"] for row in links if "identified_by" in row.detail]
    return said[-1] if said else None


def deleted_by(links: Sequence[EvidenceRow]) -> str | None:
    """What the last DELETE named the customer by: `external_id` or `customer_id`."""
    sent = [row.detail.get("by") for row in links if row.kind == DeleteSent.evidence]
    return sent[-1] if sent else None


def _iso(at: datetime | None) -> str | None:
    return None if at is None else iso(at)
