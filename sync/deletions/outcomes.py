"""What the app is told of a deletion. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sync.deletions.deletion import Deletion
from sync.deletions.states import ENDED, NEEDS_A_PERSON, State
from sync.hash_chain import iso

TOLD = ENDED | NEEDS_A_PERSON
"""States that are told once a deletion comes into them."""
NEEDS_ACTION = "deletion.needs_action"


def type_of(state: State) -> str:
    """The type of the message that tells of it."""
    return NEEDS_ACTION if state in NEEDS_A_PERSON - ENDED else f"deletion.{state}"


def data_of(
    deletion: Deletion, deletion_id: int, received_at: datetime, receipt_digest: str
) -> Mapping[str, Any]:
    """What it says, but for the user's id. Times are ISO 8601 in UTC.

    Args:
        receipt_digest: the hash of the newest evidence. Each receipt from now on has it, in
            `evidence[]`.
    """
    verified = deletion.state is State.VERIFIED
    return {
        "deletion_id": deletion_id,
        "state": deletion.state,
        "reason": deletion.reason,
        "event_at": iso(deletion.event_at),
        "received_at": iso(received_at),
        "ended_at": iso(deletion.ended_at) if deletion.ended_at else None,
        "receipt_digest": receipt_digest if verified else None,
    }
