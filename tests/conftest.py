"""Fixtures that several test modules share."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sync.database import migrate
from sync.settings import Settings
from tests.postgres import Postgres
from tests.store import Store
from tests.support import load_settings

DatabaseFactory = Callable[[], Path]
StoreFactory = Callable[[], Store]
SettingsFactory = Callable[..., Settings]


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers", "engines(name, ...): what the databases run on; SQLite unless told otherwise"
    )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """`engine`: what the test's databases run on."""
    if "engine" in metafunc.fixturenames:
        marker = metafunc.definition.get_closest_marker("engines")
        metafunc.parametrize("engine", marker.args if marker else ["sqlite"], scope="session")


@pytest.fixture(scope="session")
def new_database(tmp_path_factory: pytest.TempPathFactory) -> DatabaseFactory:
    """Makes migrated, empty SQLite files, each in a directory of its own."""
    template = tmp_path_factory.mktemp("template") / "polar-sync.db"
    migrate(f"sqlite:///{template}")

    def make() -> Path:
        return Path(shutil.copy(template, tmp_path_factory.mktemp("database") / template.name))

    return make


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL server, started for the first test that needs one."""
    with Postgres.started() as server:
        yield server


@pytest.fixture(scope="session")
def new_postgres_store(
    postgres: Postgres, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[StoreFactory]:
    """Makes migrated, empty PostgreSQL databases."""
    postgres.sql("CREATE DATABASE template")
    migrate(postgres.url("template"))
    numbers = itertools.count(1)
    made: list[Store] = []

    def make() -> Store:
        name = f"test_{next(numbers)}"
        postgres.sql(f"CREATE DATABASE {name} TEMPLATE template")
        made.append(Store(postgres.url(name), tmp_path_factory.mktemp(name)))
        return made[-1]

    yield make
    for store in made:
        store.close()


@pytest.fixture(scope="session")
def new_store(engine: str, request: pytest.FixtureRequest) -> StoreFactory:
    """Makes migrated, empty databases on the engine."""
    if engine == "postgresql":
        on_postgres: StoreFactory = request.getfixturevalue("new_postgres_store")
        return on_postgres
    new_file: DatabaseFactory = request.getfixturevalue("new_database")
    return lambda: Store.of(new_file())


@pytest.fixture(scope="session")
def new_settings(new_store: StoreFactory) -> SettingsFactory:
    """Makes settings, each for a database of its own. Keyword arguments override fields."""

    def make(**overrides: object) -> Settings:
        return load_settings(new_store(), **overrides)

    return make
