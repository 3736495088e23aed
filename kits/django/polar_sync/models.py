"""Tells polar-sync of each user who is deleted: a row in an outbox, in the transaction of the
deletion, and a sender that repeats it until it is taken. Copy the package `polar_sync` beside
`manage.py`.

    pip install httpx standardwebhooks
    INSTALLED_APPS = [..., "polar_sync"]
    POLAR_SYNC_URL=https://bridge.example.com     POLAR_SYNC_SECRET=whsec_…
    python manage.py makemigrations polar_sync && python manage.py migrate
    python manage.py polar_sync                   # sends; in a process of its own
"""

from __future__ import annotations

import json
import logging
import os
import random
import time
import uuid
from datetime import datetime, timezone

import httpx
from django.conf import settings
from django.db import connections, models, transaction
from django.db.models.signals import post_delete
from django.dispatch import receiver
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


class OutboxEvent(models.Model):
    webhook_id = models.CharField(max_length=64, unique=True)
    body = models.TextField()
    attempts = models.IntegerField(default=0)
    # Seconds since 1970. None: it was refused for good; `error` says why.
    next_attempt_at = models.FloatField(default=0, null=True, db_index=True)
    error = models.TextField(default="", blank=True)


@receiver(post_delete, sender=settings.AUTH_USER_MODEL, dispatch_uid="polar_sync")
def note_deleted(instance: models.Model, using: str, **_: object) -> None:
    """Django sends this within the transaction of the deletion, for `QuerySet.delete()` too."""
    webhook_id, body = new_event(str(instance.pk))
    OutboxEvent.objects.using(using).create(webhook_id=webhook_id, body=body)


def send_due(using: str = "default") -> int:
    """Send what is due, one row after the other. Returns how many the bridge has taken."""
    # SQLite knows no such thing: there two senders can send one row twice, which the bridge sees by
    # its id.
    skip = connections[using].features.has_select_for_update_skip_locked
    sent = 0
    while True:
        with transaction.atomic(using=using):
            due = OutboxEvent.objects.using(using).filter(next_attempt_at__lte=time.time())
            if skip:
                due = due.select_for_update(skip_locked=True)
            event = due.order_by("next_attempt_at", "id").first()
            if event is None:
                return sent
            try:
                why = post(event.webhook_id, event.body)
            except Refused as refused:
                log.error("outbox row %s is kept, and not sent again: %s", event.pk, refused)
                event.next_attempt_at, event.error = None, str(refused)
                event.save()
                continue
            if why is None:
                event.delete()
                sent += 1
                continue
            log.warning("outbox row %s is sent again later: %s", event.pk, why)
            event.attempts += 1
            event.next_attempt_at = time.time() + wait_after(event.attempts)
            event.error = why
            event.save()
