"""What can be made to go wrong: rules for API requests and for webhooks, and their choice."""

import random
import re
from collections.abc import Sequence
from typing import Annotated, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, field_validator


def _compiles(pattern: str) -> str:
    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError(f"not a regular expression: {error}") from error
    return pattern


class Rule(BaseModel):
    """A fault that strikes up to `count` times (None: always), each time with `probability`."""

    model_config = ConfigDict(extra="forbid")

    count: Annotated[int, Field(gt=0)] | None = None
    probability: Annotated[float, Field(gt=0, le=1)] = 1.0
    seconds: Annotated[float, Field(ge=0)] = 0.0
    """Real seconds, never scaled."""
    _struck: int = PrivateAttr(default=0)

    @property
    def struck(self) -> int:
        return self._struck

    def strikes(self, rng: random.Random) -> bool:
        """Decide for one request or event that the rule matches, and count it if so."""
        if self.count is not None and self._struck >= self.count:
            return False
        if self.probability < 1 and rng.random() >= self.probability:
            return False
        self._struck += 1
        return True


class ApiFault(Rule):
    """A fault of API requests, matched by method (None: any) and by the raw path.

    - `delay`: waits `seconds` before handling; other faults may follow.
    - `drop`: nothing is done, the connection is closed without an answer.
    - `error`: answers `status` (500 to 599). With `after_effect` the request is carried out first.
    - `rate_limit`: 429, empty, with `Retry-After: retry_after` (seconds); nothing is done.
    - `timeout`: the request is carried out, then its answer is held back for `seconds`; with
      `close` the connection is closed then instead.
    - `late`: the request arrives `seconds` after it was sent and takes effect then, whether or not
      its client still waits. It is never answered, and its connection stays open until the client
      goes away.
    """

    kind: Literal["delay", "drop", "error", "rate_limit", "timeout", "late"]
    method: str | None = None
    path: str = ""
    """Searched for (a regular expression) in the path as sent: percent-encoded, no query."""
    status: Annotated[int, Field(ge=500, le=599)] = 503
    retry_after: Annotated[int, Field(ge=0)] | None = None
    """None: the length of the window, as Polar does."""
    after_effect: bool = False
    close: bool = False

    _check_path = field_validator("path")(_compiles)

    def matches(self, method: str, path: str) -> bool:
        if self.method is not None and self.method.upper() != method:
            return False
        return re.search(self.path, path) is not None


class WebhookFault(Rule):
    """A fault of webhooks, matched by event type and endpoint when an event is created.

    - `drop`: marked as delivered, never sent.
    - `duplicate`: each attempt is sent `copies` more times, all at once.
    - `reorder`: events are gathered for `seconds`, then sent in random order.
    - `delay`: joins the queue after `seconds`, behind whatever is there then.
    - `hold`: joins the queue when released.
    """

    kind: Literal["drop", "duplicate", "reorder", "delay", "hold"]
    type: str = ""
    """Searched for (a regular expression) in the event type."""
    endpoint_id: str | None = None
    copies: Annotated[int, Field(gt=0)] = 1

    _check_type = field_validator("type")(_compiles)

    def matches(self, event_type: str, endpoint_id: str) -> bool:
        if self.endpoint_id not in (None, endpoint_id):
            return False
        return re.search(self.type, event_type) is not None


F = TypeVar("F", bound=Rule)


class Faults(Generic[F]):
    """The rules in force, in order, and the random numbers that they draw."""

    def __init__(self) -> None:
        self.rules: list[F] = []
        self.rng = random.Random(0)  # noqa: S311 - reproducible faults, no secret

    def replace(self, rules: Sequence[F], seed: int = 0) -> None:
        self.rules = list(rules)
        self.rng = random.Random(seed)  # noqa: S311
