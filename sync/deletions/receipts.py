"""Receipts: a deletion's chain of evidence as a document, with a seal over it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sync.deletions.chain import canonical, iso, unbroken
from sync.deletions.tables import DeletionRow, EvidenceRow
from sync.hashing import Hasher

RECEIPT_VERSION = 1


def receipt(
    deletion: DeletionRow, evidence: Sequence[EvidenceRow], hasher: Hasher
) -> dict[str, Any]:
    """What can be shown to whoever asks for proof. Holds no personal data.

    `user_hash` is the keyed hash of the local user id: given the id, the holder of HASH_KEY can say
    whether this receipt is that user's. `seal` is keyed too and covers everything else.
    """
    content: dict[str, Any] = {
        "receipt_version": RECEIPT_VERSION,
        "deletion": deletion.id,
        "state": deletion.state,
        "user_hash": deletion.user_hash,
        "polar_customer_id": deletion.customer_id,
        "user_deleted_at": iso(deletion.event_at),
        "delete_sent_at": _iso(deletion.delete_sent_at),
        "customer_deleted_at": _iso(deletion.deleted_at),
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
            for row in evidence
        ],
        "chain_unbroken": unbroken(evidence),
    }
    return {**content, "seal": hasher.seal(canonical(content))}


def _iso(at: datetime | None) -> str | None:
    return None if at is None else iso(at)
