"""The tokens of the status API, each with the name of whoever has it. Pure."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from pydantic import SecretStr

MIN_TOKEN = 32
"""Characters."""

_NAME = re.compile(r"[A-Za-z0-9._-]{1,64}")
# What RFC 6750 lets stand behind `Bearer`.
_TOKEN = re.compile(r"[A-Za-z0-9._~+/-]+=*")
_FORM = "write name:token, such as backoffice:… with a token made with: openssl rand -hex 32"


@dataclass(frozen=True)
class ApiToken:
    """A token, and the name that it has in the log."""

    name: str
    token: SecretStr

    @cached_property
    def digest(self) -> bytes:
        """Of the token. Those of two tokens are equally long."""
        return _digest(self.token.get_secret_value())


def read_tokens(text: str) -> tuple[ApiToken, ...]:
    """`name:token`, separated by commas or spaces.

    Raises:
        ValueError: which of them cannot be used, and what to do. Repeats nothing of it: where the
            two are the wrong way round, the name is the token.
    """
    tokens: list[ApiToken] = []
    for number, entry in enumerate(re.split(r"[,\s]+", text.strip(", \t\r\n")), 1):
        name, colon, token = entry.partition(":")
        if not colon or not _NAME.fullmatch(name):
            raise ValueError(
                f"has no name of letters, digits, dots, hyphens and underscores in entry {number}:"
                f" {_FORM}"
            )
        if not _TOKEN.fullmatch(token):
            raise ValueError(
                f"has no token, or one that no header can carry, in entry {number}: {_FORM}"
            )
        if len(token) < MIN_TOKEN:
            raise ValueError(
                f"has a token shorter than {MIN_TOKEN} characters in entry {number}: make one with:"
                " openssl rand -hex 32"
            )
        if any(name == other.name for other in tokens):
            raise ValueError(
                f"has a name that comes before in entry {number}: give each token a name of its own"
            )
        if any(token == other.token.get_secret_value() for other in tokens):
            raise ValueError(
                f"has a token that comes before in entry {number}: the log could not say whose it"
                " was"
            )
        tokens.append(ApiToken(name, SecretStr(token)))
    return tuple(tokens)


def read_token(text: str) -> SecretStr:
    """One token that has no name.

    Raises:
        ValueError: it cannot be used, and what to do. Repeats nothing of it.
    """
    if not _TOKEN.fullmatch(text):
        raise ValueError("cannot be sent in a header: make one with: openssl rand -hex 32")
    if len(text) < MIN_TOKEN:
        raise ValueError(
            f"is shorter than {MIN_TOKEN} characters: make one with: openssl rand -hex 32"
        )
    return SecretStr(text)


def owner(tokens: Sequence[ApiToken], given: str) -> str | None:
    """Whose the token is. Takes as long for any token that is given."""
    digest, found = _digest(given), None
    for token in tokens:
        if hmac.compare_digest(token.digest, digest):
            found = token.name
    return found


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
