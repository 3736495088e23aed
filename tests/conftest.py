"""Fixtures that several test modules share."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Iterator
from contextlib import AbstractContextManager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from sync.deletions import ledger
from sync.migrations.upgrade import migrate
from sync.settings import Settings
from tests.helpers import bridge, property_profiles
from tests.helpers.bridge import Bridge, Run
from tests.helpers.commands import Commands
from tests.helpers.postgres import Postgres
from tests.helpers.settings import SettingsFactory, environment, load_settings
from tests.helpers.simulator import Receiver, SimulatorClient, receiving
from tests.helpers.store import DatabaseFactory, Store, StoreFactory

property_profiles.load()
# A request that its client gave up arrives soon in a test, or never.
ledger.STRAY = timedelta(seconds=0.2)


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers", "engines(name, ...): what the databases run on; SQLite unless told otherwise"
    )


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest first, so that nobody waits for it alone at the end."""
    items.sort(key=lambda item: item.path.name != "test_soak.py")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """`engine`: what the test's databases run on. What is tested on both is tested on SQLite alone
    in the fast gear."""
    if "engine" in metafunc.fixturenames:
        marker = metafunc.definition.get_closest_marker("engines")
        first, *others = marker.args if marker else ["sqlite"]
        engines = [first, *(pytest.param(it, marks=pytest.mark.slow) for it in others)]
        metafunc.parametrize("engine", engines, scope="session")


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


@pytest.fixture
def store(new_store: StoreFactory) -> Store:
    """A migrated, empty database."""
    return new_store()


@pytest.fixture(scope="session")
def polar_process() -> Iterator[SimulatorClient]:
    """The simulator in a process of its own."""
    with bridge.simulator() as client:
        yield client


@pytest.fixture
def sim(polar_process: SimulatorClient) -> SimulatorClient:
    """An empty Polar."""
    polar_process.start_over()
    return polar_process


@pytest.fixture
def receiver(sim: SimulatorClient) -> Iterator[Receiver]:
    """A webhook receiver; the simulator is emptied before it goes, so that nothing is in flight."""
    with receiving() as one:
        yield one
        sim.start_over()


@pytest.fixture
def run(sim: SimulatorClient, store: Store) -> Run:
    """Runs a bridge on this test's database; several at once share it. Settings are given by
    name."""

    def start(**settings: Any) -> AbstractContextManager[Bridge]:
        return bridge.running(sim, store, **settings)

    return start


@pytest.fixture
def commands(
    new_store: StoreFactory,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Commands:
    """The command line on a database of its own."""
    store = new_store()
    # No `.env` of whoever runs the tests.
    monkeypatch.chdir(store.directory)
    for name, value in environment(store).items():
        monkeypatch.setenv(name, value)
    return Commands(store, capsys, monkeypatch)
