"""`polar-sync receipt`: the proof of a deletion, printed and checked."""

from __future__ import annotations

import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer
from typer.core import TyperGroup

from sync.cli import arguments
from sync.cli.arguments import Json
from sync.cli.exit_codes import NO
from sync.cli.printing import console_on, fail, print_json

if TYPE_CHECKING:
    from joserfc.jwk import OKPKey
    from typer._click import Context

    from sync.cli.deployment import Deployment
    from sync.receipts.checking import Verdict
    from sync.reports.told import Receipt
    from sync.settings import ReceiptSettings

_DEFAULT = "show"


class _OrShow(TyperGroup):
    """`receipt 7` is `receipt show 7`."""

    def parse_args(self, ctx: Context, args: list[str]) -> list[str]:
        if not args or args[0] not in (*self.commands, *ctx.help_option_names):
            args = [_DEFAULT, *args]
        return super().parse_args(ctx, args)


commands = typer.Typer(
    cls=_OrShow, help="The proof of a deletion. `receipt DELETION` is `receipt show DELETION`."
)


@commands.command()
def show(
    deletion: Annotated[int, typer.Argument(min=1, max=2**63 - 1, metavar="DELETION")],
    user: Annotated[
        str | None,
        typer.Option(
            metavar="USER_ID", callback=arguments.user_id, help="Say whether it is this user's."
        ),
    ] = None,
    as_html: Annotated[
        bool, typer.Option("--html", help="Print a page for people, which prints well.")
    ] = False,
) -> None:
    """Print a deletion's receipt, as JSON. Exits with 1 if its evidence has been tampered with."""
    from sync.cli.deployment import in_deployment
    from sync.deletions.queries import of_users
    from sync.receipts import signer_of
    from sync.reports.deletion import receipt as read_receipt

    async def read(it: Deployment) -> tuple[Receipt, bool, str | None]:
        signer = signer_of(it.settings)
        row, content = await read_receipt(it.database, it.hasher, signer, deletion)
        is_theirs = user is None or it.hasher.user(user) == row.user_hash
        namesake = it.hasher.user(str(deletion))
        if user is None and namesake != row.user_hash:
            async with it.database.read() as session:
                others = await of_users(session, [namesake])
            if others:
                numbers = ", ".join(str(other.id) for other in others)
                typer.echo(
                    f"this is deletion {deletion}; those of the user {deletion}: {numbers}",
                    err=True,
                )
        return content, is_theirs, it.settings.public_url

    told, is_theirs, public_url = in_deployment(read, only_looks=True)
    content = told.model_dump(mode="json")
    if as_html:
        from sync.receipts.page import page

        typer.echo(page(content, public_url), nl=False)
    else:
        print_json(content)
    if user is not None:
        typer.echo(f"this {'is' if is_theirs else 'is not'} the receipt of {user}", err=True)
    if not content["chain_unbroken"]:
        fail(NO, "the chain of evidence is broken")
    if not is_theirs:
        raise typer.Exit(NO)


@commands.command()
def verify(
    file: Annotated[
        typer.FileBinaryRead, typer.Argument(metavar="FILE", help="A receipt; -: stdin.")
    ],
    jwks: Annotated[
        typer.FileBinaryRead | None,
        typer.Option(metavar="FILE", help="Public keys, in place of those of RECEIPT_KEY."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Check a receipt: signature, seal, chain of evidence. Needs no database, and with --jwks no
    settings. Exits with 1 if it does not hold."""
    from sync.hashing import Hasher
    from sync.receipts.checking import Outcome, verdict
    from sync.receipts.document import MAX_BYTES
    from sync.settings import ReceiptSettings

    settings = ReceiptSettings.load()
    found = verdict(
        file.read(MAX_BYTES + 1),
        public_keys_of(settings, None if jwks is None else jwks.read(MAX_BYTES + 1)),
        None if settings.hash_key is None else Hasher(settings.hash_key),
    )
    report = _told(found)
    if as_json:
        print_json(report)
    else:
        from sync.cli.tables import print_verdict

        print_verdict(console_on(sys.stdout), report)
    if not found.holds:
        is_wrong = Outcome.FAIL in (
            found.signature.outcome,
            found.seal.outcome,
            found.chain.outcome,
        )
        fail(NO, "the receipt does not hold" if is_wrong else "nothing says whose receipt this is")


def _told(found: Verdict) -> dict[str, object]:
    return {
        "deletion": found.document.deletion,
        "state": found.document.state,
        "holds": found.holds,
        "signature": asdict(found.signature),
        "seal": asdict(found.seal),
        "chain": asdict(found.chain),
    }


def public_keys_of(settings: ReceiptSettings, jwks: bytes | None) -> dict[str, OKPKey]:
    """Those to check signatures with, by their id: of the JWK set, or else the settings' own."""
    if jwks is None and not settings.receipt_key:
        return {}
    from sync.receipts.signing import public_keys, read_jwks

    if jwks is None:
        return public_keys(key.jwk for key in settings.receipt_key)
    return read_jwks(jwks)
