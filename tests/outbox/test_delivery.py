"""One try, against whatever may answer."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import ssl
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from standardwebhooks.webhooks import Webhook
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from sync.outbox import delivery
from sync.outbox.delivery import Delivery, Refused
from sync.outbox.message import Message, Recipient
from tests.helpers.certificates import self_signed
from tests.helpers.servers import serve
from tests.helpers.waiting import WAIT

SECRETS = [f"whsec_{'a' * 31}{n}" for n in ("A", "Q")]
MESSAGE = Message(
    id=1,
    recipient=Recipient.APP,
    webhook_id="msg_1",
    type="deletion.verified",
    made_at=datetime(2026, 11, 27, tzinfo=UTC),
    data={"deletion_id": 7},
    user_id="user-Zoë",
    attempts=0,
)


def to(url: str, *, private: bool = False) -> Delivery:
    secrets = [SecretStr(it) for it in SECRETS]
    return Delivery(SecretStr(url), secrets, setting="OUTCOME_URL", allow_private=private)


def sent(url: str, *, private: bool = False) -> Refused | None:
    """Why it was not acknowledged; None: it was."""

    async def run() -> Refused | None:
        async with to(url, private=private) as it:
            try:
                await it.send(MESSAGE)
            except Refused as refused:
                return refused
        return None

    return asyncio.run(run())


def app(answer: Callable[[Request], Any]) -> Starlette:
    async def endpoint(request: Request) -> Response:
        await request.body()
        response: Response = answer(request)
        return response

    return Starlette(routes=[Route("/{path:path}", endpoint, methods=["POST"])])


def test_it_is_signed_with_every_secret() -> None:
    got: list[tuple[bytes, dict[str, str]]] = []

    async def take(request: Request) -> Response:
        got.append((await request.body(), dict(request.headers)))
        return Response(status_code=204)

    with serve(Starlette(routes=[Route("/hook", take, methods=["POST"])])) as url:
        assert sent(f"{url}/hook") is None
    [(body, headers)] = got
    for secret in SECRETS:
        data = Webhook(secret).verify(body, headers)["data"]
        assert data == {"deletion_id": 7, "user_id": "user-Zoë"}
    assert headers["webhook-id"] == "msg_1"
    assert json.loads(body)["type"] == "deletion.verified"


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda _: Response(status_code=500), "127.0.0.1 answered 500"),
        (lambda _: Response("secret words", 400), "127.0.0.1 answered 400"),
        (lambda _: RedirectResponse("/there"), "OUTCOME_URL"),
    ],
)
def test_what_is_no_acknowledgement(answer: Callable[[Request], Any], words: str) -> None:
    with serve(app(answer)) as url:
        refused = sent(f"{url}/hook?key=hidden")
    assert refused is not None
    assert words in refused.why
    assert "hidden" not in refused.why
    assert "secret words" not in refused.why


@pytest.mark.parametrize(
    ("value", "asked"),
    [("120", timedelta(minutes=2)), ("soon", None), ("-5", None), ("9" * 30, None)],
)
def test_it_may_ask_for_time(value: str, asked: timedelta | None) -> None:
    with serve(app(lambda _: Response(status_code=503, headers={"retry-after": value}))) as url:
        refused = sent(url)
    assert refused is not None
    assert refused.retry_after == asked


def test_of_a_long_answer_little_is_read() -> None:
    sizes: list[int] = []

    def answer(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection, contextlib.suppress(OSError):
            connection.settimeout(WAIT)
            connection.recv(65_536)
            connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 100000000000\r\n\r\n")
            while True:
                sizes.append(connection.send(b"x" * 65_536))

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=answer, args=(listener,))
        thread.start()
        assert sent(f"http://127.0.0.1:{listener.getsockname()[1]}") is None
        thread.join(WAIT)
    assert not thread.is_alive()
    # What lies between the two is no more than some megabytes.
    assert 65_536 <= sum(sizes) < 100_000_000


@pytest.mark.slow
def test_one_that_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery, "_PATIENCE", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        refused = sent(f"http://127.0.0.1:{listener.getsockname()[1]}")
    assert refused is not None
    assert "did not answer" in refused.why


def test_nobody_is_there() -> None:
    refused = sent("http://127.0.0.1:9/")
    assert refused is not None
    assert "refused the connection" in refused.why


def test_a_certificate_that_is_not_trusted(tmp_path: Path) -> None:
    context, _ = self_signed(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def accept() -> None:
            connection, _ = listener.accept()
            with connection, pytest.raises(ssl.SSLError):
                context.wrap_socket(connection, server_side=True)

        thread = threading.Thread(target=accept)
        thread.start()
        refused = sent(f"https://127.0.0.1:{listener.getsockname()[1]}")
        thread.join()
    assert refused is not None
    assert "not trusted" in refused.why


# --- where it must not go --------------------------------------------------------------------


PRIVATE = (
    *("10.0.0.7", "192.168.1.1", "172.16.0.1", "127.0.0.1", "169.254.169.254", "100.64.0.1"),
    *("::1", "fd00::1", "fe80::1%eth0", "::ffff:10.0.0.7", "::"),
)


@pytest.mark.parametrize("address", PRIVATE)
def test_a_private_address_needs_a_word(address: str) -> None:
    problem = to("https://app.example.com").problem_with(address)
    assert problem is not None
    assert "OUTCOME_ALLOW_PRIVATE=true" in problem
    assert to("https://app.example.com", private=True).problem_with(address) is None
    assert to("http://app.example.com", private=True).problem_with(address) is None


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:2800:21f:cb07::1"])
def test_to_the_world_it_is_https_alone(address: str) -> None:
    assert to("https://app.example.com").problem_with(address) is None
    problem = to("http://app.example.com", private=True).problem_with(address)
    assert problem is not None
    assert "https://" in problem


def test_a_name_that_leads_to_a_private_address(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not a byte is sent, whatever the name led to when the process started."""
    real = socket.getaddrinfo

    def getaddrinfo(host: Any, *arguments: Any, **options: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        return real("127.0.0.1" if name == "app.test" else name, *arguments, **options)

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        refused = sent(f"https://app.test:{port}/")
        connection, _ = listener.accept()
        connection.settimeout(WAIT)
        with connection:
            assert connection.recv(1) == b""
    assert refused is not None
    assert "app.test is 127.0.0.1, in a private network" in refused.why
