"""Whose a customer or a member is by the mapping, and whether the app has that user."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel.ext.asyncio.session import AsyncSession

from sync.deletions import mapping
from sync.deletions.identity import user_by_rule
from sync.reconcile.users_file import Users


@dataclass(frozen=True, slots=True)
class Link:
    """What can link one at Polar to a user of the app."""

    external_id: str | None
    customer_id: str | None
    """None: of a member, whom only the external id links."""


@dataclass(frozen=True, slots=True)
class Claim:
    """Whose it is."""

    link: Link
    present: int
    """Users in the file whose it is: one, unless the mapping gives it to several."""
    user_id: str | None
    """Where there are none: the one user whose it was; None: nobody can tell."""
    is_linked: bool
    """Whether it has an external id, or an entry of the mapping names it."""


async def claims(session: AsyncSession, users: Users, links: Sequence[Link]) -> list[Claim]:
    """Whose each of them is."""
    external_ids = [it.external_id for it in links if it.external_id is not None]
    customer_ids = [it.customer_id for it in links if it.customer_id is not None]
    named = await mapping.users_of(session, external_ids, customer_ids)
    under = users.under(external_ids)
    by_rule = {it: user_by_rule(it, users.settings) for it in external_ids if it not in under}
    # An entry takes its user from under the external id that the rule would give them.
    asked = {user for several in under.values() for user in several}
    elsewhere = await mapping.having(session, asked | {it for it in by_rule.values() if it})

    def claim(link: Link) -> Claim:
        entries = [
            *named.get(("external_id", link.external_id or ""), ()),
            *named.get(("customer_id", link.customer_id or ""), ()),
        ]
        present = [it for it in entries if users.has(it)]
        present += [it for it in under.get(link.external_id or "", ()) if it not in elsewhere]
        owners = entries
        if not entries and (user_id := by_rule.get(link.external_id or "")) is not None:
            owners = [user_id] if user_id not in elsewhere else []
        return Claim(
            link=link,
            present=len(present),
            user_id=owners[0] if len(owners) == 1 else None,
            is_linked=bool(link.external_id or entries),
        )

    return [claim(it) for it in links]
