"""That a file is told from the one that took its place."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from sync.store.identity import Identity, _by_stat, identity

Ask = Callable[[str], Identity | None]


@pytest.mark.parametrize("ask", [identity, _by_stat])
def test_the_same_file_is_the_same_and_another_is_not(ask: Ask, tmp_path: Path) -> None:
    file = tmp_path / "one"
    file.write_text("first")
    first = ask(str(file))
    file.write_text("changed")
    assert first is not None
    assert ask(str(file)) == first

    other = tmp_path / "other"
    other.write_text("first")
    other.replace(file)
    assert ask(str(file)) not in {first, None}


@pytest.mark.parametrize("ask", [identity, _by_stat])
def test_where_there_is_none(ask: Ask, tmp_path: Path) -> None:
    assert ask(str(tmp_path / "nothing")) is None


@pytest.mark.parametrize("ask", [identity, _by_stat])
def test_what_cannot_be_asked_is_an_error(ask: Ask, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(NotADirectoryError):
        ask(str(file / "below"))
