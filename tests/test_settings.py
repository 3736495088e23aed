"""Settings as people write them: what is understood, and the one line for what is not."""

from __future__ import annotations

import base64
import codecs
from pathlib import Path

import pytest

from sync.settings import Settings, SettingsError
from tests.helpers.settings import EVENT_SECRET, HASH_KEY, POLAR_SECRET, environment, load_settings

OTHER = "whsec_" + base64.b64encode(b"another key that an app signs with").decode()


@pytest.fixture(autouse=True)
def deployment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name, value in environment(tmp_path / "polar-sync.db").items():
        monkeypatch.setenv(name, value)


def problem() -> str:
    """The one line of what cannot be used."""
    with pytest.raises(SettingsError) as raised:
        Settings.load()
    [line] = raised.value.problems
    assert "\n" not in line
    for secret in (EVENT_SECRET, HASH_KEY, POLAR_SECRET, "polar_oat_test"):
        assert secret not in line
    return line


@pytest.mark.parametrize(
    ("text", "secrets"),
    [
        (f"v1,{EVENT_SECRET}", [EVENT_SECRET]),
        (f"v1,{EVENT_SECRET},v1,{OTHER}", [EVENT_SECRET, OTHER]),
        (f" v1,{EVENT_SECRET} {OTHER} ", [EVENT_SECRET, OTHER]),
    ],
)
def test_a_secret_may_have_its_version_before_it(
    monkeypatch: pytest.MonkeyPatch, text: str, secrets: list[str]
) -> None:
    monkeypatch.setenv("EVENT_SECRETS", text)
    assert [it.get_secret_value() for it in Settings.load().event_secrets] == secrets


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("[::1]", "::1"),
        ("::", "::"),
        ("fe80::1%eth0", "fe80::1%eth0"),
        ("0.0.0.0", "0.0.0.0"),  # noqa: S104 - nothing listens here
        ("localhost", "localhost"),
        ("bridge.example.com", "bridge.example.com"),
    ],
)
def test_where_to_listen(monkeypatch: pytest.MonkeyPatch, host: str, address: str) -> None:
    monkeypatch.setenv("HOST", host)
    assert Settings.load().host == address


@pytest.mark.parametrize(
    ("variable", "value", "words"),
    [
        ("EVENT_SECRETS", f'"{EVENT_SECRET}"', "quotes"),
        ("EVENT_SECRETS", f"'{EVENT_SECRET}','{OTHER}'", "quotes"),
        ("EVENT_SECRETS", f'{OTHER},"{EVENT_SECRET}"', "quotes"),
        ("EVENT_SECRETS", "v1a,whpk_" + OTHER[6:], "asymmetric"),
        ("POLAR_WEBHOOK_SECRETS", f'"{POLAR_SECRET}"', "quotes"),
        ("POLAR_WEBHOOK_SECRETS", f'x{POLAR_SECRET},"{POLAR_SECRET}"', "quotes"),
        ("POLAR_ACCESS_TOKEN", "'polar_oat_test'", "quotes"),
        ("DATABASE_URL", '"sqlite:///polar-sync.db"', "quotes"),
        ("EVENT_USER_ID_PATH", '"data.id"', "quotes"),
        ("CONCURRENCY", "'8'", "quotes"),
        ("HOST", "http://0.0.0.0", "such as 0.0.0.0 or ::1"),
        ("HOST", "0.0.0.0:8000", "PORT"),
        ("HOST", "[::1]:8000", "PORT"),
        ("RECONCILE_CRON", "0 15 3 * * *", "five fields"),
        ("RECONCILE_CRON", "15 3 * *", "five fields"),
        ("RECONCILE_CRON", "@daily", "five fields"),
        ("EVENT_PRESET", "clerk.com", "did you mean clerk?"),
        ("EVENT_PRESET", "Clerk", "did you mean clerk?"),
        ("EVENT_PRESET", "okta", "must be standard or svix or clerk or workos"),
        ("WORKER", "seperate", "did you mean separate?"),
        ("POLAR_SERVER", "sanbox", "did you mean sandbox?"),
        ("DATABASE_URL", "sqlite://", "in memory"),
        ("ALL_PROXY", "socks://127.0.0.1:1", "socks5://"),
        ("SSL_CERT_FILE", "/nowhere/at/all.pem", "not there"),
        ("POLAR_BASE_URL", "https://[::1", "such as https://api.polar.sh"),
        ("POLAR_BASE_URL", "https://h:80:80", "such as https://api.polar.sh"),
        ("POLAR_BASE_URL", "https://h:99999", "such as https://api.polar.sh"),
        ("PUBLIC_URL", "https://[::1", "such as https://bridge.example.com"),
        ("PUBLIC_URL", "https://h:99999", "such as https://bridge.example.com"),
        ("DATABASE_URL", "sqlite:///x.db?timeout=long", "not a number"),
        ("POLAR_BASE_URL", "https://me:secret@api.polar.sh", "POLAR_ACCESS_TOKEN"),
        ("EVENT_TYPE_DELETED", "user.deleted,user.removed", "the type of one event"),
        ("EVENT_TYPE_RESTORED", "user.restored user.back", "the type of one event"),
        ("RATE_PER_MINUTE", "abc", "must be a whole number"),
        ("LEASE", "30s", "must be a number, in digits"),
        ("ANONYMIZE", "perhaps", "must be true or false"),
    ],
)
def test_what_cannot_be_used_is_one_line_that_names_the_variable(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, words: str
) -> None:
    monkeypatch.setenv(variable, value)
    line = problem()
    assert line.startswith(f"{variable} ")
    assert words in line


