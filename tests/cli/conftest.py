"""The command line on a database of its own."""

from __future__ import annotations

import pytest

from tests.helpers.commands import Commands
from tests.helpers.settings import environment
from tests.helpers.store import StoreFactory


@pytest.fixture
def commands(
    new_store: StoreFactory,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Commands:
    store = new_store()
    # No `.env` of whoever runs the tests.
    monkeypatch.chdir(store.directory)
    for name, value in environment(store).items():
        monkeypatch.setenv(name, value)
    return Commands(store, capsys, monkeypatch)
