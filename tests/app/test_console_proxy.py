"""The console behind a proxy that serves it at a path of its own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

import httpx
import pytest
from starlette.types import Receive, Scope, Send

from app.main import create_app
from sync.deletions.states import State
from sync.settings import Settings
from tests.helpers.clients import new_client
from tests.helpers.commands import HELD, Commands
from tests.helpers.console import TOKEN, Visitor
from tests.helpers.engines import BOTH_ENGINES
from tests.helpers.proxy import PREFIX, behind_proxy
from tests.helpers.servers import serve
from tests.helpers.settings import load_settings

pytestmark = BOTH_ENGINES


def by_setting(commands: Commands) -> AbstractContextManager[str]:
    """The proxy takes the path away, and ROOT_PATH says which."""
    settings = load_settings(commands.store, console_token=TOKEN, root_path=PREFIX + "/")
    return behind_proxy(create_app(settings))


@contextmanager
def by_server(commands: Commands) -> Iterator[str]:
    """The proxy takes the path away, and the server tells the application: what uvicorn's
    `--root-path` does."""
    app = create_app(load_settings(commands.store, console_token=TOKEN))

    async def with_root(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            scope = {**scope, "root_path": PREFIX, "path": PREFIX + scope["path"]}
        await app(scope, receive, send)

    with behind_proxy(with_root) as url:
        yield url


@pytest.fixture(params=[by_setting, by_server], ids=["setting", "server"])
def client(request: pytest.FixtureRequest, commands: Commands) -> Iterator[httpx.Client]:
    """Whoever comes by the proxy."""
    with request.param(commands) as url, new_client(url) as client:
        yield client


@pytest.mark.slow
def test_every_link_form_and_redirect_leads_back_by_the_proxy(
    commands: Commands, client: httpx.Client
) -> None:
    number = commands.deletion("user-1", *HELD)
    commands.dead_letter()
    visitor = Visitor(client)
    wanted = visitor.get(f"/deletions/{number}?a=b").headers["location"]
    assert wanted.startswith("/bridge/console/login?next=%2Fdeletions%2F1%3Fa%3Db")
    entered = visitor.log_in(next=f"/deletions/{number}?a=b")
    assert entered.headers["location"] == f"{PREFIX}/console/deletions/{number}?a=b"
    assert f"Path={PREFIX}/console;" in entered.headers["set-cookie"] + ";"
    seen = set()
    pages = [f"{PREFIX}/console"]
    while pages:
        path = pages.pop()
        seen.add(path)
        page = visitor.get(path.removeprefix(f"{PREFIX}/console"))
        assert page.status_code == 200 or "location" in page.headers, path
        links = re.findall(r'(?:href|action)="([^"#]+)"', page.text)
        found = [it.replace("&amp;", "&") for it in links]
        found += [page.headers["location"]] if "location" in page.headers else []
        for link in found:
            assert link.startswith(f"{PREFIX}/console"), (path, link)
        posts = ("/logout", "/resume")
        pages += {it for it in found if it not in seen and not it.endswith(posts)} - set(pages)
    assert f"{PREFIX}/console/deletions/{number}/approve" in seen
    assert f"{PREFIX}/console/dead-letters/events/1/dismiss" in seen
    form = visitor.csrf() | {"number": str(number)}
    done = visitor.post(f"/deletions/{number}/cancel", form)
    assert done.headers["location"] == f"{PREFIX}/console/deletions/{number}"
    assert f"Path={PREFIX}/console;" in done.headers["set-cookie"] + ";"
    [shown] = visitor.get(f"/deletions/{number}").headers.get_list("set-cookie")
    assert f"Path={PREFIX}/console;" in shown + ";"
    assert commands.row(number).state is State.CANCELED
    left = visitor.post("/logout", form)
    assert f"Path={PREFIX}/console;" in left.headers["set-cookie"] + ";"


def test_the_rest_of_the_bridge_is_where_it_was(client: httpx.Client) -> None:
    assert client.get("/livez").json() == {"status": "alive"}
    assert client.post("/events", json={}).status_code == 401


def test_a_proxy_that_names_itself_as_the_host(commands: Commands) -> None:
    with serve(create_app(load_settings(commands.store, console_token=TOKEN))) as url:
        visitor = Visitor(new_client(url))
        elsewhere = {"Origin": "https://ops.example.com"}
        for site, status in (("same-origin", 303), ("same-site", 403), ("cross-site", 403)):
            sent = {"name": "A", "token": TOKEN}
            answer = visitor.post("/login", sent, **elsewhere, Sec_Fetch_Site=site)
            assert answer.status_code == status
        visitor.client.close()


@pytest.mark.parametrize("value", ["bridge", "/a b", "/a?b", "//evil.example", "/a/../b", "/;x"])
def test_a_path_that_cannot_be_one_is_refused_at_start(commands: Commands, value: str) -> None:
    commands.monkeypatch.setenv("ROOT_PATH", value)
    result = commands.run("status")
    assert result.code == 2
    assert "ROOT_PATH must be the path" in result.err


def test_a_slash_alone_is_no_path(commands: Commands) -> None:
    given: list[str | None] = ["/", "", None, "/a/", "/a/b"]
    found = [load_settings(commands.store, root_path=value).root_path for value in given]
    assert found == [None, None, None, "/a", "/a/b"]
    assert Settings.model_fields["root_path"].default is None