@pytest.mark.parametrize("in_file", [False, True])
def test_a_variable_with_nearly_the_name_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, in_file: bool
) -> None:
    monkeypatch.delenv("POLAR_WEBHOOK_SECRETS")
    if in_file:
        (tmp_path / ".env").write_text(f"POLAR_WEBHOOK_SECRET={POLAR_SECRET}\n")
    else:
        monkeypatch.setenv("POLAR_WEBHOOK_SECRET", POLAR_SECRET)
    line = problem()
    assert line.startswith("POLAR_WEBHOOK_SECRETS is not set")
    assert "POLAR_WEBHOOK_SECRET, which is set" in line


def test_a_key_is_taken_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """Any other reading of it would be another key."""
    monkeypatch.setenv("HASH_KEY", f'"{HASH_KEY}"')
    assert Settings.load().hash_key.get_secret_value() == f'"{HASH_KEY}"'


@pytest.mark.parametrize("mark", [b"", codecs.BOM_UTF8], ids=["plain", "BOM"])
@pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["LF", "CRLF"])
@pytest.mark.parametrize("quote", ["", "'", '"'])
def test_a_file_of_settings_as_editors_write_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mark: bytes, end: str, quote: str
) -> None:
    variables = environment(tmp_path / "polar-sync.db")
    for name in variables:
        monkeypatch.delenv(name)
    lines = [f"{name}={quote}{value}{quote}{end}" for name, value in variables.items()]
    (tmp_path / ".env").write_bytes(mark + "".join(lines).encode())

    settings = Settings.load()

    assert settings.polar_access_token.get_secret_value() == "polar_oat_test"
    assert settings.hash_key.get_secret_value() == HASH_KEY
    assert settings.database_url.get_secret_value() == variables["DATABASE_URL"]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "latin-1"])
def test_a_file_of_settings_in_another_encoding_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, encoding: str
) -> None:
    (tmp_path / ".env").write_bytes("# für alle\nHOST=localhost\n".encode(encoding))
    assert problem() == ".env is not UTF-8: save it as UTF-8, and not UTF-16"
    monkeypatch.delenv("HASH_KEY")
    text = f"HASH_KEY={HASH_KEY}\n" if encoding.startswith("utf") else f"HASH_KEY=ü{HASH_KEY}"
    (tmp_path / ".env").write_bytes(text.encode(encoding))
    assert problem() == ".env is not UTF-8: save it as UTF-8, and not UTF-16"


def test_a_name_in_the_file_that_is_nearly_a_setting_is_warned_of(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("MAPING=table\nSMTP_SERVER=mail\nWORKER=separate\n")
    file.chmod(0o600)
    assert list(Settings.load().warnings()) == ["MAPING in .env is no setting: is MAPPING meant?"]


@pytest.mark.parametrize(("mode", "warns"), [(0o600, False), (0o640, True), (0o644, True)])
def test_a_file_of_secrets_that_others_can_read_is_warned_of(
    tmp_path: Path, mode: int, warns: bool
) -> None:
    (tmp_path / ".env").touch()
    (tmp_path / ".env").chmod(mode)
    found = list(Settings.load().warnings())
    assert bool(found) is warns
    assert all(f"({mode:04o})" in line and "chmod 600 .env" in line for line in found)


@pytest.mark.parametrize(
    ("url", "warns"),
    [
        ("http://api.polar.sh", True),
        ("http://10.0.0.7:8080", True),
        ("http://127.0.0.1:8080", False),
        ("http://[::1]:8080", False),
        ("http://localhost:8080", False),
        ("https://api.polar.sh", False),
    ],
)
def test_a_token_in_clear_is_warned_of(
    monkeypatch: pytest.MonkeyPatch, url: str, warns: bool
) -> None:
    monkeypatch.setenv("POLAR_BASE_URL", url)
    warnings = list(Settings.load().warnings())
    assert len(warnings) == warns
    assert all(it.startswith("POLAR_BASE_URL begins with http://") for it in warnings)


@pytest.mark.parametrize(
    ("value", "remedy"),
    [
        ("updated,created", "must hold deleted and restored"),
        ("deleted,restored,update", "must be some of deleted, restored, updated, created"),
        ("user.deleted,user.restored", "must be some of"),
        ("'deleted,restored'", "quotes"),
    ],
)
def test_sync_events(value: str, remedy: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=f"SYNC_EVENTS.*{remedy}") as refusal:
        load_settings(tmp_path / "x.db", sync_events=value)
    assert len(refusal.value.problems) == 1


def test_two_events_of_one_type_cannot_be_told_apart_where_both_are_on(tmp_path: Path) -> None:
    names = {"event_type_restored": "user.created"}
    assert not load_settings(tmp_path / "x.db", **names).carries_profiles
    with pytest.raises(SettingsError, match="EVENT_TYPE_CREATED is the same as EVENT_TYPE_RESTORE"):
        load_settings(tmp_path / "x.db", sync_events="deleted,restored,created", **names)
