"""Who is logged in: a signed cookie with an end, and how often a token may be tried."""

from __future__ import annotations

import secrets
import time
from collections import OrderedDict, deque
from collections.abc import Mapping
from dataclasses import dataclass, field

from itsdangerous import BadData, URLSafeTimedSerializer
from pydantic import SecretStr

from sync.api_tokens import ApiToken, owner
from sync.errors import InvalidInput
from sync.operators.actions import Person

COOKIE = "polar_sync_console"
LASTS = 12 * 3600
"""Seconds until one has to log in again."""
MAX_NAME = 64
MAX_WHY = 500

_TRIES, _WITHIN = 5, 60.0
"""So many wrong tokens from one address in so many seconds; no more are looked at."""
_ADDRESSES = 1_000
"""That are remembered. Whoever comes from more of them guesses no faster than the token is long."""


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody who is logged in."""

    name: str
    """As they call themselves."""
    csrf: str
    """What each form of theirs carries."""

    def person(self, form: Mapping[str, str], *, needs_why: bool = False) -> Person:
        """Who does what the form asks for, and why.

        Raises:
            InvalidInput: the reason is missing or too long.
        """
        why = " ".join(form.get("why", "").split())
        if len(why) > MAX_WHY:
            raise InvalidInput(f"Say why in at most {MAX_WHY} characters.")
        if needs_why and not why:
            raise InvalidInput("Say why.")
        return Person(name=self.name, why=why or None)


class Sessions:
    """Begins sessions, and knows them again."""

    def __init__(self, token: SecretStr) -> None:
        self._tokens = (ApiToken("console", token),)
        self._signer = URLSafeTimedSerializer(token.get_secret_value(), salt="polar-sync console")

    def knows(self, token: str) -> bool:
        """Whether it is CONSOLE_TOKEN."""
        return owner(self._tokens, token) is not None

    def begin(self, name: str) -> str:
        """The cookie's value for somebody of that name."""
        return self._signer.dumps([name, secrets.token_urlsafe(16)])

    def read(self, cookie: str) -> Session | None:
        """Whose cookie it is; None: it is none of ours, or over."""
        try:
            name, csrf = self._signer.loads(cookie, max_age=LASTS)
        except BadData:
            return None
        return Session(name, csrf)


@dataclass(slots=True)
class Tries:
    """How often each address has been wrong lately."""

    _wrong: OrderedDict[str, deque[float]] = field(default_factory=OrderedDict)

    def wait(self, address: str) -> float:
        """Seconds until it may try again; 0: now."""
        times = self._wrong.get(address)
        if times is None or len(times) < _TRIES:
            return 0
        return max(0.0, times[0] + _WITHIN - time.monotonic())

    def wrong(self, address: str) -> None:
        """It has tried a wrong one."""
        times = self._wrong.setdefault(address, deque(maxlen=_TRIES))
        times.append(time.monotonic())
        self._wrong.move_to_end(address)
        if len(self._wrong) > _ADDRESSES:
            self._wrong.popitem(last=False)
