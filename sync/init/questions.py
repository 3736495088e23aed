"""What only a person knows, as it is asked for."""

from __future__ import annotations

from typing import Protocol


class Questions(Protocol):
    """Asks a person; or nobody, where there is none to ask."""

    def secret(self, prompt: str) -> str | None:
        """A secret, which is not shown as it is typed. None: nobody says."""

    def text(self, prompt: str) -> str | None:
        """A text. None: nobody says, or it is for later."""

    def may(self, prompt: str) -> bool:
        """Whether that may be done."""


class Nobody:
    """Nobody is asked, and all may be done: whoever has called has said so."""

    def secret(self, prompt: str) -> None:
        """Nobody says."""

    def text(self, prompt: str) -> None:
        """Nobody says."""

    def may(self, prompt: str) -> bool:
        return True
