"""`polar-sync`: the command line of whoever runs the bridge.

Exit codes: 0, done; 1, the answer is no, nothing was found, or it could not be done; 2, the usage
or the configuration is wrong, or the database cannot be used. Answers go to stdout, everything else
to stderr. An error is one line for each thing that is wrong, never a traceback.

The modules of the commands import at their top only what it takes to read arguments and to print
help. Each command imports what it works with once it runs: nobody waits for what they did not ask.
"""

from __future__ import annotations

import io
import sys
from functools import cache
from typing import Annotated, Any, NoReturn

import typer
from typer.core import TyperGroup

from sync.cli import (
    acting,
    audit,
    inbox,
    init,
    keys,
    looking,
    mapping,
    outbox,
    processes,
    profiles,
    receipts,
    reconciling,
    relaying,
    sending,
)
from sync.cli.exit_codes import NO, UNUSABLE, exit_code, problems
from sync.cli.printing import begin, fail, unforeseen
from sync.errors import BridgeError
from sync.garbage_collector import imports_spared

CONTEXT_SETTINGS: dict[str, Any] = {"help_option_names": ["-h", "--help"]}
"""Of every command."""

cli = typer.Typer(
    help="Deletes a user's customer at Polar when the user deletes their account, and proves it.",
    epilog="Exit codes: 0, done. 1, the answer is no, nothing was found, or it could not be done."
    " 2, the usage or the configuration is wrong, or the database cannot be used.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    # The other help takes as long to print as a whole command.
    rich_markup_mode=None,
    context_settings=CONTEXT_SETTINGS,
)
for commands in (init, processes, looking, reconciling, acting):
    cli.add_typer(commands.commands)
cli.add_typer(receipts.commands, name="receipt")
cli.add_typer(audit.commands, name="audit")
cli.add_typer(keys.commands, name="keys")
cli.add_typer(mapping.commands, name="map")
cli.add_typer(inbox.commands, name="inbox")
cli.add_typer(outbox.commands, name="outbox")
cli.add_typer(profiles.commands, name="profiles")
cli.add_typer(sending.commands)
cli.add_typer(relaying.commands)


@cache
def command() -> TyperGroup:
    """The command line whole. Putting it together takes longer than most commands."""
    return typer.main.get_group(cli)


def main() -> NoReturn:
    """The entry point. Always exits."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # An id that the terminal's encoding cannot show is no reason to fail.
            stream.reconfigure(errors="backslashreplace")
    begin(as_json="--json" in sys.argv[1:])
    try:
        with imports_spared():
            code = command()(prog_name="polar-sync", standalone_mode=False)
    except BridgeError as error:
        fail(exit_code(error), *problems(error))
    except typer.TyperException as error:
        _fail_usage(error)
    except typer.Abort:
        fail(NO, "nothing was done")
    except Exception as error:  # noqa: BLE001 - the last resort
        fail(NO, unforeseen(error))
    sys.exit(code or 0)


def _fail_usage(error: typer.TyperException) -> NoReturn:
    message = error.format_message().replace("Value error, ", "")
    if message.startswith("Usage: "):
        # Nothing at all was asked for: the message is the help.
        typer.echo(message, err=True)
        sys.exit(UNUSABLE)
    fail(UNUSABLE, message)


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"polar-sync {version('polar-sync')}")
        raise typer.Exit


@cli.callback()
def _options(
    _version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version and exit."
        ),
    ] = False,
) -> None:
    pass
