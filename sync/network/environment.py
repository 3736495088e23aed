"""What the environment says of proxies and certificates, in curl's variables and OpenSSL's.

Each is found in small letters first, as curl and Python have it. `NO_PROXY` may hold names, with or
without a dot before them, addresses, networks and `*`; what it cannot mean, nothing matches.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    import ssl

CERTIFICATES = ("SSL_CERT_FILE", "SSL_CERT_DIR")
_SOCKS = ("socks5", "socks5h")
_SCHEMES = ("http", "https", *_SOCKS)


@dataclass(frozen=True, slots=True)
class Proxy:
    """A proxy that a variable names. `url` may hold a password, and is not to be shown."""

    variable: str
    url: str


def proxy_for(url: str, variables: Mapping[str, str]) -> Proxy | None:
    """The proxy on the way to the URL; None: there is none."""
    target = urlsplit(url)
    if _is_direct(target.hostname or "", variables):
        return None
    for name in (f"{target.scheme}_proxy", "all_proxy"):
        for variable in (name, name.upper()):
            # A CGI script's HTTP_PROXY is a header that its visitor has sent.
            if variable == "HTTP_PROXY" and "REQUEST_METHOD" in variables:
                continue
            if value := variables.get(variable, "").strip():
                return Proxy(variable, value if "://" in value else f"http://{value}")
    return None


def problems(url: str, variables: Mapping[str, str]) -> Iterator[str]:
    """What keeps the URL from being reached as the variables say, one line each, without values."""
    proxy = proxy_for(url, variables)
    if proxy is not None and (problem := _unusable(proxy)):
        yield f"{proxy.variable} {problem}"
    # Of the two, OpenSSL's callers take the first that is set.
    chosen = next((name for name in CERTIFICATES if variables.get(name)), None)
    if chosen is not None and (problem := _untrustworthy(chosen, Path(variables[chosen]))):
        yield f"{chosen} {problem}: correct it, or unset it to trust the usual authorities"


def _untrustworthy(variable: str, path: Path) -> str | None:
    if variable == "SSL_CERT_DIR":
        return None if path.is_dir() else "names a directory that is not there"
    if not path.is_file():
        return "names a file that is not there"
    try:
        authorities(str(path), None)
    except OSError:
        return "names a file that cannot be read as certificates in PEM"
    return None


@cache
def authorities(file: str | None, directory: str | None) -> ssl.SSLContext:
    """Trusts those of the file, or of the directory, and nobody else. A usual file takes 20 ms to
    read.

    Raises:
        OSError: the file cannot be read, or not as certificates in PEM.
    """
    # Only where there is one to read: to import it takes a while.
    import ssl

    return ssl.create_default_context(cafile=file, capath=directory)


def _unusable(proxy: Proxy) -> str | None:
    example = "write it as http://HOST:PORT"
    scheme = proxy.url.partition("://")[0].lower()
    if scheme == "socks":
        return "begins with socks://, which does not say which kind: write socks5:// or socks5h://"
    if scheme not in _SCHEMES:
        return f"names a kind of proxy that is not known: {example}, or socks5://HOST:PORT"
    try:
        parts = urlsplit(proxy.url)
        usable = bool(parts.hostname) and re.fullmatch(r"[^\s@]+", parts.netloc.rpartition("@")[2])
        _ = parts.port
    except ValueError:
        usable = False
    if scheme in _SOCKS and find_spec("socksio") is None:
        return "names a SOCKS proxy, which needs a package: pip install 'httpx[socks]'"
    if not usable or parts.path.strip("/") or "@" in parts.netloc.rpartition("@")[0]:
        return f"is not a URL that can be read: {example}, percent-encoding a password in it"
    return None


def is_loopback(host: str) -> bool:
    """Whether it is this machine, by a name or address that says so."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _is_direct(host: str, variables: Mapping[str, str]) -> bool:
    """Whether NO_PROXY names the host, or it is this machine: no proxy could reach that."""
    if is_loopback(host):
        return True
    text = variables.get("no_proxy") or variables.get("NO_PROXY") or ""
    return any(_covers(entry, host) for entry in re.split(r"[,\s]+", text) if entry)


def _covers(entry: str, host: str) -> bool:
    if entry == "*":
        return True
    name = entry.lower().rpartition("://")[2]
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        # Without its port, and with or without `*` and a dot at its beginning.
        name = name.partition(":")[0].removeprefix("*").lstrip(".")
        return bool(name) and (host == name or host.endswith(f".{name}"))
    try:
        return address in ipaddress.ip_network(name.strip("[]"), strict=False)
    except ValueError:
        # With a port: `10.0.0.1:80`, `[::1]:80`.
        bare = name.rpartition(":")[0].strip("[]")
        return bare == host
