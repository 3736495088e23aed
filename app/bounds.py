"""What all connections of a server together may take: sockets, memory, time.

A stranger needs no signature to open connections and to send bytes. So whoever has kept the server
waiting longest gives its place to whoever comes, and a body of some size is read on only while
there is room: an event, which is small and arrives at once, is taken whatever strangers do.
"""

from __future__ import annotations

import asyncio
from typing import Protocol

MAX_CONNECTIONS = 1_000
"""At once. Polar and an app need a few dozen; each costs some 20 KiB and a file descriptor."""
RECEIVE_BUFFER = 16_384
"""Of a connection, as its socket is asked for; what one read can bring is at most about twice
that."""
MAX_HEAD = 32_768
"""Longest head of a request, in bytes."""
MAX_HEADERS = 100
"""A header of four bytes takes forty times as much memory."""
MAX_UNANSWERED = 24 * 1_048_576
"""Bytes of all bodies together whose requests have not been answered. Beyond it no more is read of
one that is longer than `SMALL`."""
SMALL = 16_384
MAX_AHEAD = 8 * 1_048_576
"""Bytes of all connections together that came behind a request which is being answered."""
AHEAD_PAUSE = 0.01
"""Seconds after an answer before the request that was sent without waiting for it is looked at. No
sender of events does that."""
RECEIVE_SECONDS = 20.0
"""For a request to come whole, from its first byte (of a new connection: from its beginning), and
for a peer to take its answers."""
LEAVE_SECONDS = 2.0
"""For which a refused peer may read the answer before the connection is closed."""
THROWN_AWAY = 2 * 1_048_576
"""Bytes of what was refused that are read and thrown away: where something is left unread, the
peer's system may drop the answer."""

_LOOK_EVERY = 1.0
_READ = 2 * RECEIVE_BUFFER


class Waiting(Protocol):
    """A connection that the server waits for."""

    since: float
    """When that began, by the event loop's clock."""
    unanswered: int
    """Bytes of the body that its request has so far."""

    def expire(self, now: float) -> None:
        """Close it if it has been waited for too long."""

    def give_way(self) -> None:
        """Close it: its place is needed."""

    def read_no_more(self) -> None:
        """There is no room for more of its body."""

    def read_on(self) -> None:
        """There is again."""


class Bounds:
    """Of one server. Its connections say what they take and what they give back."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        # Whoever came first is first.
        self._waiting: dict[Waiting, None] = {}
        self._starved: dict[Waiting, None] = {}
        self._looks = False
        self._unanswered = 0
        self.ahead = 0

    def wait_for(self, connection: Waiting) -> None:
        """The server waits for this connection from now on."""
        connection.since = self._loop.time()
        self._waiting.pop(connection, None)
        self._waiting[connection] = None
        if not self._looks:
            self._looks = True
            self._loop.call_later(_LOOK_EVERY, self._look)

    def wait_no_more(self, connection: Waiting) -> None:
        """It does not, or the connection is gone."""
        self._waiting.pop(connection, None)

    def make_place(self) -> bool:
        """Have the connection that has been waited for longest give way. False: there is none."""
        first = next(iter(self._waiting), None)
        if first is None:
            return False
        self._waiting.pop(first)
        first.give_way()
        return True

    def take(self, connection: Waiting, size: int) -> None:
        """So much more of a body has come."""
        connection.unanswered += size
        self._unanswered += size
        if self._unanswered > MAX_UNANSWERED and connection.unanswered > SMALL:
            self._starved[connection] = None
            connection.read_no_more()

    def give_back(self, connection: Waiting) -> None:
        """Its request has been answered, or is given up."""
        self._unanswered -= connection.unanswered
        connection.unanswered = 0
        if not self._starved:
            return
        self._starved.pop(connection, None)
        room = MAX_UNANSWERED - self._unanswered
        while self._starved and room > 0:
            first = next(iter(self._starved))
            self._starved.pop(first)
            first.read_on()
            room -= _READ

    def is_starved(self, connection: Waiting) -> bool:
        """Whether no more of its body is being read."""
        return connection in self._starved

    def _look(self) -> None:
        now = self._loop.time()
        for connection in [*self._waiting]:
            connection.expire(now)
        self._looks = bool(self._waiting)
        if self._looks:
            self._loop.call_later(_LOOK_EVERY, self._look)
