"""Why a request got no answer: name, connection, certificate, time, or the proxy."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx

from sync.network.environment import Proxy


@dataclass(frozen=True, slots=True)
class Failure:
    """What went wrong, for a person. `text` names the host and what to look at, and no secret."""

    text: str
    needs_a_person: bool = False
    """It stays so until somebody changes something, and nothing was sent."""

    def __str__(self) -> str:
        return self.text


def failure_of(error: httpx.HTTPError, url: str, proxy: Proxy | None = None) -> Failure:
    """What the error of a request to the URL means. `proxy`: the one on the way."""
    host = urlsplit(url).hostname or "the host"
    if isinstance(error, httpx.ProxyError):
        return _by(proxy, f"refused the way to {host} ({_first_line(error)})")
    causes = list(_causes(error))
    for cause in causes:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return _untrusted(cause, host)
    if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout):
        # With a proxy on the way, it is all that this side connects to.
        target = f"the proxy that {proxy.variable} names" if proxy else host
        return Failure(_unconnected(error, causes, target))
    if isinstance(error, httpx.TimeoutException):
        return Failure(f"{host} did not answer in time")
    if isinstance(error, httpx.RemoteProtocolError | httpx.ReadError | httpx.WriteError):
        return Failure(f"{host} broke the connection off ({type(error).__name__})")
    return Failure(f"no answer from {host} ({type(error).__name__})")


def _unconnected(error: httpx.HTTPError, causes: list[BaseException], target: str) -> str:
    if isinstance(error, httpx.ConnectTimeout):
        return f"no connection to {target} in time: is a firewall in between?"
    for cause in causes:
        match cause:
            case socket.gaierror():
                return f"the name of {target} is not found: check the URL and this machine's DNS"
            case ConnectionRefusedError():
                return f"{target} refused the connection: does anything listen there?"
            case ssl.SSLError():
                return f"{target} does not speak TLS as it should: check the URL, and any proxy"
    said = [cause.strerror for cause in causes if isinstance(cause, OSError) and cause.strerror]
    return f"no connection to {target}" + (f": {said[0]}" if said else "")


def _untrusted(error: ssl.SSLCertVerificationError, host: str) -> Failure:
    return Failure(
        f"the certificate of {host} is not trusted ({error.verify_message or 'no reason given'}):"
        " if a proxy or a private authority signs it, have SSL_CERT_FILE name its certificate",
        needs_a_person=True,
    )


def _by(proxy: Proxy | None, what: str) -> Failure:
    named = f"the proxy that {proxy.variable} names" if proxy else "the proxy"
    return Failure(f"{named} {what}: check its address, user and password")


def _first_line(error: httpx.HTTPError) -> str:
    """A proxy's own words: its status line."""
    return " ".join(str(error).split())[:100] or type(error).__name__


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and all that it came from, the outermost first."""
    waiting: list[BaseException] = [error]
    seen: set[int] = set()
    while waiting:
        one = waiting.pop(0)
        if id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        if isinstance(one, BaseExceptionGroup):
            waiting += one.exceptions
        waiting += [it for it in (one.__cause__, one.__context__) if it is not None]
