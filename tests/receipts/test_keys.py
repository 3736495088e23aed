"""The keys that receipts are signed with."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from jwcrypto.jwk import JWK

from sync.receipt_keys import ExtraMissing, ReceiptKey, jwks, read_keys
from sync.settings import Settings, SettingsError
from tests.helpers.receipts import KEY, OLDER, SETTING
from tests.helpers.settings import environment


def test_a_key_is_its_setting_again_and_its_id_is_the_thumbprint() -> None:
    key = ReceiptKey.new()
    assert read_keys(key.setting.get_secret_value()) == (key,)
    assert key != ReceiptKey.new()
    jwk = JWK(**key.jwk)
    assert jwk.thumbprint() == key.kid
    assert not jwk.has_private
    assert jwks((KEY, OLDER)) == {"keys": [KEY.jwk, OLDER.jwk]}


def test_a_key_shows_nothing_of_its_private_half() -> None:
    seed = KEY.seed.get_secret_value()
    assert seed in SETTING
    for shown in (repr(KEY), str(KEY.jwk), str(KEY.setting), repr(read_keys(SETTING))):
        assert seed not in shown


def test_the_example_of_rfc_8037() -> None:
    """Its appendix A."""
    key = ReceiptKey.of(
        bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
    )
    assert key.public == "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
    assert key.kid == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("ed25519:x", "has no key of the form ed25519:… in entry 1"),
        (f"{SETTING},-----BEGIN", "in entry 2"),
        (SETTING[:-1], "has no key of the form"),
        (f"{SETTING[:-2]}A{SETTING[-1]}", "has a key that is not whole in entry 1"),
        (f"{SETTING[:-1]}9", "has a key that is not whole in entry 1"),
        (SETTING.replace("ed25519:", "ed25519:x").replace(KEY.kid, KEY.kid[1:]), "not whole"),
        (f"{SETTING} {SETTING}", "has a key that comes before in entry 2"),
        (f'"{SETTING}"', "has quotes"),
    ],
)
def test_a_key_that_cannot_be_used_is_said_at_start_and_not_shown(
    text: str, words: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name, value in environment(tmp_path / "x.db", RECEIPT_KEY=text).items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as raised:
        Settings.load(_env_file=None)
    [problem] = raised.value.problems
    assert problem.startswith("RECEIPT_KEY ")
    assert words in problem
    for part in (KEY.kid[1:9], KEY.seed.get_secret_value()[:8], "BEGIN"):
        assert part not in problem


def test_without_the_extra_the_error_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cryptography.hazmat.primitives.asymmetric.ed25519", None)
    extra = "in a clone, uv tool install or pip install '.[receipts]'"
    with pytest.raises(ValueError, match="needs libraries that are missing") as raised:
        read_keys(SETTING)
    assert extra in str(raised.value)
    with pytest.raises(ExtraMissing) as missing:
        ReceiptKey.new()
    assert extra in str(missing.value)
