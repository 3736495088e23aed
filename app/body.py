"""Reads a request's body within bounds."""

from __future__ import annotations

import re

from starlette.exceptions import HTTPException

from app.state import AppRequest

MAX_BODY = 1_048_576
"""Longest body taken, in bytes."""

_JSON = re.compile(r"application/(?:[!#$&^_.+\w-]+\+)?json", re.ASCII | re.IGNORECASE)


async def read_body(request: AppRequest, *, only_json: bool) -> bytes:
    """The body as sent. `only_json`: refuse any other Content-Type.

    Raises:
        HTTPException: 413, it is longer than `MAX_BODY`, by its Content-Length or by what has come;
            415, it is not said to be JSON, or is compressed.
        ClientDisconnect: the client left before the end.
    """
    length = request.headers.get("content-length", "")
    if length.isdecimal() and int(length) > MAX_BODY:
        raise _too_large()
    if only_json:
        media_type = request.headers.get("content-type", "").partition(";")[0].strip()
        if not _JSON.fullmatch(media_type):
            raise HTTPException(415, "the body must be JSON; send Content-Type: application/json")
        refuse_compressed(request)
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > MAX_BODY:
            # The rest is never read into memory; the server throws it away as it comes.
            raise _too_large()
        chunks.append(chunk)
    return b"".join(chunks)


def refuse_compressed(request: AppRequest) -> None:
    """What is signed is the body itself: to verify a compressed one, anybody's bytes would have to
    be inflated first.

    Raises:
        HTTPException: 415
    """
    if request.headers.get("content-encoding", "identity").strip().lower() != "identity":
        raise HTTPException(
            415,
            "the body is compressed, as its Content-Encoding header says; send it as it is, without"
            " that header, and have no proxy compress it",
        )


def _too_large() -> HTTPException:
    return HTTPException(
        413, f"the body is longer than {MAX_BODY} bytes; send the event without what is not needed"
    )
