"""Signatures of receipts and of the log's heads: a detached JWS over the document's canonical JSON.

RFC 7515 (appendix F: the payload is not in it), RFC 8037 (EdDSA with Ed25519), RFC 8785 (the one
way to write a document as JSON, so that whoever has parsed it can write the same bytes).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Any

from sync.receipt_keys import ExtraMissing, ReceiptKey, thumbprint
from sync.receipts.document import SIGNATURE, Json, NotReadable, read_object

try:
    import rfc8785
    from joserfc import jws
    from joserfc.errors import JoseError, UnsupportedAlgorithmError
    from joserfc.jwk import OKPKey
    from joserfc.jws import JWSRegistry
except ImportError:
    raise ExtraMissing("a signed receipt") from None

_ALGORITHM = "EdDSA"
_DETACHED = re.compile(r"([A-Za-z0-9_-]{1,512})\.\.[A-Za-z0-9_-]{85}[AQgw]")


class Signed(StrEnum):
    """What is signed."""

    RECEIPT = "receipt"
    HEAD = "log-head"

    @property
    def type(self) -> str:
        """In the header, so that a signature over one is none over the other."""
        return f"polar-sync-{self}+jws"


class WrongSignature(Exception):
    """The signature is not one of these keys over this document. Says why."""


class _OnlyEdDSA(JWSRegistry):
    """Knows no other algorithm. Nor does it warn that RFC 9864 has a newer name for this one, which
    few libraries know yet."""

    def get_alg(self, name: str) -> Any:
        if name != _ALGORITHM:
            raise UnsupportedAlgorithmError(name)
        return self.algorithms[name]


_registry = _OnlyEdDSA()


class Signer:
    """Signs with the first of the keys."""

    def __init__(self, keys: Sequence[ReceiptKey]) -> None:
        first = keys[0]
        self._kid = first.kid
        self._key = OKPKey.import_key({**first.jwk, "d": first.seed.get_secret_value()})

    def signed(self, document: Json, what: Signed = Signed.RECEIPT) -> Json:
        """The document with its signature. The same document always has the same one."""
        token = jws.serialize_compact(
            _header(self._kid, what), signed_bytes(document), self._key, registry=_registry
        )
        return {**document, SIGNATURE: jws.detach_content(token)}


def _header(kid: Any, what: Signed) -> dict[str, Any]:
    return {"alg": _ALGORITHM, "kid": kid, "typ": what.type}


def signed_bytes(document: Mapping[str, Any]) -> bytes:
    """What the signature is over: all but itself, as RFC 8785 writes it."""
    return rfc8785.dumps({k: v for k, v in document.items() if k != SIGNATURE})


def read_jwks(content: bytes) -> dict[str, OKPKey]:
    """The Ed25519 keys of a JWK set (RFC 7517), by their id. Others are left out.

    Raises:
        NotReadable: it is none, or has no such key.
    """
    jwks = read_object(content, "JWK set").get("keys")
    if not isinstance(jwks, list):
        raise NotReadable("it is no JWK set: it has no list of keys")
    if not (keys := public_keys(it for it in jwks if isinstance(it, dict))):
        raise NotReadable("the JWK set has no Ed25519 key")
    return keys


def public_keys(jwks: Iterable[Mapping[str, Any]]) -> dict[str, OKPKey]:
    """Those of the keys that can be used, by their id."""
    keys = {}
    for jwk in jwks:
        kind = (jwk.get("kty"), jwk.get("crv"))
        public = jwk.get("x")
        if kind == ("OKP", "Ed25519") and isinstance(public, str):
            try:
                key = OKPKey.import_key({"kty": "OKP", "crv": "Ed25519", "x": public})
            except (JoseError, ValueError):
                continue
            keys[str(jwk.get("kid") or thumbprint(public))] = key
    return keys


def header_of(signature: str) -> Mapping[str, Any]:
    """What the detached JWS says of itself, which nothing vouches for yet.

    Raises:
        WrongSignature: it cannot be read.
    """
    try:
        return jws.extract_compact(signature.encode(), b"-").protected
    except (JoseError, ValueError):
        raise WrongSignature("its header cannot be read") from None


def check(
    document: Mapping[str, Any],
    signature: str,
    keys: Mapping[str, OKPKey],
    what: Signed = Signed.RECEIPT,
) -> str:
    """The id of the key that has signed the document.

    Raises:
        WrongSignature
    """
    form = _DETACHED.fullmatch(signature)
    if form is None:
        raise WrongSignature("it is no detached JWS in compact form")
    header = header_of(signature)
    kid = header.get("kid")
    if header != _header(kid, what):
        raise WrongSignature(f"its header is not that of a {what} signed with {_ALGORITHM}")
    if not isinstance(kid, str) or kid not in keys:
        raise WrongSignature("it names a key that is none of those given")
    try:
        payload = signed_bytes(document)
        jws.deserialize_compact(signature, keys[kid], registry=_registry, payload=payload)
    except (JoseError, ValueError):
        raise WrongSignature(f"the {what} is not what was signed") from None
    return kid
