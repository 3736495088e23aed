"""What this process counts with. All that is imported, and asked, where nothing is counted."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sync.metrics.recorder import Recorder

recorder: Recorder | None = None
"""None: nothing is counted. `recording` sets it."""
