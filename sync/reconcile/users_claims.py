"""Whose a customer or a member is by the mapping, and whether the app has that user."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel.ext.asyncio.session import AsyncSession

from sync.deletions import mapping
from sync.deletions.identity import user_by_rule
from sync.mirror.living import Living
from sync.reconcile.users_file import Users


@dataclass(slots=True)  # not frozen, which takes longer to make
class Claim:
    """Whose one of them is."""

    present: int
    """Users in the file whose it is: one, unless the mapping gives it to several."""
    is_linked: bool
    """Whether it has an external id, or an entry of the mapping names it."""
    user_id: str | None = None
    """Where there are none: the one user whose it was; None: nobody can tell."""


async def claims(session: AsyncSession, users: Users, living: Sequence[Living]) -> list[Claim]:
    """Whose each of them is. An entry of the mapping can name a customer by Polar's id; a member
    only the external id tells."""
    external_ids = {it.external_id for it in living if it.external_id is not None}
    customer_ids = [it.id for it in living if not it.is_member]
    named = await mapping.users_of(session, external_ids, customer_ids)
    under = users.under(external_ids)
    gone = {it: user_by_rule(it, users.settings) for it in external_ids - under.keys()}
    # An entry takes its user from under the external id that the rule would give them.
    asked = {user for several in under.values() for user in several}
    elsewhere = await mapping.having(session, asked | {it for it in gone.values() if it})

    def claim(it: Living) -> Claim:
        entries: list[str] = []
        if named:
            entries += named.get(("customer_id", it.id), ())
            entries += named.get(("external_id", it.external_id or ""), ())
        present = sum(map(users.has, entries))
        present += sum(user not in elsewhere for user in under.get(it.external_id or "", ()))
        is_linked = bool(it.external_id or entries)
        if present:
            return Claim(present, is_linked)
        owner = gone.get(it.external_id or "")
        owners = entries or [it for it in (owner,) if it and it not in elsewhere]
        return Claim(present, is_linked, owners[0] if len(owners) == 1 else None)

    return [claim(it) for it in living]
