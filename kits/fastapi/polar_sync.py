"""Tells polar-sync of each user who is deleted: a row in an outbox, in the transaction of the
deletion, and a sender that repeats it until it is taken. Copy this file into your app.

    pip install httpx sqlalchemy standardwebhooks
    POLAR_SYNC_URL=https://bridge.example.com     POLAR_SYNC_SECRET=whsec_…

Add the table to your migrations (`metadata`), call `note_deleted` where a user is deleted, and let
`run` run in a thread or a process of its own. Any number of senders may share the table.
"""

from __future__ import annotations

import json
import logging
import os
import random
import threading
import time
import uuid
from datetime import datetime, timezone

import httpx
import sqlalchemy as sa
from sqlalchemy.orm import Session
from standardwebhooks import Webhook

# --- the same in each Python kit ------------------------------------------------------------------
# The answers to an event that would be the same if it were sent again. Any other is the fault of
# the way there, of the secret or of the moment: it is sent until it is taken.
REFUSED_FOR_GOOD = {400, 409, 413, 415, 422, 431}


class Refused(Exception):
    """The bridge will never take this event."""


def new_event(user_id: str, external_id: str | None = None) -> tuple[str, str]:
    """An id, and a body that says that the user has just been deleted. Both stay the same on each
    try: by the id the bridge knows a repetition."""
    data = {"user_id": str(user_id)}
    if external_id is not None:
        data["external_id"] = external_id
    now = datetime.now(timezone.utc).isoformat()
    return f"msg_{uuid.uuid4()}", json.dumps(
        {"type": "user.deleted", "timestamp": now, "data": data}
    )


def post(webhook_id: str, body: str) -> str | None:
    """Send it once, signed. None: the bridge has it on disk. Else why it has not; send it again.

    Raises:
        Refused
    """
    now = datetime.now(timezone.utc)
    headers = {
        "content-type": "application/json",
        "webhook-id": webhook_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(os.environ["POLAR_SYNC_SECRET"]).sign(webhook_id, now, body),
    }
    try:
        answer = httpx.post(
            os.environ["POLAR_SYNC_URL"] + "/events", content=body, headers=headers, timeout=10
        )
    except httpx.HTTPError as error:
        return f"no answer: {type(error).__name__}"
    if answer.is_success:
        return None
    if answer.status_code in REFUSED_FOR_GOOD:
        raise Refused(f"answered {answer.status_code}")
    return f"answered {answer.status_code}"


def wait_after(attempts: int) -> float:
    """Seconds until the next try: 2, 4, 8 … and an hour at most."""
    return min(2.0 ** min(attempts, 12), 3600) * random.uniform(0.8, 1.2)


# --- the outbox -----------------------------------------------------------------------------------

log = logging.getLogger("polar_sync")
metadata = sa.MetaData()
outbox = sa.Table(
    "polar_sync_outbox",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("webhook_id", sa.String(64), nullable=False, unique=True),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False, default=0),
    # Seconds since 1970. NULL: it was refused for good; `error` says why.
    sa.Column("next_attempt_at", sa.Float, index=True, default=0),
    sa.Column("error", sa.Text),
)


def note_deleted(session: Session, user_id: object, external_id: str | None = None) -> None:
    """Note, in the session's transaction, that the user is deleted in it."""
    webhook_id, body = new_event(str(user_id), external_id)
    session.execute(outbox.insert().values(webhook_id=webhook_id, body=body))


def send_due(engine: sa.Engine) -> int:
    """Send what is due, one row after the other. Returns how many the bridge has taken."""
    sent = 0
    while True:
        with engine.begin() as connection:
            row = connection.execute(
                outbox.select()
                .where(outbox.c.next_attempt_at <= time.time())
                .order_by(outbox.c.next_attempt_at, outbox.c.id)
                .limit(1)
                # SQLite knows no such thing: there two senders can send one row twice, which the
                # bridge sees by its id.
                .with_for_update(skip_locked=True)
            ).first()
            if row is None:
                return sent
            this = outbox.c.id == row.id
            try:
                why = post(row.webhook_id, row.body)
            except Refused as refused:
                log.error("outbox row %s is kept, and not sent again: %s", row.id, refused)
                values = {"next_attempt_at": None, "error": str(refused)}
                connection.execute(outbox.update().where(this).values(values))
                continue
            if why is None:
                connection.execute(outbox.delete().where(this))
                sent += 1
                continue
            log.warning("outbox row %s is sent again later: %s", row.id, why)
            attempts = row.attempts + 1
            values = {
                "attempts": attempts,
                "next_attempt_at": time.time() + wait_after(attempts),
                "error": why,
            }
            connection.execute(outbox.update().where(this).values(values))


def run(engine: sa.Engine, stop: threading.Event) -> None:
    """Send what is due, every second, until told to stop."""
    while not stop.wait(1):
        try:
            send_due(engine)
        except Exception:
            log.exception("sending failed; it is tried again")
