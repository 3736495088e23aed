"""The status API as the app asks it."""

from __future__ import annotations

from typing import Any

import httpx

TOKEN = "t0ken-" + "x" * 32
NAME = "backoffice"
API_TOKENS = f"{NAME}:{TOKEN}"


def ask(client: httpx.Client, path: str, *, token: str = TOKEN, **query: Any) -> httpx.Response:
    """A GET with the token."""
    return client.get(path, params=query, headers={"authorization": f"Bearer {token}"})


def answered(client: httpx.Client, path: str, **query: Any) -> Any:
    """A GET that must succeed, as JSON."""
    answer = ask(client, path, **query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def preview(client: httpx.Client, **content: Any) -> httpx.Response:
    """What `POST /deletions/preview` answers."""
    headers = {"authorization": f"Bearer {TOKEN}"}
    return client.post("/deletions/preview", json=content, headers=headers)
