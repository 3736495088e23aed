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

_NAMES = "|".join(BUTTONS)
_COMMAND = re.compile(rf"`(?:polar-sync )?({_NAMES})(?: set)?`")
"""As reasons and states name the command that does the same."""
_ONE = rf"(?:`(?:polar-sync )?(?:{_NAMES})(?: set)?`|cancel)"
_ONLY_COMMANDS = re.compile(rf"[;:] {_ONE}(?:(?:, or | or |, ){_ONE})*$")
"""How a reason ends that says no more of what to do than which commands there are."""


def specific(reason: str) -> str:
    """What the reason says of the deletion. What can be done is what its page offers."""
    return with_buttons(_ONLY_COMMANDS.sub("", reason))


def with_buttons(text: str) -> str:
    """The text with buttons in place of commands."""
    return _COMMAND.sub(lambda found: _button(found[1]), text)


def to_do(asks: str, offered: Collection[str]) -> str:
    """What a state asks for, where that is more than a choice of commands, and nothing better is
    offered; otherwise the buttons that are.

    Args:
        offered: the actions that are possible, by name.
    """
    named = _COMMAND.findall(asks)
    repairs = set(offered) - {"approve", "cancel", "retry"}
    is_choice = len(named) > 1 or not set(named) <= set(offered) or not repairs <= set(named)
    if not offered or not named or not is_choice:
        return with_buttons(asks)
    *others, last = map(_button, offered)
    return f"{', '.join(others)} or {last}" if others else last


def _button(name: str) -> str:
    return f"“{BUTTONS[name]}…”"
