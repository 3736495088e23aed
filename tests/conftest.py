"""Fixtures that several test modules share."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from sync.database import migrate
from sync.settings import Settings
from tests.support import load_settings

DatabaseFactory = Callable[[], Path]
SettingsFactory = Callable[..., Settings]


@pytest.fixture(scope="session")
def new_database(tmp_path_factory: pytest.TempPathFactory) -> DatabaseFactory:
    """Makes migrated, empty SQLite files, each in a directory of its own."""
    template = tmp_path_factory.mktemp("template") / "polar-sync.db"
    migrate(f"sqlite:///{template}")

    def make() -> Path:
        return Path(shutil.copy(template, tmp_path_factory.mktemp("database") / template.name))

    return make


@pytest.fixture(scope="session")
def new_settings(new_database: DatabaseFactory) -> SettingsFactory:
    """Makes settings, each for a database of its own. Keyword arguments override fields."""

    def make(**overrides: object) -> Settings:
        return load_settings(new_database(), **overrides)

    return make
