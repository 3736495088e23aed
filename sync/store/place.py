"""Where a SQLite database lies: that it is still the same file, and who may read it."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from sync.store.errors import Replaced

_BESIDE = "-wal"
"""What is committed goes there first."""


class Place:
    """The files of one database, from the first look on.

    Someone may delete a file that is open, or put a backup in its place. Whoever has it open goes
    on writing, without an error, to what nobody finds any more.
    """

    def __init__(self, database: str | None) -> None:
        """`database`: its path; None or `:memory:`: there is no file."""
        self.path = None if not database or database == ":memory:" else database
        self._known: dict[str, tuple[int, int]] = {}

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
            found = _identity(name)
            if known is None and found is not None:
                self._known[name] = found
            elif known != found:
                raise Replaced(
                    f"the file {name} has been deleted or replaced while it was in use; put it"
                    " back, or restart the process on the right one"
                )

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
        """Make the file where there is none, and the directory, for the owner alone."""
        if self.path is None:
            return
        path = Path(self.path)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        except FileExistsError:
            # It is not opened: to close it again would take away SQLite's own locks.
            return


def _identity(name: str) -> tuple[int, int] | None:
    try:
        found = Path(name).stat()
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)
