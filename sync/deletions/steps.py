"""The three steps of a leased deletion: resolve, delete, check.

Each asks Polar, then writes what was learnt, the mirror included, in one transaction. They decide
nothing: that is `sync.deletions.machine`'s.
"""

from __future__ import annotations

from collections.abc import Sequence

from sync.deletions.checking import check
from sync.deletions.deleting import delete
from sync.deletions.leases import Leased
from sync.deletions.recording import Recorder
from sync.deletions.resolving import resolve


class Steps(Recorder):
    """What a worker can do for deletions it holds a lease on."""

    async def resolve(self, batch: Sequence[Leased]) -> None:
        """Find each user's customer and memberships."""
        await resolve(self, batch)

    async def delete(self, leased: Leased) -> None:
        """Send the DELETE for the pinned customer."""
        await delete(self, leased)

    async def check(self, batch: Sequence[Leased]) -> None:
        """End the memberships, and see whether the evidence is complete."""
        await check(self, batch)
