"""What deletions mean for what else the app says of their user. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sync.deletions.deletion import Deletion
from sync.deletions.states import ENDED, Action, State


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a user stands."""

    left_at: datetime | None
    """What was said until then was said of somebody who has been deleted, or may have been."""
    has_to_wait: bool
    """Whoever is at Polar may still be the one to be deleted."""

    def is_overtaken(self, at: datetime) -> bool:
        """Whether what was said then counts no more."""
        return self.left_at is not None and at <= self.left_at


def standing(
    own: Iterable[Deletion],
    others: Iterable[Deletion],
    now: datetime,
    *,
    removed_until: datetime | None,
) -> Standing:
    """Where the user stands.

    Args:
        own: the user's deletions.
        others: those of the same customer, or external id, whoever's they are.
        removed_until: deletions may have been removed whose event is no newer.
    """
    own = list(own)
    # One that was canceled has deleted nobody, and by a file alone nobody is known to be deleted.
    left_at = [
        it.event_at for it in own if it.stage is not State.CANCELED and not it.is_unconfirmed
    ]
    if removed_until is not None:
        left_at.append(removed_until)
    return Standing(
        left_at=max(left_at, default=None),
        has_to_wait=any(_goes_first(it, now) for it in [*own, *others]),
    )


def _goes_first(deletion: Deletion, now: datetime) -> bool:
    """What is said of somebody new must not be written to the old customer, nor make a new one
    under an external id that a DELETE on its way names."""
    may_be_there = deletion.stage.about.action in {Action.RESOLVE, Action.DELETE}
    on_its_way = deletion.on_its_way_until is not None and now < deletion.on_its_way_until
    return on_its_way or (deletion.state not in ENDED and may_be_there)
