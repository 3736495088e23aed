"""A browser's part of the console, without a browser."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html import unescape

import httpx

TOKEN = "console-token-" + "c" * 32
WRONG = "console-token-" + "w" * 32


@dataclass
class Visitor:
    """Somebody with a browser that keeps cookies."""

    client: httpx.Client
    cookies: dict[str, str] = field(default_factory=dict)

    def get(self, path: str = "", **headers: str) -> httpx.Response:
        return self._sent("GET", path, {}, headers)

    def post(self, path: str, form: dict[str, str], **headers: str) -> httpx.Response:
        return self._sent("POST", path, form, headers)

    def _sent(
        self, method: str, path: str, form: dict[str, str], headers: dict[str, str]
    ) -> httpx.Response:
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        sent = {"cookie": cookie} if cookie else {}
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        # The client is others' as well, and would send what it was sent for them.
        self.client.cookies.clear()
        answer = self.client.request(
            method, f"/console{path}", data=form or None, headers={**sent, **named}
        )
        for made in answer.headers.get_list("set-cookie"):
            name, _, value = made.partition(";")[0].partition("=")
            self.cookies[name] = value.strip('"')
        return answer

    def log_in(self, name: str = "Ann", token: str = TOKEN, **form: str) -> httpx.Response:
        return self.post("/login", {"name": name, "token": token, **form})

    def csrf(self) -> dict[str, str]:
        """What each form of this session carries."""
        [token] = set(re.findall(r'name="csrf" value="([^"]+)"', self.get("/pause").text))
        return {"csrf": token}


def text_of(answer: httpx.Response) -> str:
    """What a person reads on the page."""
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", answer.text)).split())
