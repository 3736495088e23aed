"""Who is logged in: a signed cookie with an end, and how often a token may be tried. Another one
says once what they have just done."""

from __future__ import annotations

import secrets
import time
from collections import OrderedDict, deque
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256

from itsdangerous import BadData, URLSafeTimedSerializer
from pydantic import SecretStr

from sync.api_tokens import ApiToken, owner
from sync.deletions.pause import Pause
from sync.errors import InvalidInput
from sync.operators.actions import Person

COOKIE = "polar_sync_console"
LASTS = 12 * 3600
"""Seconds until one has to log in again."""
SAID_COOKIE = "polar_sync_console_said"
SAID_LASTS = 60
"""Seconds within which the page that says it has to come."""
MAX_NAME = 64
MAX_WHY = 500

_TRIES, _WITHIN = 5, 60.0
"""So many wrong tokens from one address in so many seconds; no more are looked at."""
_ADDRESSES = 1_000
"""That are remembered. Whoever comes from more of them guesses no faster than the token is long."""


@dataclass(frozen=True, slots=True)
class Done:
    """What a form has done."""

    path: str
    """The page of the console's that follows."""
    said: str | None = None
    """What that page says of it, if it does not show it anyway."""


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody who is logged in."""

    name: str
    """As they call themselves."""
    csrf: str
    """What each form of theirs carries."""
    said: str | None = None
    """What they have just done: the next page says it."""
    paused: Pause | None = None
    """What each of their pages says as well."""

    @property
    def key(self) -> str:
        """What it is known by in the database, from which nobody can make a form."""
        return sha256(self.csrf.encode()).hexdigest()

    def about_pause(self, said: str) -> str:
        """What is done, and that it waits while all deletions are paused."""
        waits = (
            " All deletions are paused: nothing more is changed at Polar until somebody resumes."
        )
        return f"{said}{waits}" if self.paused else said

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


def check_number(form: Mapping[str, str], number: int) -> None:
    """Make sure that this is the number that was typed: what is final is asked for by it.

    Raises:
        InvalidInput
    """
    if form.get("number", "").strip() != str(number):
        raise InvalidInput(f"Type {number}, so that it is the right one.")


class Sessions:
    """Begins sessions, and knows them again."""

    def __init__(self, token: SecretStr) -> None:
        self._tokens = (ApiToken("console", token),)
        secret = token.get_secret_value()
        self._signer = URLSafeTimedSerializer(secret, salt="polar-sync console")
        self._said = URLSafeTimedSerializer(secret, salt="polar-sync console: said")

    def knows(self, token: str) -> bool:
        """Whether it is CONSOLE_TOKEN."""
        return owner(self._tokens, token) is not None

    def begin(self, name: str) -> str:
        """The cookie's value for somebody of that name."""
        return self._signer.dumps([name, secrets.token_urlsafe(16)])

    def read(self, cookie: str, said: str = "") -> Session | None:
        """Whose cookie it is; None: it is none of ours, or over. `said`: the other cookie."""
        try:
            name, csrf = self._signer.loads(cookie, max_age=LASTS)
        except BadData:
            return None
        session = Session(name, csrf)
        return replace(session, said=self._read_said(session, said))

    def say(self, session: Session, text: str) -> str:
        """The other cookie's value, which has this session's next page say it."""
        return str(self._said.dumps([session.key, text]))

    def _read_said(self, session: Session, cookie: str) -> str | None:
        try:
            key, text = self._said.loads(cookie, max_age=SAID_LASTS)
        except BadData:
            return None
        return text if key == session.key else None


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
