"""Who may ask the status API, and for metrics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from app.errors import RequestRefused
from sync.api_tokens import ApiToken, owner


def who_asks(
    headers: Mapping[str, str], tokens: Sequence[ApiToken], setting: str = "API_TOKENS"
) -> str:
    """The name of the token that the request carries, as RFC 6750 has it.

    Args:
        setting: that the tokens are of.

    Raises:
        RequestRefused: 401, it carries none of them.
    """
    scheme, _, token = headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        raise _refused("Bearer", "there is no token; send it as Authorization: Bearer …")
    name = owner(tokens, token.strip())
    if name is None:
        raise _refused('Bearer error="invalid_token"', f"the token is none of {setting}")
    return name


def _refused(challenge: str, detail: str) -> RequestRefused:
    return RequestRefused(401, "unauthorized", detail, headers={"www-authenticate": challenge})
