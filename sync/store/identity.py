"""Which file it is that has a name, asked after each commit.

By `os.stat` a lone event takes a seventh longer. It asks for a file's times too, and Linux, from
6.13 on, then keeps the next write's times more exactly, which the sync to disk pays for.
"""

from __future__ import annotations

import ctypes
import errno
import os
import sys
from collections.abc import Callable
from struct import Struct

Identity = tuple[int, ...]
"""Of one file among all others on this machine."""

_AT_FDCWD = -100
_STATX_INO = 0x100
_SIZE = 256
_FIELDS = Struct("32xQ96xII").unpack_from
"""`stx_ino`, `stx_dev_major`, `stx_dev_minor`. Source: statx(2)."""


def _by_stat(name: str) -> Identity | None:
    try:
        found = os.stat(name)  # noqa: PTH116 - a `Path` takes three times as long
    except FileNotFoundError:
        return None
    return found.st_ino, found.st_dev


def _by_statx(statx: Callable[..., int], name: str) -> Identity | None:
    answer = ctypes.create_string_buffer(_SIZE)
    if statx(_AT_FDCWD, os.fsencode(name), 0, _STATX_INO, answer) == 0:
        return _FIELDS(answer)
    if (number := ctypes.get_errno()) == errno.ENOENT:
        return None
    raise OSError(number, os.strerror(number), name)


_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None
_statx: Callable[..., int] | None = getattr(_libc, "statx", None)


def identity(name: str) -> Identity | None:
    """The file that has the name; None: there is none.

    Raises:
        OSError: it cannot be asked.
    """
    return _by_stat(name) if _statx is None else _by_statx(_statx, name)
