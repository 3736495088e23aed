"""Heads and receipts that somebody has kept, and whose they are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import BaseModel, StrictInt, StrictStr, ValidationError

from sync.audit_log.entry import Head
from sync.auditing.checking import Claim, Named
from sync.auditing.findings import Findings, What
from sync.deletions.states import State
from sync.receipts.document import SIGNATURE, Json, NotReadable, read_objects

if TYPE_CHECKING:
    from joserfc.jwk import OKPKey


class _Head(BaseModel):
    log_version: StrictInt
    size: StrictInt
    hash: StrictStr


class _Place(BaseModel):
    index: StrictInt
    hash: StrictStr


class _Receipt(BaseModel):
    receipt_version: StrictInt
    deletion: StrictInt
    state: StrictStr
    user_hash: StrictStr
    polar_customer_id: StrictStr | None
    log: _Place


@dataclass(frozen=True, slots=True)
class Kept:
    """A head or a receipt, and what it claims."""

    claim: Claim
    content: Json
    deletion: int | None = None
    """Of a receipt."""
    named: Named | None = None
    """Whose that deletion is."""

    def is_signed(self, keys: Mapping[str, OKPKey], found: Findings) -> bool:
        """Whether one of the keys has signed it. One that has another signature is a finding.

        Args:
            keys: public keys by their id; none: no signature is checked.

        Raises:
            ExtraMissing
        """
        signature = self.content.get(SIGNATURE)
        if signature is None or not keys:
            return False
        from sync.receipts.signing import Signed, WrongSignature, check

        what = Signed.HEAD if self.named is None else Signed.RECEIPT
        try:
            check(self.content, str(signature), keys, what)
        except WrongSignature as wrong:
            detail = f"{self.claim.origin}: {wrong}"
            found.add(What.WRONG_SIGNATURE, detail, index=self.claim.head.size)
            return False
        return True


def head(content: Json, origin: str) -> Kept:
    """The head.

    Raises:
        NotReadable: it is none.
    """
    try:
        it = _Head.model_validate(content)
    except ValidationError:
        raise NotReadable(f"{origin} is no head of the log") from None
    return Kept(Claim(Head(it.size, it.hash), origin), content)


def read(content: bytes, name: str) -> Sequence[Kept]:
    """The heads and receipts in a file, at least one, one after the other.

    Raises:
        NotReadable: something else is there too, or a receipt from before the log.
    """
    return list(_read(content, name))


def _read(content: bytes, name: str) -> Iterator[Kept]:
    for number, it in enumerate(read_objects(content, "head of the log or receipt"), start=1):
        origin = f"{name}, number {number}"
        if "receipt_version" not in it:
            yield head(it, origin)
            continue
        try:
            receipt = _Receipt.model_validate(it)
        except ValidationError:
            raise NotReadable(f"{origin} is a receipt that names no place in the log") from None
        origin = f"{name}, the receipt of deletion {receipt.deletion},"
        # Before it is verified, another customer may be found for the user.
        customer_id = receipt.polar_customer_id if receipt.state == State.VERIFIED else None
        named = Named(origin, receipt.user_hash, customer_id)
        claim = Claim(Head(receipt.log.index, receipt.log.hash), origin)
        yield Kept(claim, it, receipt.deletion, named)
