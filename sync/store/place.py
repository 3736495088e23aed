"""Where a SQLite database lies: that it is still the same file, and who may read it."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from sync.store.errors import Replaced, StorageUnavailable
from sync.store.identity import Identity, identity

_BESIDE = "-wal"
"""What is committed goes there first."""
_REMEDY = "have DATABASE_URL name a file elsewhere"


def is_on_volume(database: str) -> bool:
    """Whether the file is, or will be, on a file system of its own, and not on that of `/`."""
    where = Path(database).absolute()
    while not where.exists():
        where = where.parent
    return where.stat().st_dev != Path("/").stat().st_dev


class Place:
    """The files of one database, from the first look on.

    Someone may delete a file that is open, or put a backup in its place. Whoever has it open goes
    on writing, without an error, to what nobody finds any more.
    """

    def __init__(self, database: str | None) -> None:
        """`database`: its path; None or `:memory:`: there is no file."""
        self.path = None if not database or database == ":memory:" else database
        self._known: dict[str, Identity] = {}

    def check(self, *, in_use: bool = False) -> None:
        """Make sure that they are the files of the first look.

        Args:
            in_use: this process has written, and is connected: the log beside it stays, too.

        Raises:
            Replaced
        """
        if self.path is None:
            return
        for name in (self.path, self.path + _BESIDE):
            known = self._known.get(name)
            if known is None and name != self.path and not in_use:
                continue
            found = identity(name)
            if known is None and found is not None:
                self._known[name] = found
            elif known != found:
                raise Replaced(
                    f"the file {name} has been deleted or replaced while it was in use; put it"
                    " back, or restart the process on the right one"
                )

    def is_there(self) -> bool:
        """Whether there is a file, or, where there is none yet, one can be made.

        Raises:
            StorageUnavailable: it cannot be made or written there; the message has the path and
                what to do. SQLite itself says only that it is unable to open it.
        """
        if self.path is None:
            return True
        _check_writable(Path(self.path))
        return Path(self.path).exists()

    def too_open(self) -> list[str]:
        """What others on this machine may do that they should not, each with its remedy."""
        if self.path is None or not Path(self.path).exists():
            return []
        found = [
            f"{path} can be read by others ({_mode(path):04o}): chmod 600 {path}"
            for path in map(Path, (self.path, self.path + "-wal", self.path + "-shm"))
            if path.exists() and _mode(path) & 0o077
        ]
        directory = Path(self.path).absolute().parent
        if _mode(directory) & 0o022 and not _mode(directory) & stat.S_ISVTX:
            found.append(
                f"in {directory} others can replace the file ({_mode(directory):04o}):"
                f" chmod go-w {directory}"
            )
        return found

    def make(self) -> None:
        """Make the file where there is none, and the directory, for the owner alone.

        Raises:
            StorageUnavailable: one of them cannot be made, or nothing can be written there.
        """
        if self.path is None:
            return
        path = Path(self.path)
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise StorageUnavailable(
                f"the directory {path.parent} cannot be made: {error.strerror}; {_REMEDY}"
            ) from None
        _check_writable(path)
        try:
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        except FileExistsError:
            # It is not opened: to close it again would take away SQLite's own locks.
            return


def _check_writable(path: Path) -> None:
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
    log = Path(f"{path}{_BESIDE}")
    if not path.exists() and log.exists() and log.stat().st_size:
        # With an empty file in its place SQLite would throw the log away.
        raise StorageUnavailable(
            f"{path} is not there, but its log {log} is, which may hold events that were accepted:"
            " put the file back, or, if nothing of it is needed, move the log away"
        )
    if path.exists() and not os.access(path, os.R_OK | os.W_OK):
        raise StorageUnavailable(
            f"this user may not read and write {path}: change its owner or mode, or {_REMEDY}"
        )


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)
