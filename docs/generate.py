"""Writes `docs/reference/` anew from the code, and the picture of the states.

`python docs/generate.py`, after a change of a setting, a command, a state or an event. The picture
takes `dot` (`apt-get install graphviz`); without it the one that is there stays.
"""

from __future__ import annotations

import ast
import inspect
import re
import shutil
import subprocess
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Literal, get_args, get_origin

import typer
from annotated_types import Ge, Gt, Le
from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo
from typer.core import TyperCommand, TyperGroup

from sync.cli import exit_codes
from sync.cli.main import CONTEXT_SETTINGS, command
from sync.deletions import observations as seen
from sync.deletions.deletion import Deletion, IllegalTransition, Policy
from sync.deletions.machine import observe
from sync.deletions.states import State
from sync.intake import event_types
from sync.mirror.kinds import KINDS
from sync.settings import Settings, fields

ROOT = Path(__file__).parents[1]
PICTURE = ROOT / "docs/images/states.svg"
MADE = "<!-- Made from the code by docs/generate.py. -->"


def pages() -> Mapping[str, str]:
    """Each page of the reference, by its file's name."""
    return {
        "settings.md": settings_page(),
        "commands.md": commands_page(),
        "states.md": states_page(),
        "events.md": events_page(),
    }


def page(title: str, *parts: str) -> str:
    return "\n\n".join([f"# {title}", MADE, *parts]) + "\n"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *([it.replace("|", r"\|") for it in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def described(source: str) -> Iterator[tuple[Sequence[str], str]]:
    """The names that are assigned there, with what is said of them; several where it is said once,
    below the last of them."""
    names: list[str] = []
    for statement in ast.parse(source).body:
        match statement:
            case ast.ClassDef():
                yield from described("\n".join(map(ast.unparse, statement.body)))
            case ast.AnnAssign(target=ast.Name(id=name)) | ast.Assign(targets=[ast.Name(id=name)]):
                names.append(name)
            case ast.Expr(value=ast.Constant(value=str(text))) if names:
                yield names, " ".join(inspect.cleandoc(text).split())
                names = []
            case _:
                names = []


def in_lower_case(text: str) -> str:
    """As within a sentence, without its end."""
    first = text[0] if text.startswith("Polar") else text[0].lower()
    return first + text[1:].removesuffix(".")


# --- settings ------------------------------------------------------------------------------------


def settings_page() -> str:
    """Every setting, as `sync.settings.fields` has it."""
    return page(
        "Every setting",
        "Settings come from the environment, or from `.env` in the current directory. With a"
        " missing or\nunusable value the process exits at start, with one line for each such"
        " variable. Durations are in\nseconds.",
        settings_table(fields.Settings),
        "## Of the relay",
        "[`polar-sync relay`](../relay.md) reads `EVENT_SECRETS`, `HOST`, `PORT`, `LOG_LEVEL` and"
        " `LOG_FORMAT`\nof those above, and these.",
        settings_table(fields.RelaySettings, but=fields.Settings),
    )


def settings_table(model: type[BaseModel], but: type[BaseModel] | None = None) -> str:
    """The settings of the model. `but`: without those that this one has."""
    known = {
        name: (names, text)
        for each in reversed(model.__mro__)
        if each.__module__ == fields.__name__
        for names, text in described(inspect.getsource(each))
        for name in names
    }
    left_out = but.model_fields if but else {}
    rows = []
    for names, text in dict.fromkeys((tuple(names), text) for names, text in known.values()):
        which = [model.model_fields[name] for name in names]
        if not set(names) <= left_out.keys():
            rows.append(
                (
                    ", ".join(f"`{name.upper()}`" for name in names),
                    ", ".join(dict.fromkeys(map(default_of, which))),
                    may_be(which[0]),
                    with_links(text),
                )
            )
    missing = model.model_fields.keys() - known.keys() - left_out.keys()
    if missing:
        raise LookupError(f"no docstring says what these are: {missing}")
    return table(("variable", "default", "may be", "meaning"), rows)


def default_of(field: FieldInfo) -> str:
    """As a table has it."""
    if field.is_required():
        return "required"
    match field.default:
        case None | ():
            return ""
        case "":
            return "the preset's"
        case bool() as value:
            return f"`{str(value).lower()}`"
        case float() as value:
            return f"`{value:.0f}`"
        case tuple() as value:
            return f"`{','.join(value)}`"
        case SecretStr() as value:
            return f"`{value.get_secret_value()}`"
        case value:
            return f"`{value}`"


def may_be(field: FieldInfo) -> str:
    """The values, or the limits."""
    if field.annotation is bool:
        return "`true`, `false`"
    if get_origin(field.annotation) is Literal:
        return ", ".join(f"`{it}`" for it in get_args(field.annotation))
    limits = {Ge: ("from", "ge"), Gt: ("above", "gt"), Le: ("up to", "le")}
    said = [
        f"{word} {getattr(it, name):,.15g}"
        for kind, (word, name) in limits.items()
        for it in field.metadata
        if isinstance(it, kind)
    ]
    return ", ".join(said)


def with_links(text: str) -> str:
    """Variables and pages that the code names, marked as such."""
    names = "|".join(sorted(map(str.upper, Settings.model_fields), key=len, reverse=True))
    marked = re.sub(rf"(?<![`\w])(?:{names})(?:=\w+)?(?![`\w])", r"`\g<0>`", text)
    return re.sub(r"docs/([\w-]+)\.md", r"[\1](../\1.md)", marked)


# --- commands ------------------------------------------------------------------------------------

CODE = ("exit code", "meaning")


def commands_page() -> str:
    """What `--help` says of every command; and the exit codes."""
    codes = {names[0]: text for names, text in described(inspect.getsource(exit_codes))}
    of_reconcile = ("EQUAL", "REPAIRED", "LEFT", "UNFINISHED", "INCOMPLETE")
    return page(
        "Every command",
        "[The command line](../cli.md) says what they print.",
        "## Exit codes",
        table(CODE, [("0", "done"), *code_rows(codes, ("NO", "UNUSABLE"))]),
        "`reconcile` has its own:",
        table(CODE, code_rows(codes, of_reconcile)),
        *helps(command(), "polar-sync"),
    )


def code_rows(codes: Mapping[str, str], names: Sequence[str]) -> Sequence[tuple[str, str]]:
    return [(str(getattr(exit_codes, name)), in_lower_case(codes[name])) for name in names]


def helps(command: object, name: str) -> Iterator[str]:
    match command:
        case TyperGroup(commands=within):
            for word, one in within.items():
                yield from helps(one, f"{name} {word}")
        case TyperCommand():
            context = typer.Context(command, info_name=name, terminal_width=90, **CONTEXT_SETTINGS)
            yield f"## `{name}`"
            yield f"```text\n{command.get_help(context)}\n```"


# --- states --------------------------------------------------------------------------------------

_T0 = datetime(2026, 1, 1, tzinfo=UTC)
_EARLIER, _LATER = _T0 - timedelta(days=1), _T0 + timedelta(days=1)
_PAUSED = seen.SubscriptionFact(id="subscription", status="paused", ended=False)


def _samples(now: datetime) -> Sequence[seen.Observation]:
    """One of each, and of those that lead to several states one for each of these."""
    found = seen.CustomerFound(customer_id="customer", created_at=_EARLIER, listed_at=now)
    tombstone = seen.Tombstone(customer_id="customer", created_at=_EARLIER, deleted_at=_EARLIER)
    return [
        seen.OrphanFound(customer_id="customer"),
        seen.Unmapped(),
        found,
        replace(found, by_external_id=True),
        replace(found, created_at=_LATER),
        seen.CustomerMissing(),
        seen.CustomerMissing(memberships=1),
        seen.CustomerMissing(tombstone),
        seen.TeamFound(others=2, subscriptions=("subscription",)),
        seen.SubscribedAnew(made_at={"subscription": _LATER}),
        seen.HandedOver(memberships=1),
        seen.NoCustomerToDelete(),
        seen.MembershipFound(),
        seen.MembershipEnded(left=0),
        seen.Brake(sent=100, limit=100),
        seen.ScrubBegun(),
        seen.DeleteSent(),
        seen.DeleteSent(by=seen.DeleteBy.EXTERNAL_ID, read_at=now),
        seen.DeleteAnswered(),
        seen.CustomerGone(),
        seen.Failed(kind=seen.FailureKind.BLOCKED, reason="refused"),
        seen.Failed(kind=seen.FailureKind.TRANSIENT, reason="no answer"),
        seen.Checked(subscriptions=(), grants=(), listed_at=now),
        seen.Checked(subscriptions=(_PAUSED,), grants=(), listed_at=now),
        seen.AnotherDeleted(customer_id="another"),
        seen.Retried(),
        seen.Approved(),
        seen.Canceled(),
    ]


def transitions() -> Mapping[tuple[State, State], set[type[seen.Observation]]]:
    """Which observations lead from which state to which other, by letting the machine go wherever
    the samples lead."""
    policy = Policy()
    first = Deletion(state=State.RECEIVED, event_at=_T0, next_attempt_at=_T0)
    found: dict[tuple[State, State], set[type[seen.Observation]]] = {}
    known: set[object] = set()
    queue = deque([(first, _T0)])
    while queue:
        before, at = queue.popleft()
        now = at + timedelta(seconds=1)
        for observation in _samples(now):
            try:
                after = observe(before, observation, policy, now)
            except IllegalTransition:
                continue
            if after.state is not before.state:
                found.setdefault((before.state, after.state), set()).add(type(observation))
            if (shape := _shape(after)) not in known:
                known.add(shape)
                queue.append((after, now))
    return found


def _shape(deletion: Deletion) -> object:
    """Two deletions of one shape go the same ways."""
    return (
        deletion.state,
        deletion.resume,
        deletion.approved,
        deletion.by_external_id,
        deletion.customer_id is None,
        deletion.delete_sent_at is None,
        deletion.sent_by_external_id_at is None,
        deletion.deleted_at is None,
        deletion.nobody_at is None,
        deletion.memberships_left > 0,
    )


def states_page() -> str:
    """Every state, and what leads from one to another."""
    meaning = [(f"`{it}`", it.about.meaning, it.about.asks) for it in State]
    ways = [
        (f"`{before}`", f"`{after}`", "; ".join(sorted(_said_of(it, before, after) for it in by)))
        for (before, after), by in sorted(
            transitions().items(), key=lambda it: [list(State).index(state) for state in it[0]]
        )
    ]
    return page(
        "Every state",
        "What a deletion can be in, and what each asks of you.",
        table(("state", "meaning", "what you do"), meaning),
        "## What leads from one to another",
        "![The states and the ways between them](../images/states.svg)",
        "Drawn from what the code does with each thing that can be observed. A dashed line is a"
        " person's word, or\na `user.restored`. `blocked` and `another_deleted` are left out: they"
        " interrupt nearly any of them,\nand it goes on where it was.",
        table(("from", "to", "by"), ways),
    )


_NOBODY = "Polar says `ResourceNotFound` for the user's external id"
_WHERE: Mapping[tuple[type[seen.Observation], State], str] = {
    (seen.Checked, State.VERIFIED): "the evidence is whole: nothing of the customer is left",
    (seen.Checked, State.INCOMPLETE): "something of the customer is left, and nothing will end it",
    (seen.CustomerFound, State.SUPERSEDED): "the customer there was created after the event",
    (seen.CustomerMissing, State.RESOLVED): f"{_NOBODY}, and the user is a member of others'",
    (
        seen.CustomerMissing,
        State.DELETED,
    ): f"{_NOBODY}, and a customer who was theirs is known gone",
    (seen.CustomerMissing, State.NO_CUSTOMER): f"{_NOBODY}, and nobody else is known to be theirs",
    (seen.Approved, State.ANOTHER_DELETED): "an operator has made it good with the other customer",
}
"""What an observation that leads to several states, or from several, says there."""


def _said_of(observation: type[seen.Observation], before: State, after: State) -> str:
    for state in (after, before):
        if said := _WHERE.get((observation, state)):
            return said
    first = inspect.getdoc(observation) or ""
    return in_lower_case(re.split(r"(?<=\.)\s", " ".join(first.split()))[0])


_MAIN = (State.RECEIVED, State.RESOLVED, State.DELETING, State.DELETED, State.VERIFIED)
_INTERRUPTIONS = {State.BLOCKED, State.ANOTHER_DELETED}
"""From nearly everywhere, and back: drawn, they hide the rest."""


def dot() -> str:
    """The states as Graphviz has them."""
    by_a_person = {seen.Approved, seen.Canceled, seen.HandedOver}
    lines = [
        "digraph {",
        'rankdir=LR; bgcolor="transparent"; nodesep=0.35; ranksep=0.7;',
        'node [shape=box, style="rounded,filled", color="#6b7486",'
        ' fontname="Helvetica", fontsize=13, height=0.4];',
        'edge [color="#6b7486", arrowsize=0.7];',
    ]
    for it in (state for state in State if state not in _INTERRUPTIONS):
        about = it.about
        colour = "#ffe3d6" if about.needs_a_person else "#dff3e4" if about.ended else "#f3f5f9"
        group = "main" if it in _MAIN else it
        lines.append(f'{it} [group={group} fillcolor="{colour}"];')
    for (before, after), by in sorted(transitions().items()):
        if not _INTERRUPTIONS & {before, after}:
            style = "dashed" if by <= by_a_person else "solid"
            weight = 50 if (before, after) in pairwise(_MAIN) else 1
            lines.append(f"{before} -> {after} [style={style} weight={weight}];")
    return "\n".join([*lines, "}"])


# --- events --------------------------------------------------------------------------------------


def events_page() -> str:
    """What the app sends, what Polar sends, and what the app is told."""
    return page(
        "Every event",
        "## From your app",
        table(
            ("type", "what it does"),
            [
                (f"`{getattr(event_types.EventType, names[0])}`", in_lower_case(text))
                for names, text in described(inspect.getsource(event_types.EventType))
            ],
        ),
        "Each can have another name: `EVENT_TYPE_…` in [the settings](settings.md). Those that"
        " `SYNC_EVENTS`\ndoes not name, and all others, are answered 202 and ignored.",
        "## From Polar",
        table(
            ("keeps in the mirror", "types"),
            [(kind.name, ", ".join(f"`{it}`" for it in kind.events)) for kind in KINDS],
        ),
        "Others are recorded by id, type and digest, without their bodies.",
        "## To your app",
        "[What became of it](../outcomes.md) has them.",
    )


def main() -> None:
    """Write them all."""
    for name, text in pages().items():
        (ROOT / "docs/reference" / name).write_text(text)
    if (program := shutil.which("dot")) is not None:
        drawn = subprocess.run(  # noqa: S603 - Graphviz
            [program, "-Tsvg"], input=dot(), capture_output=True, text=True, check=True
        )
        PICTURE.write_text(drawn.stdout)


if __name__ == "__main__":
    main()
