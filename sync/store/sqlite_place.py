"""Where a SQLite file is to be, and what is in its way there: SQLite itself says only that it is
unable to open it, or that it is read-only."""

from __future__ import annotations

import os
from pathlib import Path

from sync.store.errors import StorageUnavailable

_REMEDY = "have DATABASE_URL name a file elsewhere"


def make_directory(path: Path) -> None:
    """Make the directory of the file, where it is not there.

    Raises:
        StorageUnavailable: it cannot be made, or nothing can be written there.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageUnavailable(
            f"the directory {path.parent} cannot be made: {error.strerror}; {_REMEDY}"
        ) from None
    check_place(path)


def check_place(path: Path) -> None:
    """Make sure that the file can be made or written there, and SQLite's own files beside it.

    Raises:
        StorageUnavailable: it cannot; the message has the path and what to do.
    """
    directory = path.parent
    if not directory.is_dir():
        raise StorageUnavailable(
            f"there is no directory {directory}: make it, mount it, or {_REMEDY}"
            " (`polar-sync migrate` makes a directory for a new database)"
        )
    if path.is_dir():
        raise StorageUnavailable(f"{path} is a directory: have DATABASE_URL name a file in it")
    if os.statvfs(directory).f_flag & os.ST_RDONLY:
        raise StorageUnavailable(
            f"{directory} is on a disk that is read-only: mount it for writing, or {_REMEDY}"
        )
    if not os.access(directory, os.W_OK | os.X_OK):
        raise StorageUnavailable(
            f"this user may not write in {directory}, where SQLite keeps files beside the database:"
            f" change its owner or mode, or {_REMEDY}"
        )
    if path.exists() and not os.access(path, os.R_OK | os.W_OK):
        raise StorageUnavailable(
            f"this user may not read and write {path}: change its owner or mode, or {_REMEDY}"
        )
