"""Where SQLite's file lies, and who may read it."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from sync.migrations.upgrade import migrate
from sync.store.database import Database
from sync.store.errors import Replaced, StorageUnavailable
from sync.store.place import Place


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_what_is_made_is_its_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "made" / "bridge.db"
    migrate(f"sqlite:///{path}")
    assert (mode(path), mode(path.parent)) == (0o600, 0o700)
    assert Database(f"sqlite:///{path}").too_open() == []


def test_what_was_there_keeps_its_mode_and_is_named(tmp_path: Path) -> None:
    tmp_path.chmod(0o777)
    path = tmp_path / "bridge.db"
    path.touch(0o644)
    path.chmod(0o644)
    migrate(f"sqlite:///{path}")
    assert (mode(path), mode(tmp_path)) == (0o644, 0o777)
    file, directory = Database(f"sqlite:///{path}").too_open()
    assert "can be read by others (0644)" in file
    assert "others can replace the file (0777)" in directory


def test_no_file_is_made_beside_the_log_of_one_that_is_gone(tmp_path: Path) -> None:
    path = tmp_path / "bridge.db"
    log = tmp_path / "bridge.db-wal"
    log.write_bytes(b"accepted")
    for look in (Place(str(path)).make, Place(str(path)).is_there):
        with pytest.raises(StorageUnavailable, match="put the file back"):
            look()
    assert (path.exists(), log.read_bytes()) == (False, b"accepted")
    log.write_bytes(b"")
    migrate(f"sqlite:///{path}")


def test_the_same_file_until_it_is_not(tmp_path: Path) -> None:
    path = tmp_path / "bridge.db"
    place = Place(str(path))
    place.check()
    path.touch()
    log = tmp_path / "bridge.db-wal"
    log.touch()
    place.check()
    # As long as nothing is open, it comes and goes.
    log.unlink()
    log.touch()
    place.check(in_use=True)
    log.rename(tmp_path / "away")
    with pytest.raises(Replaced, match=r"bridge\.db-wal"):
        place.check()
    (tmp_path / "away").rename(log)
    place.check()
    (tmp_path / "other").touch()
    (tmp_path / "other").rename(path)
    with pytest.raises(Replaced, match=r"bridge\.db has been"):
        place.check()


@pytest.mark.parametrize("database", [None, "", ":memory:"])
def test_no_file_at_all(database: str | None) -> None:
    place = Place(database)
    place.check(in_use=True)
    place.make()
    assert place.too_open() == []
