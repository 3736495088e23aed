"""What a client of httpx is made with, so that it goes the way the environment says."""

from __future__ import annotations

import os
import ssl
from dataclasses import dataclass
from functools import cache
from typing import TypedDict

import httpx

from sync.network.environment import CERTIFICATES, Proxy, authorities, proxy_for
from sync.network.failures import Failure, failure_of


class ForClient(TypedDict):
    """Arguments of httpx's clients."""

    proxy: str | None
    verify: ssl.SSLContext
    trust_env: bool


@dataclass(frozen=True, slots=True)
class Route:
    """The way to a URL."""

    url: str
    proxy: Proxy | None

    @classmethod
    def to(cls, url: str) -> Route:
        """The way to the URL, as the environment says. `environment.problems()` tells what is wrong
        with it."""
        return cls(url, proxy_for(url, os.environ))

    @property
    def for_client(self) -> ForClient:
        """What a client that goes this way is made with. The environment has been read."""
        proxy = self.proxy.url if self.proxy else None
        return ForClient(proxy=proxy, verify=_certificates(), trust_env=False)

    def failure(self, error: httpx.HTTPError) -> Failure:
        """Why a request on this way got no answer."""
        return failure_of(error, self.url, self.proxy)


def _certificates() -> ssl.SSLContext:
    """Whom to trust: the authorities that come with certifi, or those that the environment names,
    of which `environment.problems()` tells whether they can be read."""
    file, directory = (os.environ.get(name) or None for name in CERTIFICATES)
    if file is None and directory is None:
        return _of_certifi()
    return authorities(file, None if file else directory)


@cache
def _of_certifi() -> ssl.SSLContext:
    return httpx.create_ssl_context(trust_env=False)
