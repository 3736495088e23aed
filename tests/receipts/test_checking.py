"""What holds of a receipt, and what of one that somebody has touched."""

from __future__ import annotations

import base64
import contextlib
import copy
import hashlib
import hmac
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import rfc8785
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st
from jwcrypto import jwk, jws

from sync.deletions.states import State
from sync.hash_chain import canonical
from sync.receipt_keys import jwks
from sync.receipts.checking import Outcome, Verdict, verdict
from sync.receipts.document import MAX_BYTES, NotReadable
from sync.receipts.signing import Signer, public_keys, read_jwks, signed_bytes
from tests.helpers.receipts import HASHER, KEY, OLDER, Json, encoded, receipt

KEYS = public_keys([KEY.jwk])
OK, FAIL, UNCHECKED = Outcome.OK, Outcome.FAIL, Outcome.UNCHECKED


def check(document: Json, *, sealed: bool = False) -> Verdict:
    return verdict(encoded(document), KEYS, HASHER if sealed else None)


def outcomes(found: Verdict) -> tuple[Outcome, Outcome, Outcome]:
    return found.signature.outcome, found.seal.outcome, found.chain.outcome


def b64(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def forged(header: object, sign: Callable[[bytes], bytes], document: Json) -> Json:
    """With a signature that somebody else has made."""
    head = b64(json.dumps(header).encode())
    proof = b64(sign(f"{head}.{b64(signed_bytes(document))}".encode()))
    return {**document, "signature": f"{head}..{proof}"}


def test_what_is_signed_and_sealed_holds() -> None:
    assert outcomes(check(receipt(), sealed=True)) == (OK, OK, OK)
    found = check(receipt())
    assert outcomes(found) == (OK, UNCHECKED, OK)
    assert found.holds
    assert KEY.kid in found.signature.detail


def test_other_libraries_verify_it() -> None:
    document = receipt(not_covered="Übrig — 残り 😀 \u2028 \x7f")
    token, rest = document["signature"], {k: v for k, v in document.items() if k != "signature"}
    payload = json.dumps(rest, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    assert payload == signed_bytes(document)

    head, empty, proof = token.split(".")
    assert empty == ""
    public = Ed25519PublicKey.from_public_bytes(base64.urlsafe_b64decode(KEY.public + "="))
    public.verify(base64.urlsafe_b64decode(proof + "=="), f"{head}.{b64(payload)}".encode())

    other = jws.JWS()
    other.deserialize(token)
    other.verify(jwk.JWK(**KEY.jwk), detached_payload=payload)
    assert other.jose_header == {"alg": "EdDSA", "kid": KEY.kid, "typ": "polar-sync-receipt+jws"}
    with pytest.raises(jws.InvalidJWSSignature):
        other.verify(jwk.JWK(**OLDER.jwk), detached_payload=payload)


def test_the_same_receipt_has_the_same_signature_however_it_is_written() -> None:
    document = receipt()
    assert receipt() == document
    backwards = dict(reversed(document.items()))
    for text in (json.dumps(document, indent=4), json.dumps(backwards, ensure_ascii=False)):
        assert verdict(text.encode(), KEYS, HASHER).holds


def test_a_receipt_from_before_holds_by_its_seal() -> None:
    old = receipt(signer=None)
    assert outcomes(check(old, sealed=True)) == (UNCHECKED, OK, OK)
    assert check(old, sealed=True).holds
    assert verdict(encoded(old), {}, HASHER).holds
    # Nothing says whose it is.
    assert not check(old).holds
    assert not verdict(encoded(receipt()), {}, None).holds


def test_a_receipt_of_version_0_1_0_holds_by_its_seal() -> None:
    """It has fewer fields, and was written down before there were signatures."""
    old = (Path(__file__).parent / "receipt_0_1_0.json").read_bytes()
    found = verdict(old, KEYS, HASHER)
    assert outcomes(found) == (UNCHECKED, OK, OK)
    assert found.holds
    assert not verdict(old.replace(rb"sp\u00e4ter", b"sooner"), KEYS, HASHER).holds


def changed(value: Any) -> Any:
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    if isinstance(value, str):
        return f"{value}x"
    return [*value, "x"] if isinstance(value, list) else {**value, "x": "x"}


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Of each value in the document, however deep."""
    if path:
        yield path
    if isinstance(value, dict | list):
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from places(item, (*path, key))


def every_change(document: Json) -> Iterator[Json]:
    """The receipt with one thing in it changed, put in or taken out."""
    for path in places(document):
        for is_removed in (False, True):
            copied = copy.deepcopy(document)
            holder: Any = copied
            for key in path[:-1]:
                holder = holder[key]
            if is_removed:
                del holder[path[-1]]
            else:
                holder[path[-1]] = changed(holder[path[-1]])
            yield copied
    yield {**document, "more": 1}


def test_each_change_is_found() -> None:
    document = receipt()
    tried = 0
    for touched in every_change(document):
        tried += 1
        if touched == {k: v for k, v in document.items() if k != "signature"}:
            # What is left is as the bridge has sealed it.
            assert check(touched, sealed=True).holds
            assert not check(touched).holds
            continue
        try:
            found = check(touched), check(touched, sealed=True)
        except NotReadable:
            continue
        assert not any(it.holds for it in found), touched
    assert tried > 150


ODD: list[Any] = [None, [], {}, "", 0, -1, 1.5, 1e300, 2**70, "\ud800", "9" * 5_000, [[]], {"": {}}]


@pytest.mark.slow
def test_whatever_stands_there_it_is_a_finding_or_no_receipt() -> None:
    document = receipt()
    for path in places(document):
        for odd in ODD:
            copied = copy.deepcopy(document)
            holder: Any = copied
            for key in path[:-1]:
                holder = holder[key]
            if holder[path[-1]] == odd:
                continue
            holder[path[-1]] = odd
            try:
                found = check(copied, sealed=True)
            except NotReadable:
                continue
            # Without its signature it is as the bridge has sealed it.
            assert found.holds is (path == ("signature",) and odd is None), (path, odd)


@pytest.mark.parametrize("depth", [100, 300, 450, 900, 990, 5_000, 100_000])
def test_however_deep_it_is_nested_it_does_not_hold(depth: int) -> None:
    deep = b'{"a":' * depth + b"1" + b"}" * depth
    content = encoded(receipt()).replace(b'"detail": {"event_digest": "d"}', b'"detail": ' + deep)
    assert deep in content
    with contextlib.suppress(NotReadable):
        assert not verdict(content, KEYS, HASHER).holds


@pytest.mark.parametrize("kept", [[1, 2], [0, 2, 1], [0, 1, 2, 2], [0, 1], []], ids=str)
def test_evidence_that_is_removed_reordered_or_repeated_is_found(kept: list[int]) -> None:
    """Also by its chain alone, but at the end."""
    document = receipt()
    document["evidence"] = [document["evidence"][it] for it in kept]
    if not kept:
        with pytest.raises(NotReadable, match="look at evidence"):
            check(document)
        return
    found = check(document, sealed=True)
    assert (found.signature.outcome, found.seal.outcome) == (FAIL, FAIL)
    assert found.chain.outcome == (OK if kept == [0, 1] else FAIL)


def test_of_another_deletion_the_chain_does_not_hold() -> None:
    assert check({**receipt(), "deletion": 8}).chain.outcome is FAIL


def test_what_the_bridge_itself_calls_broken_does_not_hold() -> None:
    found = check(receipt(chain_unbroken=False), sealed=True)
    assert outcomes(found) == (OK, OK, FAIL)
    assert not found.holds


HEADER = {"alg": "EdDSA", "kid": KEY.kid, "typ": "polar-sync-receipt+jws"}
PUBLIC = base64.urlsafe_b64decode(KEY.public + "=")


def by_public_key(content: bytes) -> bytes:
    return hmac.new(PUBLIC, content, hashlib.sha256).digest()


def by_key(content: bytes) -> bytes:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    return Ed25519PrivateKey.from_private_bytes(bytes(range(32))).sign(content)


SIGNED = receipt()
HEAD, _, PROOF = SIGNED["signature"].split(".")


@pytest.mark.parametrize(
    "signature",
    [
        "",
        ".." + PROOF,
        f"{HEAD}..",
        f"{HEAD}.e30.{PROOF}",
        f"{HEAD}.{b64(signed_bytes(SIGNED))}.{PROOF}",
        f"{HEAD}..{PROOF}..{PROOF}",
        f"{HEAD}..{PROOF},{HEAD}..{PROOF}",
        f"{HEAD}..{PROOF}\n",
        f"{HEAD}..{PROOF}=",
        f"{HEAD}..{PROOF[:-1]}{'B' if PROOF[-1] == 'A' else chr(ord(PROOF[-1]) + 1)}",
        f"{HEAD}..{'A' * 86}",
        f"!!..{PROOF}",
        f"bm8..{PROOF}",
        f"{b64(b'[]')}..{PROOF}",
        f"{b64(b'{}')}..{PROOF}",
        "x" * 100_000,
    ],
    ids=lambda text: text[:30],
)
def test_a_signature_that_is_none_is_found(signature: str) -> None:
    found = check({**SIGNED, "signature": signature})
    assert found.signature.outcome is FAIL
    assert not found.holds


@pytest.mark.parametrize(
    ("header", "sign"),
    [
        ({**HEADER, "alg": "none"}, lambda _: b"\0" * 64),
        ({**HEADER, "alg": "HS256"}, lambda it: by_public_key(it) * 2),
        ({**HEADER, "alg": "Ed25519"}, by_key),
        ({**HEADER, "kid": OLDER.kid}, by_key),
        ({**HEADER, "kid": 7}, by_key),
        ({**HEADER, "kid": ["a"]}, by_key),
        ({**HEADER, "typ": "JWT"}, by_key),
        ({**HEADER, "jwk": OLDER.jwk}, by_key),
        ({**HEADER, "b64": False, "crit": ["b64"]}, by_key),
        ({**HEADER, "crit": ["exp"], "exp": 0}, by_key),
        ({"alg": "EdDSA"}, by_key),
    ],
    ids=lambda it: json.dumps(it)[:60] if isinstance(it, dict) else "",
)
def test_a_header_that_is_not_a_receipts_is_found(
    header: Json, sign: Callable[[bytes], bytes]
) -> None:
    """Though the key itself has signed it."""
    found = check(forged(header, sign, SIGNED))
    assert found.signature.outcome is FAIL
    assert not found.holds
    assert check(forged(HEADER, by_key, SIGNED)).holds


def test_another_key_under_the_same_id_is_found() -> None:
    keys = public_keys([{**OLDER.jwk, "kid": KEY.kid}])
    assert verdict(encoded(SIGNED), keys, None).signature.outcome is FAIL
    assert verdict(encoded(SIGNED), public_keys([OLDER.jwk, KEY.jwk]), None).holds


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "not JSON"),
        (b"no", "not JSON"),
        (b"\xff\xfe{}", "not JSON"),
        (b"[]", "no JSON object"),
        (b"7", "no JSON object"),
        (b"{}", "look at receipt_version"),
        (encoded(SIGNED) * 2, "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b'{"a":' * 100_000, "not JSON"),
        (b"1" * 5_000, "not JSON"),
        (encoded(SIGNED)[:-1] + b',"state":"verified"}', "twice"),
        (encoded(SIGNED).replace(b'"answer": "204"', b'"answer": 1, "answer": "204"'), "twice"),
        (encoded(SIGNED).replace(b'"seq": 2', b'"seq": NaN'), "not JSON"),
        (encoded(SIGNED).replace(b'"seq": 2', b'"seq": 2.5'), r"look at evidence\.1\.seq"),
        (encoded({**SIGNED, "signature": [SIGNED["signature"]] * 2}), "look at signature"),
        (encoded({**SIGNED, "signature": {"signatures": []}}), "look at signature"),
        (encoded({**SIGNED, "state": "secret-state"}), "look at state"),
        (encoded({**SIGNED, "evidence": {"secret-name": 1}}), "look at evidence"),
        (b" " * (MAX_BYTES + 1), "more than 8 MiB"),
        (b"[" + b"1," * 5_000_000 + b"1]", "more than 8 MiB"),
    ],
    ids=lambda it: it[:20] if isinstance(it, str) else "",
)
def test_what_is_no_receipt_is_said_and_not_repeated(content: bytes, why: str) -> None:
    with pytest.raises(NotReadable, match=why) as raised:
        verdict(content, KEYS, HASHER)
    assert "secret" not in str(raised.value)


def test_numbers_and_texts_that_cannot_be_written_are_found() -> None:
    """Of what was signed there are none such."""
    document = receipt()
    document["evidence"][0]["detail"] = {"big": 2**70}
    assert check(document).signature.outcome is FAIL
    document["evidence"][0]["detail"] = {"half": "\ud83d"}
    found = check(document, sealed=True)
    assert outcomes(found) == (FAIL, FAIL, FAIL)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}",
        b'{"keys": {}}',
        b'{"keys": []}',
        b'{"keys": [7, null]}',
        encoded({"keys": [{**KEY.jwk, "x": "AA"}]}),
        encoded({"keys": [{**KEY.jwk, "x": "!"}]}),
        encoded({"keys": [{**KEY.jwk, "crv": "X25519"}]}),
        encoded({"keys": [{"kty": "oct", "k": KEY.public, "kid": KEY.kid}]}),
    ],
    ids=lambda it: it[:30].decode(),
)
def test_a_jwk_set_that_is_none_or_has_no_key(content: bytes) -> None:
    with pytest.raises(NotReadable):
        read_jwks(content)


def test_a_jwk_set_with_keys_of_other_kinds_too() -> None:
    bare = {"kty": "OKP", "crv": "Ed25519", "x": OLDER.public}
    rsa = json.loads(jwk.JWK.generate(kty="RSA", size=2048, kid="r").export_public())
    found = read_jwks(encoded({"keys": [rsa, bare, *jwks([KEY])["keys"]]}))
    assert set(found) == {OLDER.kid, KEY.kid}
    assert not any(key.is_private for key in found.values())


TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | TEXTS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("abc_XYZ09"), inner, max_size=3)
    ),
    max_leaves=8,
)


@pytest.mark.slow
@given(st.dictionaries(st.text("abc_XYZ09"), VALUES))
def test_a_few_lines_write_what_is_signed(content: Json) -> None:
    """As docs/receipts.md says; and what the seal is over differs from it in escapes alone."""
    plain = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    assert plain == rfc8785.dumps(content)
    assert json.loads(canonical(content)) == content


def test_the_first_key_signs() -> None:
    signed = Signer([OLDER, KEY]).signed(receipt(signer=None))
    assert verdict(encoded(signed), public_keys([OLDER.jwk]), None).holds
    assert signed["state"] == State.VERIFIED
