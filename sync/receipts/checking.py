"""Whether a receipt holds, as far as it can be told without the bridge and its database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sync.deletions.chain import is_of_its_evidence, unbroken
from sync.hashing import Hasher
from sync.receipts.document import Document, NotReadable, read, sealed_bytes

if TYPE_CHECKING:
    from joserfc.jwk import OKPKey


class Outcome(StrEnum):
    """Of one of the three things that are looked at."""

    OK = "ok"
    FAIL = "fail"
    UNCHECKED = "unchecked"


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found, and why."""

    outcome: Outcome
    detail: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What can be said of a receipt."""

    document: Document
    signature: Finding
    seal: Finding
    chain: Finding

    @property
    def holds(self) -> bool:
        """Nothing is wrong, and the signature or the seal says whose receipt it is."""
        vouching = (self.signature.outcome, self.seal.outcome)
        return Outcome.OK in vouching and Outcome.FAIL not in (*vouching, self.chain.outcome)


def verdict(content: bytes, keys: Mapping[str, OKPKey], hasher: Hasher | None) -> Verdict:
    """Check a receipt.

    Args:
        keys: public keys by their id; none: the signature is not checked.
        hasher: None: the seal is not checked.

    Raises:
        NotReadable: it is no receipt.
        ExtraMissing
    """
    receipt, document = read(content)
    try:
        return Verdict(
            document=document,
            signature=_signature(receipt, document.signature, keys),
            seal=_seal(receipt, document.seal, hasher),
            chain=_chain(document),
        )
    except RecursionError:
        raise NotReadable("it is no receipt: it is nested too deep") from None


def _signature(
    receipt: Mapping[str, Any], signature: str | None, keys: Mapping[str, OKPKey]
) -> Finding:
    if signature is None:
        return Finding(Outcome.UNCHECKED, "the receipt has none")
    if not keys:
        return Finding(Outcome.UNCHECKED, "no public key is known: give --jwks FILE")
    from sync.receipts.signing import WrongSignature, check

    try:
        kid = check(receipt, signature, keys)
    except WrongSignature as wrong:
        return Finding(Outcome.FAIL, str(wrong))
    return Finding(Outcome.OK, f"made with the key {kid}")


def _seal(receipt: Mapping[str, Any], seal: str, hasher: Hasher | None) -> Finding:
    if hasher is None:
        return Finding(Outcome.UNCHECKED, "it takes HASH_KEY, which only the bridge has")
    if hasher.seal(sealed_bytes(receipt)) != seal:
        return Finding(Outcome.FAIL, "the receipt, or HASH_KEY, is not what it was made with")
    return Finding(Outcome.OK, "made with this HASH_KEY")


def _chain(document: Document) -> Finding:
    if not unbroken(document.links):
        return Finding(Outcome.FAIL, "evidence has been changed, removed or put in")
    if not document.chain_unbroken:
        return Finding(Outcome.FAIL, "the bridge itself says that its evidence was tampered with")
    said = [(it.kind, it.detail) for it in document.evidence]
    if not is_of_its_evidence(document.state, document.polar_customer_id, said):
        return Finding(Outcome.FAIL, "the receipt names another customer than its evidence")
    return Finding(Outcome.OK, f"{len(document.evidence)} pieces of evidence, each in its place")
