"""DATABASE_URL: which databases can be named, and what is wrong with one that cannot. Pure.

A message never repeats a part of the URL: where a password holds what it should not, nobody can
tell where it ends.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from difflib import get_close_matches
from urllib.parse import unquote

CONNECTION: Mapping[str, str | int] = {
    # Whatever PGCLIENTENCODING or the role's own setting says.
    "client_encoding": "utf8",
    "connect_timeout": 10,
    # A server that has gone without a word is noticed within a minute.
    "keepalives_idle": 20,
    "keepalives_interval": 10,
    "keepalives_count": 3,
}
"""What libpq is told of every connection to a PostgreSQL, beside its URL."""
_OPTIONS = frozenset(
    # libpq's, of PostgreSQL 18: https://www.postgresql.org/docs/current/libpq-connect.html
    re.findall(
        r"\w+",
        """
        host hostaddr port dbname user password passfile require_auth channel_binding
        connect_timeout client_encoding options application_name fallback_application_name
        keepalives keepalives_idle keepalives_interval keepalives_count tcp_user_timeout
        replication gssencmode sslmode requiressl sslnegotiation sslcompression sslcert sslkey
        sslkeylogfile sslpassword sslcertmode sslrootcert sslcrl sslcrldir sslsni requirepeer
        ssl_min_protocol_version ssl_max_protocol_version min_protocol_version
        max_protocol_version krbsrvname gsslib gssdelegation scram_client_key scram_server_key
        service servicefile target_session_attrs load_balance_hosts oauth_issuer oauth_client_id
        oauth_client_secret oauth_scope
        """,
    )
)
_OF_OTHERS: Mapping[str, str] = {
    # Prisma's and Supabase's, asyncpg's, node-postgres's
    "pgbouncer": "take it out: that PgBouncer is in between is noticed",
    "schema": "write options=-csearch_path%3DNAME in its place",
    "ssl": "write sslmode=require in its place",
    "sslaccept": "write sslmode=require in its place, or sslmode=verify-full",
    "connection_limit": "take it out: a process opens ten connections at most",
    "pool_timeout": "take it out",
    "statement_cache_size": "take it out",
    "prepared_statement_cache_size": "take it out",
    "prepare_threshold": "take it out",
    "search_path": "write options=-csearch_path%3DNAME in its place",
}
"""Options that other clients have, with what to write here."""
_SSLMODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
_OPTIONS_OF_SQLITE: Mapping[str, bool] = {
    "timeout": True,
    "cached_statements": True,
    "check_same_thread": False,
    "isolation_level": False,
}
"""Those of Python's driver that do no harm, and whether each is a number."""
_CREDENTIALS = re.compile(r"[^:/@]*(?::[^@]*)?@")
"""As SQLAlchemy finds them: the first `@` ends the password."""


def usable(url: str) -> str:
    """The URL as SQLAlchemy takes it.

    Raises:
        ValueError: it names no database that can be used. The message goes on from the variable's
            name, and holds no part of the URL.
    """
    if re.search(r"^[\"']|[\"']$", url):
        raise ValueError("has quotes around it: take them away")
    if url != url.strip():
        raise ValueError("has a blank at its beginning or end: take it away")
    # Many a platform still writes it the old way.
    url = re.sub(r"^postgres://", "postgresql://", url)
    found = re.match(r"(sqlite|postgresql)(?:\+\w+)?://", url)
    if found is None:
        raise ValueError(
            "must begin with sqlite:/// or postgresql://, for instance sqlite:///polar-sync.db"
        )
    rest = url[found.end() :]
    if found[1] == "sqlite":
        _check_sqlite(rest)
    else:
        _check_postgresql(rest)
    return url


def _check_sqlite(rest: str) -> None:
    path, _, options = rest.partition("?")
    if path in {"", "/"} or ":memory:" in unquote(path) or "mode=memory" in unquote(options):
        raise ValueError(
            "names a SQLite database in memory, where nothing would be durable: name a file, for"
            " instance sqlite:///polar-sync.db"
        )
    if not path.startswith("/"):
        raise ValueError(
            "needs a third slash: sqlite:///polar-sync.db for a file beside, or"
            " sqlite:////var/lib/polar-sync.db for a whole path"
        )
    for option in filter(None, options.split("&")):
        name, _, value = option.partition("=")
        if name not in _OPTIONS_OF_SQLITE:
            raise ValueError(
                "has an option after ? that SQLite's driver does not know, or that names another"
                " file than the path: take it out"
            )
        if _OPTIONS_OF_SQLITE[name] and not value.replace(".", "", 1).isdecimal():
            raise ValueError(f"has a {name} that is not a number: take it out")


def _check_postgresql(rest: str) -> None:
    credentials = _CREDENTIALS.match(rest)
    place, _, options = rest[credentials.end() if credentials else 0 :].partition("?")
    if "@" in place:
        raise ValueError(
            "has more than one @, so it cannot be told where the password ends: percent-encode it"
            " (@ is %40, # is %23, / is %2F, : is %3A, ? is %3F, % is %25)"
        )
    for option in filter(None, options.split("&")):
        name, _, value = option.partition("=")
        if name in _OF_OTHERS:
            raise ValueError(
                f"has the option {name}, which is another client's: {_OF_OTHERS[name]}"
            )
        if name not in _OPTIONS:
            close = get_close_matches(name, _OPTIONS, 1, 0.75)
            hint = f"did you mean {close[0]}? " if close else ""
            raise ValueError(
                f"has an option after ? that PostgreSQL's client does not know: {hint}Take it out;"
                " or, if that is the password, percent-encode it (? is %3F)"
            )
        if name == "sslmode" and value not in _SSLMODES:
            raise ValueError(
                f"has an sslmode that is not known: write one of {', '.join(_SSLMODES)}"
            )
