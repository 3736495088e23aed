"""Databases without any table."""

from __future__ import annotations

import itertools

import pytest

from tests.helpers.postgres import Postgres
from tests.helpers.store import Store, StoreFactory


@pytest.fixture(scope="session")
def new_empty(
    engine: str, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> StoreFactory:
    """Makes databases without any table."""
    if engine == "sqlite":
        return lambda: Store.of(tmp_path_factory.mktemp("empty") / "polar-sync.db")
    server: Postgres = request.getfixturevalue("postgres")
    numbers = itertools.count(1)

    def make() -> Store:
        name = f"unmigrated_{next(numbers)}"
        server.sql(f"CREATE DATABASE {name}")
        return Store(server.url(name), tmp_path_factory.mktemp(name))

    return make


@pytest.fixture
def empty(new_empty: StoreFactory) -> Store:
    return new_empty()
