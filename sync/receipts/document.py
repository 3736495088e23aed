"""A receipt as a document: read strictly, and the bytes of it that are vouched for. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, Field, StrictBool, StrictInt, StrictStr, ValidationError

from sync.deletions.states import State
from sync.errors import InvalidInput
from sync.hash_chain import canonical

Json = dict[str, Any]

MAX_BYTES = 8 * 1024 * 1024
"""Of a file. A receipt has some kilobytes, and some hundred where there were a thousand
subscriptions."""
SEAL, SIGNATURE = "seal", "signature"


class NotReadable(InvalidInput):
    """It is no such document."""


class Link(BaseModel):
    """One piece of evidence, as far as its chain needs it; see `sync.deletions.chain`."""

    deletion_id: int = 0
    seq: StrictInt
    at: datetime
    kind: StrictStr
    source: StrictStr
    state: State
    detail: Json
    hash: StrictStr


class Document(BaseModel):
    """What has to be in a receipt to check it. A later version may say more."""

    receipt_version: StrictInt
    deletion: StrictInt
    state: State
    polar_customer_id: StrictStr | None = None
    evidence: Annotated[list[Link], Field(min_length=1)]
    chain_unbroken: StrictBool
    seal: StrictStr
    signature: StrictStr | None = None

    @property
    def links(self) -> list[Link]:
        """The chain of the deletion that the receipt is about."""
        return [it.model_copy(update={"deletion_id": self.deletion}) for it in self.evidence]


def read(content: bytes) -> tuple[Json, Document]:
    """The receipt, as it stands there and as it is understood.

    Raises:
        NotReadable: it is no receipt. The text repeats nothing of it.
    """
    document = read_object(content, "receipt")
    try:
        return document, Document.model_validate(document)
    except ValidationError as error:
        [first, *_] = error.errors(include_url=False, include_input=False, include_context=False)
        names = [str(it) for it in first["loc"] if isinstance(it, int) or it in _KNOWN]
        raise NotReadable(f"it is no receipt: look at {'.'.join(names) or 'its fields'}") from None


def read_object(content: bytes, what: str) -> Json:
    """A JSON object in UTF-8 whose every name is there once.

    Raises:
        NotReadable: it is none, or too long.
    """
    [found, *more] = read_objects(content, what)
    if more:
        raise NotReadable(f"it is no {what}: it is not JSON in UTF-8")
    return found


def read_objects(content: bytes, what: str) -> list[Json]:
    """The same of one or several, one after the other.

    Raises:
        NotReadable
    """
    if len(content) > MAX_BYTES:
        raise NotReadable(f"it is no {what}: it has more than {MAX_BYTES // 1024**2} MiB")
    found: list[Json] = []
    try:
        text = content.decode().strip()
        end = 0
        while end < len(text) or not found:
            it, end = _DECODER.raw_decode(text, end)
            if not isinstance(it, dict):
                raise NotReadable(f"it is no {what}: it is no JSON object")
            found.append(it)
            while text[end : end + 1].isspace():
                end += 1
    except (ValueError, RecursionError) as error:
        why = str(error) if isinstance(error, _Ambiguous) else "it is not JSON in UTF-8"
        raise NotReadable(f"it is no {what}: {why}") from None
    return found


def sealed_bytes(receipt: Mapping[str, Any]) -> bytes:
    """What the seal is over: all but the seal and the signature."""
    return canonical({k: v for k, v in receipt.items() if k not in (SEAL, SIGNATURE)})


class _Ambiguous(ValueError):
    """A name is there twice: readers differ on which of the two counts."""


def _once_each(pairs: list[tuple[str, Any]]) -> Json:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _Ambiguous("a name is there twice in one object")
    return found


def _no_constant(_: str) -> Any:
    raise ValueError("NaN and Infinity are not JSON")


_KNOWN = {*Document.model_fields, *Link.model_fields}
_DECODER = json.JSONDecoder(object_pairs_hook=_once_each, parse_constant=_no_constant)
