"""What the console's overview knows of the line to Polar without asking Polar."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sync.deletions.ledger import Ledger
from sync.reconcile.redeliver import WebhookReport
from sync.reconcile.run import reconciliation
from sync.store.database import Database
from tests.helpers.bridge import Bridge, Run, ago, now
from tests.helpers.console import TOKEN, Visitor, text_of
from tests.helpers.engines import BOTH_ENGINES

pytestmark = BOTH_ENGINES


def look_at_line(it: Bridge, *, dry_run: bool = False) -> WebhookReport:
    """What `polar-sync reconcile` does at its end."""

    async def work(database: Database) -> WebhookReport:
        ledger = Ledger.of(database, it.settings)
        async with reconciliation(ledger, it.settings, dry_run=dry_run) as one:
            return await one.webhooks(now() - timedelta(hours=1), now(), redeliver=False)

    return it.beside(work)


@pytest.mark.slow
def test_what_the_last_reconciliation_has_seen(run: Run) -> None:
    with run(console_token=TOKEN) as it:
        console = Visitor(it.app)
        console.log_in()
        said = text_of(console.get())
        for words in ("not looked at yet", "none has ended yet", "none has come yet"):
            assert words in said

        it.customer("user-1", "active", created_at=ago(days=9))
        it.settled()
        look_at_line(it, dry_run=True)
        assert "not looked at yet" in text_of(console.get())
        it.reconcile()
        assert look_at_line(it).problems == []
        before = it.counts()
        said = text_of(console.get())
        for words in ("enabled, and in order", "Last reconciliation complete", "lost by then 0"):
            assert words in said
        assert it.counts() == before

        endpoint = it.sim.items("/v1/webhooks/endpoints")[0]
        changed = it.sim.api.patch(
            f"/v1/webhooks/endpoints/{endpoint['id']}", json={"enabled": False}
        )
        assert changed.status_code == 200
        assert look_at_line(it).problems
        said = text_of(console.get())
        assert "the endpoint is disabled" in said
        assert "not in order" in said
        assert "polar-sync doctor" in said


@pytest.mark.slow
def test_a_reconciliation_that_polar_stops(run: Run) -> None:
    with run(console_token=TOKEN, polar_access_token="polar_oat_" + "x" * 40) as it:
        console = Visitor(it.app)
        console.log_in()
        assert it.reconcile().stopped
        assert "stopped before its end" in text_of(console.get())
