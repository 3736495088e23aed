"""The file of the app's users: its forms, and what is wrong with it."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

import pytest

from sync.deletions.id_file import MAX_PROBLEMS
from sync.reconcile.users_file import Users, UsersRefused, reading
from sync.settings import Settings
from tests.helpers.settings import SettingsFactory

Read = Callable[..., tuple[Users, list[str]]]


@pytest.fixture
def read(new_settings: SettingsFactory) -> Read:
    """Reads a file; returns what is known of the users, and their ids in order."""

    def users(content: bytes, **settings: Any) -> tuple[Users, list[str]]:
        with reading(io.BytesIO(content), new_settings(**settings)) as it:
            return it, [row[0] for row in it.spool.execute("SELECT user_id FROM user ORDER BY 1")]

    return users


A_TABLE = "id,email,created_at\nu1,a@example.com,2026-01-01\nu2,b@example.com,2026-01-02\n"


@pytest.mark.parametrize(
    "content",
    [
        b"u1\nu2\n",
        b"u1\nu2",
        b"  u1  \nu2\t\n\n   \n",
        b"u1\r\nu2\r\n",
        b"u1\ru2\r",
        b"u1\nu2\nu1\n",
        b"id\nu1\nu2\n",
        b'"id"\n"u1"\n"u2"\n',
        b"User ID\nu1\nu2\n",
        b"user_id\nu1\nuser_id\nu2\n",
        b"\xef\xbb\xbfid\nu1\nu2\n",
        b"\xef\xbb\xbfu1\nu2\n",
        "u1\nu2\n".encode("utf-16"),
        "\ufeffu1\nu2\n".encode("utf-16-be"),
        "u1\nu2\n".encode("utf-16-le"),
        "u1\nu2\n".encode("utf-16-be"),
        A_TABLE.encode(),
        A_TABLE.replace(",", ";").encode("utf-16"),
        A_TABLE.replace(",", "\t").encode(),
        A_TABLE.replace("\n", "\r\n").replace("u1", '"u1"').encode(),
        (A_TABLE + A_TABLE).encode(),
        b"email;ID \na@example.com;u1\nb@example.com; u2 \n",
        b"id,userId\n1,u1\n2,u2\n",
        b'{"id": "u1", "email": "a"}\n{"email": "b", "id": "u2"}\n',
        b'{"id": 1, "user_id": "u1"}\n\n{"id": 2, "userId": "u2"}\n',
        b'"u1"\n"u2"\n',
    ],
    ids=lambda content: repr(content)[:40],
)
def test_the_forms_of_a_file(read: Read, content: bytes) -> None:
    users, ids = read(content)
    assert ids == ["u1", "u2"]
    assert users.number == 2
    assert users.sha256 == hashlib.sha256(content).hexdigest()


def test_ids_are_counted_once(read: Read) -> None:
    users, ids = read(b"1\n2\n1\n 1\n3\n")
    assert (users.number, users.repeated, ids) == (3, 2, ["1", "2", "3"])


def test_ids_that_hold_what_separates(read: Read) -> None:
    assert read(b'"a,b"\n"c;d"\n')[1] == ["a,b", "c;d"]
    assert read(b'id,x\n"a,b",1\n')[1] == ["a,b"]
    # A whole number of a language that writes JSON without quotes.
    assert read(b'{"id": 17}\n')[1] == ["17"]
    assert read("id\nZoë 🦊\n".encode("utf-16"))[1] == ["Zoë 🦊"]


@pytest.mark.parametrize(
    ("content", "line", "why"),
    [
        (b"", 1, "is empty"),
        (b" \n\n", 1, "is empty"),
        (b"\xef\xbb\xbf", 1, "is empty"),
        (b"id\n", 1, "nobody below it"),
        (A_TABLE.splitlines()[0].encode(), 1, "nobody below it"),
        (b"\n\nid\nid\n", 3, "nobody below it"),
        (b"u1,a@example.com,2026\nu2,b@example.com,2026\n", 1, "3 columns and no header"),
        (b"u1;a@example.com;2026\nu2;b@example.com;2026\n", 1, "3 columns and no header"),
        (b"id,userid,user_id\n1,2,3\n", 1, "two columns of ids"),
        (b'[{"id": "u1"}]', 1, "jq -c '.[]'"),
        (A_TABLE[:-12].encode(), 3, "has 2 values, the header 3: make sure that the file is whole"),
        (A_TABLE.replace("u2", " ").encode(), 3, "id: is missing or empty"),
        (b'{"id": "u1"}\n{"id": "u', 2, "must be one JSON object"),
        (b'{"id": "u1"}\n{"uid": "u2"}\n', 2, "id: is missing or empty"),
        (b'{"id": "u1"}\n{"id": null}\n', 2, "id: is missing or empty"),
        (b'{"id": "u1"}\n{"id": ["u2"]}\n', 2, "must be a string"),
        (b'{"id": "u1"}\n{"id": 1.5}\n', 2, "must be a string"),
        (b"u1\nu2,b\n", 2, "has 2 values, and a file without a header has one id on each line"),
        (b"u1\nu2\tb\n", 2, "has 2 values, and a file without a header has one id on each line"),
        (b'u1\n"u2\n', 2, "is not CSV"),
        (b'"u1\nu2\n', 1, "is not CSV"),
        (b"id\n" + b"x" * 256, 2, "at most 255 characters"),
        (b"u1\n" + b"x" * 100_000 + b"\nu3\n", 2, "is too long"),
        (b"x" * 100_000, 1, "is too long"),
        (b"u1\nu\xff2\n", 2, "must be UTF-8"),
        (b"u1\nu\x002\n", 2, "must be UTF-8 and hold no control characters"),
        ("u1\nu2".encode("utf-16")[:-1], 2, "must be UTF-8"),
    ],
    ids=lambda it: repr(it)[:40],
)
def test_what_is_refused_with_its_line(read: Read, content: bytes, line: int, why: str) -> None:
    with pytest.raises(UsersRefused) as refused:
        read(content)
    [(number, _)] = refused.value.problems
    assert number == line
    assert why in str(refused.value)
    # What a line holds may be a person's.
    assert "example.com" not in str(refused.value)


def test_of_many_problems_the_first_are_told_and_all_are_counted(read: Read) -> None:
    with pytest.raises(UsersRefused) as refused:
        read(b"u1\n" + b"a,b\n" * 50)
    assert refused.value.total == 50
    assert [line for line, _ in refused.value.problems] == list(range(2, MAX_PROBLEMS + 2))
    assert str(refused.value).endswith("and 30 more")


def test_who_has_an_external_id_by_the_rule(read: Read, new_settings: SettingsFactory) -> None:
    def under(settings: Settings, *external_ids: str) -> dict[str, list[str]]:
        with reading(io.BytesIO(b'"u1"\n'), settings) as users:
            assert users.has("u1")
            assert not users.has("u2")
            return {key: list(value) for key, value in users.under(external_ids).items()}

    assert under(new_settings(), "u1", "u2", "app-u1") == {"u1": ["u1"]}
    template = new_settings(mapping="template", external_id_template=" app-{user_id}")
    assert under(template, "u1", "u2", "app-u1") == {"app-u1": ["u1"]}
    assert under(new_settings(mapping="table"), "u1", "app-u1") == {}


def test_blanks_that_polar_takes_away_make_two_users_one_customers(
    new_settings: SettingsFactory,
) -> None:
    lines = b'{"id": "u1"}\n{"id": "u1 "}\n{"id": "  "}\n'
    with reading(io.BytesIO(lines), new_settings()) as users:
        assert users.number == 3
        assert users.under(["u1"]) == {"u1": ["u1", "u1 "]}
        assert users.has("  ")


class Endless:
    """So many lines, made as they are read."""

    def __init__(self, number: int) -> None:
        self._left: Iterator[int] = iter(range(number))

    def read(self, size: int) -> bytes:
        return b"".join(b"user-%d\n" % it for it in islice(self._left, size // 20))


@pytest.mark.slow
def test_a_million_lines_fit(new_settings: SettingsFactory) -> None:
    with reading(Endless(1_000_000), new_settings()) as users:
        assert (users.number, users.repeated) == (1_000_000, 0)
        assert users.under(["user-0", "user-999999", "user-1000000"]).keys() == {
            "user-0",
            "user-999999",
        }
