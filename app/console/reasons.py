"""What a deletion's reason says to whoever has buttons and no command line. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

BUTTONS: Mapping[str, str] = {
    "approve": "Approve",
    "cancel": "Cancel the deletion",
    "retry": "Try now",
    "map": "Map",
    "transfer": "Transfer",
    "revoke": "Revoke",
}
"""What the button of each action on a deletion says, by the action's name."""

_COMMAND = re.compile(rf"`(?:polar-sync )?({'|'.join(BUTTONS)})(?: set)?`")
"""As reasons and states name the command that does the same."""


def with_buttons(text: str) -> str:
    """The reason with buttons in place of commands."""
    return _COMMAND.sub(lambda found: _button(found[1]), text)


def to_do(asks: str, offered: Collection[str]) -> str:
    """What a state asks for, where all that it names is offered and nothing better is; otherwise
    the buttons that are.

    Args:
        offered: the actions that are possible, by name.
    """
    named = _COMMAND.findall(asks)
    repairs = set(offered) - {"approve", "cancel", "retry"}
    if not named or not offered or (set(named) <= set(offered) and repairs <= set(named)):
        return with_buttons(asks)
    *others, last = map(_button, offered)
    return f"{', '.join(others)} or {last}" if others else last


def _button(name: str) -> str:
    return f"“{BUTTONS[name]}…”"
