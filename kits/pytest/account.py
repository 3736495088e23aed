"""The app that is tested: in place of yours."""

import json
import uuid
from datetime import datetime, timezone

import httpx
from standardwebhooks import Webhook


class App:
    def __init__(self, polar_sync_url: str, polar_sync_secret: str) -> None:
        self.url = polar_sync_url
        self.webhook = Webhook(polar_sync_secret)

    def delete_account(self, user_id: str) -> None:
        """Tell polar-sync that the user is gone. Real apps do it from an outbox (docs/kits.md)."""
        webhook_id, now = f"msg_{uuid.uuid4()}", datetime.now(timezone.utc)
        event = {
            "type": "user.deleted",
            "timestamp": now.isoformat(),
            "data": {"user_id": user_id},
        }
        body = json.dumps(event)
        headers = {
            "content-type": "application/json",
            "webhook-id": webhook_id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": self.webhook.sign(webhook_id, now, body),
        }
        url = f"{self.url}/events"
        httpx.post(url, content=body, headers=headers, timeout=30).raise_for_status()
