"""`polar-sync receipt` and `polar-sync keys`."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest

from sync.deletions.observations import OrphanFound
from sync.receipt_keys import read_keys
from tests.helpers.commands import CUSTOMER, VERIFIED, Commands, finished
from tests.helpers.engines import BOTH_ENGINES, SQLITE
from tests.helpers.receipts import KEY, OLDER, SETTING, receipt
from tests.helpers.settings import HASH_KEY, environment

pytestmark = BOTH_ENGINES


@pytest.fixture
def signing(commands: Commands) -> Commands:
    """With RECEIPT_KEY."""
    commands.monkeypatch.setenv("RECEIPT_KEY", SETTING)
    return commands


def saved(commands: Commands, *arguments: str) -> Path:
    """What the command prints, in a file."""
    result = commands.run(*arguments)
    assert result.code == 0, result.err
    file = commands.store.directory / f"{'-'.join(arguments)}.json"
    file.write_text(result.out)
    return file


def test_a_receipt_is_signed_with_a_key_and_checked_with_it(signing: Commands) -> None:
    number = str(signing.deletion("user-1", *VERIFIED))
    file = saved(signing, "receipt", number)
    whole = json.loads(file.read_text())

    checked = signing.run("receipt", "verify", str(file), "--json")
    assert checked.code == 0
    assert checked.json == {
        "deletion": int(number),
        "state": "verified",
        "holds": True,
        "signature": {"outcome": "ok", "detail": f"made with the key {KEY.kid}"},
        "seal": {"outcome": "ok", "detail": "made with this HASH_KEY"},
        "chain": {
            "outcome": "ok",
            "detail": f"{len(whole['evidence'])} pieces of evidence, each in its place",
        },
    }
    assert signing.run("receipt", "show", number).json == whole
    # Without the key it is as it always was.
    signing.monkeypatch.delenv("RECEIPT_KEY")
    del whole["signature"]
    assert signing.run("receipt", number).json == whole


@pytest.mark.slow
def test_an_auditor_needs_the_public_keys_alone(signing: Commands) -> None:
    file = saved(signing, "receipt", str(signing.deletion("user-1", *VERIFIED)))
    jwks = saved(signing, "keys", "jwks")
    nothing = signing.store.directory / "nothing"
    nothing.mkdir()

    arguments = ("receipt", "verify", str(file), "--jwks", str(jwks))
    result = finished(*arguments, variables={}, cwd=nothing)
    assert (result.code, result.err) == (0, "")
    assert KEY.kid in result.out
    assert "unchecked" in result.out

    file.write_text(file.read_text().replace(CUSTOMER, CUSTOMER[::-1]))
    result = finished(*arguments, "--json", variables={}, cwd=nothing)
    assert (result.code, result.err) == (1, "error: the receipt does not hold\n")
    assert result.json["holds"] is False
    assert result.json["signature"]["outcome"] == "fail"


def test_after_a_rotation_the_old_receipts_hold(signing: Commands) -> None:
    signing.monkeypatch.setenv("RECEIPT_KEY", OLDER.setting.get_secret_value())
    number = str(signing.deletion("user-1", *VERIFIED))
    old = saved(signing, "receipt", number).rename(signing.store.directory / "old.json")

    both = f"{SETTING},{OLDER.setting.get_secret_value()}"
    signing.monkeypatch.setenv("RECEIPT_KEY", both)
    keys = signing.run("keys", "jwks")
    assert keys.json == {"keys": [KEY.jwk, OLDER.jwk]}
    assert signing.run("receipt", "verify", str(old), "--json").json["holds"] is True
    new = saved(signing, "receipt", number)
    assert KEY.kid in signing.run("receipt", "verify", str(new)).out

    signing.monkeypatch.setenv("RECEIPT_KEY", SETTING)
    report = signing.run("receipt", "verify", str(old), "--json")
    assert report.code == 1
    assert "none of those given" in report.json["signature"]["detail"]
    assert report.json["seal"]["outcome"] == "ok"


def test_a_receipt_from_before_is_checked_by_its_seal(commands: Commands) -> None:
    file = saved(commands, "receipt", str(commands.deletion("user-1", *VERIFIED)))
    assert commands.run("receipt", "verify", str(file)).code == 0

    commands.monkeypatch.setenv("HASH_KEY", HASH_KEY[::-1])
    assert commands.run("receipt", "verify", str(file)).code == 1
    commands.monkeypatch.delenv("HASH_KEY")
    result = commands.run("receipt", "verify", str(file))
    assert (result.code, result.err) == (1, "error: nothing says whose receipt this is\n")


@SQLITE
def test_from_stdin_and_what_cannot_be_read(commands: Commands) -> None:
    def given(content: bytes) -> None:
        commands.monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))

    given(json.dumps(receipt()).encode())
    assert commands.run("receipt", "verify", "-").code == 0
    for content in (b"", b"{", b"x" * 10_000_000):
        given(content)
        result = commands.run("receipt", "verify", "-", "--json")
        assert result.code == result.json["exit_code"] == 2
        assert result.json["problems"][0].startswith("it is no receipt: ")
    for arguments in (("/nowhere.json",), (".",), ("-", "--jwks", "/nowhere.json"), ()):
        assert commands.run("receipt", "verify", *arguments).code == 2
    given(json.dumps(receipt()).encode())
    keys = commands.store.directory / "keys.json"
    keys.write_text('{"keys": []}')
    result = commands.run("receipt", "verify", "-", "--jwks", str(keys))
    assert (result.code, result.err) == (2, "error: the JWK set has no Ed25519 key\n")


@pytest.mark.slow
@SQLITE
def test_a_new_key_is_a_line_for_the_settings(commands: Commands, tmp_path: Path) -> None:
    result = finished("keys", "new", variables={}, cwd=tmp_path)
    assert result.code == 0
    name, _, text = result.out.rstrip("\n").partition("=")
    [key] = read_keys(text)
    assert (name, result.err) == ("RECEIPT_KEY", f"its public half is known as {key.kid}\n")

    (tmp_path / ".env").write_text(result.out)
    shown = finished("keys", "jwks", variables={}, cwd=tmp_path)
    assert shown.json == {"keys": [key.jwk]}
    assert key.seed.get_secret_value() not in shown.out
    assert finished("keys", "new", variables={}, cwd=tmp_path).out != result.out
    (tmp_path / ".env").write_text(result.out[:-9])
    for command in (("keys", "jwks"), ("receipt", "verify", ".env")):
        refused = finished(*command, variables={}, cwd=tmp_path)
        assert refused.code == 2
        assert refused.err.startswith("error: RECEIPT_KEY has no key")
        assert key.seed.get_secret_value()[:8] not in refused.err + refused.out


@SQLITE
def test_a_page_for_people(signing: Commands) -> None:
    signing.monkeypatch.setenv("PUBLIC_URL", "https://bridge.example.com")
    number = str(signing.deletion("user-1", *VERIFIED))
    result = signing.run("receipt", number, "--html", "--user", "user-1")
    assert (result.code, result.err) == (0, "this is the receipt of user-1\n")
    assert result.out.startswith("<!doctype html>")
    assert "https://bridge.example.com/.well-known/jwks.json" in result.out
    assert KEY.kid in result.out
    assert "user-1" not in result.out

    signing.sql("UPDATE evidence SET source = 'operator' WHERE seq = 2")
    broken = signing.run("receipt", number, "--html")
    assert (broken.code, "Do not rely on this page" in broken.out) == (1, True)


@SQLITE
def test_a_page_of_an_audits_says_as_of_when(commands: Commands) -> None:
    number = commands.deletion("user-1", OrphanFound(customer_id=CUSTOMER))
    page = commands.run("receipt", str(number), "--html").out
    assert "not among the app's users as of" in " ".join(page.split())


@pytest.mark.slow
@SQLITE
def test_off_it_is_not_imported_and_without_the_extra_the_error_names_it(
    commands: Commands,
) -> None:
    number = str(commands.deletion("user-1", *VERIFIED))
    code = (
        "import sys\n"
        "for name in ('cryptography', 'joserfc', 'jinja2', 'rfc8785'): sys.modules[name] = None\n"
        "from sync.cli.main import main\n"
        "main()"
    )

    def bare(*arguments: str, **more: str) -> tuple[int, str, str]:
        result = finished(
            *arguments,
            variables=environment(commands.store, **more),
            cwd=commands.store.directory,
            code=code,
        )
        return result.code, result.out, result.err

    status, out, err = bare("receipt", number)
    assert (status, err) == (0, "")
    file = commands.store.directory / "old.json"
    file.write_text(out)
    assert bare("receipt", "verify", str(file))[0] == 0
    extra = "missing: in a clone, uv tool install or pip install '.[receipts]'\n"
    for arguments, variables in (
        (("receipt", number, "--html"), {}),
        (("receipt", number), {"RECEIPT_KEY": SETTING}),
        (("receipt", "verify", str(file)), {"RECEIPT_KEY": SETTING}),
        (("receipt", "verify", str(file), "--jwks", str(file)), {}),
        (("keys", "new"), {}),
        (("serve",), {"RECEIPT_KEY": SETTING}),
    ):
        status, _, err = bare(*arguments, **variables)
        assert (status, err.count("\n")) == (2, 1)
        assert err.endswith(extra)
