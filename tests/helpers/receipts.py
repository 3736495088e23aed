"""Keys that sign receipts, and receipts made without a database."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from pydantic import SecretStr

from sync.deletions.chain import link_hash
from sync.deletions.states import State
from sync.hash_chain import GENESIS, canonical, iso
from sync.hashing import Hasher
from sync.receipt_keys import ReceiptKey
from sync.receipts.signing import Signer
from tests.helpers.commands import AT, CUSTOMER, OTHER
from tests.helpers.settings import HASH_KEY

Json = dict[str, Any]

KEY = ReceiptKey.of(bytes(range(32)))
OLDER = ReceiptKey.of(bytes(range(1, 33)))
SETTING = KEY.setting.get_secret_value()
HASHER = Hasher(SecretStr(HASH_KEY))


@dataclass
class Link:
    """A piece of evidence, as the ledger has it."""

    deletion_id: int
    seq: int
    at: datetime
    kind: str
    source: str
    state: State
    detail: Json = field(default_factory=dict)
    hash: str = ""


USUAL: tuple[tuple[str, str, State, Json], ...] = (
    ("event.received", "app", State.RECEIVED, {"event_digest": "d"}),
    (
        "customer.found",
        "api",
        State.RESOLVED,
        {
            "customer_id": CUSTOMER,
            "customer_created_at": "2026-09-01T00:00:00+00:00",
            "subscriptions": [{"id": OTHER, "status": "active"}],
            "benefit_grants": ["grant-1"],
        },
    ),
    ("delete.sent", "worker", State.DELETING, {"by": "external_id", "anonymize": True}),
    ("delete.answered", "api", State.DELETED, {"answer": "204"}),
    ("webhook.subscription.revoked", "webhook", State.DELETED, {"id": OTHER}),
    ("webhook.customer.deleted", "webhook", State.DELETED, {"id": CUSTOMER}),
    (
        "checked",
        "webhook",
        State.VERIFIED,
        {
            "by": "webhooks",
            "subscriptions": [{"id": OTHER, "status": "canceled", "ended": True}],
            "benefit_grants": [{"id": "grant-1", "is_granted": False}],
        },
    ),
    ("forgotten", "worker", State.VERIFIED, {}),
)


def receipt(
    *steps: tuple[str, str, State, Json], signer: ReceiptKey | None = KEY, **fields: Any
) -> Json:
    """A receipt with that evidence (kind, source, state, detail), sealed and signed."""
    links, previous = [], GENESIS
    for seq, (kind, source, state, detail) in enumerate(steps or USUAL, 1):
        link = Link(7, seq, AT + timedelta(seconds=seq), kind, source, state, detail)
        previous = link.hash = link_hash(previous, link)
        links.append(link)
    content: Json = {
        "receipt_version": 1,
        "deletion": 7,
        "state": links[-1].state.value,
        "user_hash": HASHER.user("user-1"),
        "polar_customer_id": CUSTOMER,
        "user_deleted_at": iso(AT),
        "said_by": "app",
        "delete_sent_at": iso(AT),
        "deleted_by": "external_id",
        "customer_deleted_at": iso(AT),
        "memberships": [],
        "paid_seats": [],
        "ended_at": iso(AT),
        "personal_data_forgotten_at": iso(AT),
        "evidence": [
            {
                "seq": it.seq,
                "at": iso(it.at),
                "kind": it.kind,
                "source": it.source,
                "state": it.state.value,
                "detail": it.detail,
                "hash": it.hash,
            }
            for it in links
        ],
        "chain_unbroken": True,
        "not_covered": "Polar keeps invoices. Payment methods at Stripe are not touched.",
        **fields,
    }
    sealed = {**content, "seal": HASHER.seal(canonical(content))}
    return sealed if signer is None else Signer([signer]).signed(sealed)


def encoded(document: object) -> bytes:
    return json.dumps(document).encode()
