"""`polar-sync init`: from a token to a deployment that is ready to serve."""

from __future__ import annotations

import sys
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from sync.cli import arguments
from sync.cli.arguments import Json
from sync.cli.exit_codes import NO
from sync.cli.printing import print_json
from sync.init.snippets import Language, snippet

if TYPE_CHECKING:
    from sync.init.questions import Questions
    from sync.init.report import Step

_PORT = 8123
"""Of a playground's simulated Polar."""

commands = typer.Typer()


class Server(StrEnum):
    """Polar's."""

    PRODUCTION = "production"
    SANDBOX = "sandbox"


class _Person:
    """Whoever sits at the terminal."""

    def secret(self, prompt: str) -> str | None:
        return str(typer.prompt(prompt, default="", hide_input=True, show_default=False)) or None

    def text(self, prompt: str) -> str | None:
        return str(typer.prompt(prompt, default="", show_default=False)) or None

    def may(self, prompt: str) -> bool:
        return typer.confirm(prompt, default=True)


@commands.command()
def init(
    public_url: Annotated[
        str | None,
        typer.Option(
            callback=arguments.public_url,
            help="Where Polar reaches the bridge: https://<your host>",
        ),
    ] = None,
    server: Annotated[
        Server | None,
        typer.Option(help="Polar's, that the token is for. Otherwise both are tried."),
    ] = None,
    language: Annotated[
        Language, typer.Option(help="The language of the snippet for your app.")
    ] = Language.PYTHON,
    yes: Annotated[
        bool, typer.Option("--yes", help="Ask nothing: what is not given is left.")
    ] = False,
    simulator: Annotated[
        bool, typer.Option("--simulator", help="For a simulated Polar on this machine.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Make .env, the database and the webhook endpoint at Polar; say what is left. May be repeated:
    what is set stays. Exits with 1 if something is left."""
    from sync.init.report import as_json as report_of
    from sync.init.report import is_ready, left
    from sync.init.steps import NotAllowed, Playground, bridge_url, steps

    playground = None
    if simulator:
        from sync.simulator.config import DEFAULT_TOKEN

        playground = Playground(f"http://127.0.0.1:{_PORT}", DEFAULT_TOKEN)
    taken: list[Step] = []
    try:
        for step in steps(
            _questions(yes or as_json, needed=not simulator),
            public_url=public_url,
            server=server,
            playground=playground,
        ):
            taken.append(step)
            if not as_json:
                _print(step)
    except NotAllowed:
        raise typer.Abort from None
    if as_json:
        print_json(report_of(taken))
    else:
        typer.echo(_FOR_THE_APP.format(url=bridge_url(), snippet=snippet(language)))
        if is_ready(taken):
            typer.echo(_PLAY if simulator else _NEXT)
        else:
            typer.echo("What is left:\n")
            for step in left(taken):
                _print(step)
    if not is_ready(taken):
        raise typer.Exit(NO)


def _questions(nobody: bool, needed: bool) -> Questions:
    from sync.init.questions import Nobody

    is_terminal = sys.stdin.isatty()
    if nobody or not (needed or is_terminal):
        return Nobody()
    if not is_terminal:
        raise typer.BadParameter(
            "there is no terminal to ask at: give --yes, --public-url, and the token in"
            " POLAR_ACCESS_TOKEN"
        )
    return _Person()


def _print(step: Step) -> None:
    typer.echo(f"{step.outcome:8}{step.name}: {step.detail}")
    if step.remedy:
        typer.echo(f"{'':8}→ {step.remedy}")


_FOR_THE_APP = """
Your app needs two variables, and this where a user deletes their account:

  POLAR_SYNC_URL     {url}
  POLAR_SYNC_SECRET  the first secret of EVENT_SECRETS, from .env

{snippet}"""
_NEXT = """Next:

  polar-sync serve      in a terminal, or as your platform runs it
  polar-sync doctor     while it runs: checks everything, and says what to fix"""
_PLAY = f"""Next, each in a terminal of its own, here:

  polar-sync simulator
  polar-sync serve

and, once both run, a customer who has paid, and who leaves:

  curl -sSo /dev/null http://127.0.0.1:{_PORT}/_sim/customers \\
    -d '{{"external_id": "42", "subscriptions": ["active"]}}'
  polar-sync send user.deleted 42
  polar-sync show --user 42"""
