"""DATABASE_URL, `--from` and `--to`: what is understood, and what is named."""

from __future__ import annotations

from urllib.parse import quote

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from sync.database_url import usable
from sync.settings import SettingsError
from sync.store.opening import database_at

HERE = "postgresql://user:hunter2@127.0.0.1:1/bridge"


@pytest.mark.parametrize(
    ("url", "understood"),
    [
        ("sqlite:///polar-sync.db", None),
        ("sqlite:////var/lib/polar-sync.db", None),
        ("sqlite:///polar-sync.db?timeout=2.5&check_same_thread=false", None),
        ("sqlite+aiosqlite:///polar-sync.db", None),
        ("postgres://u:p@h/d", "postgresql://u:p@h/d"),
        ("postgresql+asyncpg://u:p@h/d", None),
        ("postgresql+psycopg://u:p@h/d", None),
        ("postgresql:///d?host=/run/postgresql&user=a%40b", None),
        ("postgresql://h/d?sslmode=verify-full&options=-csearch_path%3Dbridge", None),
        ("postgresql://u:p%23%40?&/:x@[::1]:5432/d?connect_timeout=3", None),
        ("postgresql://h1:5432,h2:5432/d?target_session_attrs=read-write", None),
    ],
)
def test_what_is_understood(url: str, understood: str | None) -> None:
    assert usable(url) == (understood or url)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("mysql://u:hunter2@h/d", "sqlite:/// or postgresql://"),
        ("polar-sync.db", "sqlite:/// or postgresql://"),
        ("", "sqlite:/// or postgresql://"),
        ('"sqlite:///polar-sync.db"', "quotes"),
        ("sqlite:///polar-sync.db'", "quotes"),
        (" sqlite:///polar-sync.db", "blank"),
        ("sqlite:///polar-sync.db\n", "blank"),
        ("sqlite://", "in memory"),
        ("sqlite:///", "in memory"),
        ("sqlite:///:memory:", "in memory"),
        ("sqlite:///file::memory:?cache=shared&uri=true", "in memory"),
        ("sqlite:///file:x?mode=memory&uri=true", "in memory"),
        ("sqlite:///%3Amemory%3A", "in memory"),
        ("sqlite://polar-sync.db", "third slash"),
        ("sqlite:///polar-sync.db?hunter2=1", "driver does not know"),
        ("sqlite:///file:polar-sync.db?uri=true", "take it out"),
        ("sqlite:///polar-sync.db?timeout=hunter2", "not a number"),
        (f"{HERE}?pgbouncer=true", "pgbouncer, which is another client's: take it out"),
        (f"{HERE}?sslmode=require&schema=public", "options=-csearch_path%3DNAME"),
        (f"{HERE}?ssl=require", "sslmode=require"),
        (f"{HERE}?ssl=true", "sslmode=require"),
        (f"{HERE}?connection_limit=1", "take it out"),
        (f"{HERE}?sslmod=require", "did you mean sslmode?"),
        (f"{HERE}?whatever=1", "does not know"),
        (f"{HERE}?sslmode=no-verify", "verify-full"),
        ("postgresql://user:hunter2@x@h/d", "%40"),
        ("postgresql://user:hun@ter2/x@h/d", "%40"),
        ("postgresql://user:a@hunter2?x@h/d", "percent-encode"),
    ],
)
def test_what_is_named_with_the_remedy_and_without_the_value(url: str, words: str) -> None:
    for origin in ("DATABASE_URL", "--from"):
        with pytest.raises(SettingsError) as raised:
            database_at(url, origin)
        [problem] = raised.value.problems
        assert problem.startswith(f"{origin} ")
        assert words in problem
        assert "hunter2" not in problem


@given(st.text("abcXYZ019@#/:?%&=+ !$[]", min_size=3, max_size=20))
def test_no_password_is_printed_and_none_is_cut(password: str) -> None:
    """As it is, it is understood whole or refused without a word of it; percent-encoded, it is
    understood."""
    secret = f"hunter{password}hunter"
    encoded = f"postgresql://user:{quote(secret, safe='')}@127.0.0.1:1/bridge"
    assert sa.make_url(usable(encoded)).password == secret
    try:
        url = sa.make_url(usable(f"postgresql://user:{secret}@127.0.0.1:1/bridge"))
    except ValueError as error:
        said = str(error)
    else:
        said = ""
        # SQLAlchemy decodes it, so what begins with a per cent sign may be another one.
        assert (url.username, url.host, url.database) == ("user", "127.0.0.1", "bridge")
        assert "%" in secret or url.password == secret
    assert "hunter" not in said
