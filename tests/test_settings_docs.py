"""README's table of settings and `.env.example` against the class: a setting is in all three."""

from __future__ import annotations

import re
from pathlib import Path

from pydantic import SecretStr
from pydantic.fields import FieldInfo

from sync.settings import RelaySettings, Settings

ROOT = Path(__file__).parent.parent


def default_of(field: FieldInfo) -> str:
    """As README has it."""
    if field.is_required():
        return "required"
    match field.default:
        case None | ():
            return ""
        case "":
            return "the preset's"
        case bool() as value:
            return f"`{str(value).lower()}`"
        case float() as value:
            return f"`{value:.0f}`"
        case tuple() as value:
            return f"`{','.join(value)}`"
        case SecretStr() as value:
            return f"`{value.get_secret_value()}`"
        case value:
            return f"`{value}`"


def test_readme_has_every_setting_with_its_default() -> None:
    readme = (ROOT / "README.md").read_text()
    table = readme.partition("## Configuration")[2].partition("\n## ")[0]
    described: dict[str, str] = {}
    for names, defaults in re.findall(r"^\| (`[A-Z_`, ]+`) \| *(.*?) *\|", table, re.MULTILINE):
        variables = re.findall(r"[A-Z_]+", names)
        # Some say in brackets what the number means.
        values = re.sub(r" \(.*?\)", "", defaults).split(", ")
        for number, variable in enumerate(variables):
            described[variable] = values[min(number, len(values) - 1)]

    assert described == {
        name.upper(): default_of(field) for name, field in Settings.model_fields.items()
    }


def test_the_example_has_what_is_required_and_nothing_unknown() -> None:
    lines = (ROOT / ".env.example").read_text()
    given = set(re.findall(r"^([A-Z_]+)=", lines, re.MULTILINE))
    mentioned = set(re.findall(r"^# ([A-Z_]+)=", lines, re.MULTILINE))

    assert given == {
        name.upper() for name, field in Settings.model_fields.items() if field.is_required()
    }
    assert mentioned <= {name.upper() for name in Settings.model_fields}


def test_the_relays_page_has_its_settings() -> None:
    page = (ROOT / "docs/relay.md").read_text()
    named = re.findall(
        r"`([A-Z_]+)`", "".join(re.findall(r"^\| (`[A-Z_`, ]+`) \|", page, re.MULTILINE))
    )
    beside = {"HOST", "PORT"}
    assert {*named} | beside == {name.upper() for name in RelaySettings.model_fields}
