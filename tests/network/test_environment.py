"""Proxies and certificates in the environment: what is understood, and what is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from sync.network.environment import problems, proxy_for

PROXY = "http://user:hunter2@127.0.0.1:3128"
POLAR = "https://api.polar.sh"


@pytest.mark.parametrize(
    ("no_proxy", "url"),
    [
        ("*", POLAR),
        ("api.polar.sh", POLAR),
        ("polar.sh", POLAR),
        (".polar.sh", POLAR),
        ("*.polar.sh", POLAR),
        ("api.polar.sh:443", POLAR),
        ("API.Polar.SH", POLAR),
        ("localhost, fd00::/8 ,api.polar.sh", POLAR),
        ("10.0.0.0/8", "http://10.1.2.3:8080"),
        ("10.1.2.3", "http://10.1.2.3:8080"),
        ("10.1.2.3:8080", "http://10.1.2.3:8080"),
        ("fd00::/8", "http://[fd12::1]:8080"),
        ("[fd12::1]", "http://[fd12::1]:8080"),
        ("fd12::1", "http://[fd12::1]:8080"),
        ("[fd12::1]:8080", "http://[fd12::1]:8080"),
    ],
)
def test_no_proxy_names_who_is_reached_directly(no_proxy: str, url: str) -> None:
    assert proxy_for(url, {"ALL_PROXY": PROXY}) is not None
    assert proxy_for(url, {"ALL_PROXY": PROXY, "NO_PROXY": no_proxy}) is None
    assert proxy_for(url, {"ALL_PROXY": PROXY, "no_proxy": no_proxy}) is None


@pytest.mark.parametrize(
    "no_proxy",
    ["", ",", "fd00::/8", "[::1]", "[::1", "::/x", "olar.sh", "example.com", "::::", "."],
)
def test_what_no_proxy_does_not_name_goes_by_the_proxy(no_proxy: str) -> None:
    variables = {"ALL_PROXY": PROXY, "NO_PROXY": no_proxy}

    found = proxy_for(POLAR, variables)

    assert found is not None
    assert (found.variable, found.url) == ("ALL_PROXY", PROXY)
    assert list(problems(POLAR, variables)) == []


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "localhost", "polar.localhost"])
def test_this_machine_is_reached_directly(host: str) -> None:
    assert proxy_for(f"http://{host}:8080", {"ALL_PROXY": PROXY, "HTTP_PROXY": PROXY}) is None


def test_which_variable_counts() -> None:
    variables = {
        "HTTPS_PROXY": "a:1",
        "https_proxy": "b:2",
        "all_proxy": "c:3",
        "HTTP_PROXY": "d:4",
    }

    def chosen(url: str, **more: str) -> tuple[str, str] | None:
        found = proxy_for(url, variables | more)
        return (found.variable, found.url) if found else None

    assert chosen(POLAR) == ("https_proxy", "http://b:2")
    assert chosen("http://polar.test") == ("HTTP_PROXY", "http://d:4")
    assert chosen("http://polar.test", REQUEST_METHOD="GET") == ("all_proxy", "http://c:3")
    assert proxy_for(POLAR, {}) is None


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("socks5://127.0.0.1:1080", "httpx[socks]"),
        ("SOCKS5h://127.0.0.1:1080", "httpx[socks]"),
        ("socks://127.0.0.1:1080", "write socks5://"),
        ("socks4://127.0.0.1:1080", "write it as http://HOST:PORT"),
        ("ftp://127.0.0.1:1080", "write it as http://HOST:PORT"),
        ("http://proxy:hunter2", "write it as http://HOST:PORT"),
        ("http://", "write it as http://HOST:PORT"),
        ("http://user:hunter2@x@proxy:3128", "percent-encoding"),
        ("http://user:hunter2/x@proxy:3128", "percent-encoding"),
        ("http://[::1", "write it as http://HOST:PORT"),
        ("two words:3128", "write it as http://HOST:PORT"),
    ],
)
def test_a_proxy_that_cannot_be_used_is_one_line_with_the_remedy(value: str, words: str) -> None:
    for variable in ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
        [problem] = problems(POLAR, {variable: value})
        assert problem.startswith(f"{variable} ")
        assert words in problem
        assert "hunter2" not in problem
    assert list(problems(POLAR, {"http_proxy": value})) == []
    assert list(problems(POLAR, {"ALL_PROXY": value, "NO_PROXY": "polar.sh"})) == []


def test_certificates_that_are_not_there(tmp_path: Path) -> None:
    text = tmp_path / "text.pem"
    text.write_text("no certificate")

    def said(**variables: str) -> list[str]:
        return list(problems(POLAR, variables))

    for path, words in ((tmp_path / "none", "not there"), (tmp_path, "not there"), (text, "PEM")):
        [problem] = said(SSL_CERT_FILE=str(path))
        assert problem.startswith("SSL_CERT_FILE names a file")
        assert words in problem
    [problem] = said(SSL_CERT_DIR=str(tmp_path / "none"))
    assert problem.startswith("SSL_CERT_DIR names a directory that is not there")
    assert said(SSL_CERT_DIR=str(tmp_path)) == said(SSL_CERT_FILE="", SSL_CERT_DIR="") == []
