"""What `polar-sync init` has done, step by step, and what is left. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any


class Outcome(StrEnum):
    """Of one step."""

    DONE = "done"
    ALREADY = "already"
    """It was so, and stays."""
    LEFT = "left"
    """A person has to do it, or it can be done later."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step. Holds no secret."""

    name: str
    outcome: Outcome
    detail: str
    remedy: str = ""
    """Of what is left: what to do."""


def is_ready(steps: Iterable[Step]) -> bool:
    """Whether nothing is left."""
    return not left(steps)


def left(steps: Iterable[Step]) -> list[Step]:
    """Those that a person has to do."""
    return [step for step in steps if step.outcome is Outcome.LEFT]


def as_json(steps: Iterable[Step]) -> dict[str, Any]:
    """`ready`, and `steps`: each with `name`, `outcome`, `detail` and `remedy`."""
    taken = list(steps)
    return {"ready": is_ready(taken), "steps": [asdict(step) for step in taken]}
