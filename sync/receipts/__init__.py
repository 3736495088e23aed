"""Receipts for others than the bridge: signed, checked without it, and laid out for people.

Stands on the deletions, which say what a receipt holds, and touches no database. `signing` and
`page` take the extra `receipts`; nothing imports them but what is asked for either.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sync.settings import Settings

if TYPE_CHECKING:
    from sync.receipts.signing import Signer


def signer_of(settings: Settings) -> Signer | None:
    """Who signs receipts; None: nobody does."""
    if not settings.receipt_key:
        return None
    from sync.receipts.signing import Signer

    return Signer(settings.receipt_key)
