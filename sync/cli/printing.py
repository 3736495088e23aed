"""How the commands speak: answers on stdout, everything else on stderr."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NoReturn, TextIO

import typer

if TYPE_CHECKING:
    from rich.console import Console

_PIPE_WIDTH = 200
"""Columns of a table where no terminal says how many there are."""


def fail(code: int, *problems: str) -> NoReturn:
    """Exit with the code, after one line on stderr for each problem."""
    for problem in problems:
        typer.echo(f"error: {' '.join(problem.split())}", err=True)
    sys.exit(code)


def print_json(report: Mapping[str, Any]) -> None:
    """Print the report on stdout as JSON."""
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
