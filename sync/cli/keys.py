"""`polar-sync keys`: what receipts are signed with."""

from __future__ import annotations

import typer

from sync.cli.printing import print_json

commands = typer.Typer(help="The keys that receipts are signed with.", no_args_is_help=True)


@commands.command()
def new() -> None:
    """Print a new key, as a line for `.env`. It is stored nowhere."""
    from sync.receipt_keys import ReceiptKey

    key = ReceiptKey.new()
    typer.echo(f"RECEIPT_KEY={key.setting.get_secret_value()}")
    typer.echo(f"its public half is known as {key.kid}", err=True)


@commands.command()
def jwks() -> None:
    """Print the public halves of RECEIPT_KEY as a JWK set, the one that signs first."""
    from sync.receipt_keys import jwks as public_halves
    from sync.settings import ReceiptSettings

    print_json(public_halves(ReceiptSettings.load().receipt_key))
