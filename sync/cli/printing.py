"""How the commands speak: answers on stdout, everything else on stderr."""

from __future__ import annotations

import json
import sys
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TextIO

import typer

from sync.cli.exit_codes import NO

if TYPE_CHECKING:
    from rich.console import Console

_SOURCE = Path(__file__).parent.parent
_PIPE_WIDTH = 200
"""Columns of a table where no terminal says how many there are."""


class _Answer:
    """What the command that runs has been asked for, and whether it has said it."""

    as_json = False
    is_given = False


def begin(*, as_json: bool) -> None:
    """A command begins. `as_json`: its answer is one JSON object, whatever happens."""
    _Answer.as_json, _Answer.is_given = as_json, False


def fail(code: int, *problems: str, **fields: object) -> NoReturn:
    """Exit with the code, after one line on stderr for each problem. With `--json` they are an
    object on stdout too, unless the command has printed one: `exit_code`, `problems` and `fields`.
    """
    lines = [" ".join(problem.split()) for problem in problems]
    for line in lines:
        typer.echo(f"error: {line}", err=True)
    print_problems(code, lines, **fields)
    sys.exit(code)


def print_one(report: Mapping[str, Any], *, as_json: bool) -> None:
    """Print a report of plain values, as JSON or for people."""
    if as_json:
        print_json(report)
    else:
        from sync.cli.tables import print_row

        print_row(console_on(sys.stdout), report)


def print_done(done: Collection[int], what: str, numbers: Collection[int], missing: str) -> None:
    """Print how many rows something was done to, and exit with `NO` where it was not to all of the
    numbers that were given. `missing`: what the others are."""
    typer.echo(f"{what}: {len(done)}")
    if others := sorted(set(numbers).difference(done)):
        fail(NO, f"{missing}: {', '.join(map(str, others))}")
    if not done:
        fail(NO, "there is no dead letter")


def print_problems(code: int, problems: Sequence[str], **fields: object) -> None:
    """The object of a command that has no other answer, where it is to be one."""
    if _Answer.as_json and not _Answer.is_given:
        print_json({"exit_code": code, "problems": list(problems), **fields})


def unforeseen(error: BaseException) -> str:
    """An error that nobody expects, and where it came from; not its message, which could quote a
    secret or a person."""
    import traceback

    frames = traceback.extract_tb(error.__traceback__)
    at = next(frame for frame in reversed(frames) if _SOURCE in Path(frame.filename).parents)
    return f"unexpected {type(error).__name__} at {at.filename}:{at.lineno}"


def print_json(report: Mapping[str, Any]) -> None:
    """Print the report on stdout as JSON."""
    _Answer.is_given = True
    typer.echo(json.dumps(report, indent=2))


def console_on(stream: TextIO) -> Console:
    """Where to print what people read."""
    from rich.console import Console

    # FORCE_COLOR and the like must not put colour codes into a pipe.
    is_terminal = stream.isatty()
    return Console(
        file=stream,
        force_terminal=is_terminal,
        width=None if is_terminal else _PIPE_WIDTH,
        markup=False,
        emoji=False,
        highlight=False,
    )
