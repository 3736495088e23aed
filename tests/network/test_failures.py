"""Why a request got no answer, with real sockets and real certificates."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import anyio
import pytest

from sync.errors import PolarError
from sync.polar import customers
from sync.polar.budget import Unmetered
from sync.polar.client import PolarClient
from sync.polar.errors import Refused, Unavailable
from tests.helpers.certificates import self_signed
from tests.helpers.settings import load_settings
from tests.helpers.waiting import WAIT

Serve = Callable[[socket.socket], object]


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


def failure(tmp_path: Path, url: str, **settings: object) -> PolarError:
    """What a request to Polar at the URL ends with."""

    async def ask() -> None:
        settings_ = load_settings(tmp_path / "none.db", polar_base_url=url, **settings)
        async with PolarClient(settings_, Unmetered()) as polar:
            await customers.state_of(polar, customer_id="6f2c1d0e-3f43-4f5e-9a55-0d6d1f6c2b11")

    with pytest.raises(PolarError) as raised:
        anyio.run(ask)
    assert "\n" not in str(raised.value)
    return raised.value


@contextlib.contextmanager
def listening(serve: Serve) -> Iterator[int]:
    """Serve each connection in turn; gives the port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def accept() -> None:
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = listener.accept()
                    with connection, contextlib.suppress(OSError):
                        serve(connection)

        thread = threading.Thread(target=accept)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join(WAIT)


def test_a_name_that_is_not_found(tmp_path: Path) -> None:
    error = failure(tmp_path, "https://polar.invalid")
    assert isinstance(error, Unavailable)
    assert "the name of polar.invalid is not found" in str(error)


def test_a_connection_that_is_refused(tmp_path: Path) -> None:
    error = failure(tmp_path, "https://127.0.0.1:9")
    assert isinstance(error, Unavailable)
    assert "127.0.0.1 refused the connection" in str(error)


def test_a_host_that_says_nothing(tmp_path: Path) -> None:
    with listening(_until_closed) as port:
        error = failure(tmp_path, f"http://127.0.0.1:{port}", request_timeout=0.2)
    assert isinstance(error, Unavailable)
    assert "no answer within 0.2 s" in str(error)


def test_a_host_that_hangs_up(tmp_path: Path) -> None:
    with listening(lambda connection: connection.recv(65_536)) as port:
        error = failure(tmp_path, f"http://127.0.0.1:{port}")
    assert isinstance(error, Unavailable)
    assert "127.0.0.1 broke the connection off" in str(error)


def test_a_host_that_speaks_no_tls(tmp_path: Path) -> None:
    with listening(
        lambda connection: connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    ) as port:
        error = failure(tmp_path, f"https://127.0.0.1:{port}")
    assert isinstance(error, Unavailable)
    assert "does not speak TLS" in str(error)


@pytest.mark.slow
def test_a_certificate_that_nobody_trusts_waits_for_a_person_and_then_for_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context, certificate = self_signed(tmp_path)

    def serve(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as secured:
            secured.recv(65_536)
            secured.sendall(b"HTTP/1.1 503 Busy\r\ncontent-length: 0\r\n\r\n")

    with listening(serve) as port:
        url = f"https://localhost:{port}"
        error = failure(tmp_path, url)
        assert isinstance(error, Refused)
        assert "the certificate of localhost is not trusted (self" in str(error)
        assert "SSL_CERT_FILE" in str(error)

        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        assert str(failure(tmp_path, url)) == "GET: 503"
        # It is another host's.
        error = failure(tmp_path, f"https://127.0.0.1:{port}")
        assert "the certificate of 127.0.0.1 is not trusted" in str(error)


@pytest.mark.parametrize("scheme", ["http://", ""])
def test_a_proxy_is_named_and_its_password_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    asked: list[bytes] = []

    def refuse(connection: socket.socket) -> None:
        asked.append(connection.recv(65_536))
        connection.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n")

    with listening(refuse) as port:
        monkeypatch.setenv("HTTPS_PROXY", f"{scheme}user:hunter2@127.0.0.1:{port}")
        error = failure(tmp_path, "https://polar.invalid")
    assert isinstance(error, Unavailable)
    assert asked[0].startswith(b"CONNECT polar.invalid:443 ")
    assert "the proxy that HTTPS_PROXY names refused the way to polar.invalid (407" in str(error)

    error = failure(tmp_path, "https://polar.invalid")
    assert "the proxy that HTTPS_PROXY names refused the connection" in str(error)
    assert "hunter2" not in str(error)

    monkeypatch.setenv("NO_PROXY", "fd00::/8, [::1], polar.invalid")
    assert "the name of polar.invalid" in str(failure(tmp_path, "https://polar.invalid"))


def test_a_pool_holds_as_many_connections_as_requests_are_under_way(tmp_path: Path) -> None:
    """With fewer, one can be closed under a request (encode/httpcore#1110)."""
    client = PolarClient(load_settings(tmp_path / "none.db", concurrency=64), Unmetered())
    pool = client._http._transport._pool  # type: ignore[attr-defined]
    assert (pool._max_connections, pool._max_keepalive_connections) == (64, 64)


def _until_closed(connection: socket.socket) -> None:
    while connection.recv(65_536):
        pass
