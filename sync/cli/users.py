"""`polar-sync reconcile --users`: what it is asked for, and the file that it writes."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import typer

from sync.cli import arguments
from sync.errors import NotPossible

if TYPE_CHECKING:
    from sync.deletions.ledger import Ledger
    from sync.reconcile.users import Audit
    from sync.reconcile.users_file import Users

MAX_SHARE = "5%"


class NotWritten(NotPossible):
    """The file could not be written; what was asked for beside it is done."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What `--users` and the options beside it say."""

    file: BinaryIO
    as_of: datetime
    max_share: float
    opens: bool
    out: Path | None

    @classmethod
    def by(
        cls,
        file: BinaryIO | None,
        *,
        as_of: str | None,
        max_share: str | None,
        opens: bool,
        out: Path | None,
    ) -> Asked | None:
        """What the options say; None: no users are to be looked at.

        Raises:
            BadParameter
        """
        if file is None:
            if opens or any(it is not None for it in (as_of, max_share, out)):
                raise typer.BadParameter("--open, --max-share, --as-of and --out go with --users")
            return None
        now = datetime.now(UTC)
        given = arguments.parse_moment(as_of)
        if given is not None and given > now:
            raise typer.BadParameter(f"--as-of {as_of}: that is still to come")
        written_at = _written_at(file)
        if opens and given is None and written_at is None:
            raise typer.BadParameter(
                "--open needs --as-of here, since nobody knows how old what comes through a pipe"
                " is: say when the list was begun (--as-of 10m), or give a file"
            )
        if out is not None:
            _check_place(out, file)
        return cls(
            file=file,
            as_of=given or min(written_at or now, now),
            max_share=arguments.parse_share(max_share or MAX_SHARE),
            opens=opens,
            out=out,
        )

    def audit(self, ledger: Ledger, users: Users, on_progress: Callable[[int], None]) -> Audit:
        """As asked for, of the users in the file."""
        from sync.reconcile.users import Audit

        return Audit(
            ledger=ledger,
            users=users,
            as_of=self.as_of,
            max_share=self.max_share,
            opens=self.opens,
            on_progress=on_progress,
        )

    def write(self, audit: Audit) -> None:
        """Write everyone that the audit has found where that is asked for, in place of what is
        there. For the owner alone: users' ids can tell who somebody is.

        Raises:
            NotWritten
        """
        if self.out is None:
            return
        from tempfile import NamedTemporaryFile

        from sync.reconcile.users_csv import write

        try:
            with NamedTemporaryFile(
                "w", encoding="utf-8", newline="", dir=self.out.parent, delete=False
            ) as draft:
                try:
                    write(draft, audit.everyone_found())
                    draft.flush()
                    Path(draft.name).replace(self.out)
                except BaseException:
                    Path(draft.name).unlink()
                    raise
        except OSError as error:
            raise NotWritten(f"--out {self.out}: {error.strerror}; the rest is done") from None


def _written_at(file: BinaryIO) -> datetime | None:
    """When the file was last written; None: it is a pipe, or the like."""
    found = os.fstat(file.fileno())
    if not stat.S_ISREG(found.st_mode):
        return None
    return datetime.fromtimestamp(found.st_mtime, UTC)


def _check_place(out: Path, file: BinaryIO) -> None:
    """Before anything is done: to find that there is no room for the result costs an hour."""
    problem = None
    if not out.parent.is_dir():
        problem = f"there is no directory {out.parent}"
    elif out.exists() and not out.is_file():
        problem = "that is no file"
    elif out.exists() and os.path.samestat(out.stat(), os.fstat(file.fileno())):
        problem = "that is the file of --users"
    elif not os.access(out.parent, os.W_OK):
        problem = f"nothing can be written to {out.parent}"
    if problem is not None:
        raise typer.BadParameter(f"--out {out}: {problem}")
