"""API_TOKENS: who is who, and what cannot be used."""

from __future__ import annotations

import pytest

from sync.api_tokens import owner, read_tokens
from sync.settings import Settings, SettingsError
from tests.helpers.settings import load_settings
from tests.helpers.store import DatabaseFactory

A, B = "a" * 32, "b" * 40


def test_each_token_has_its_name() -> None:
    tokens = read_tokens(f"backoffice:{A}, ci-1:{B},")
    assert [it.name for it in tokens] == ["backoffice", "ci-1"]
    assert (owner(tokens, A), owner(tokens, B)) == ("backoffice", "ci-1")
    for wrong in ("", A[:-1], A + "a", B + A, "ä" * 32):
        assert owner(tokens, wrong) is None


def test_it_is_off_unless_it_is_set(new_database: DatabaseFactory) -> None:
    assert load_settings(new_database()).api_tokens == ()


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (A, "entry 1"),
        (f":{A}", "no name of letters"),
        (f"back office:{A}", "entry 1"),
        (f"böse:{A}", "no name of letters"),
        (f"{'n' * 65}:{A}", "no name of letters"),
        ("backoffice:", "no token"),
        (f"backoffice:{A}ä", "no header can carry"),
        (f"backoffice:{A}:{A}", "no header can carry"),
        (f"backoffice:{'a' * 31}", "shorter than 32 characters in entry 1"),
        (f"one:{A},two:short", "shorter than 32 characters in entry 2"),
        (f"one:{A},one:{B}", "a name that comes before in entry 2"),
        (f"one:{A},two:{A}", "a token that comes before in entry 2"),
        (f"'one:{A}'", "quotes around its value"),
        (",", "no name of letters"),
    ],
)
def test_what_cannot_be_used_is_one_line_without_the_value(
    new_database: DatabaseFactory, value: str, said: str
) -> None:
    with pytest.raises(SettingsError) as error:
        load_settings(new_database(), api_tokens=value)
    [problem] = error.value.problems
    assert problem.startswith("API_TOKENS ")
    assert said in problem
    assert A[:8] not in problem
    assert "short," not in problem
    assert "backoffice:a" not in problem


def test_it_is_never_shown(new_database: DatabaseFactory) -> None:
    settings: Settings = load_settings(new_database(), api_tokens=f"backoffice:{A}")
    assert A not in f"{settings!r} {settings} {settings.api_tokens}"
