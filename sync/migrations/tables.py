"""Every room's tables, so that `SQLModel.metadata` is complete."""

from __future__ import annotations

import sync.audit_log.tables
import sync.deletions.tables
import sync.inbox.tables
import sync.metrics.tables
import sync.mirror.tables
import sync.operators.tables
import sync.outbox.tables
import sync.polar.tables
import sync.profiles.tables
import sync.reconcile.tables
import sync.store.meta  # noqa: F401 - as above: imported for what it defines
