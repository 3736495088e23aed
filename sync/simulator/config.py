"""The simulator's settings: what `PUT /_sim/settings` can change while it runs."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from sync.simulator.inputs import Uuid

DEFAULT_TOKEN = "polar_oat_simulator"  # noqa: S105 - opens nothing but a simulator on loopback
ALL_SCOPES = frozenset(
    {
        "organizations:read",
        "customers:read",
        "customers:write",
        "subscriptions:read",
        "subscriptions:write",
        "benefits:read",
        "members:read",
        "members:write",
        "customer_seats:read",
        "customer_seats:write",
        "webhooks:read",
        "webhooks:write",
    }
)

Range = tuple[Annotated[float, Field(ge=0)], Annotated[float, Field(ge=0)]]


class SimulatorConfig(BaseModel):
    """How one simulated Polar behaves.

    Durations are seconds as Polar has them, multiplied by `time_scale` when they are used, except
    where a field says otherwise. `time_scale=0` makes everything happen at once.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    token: str = DEFAULT_TOKEN
    organization_id: Uuid | None = None
    """Whose Polar it is, where a bridge knows it already. None: somebody new."""
    scopes: frozenset[str] = ALL_SCOPES
    versions: frozenset[str] = frozenset({"2026-04", "2026-10"})
    """What `Polar-Version` may say. Polar: without that header it is the first of these."""
    clock_ahead: float = 0.0
    """Real seconds that the `Date` header of API answers is ahead of this machine's clock."""
    available: bool = True
    """False: every API request is answered 503 and does nothing."""
    rate_limit: Annotated[int, Field(gt=0)] | None = None
    """Requests per `rate_window`. Polar: 500 in production, 100 in the sandbox."""
    rate_window: Annotated[float, Field(gt=0)] = 60.0
    """Real seconds: clients count in these too, so the time scale does not apply. A 429 asks for
    as many in `Retry-After`."""
    time_scale: Annotated[float, Field(ge=0)] = 1.0

    background_delay: Range = (1.0, 5.0)
    """From a deletion to each of its background steps, drawn per step. Polar: seconds later, in
    no guaranteed order."""
    background_paused: bool = False
    """True: background steps that fall due wait until this is False again."""
    debounce: Range = (1.0, 5.0)
    """How long `customer.state_changed` gathers changes. Polar: 1 to 5 s."""
    seed: int = 0
    """Of the random draws: background delays, and the order of what ties in a list."""

    loopback_endpoints: bool = True
    """Webhook endpoints may also be on a loopback address, by http too. False: https and public
    only, as Polar wants it. The control API takes any."""
    delivery_timeout: Annotated[float, Field(gt=0)] | None = None
    """Real seconds for one delivery. None: Polar's 10 s scaled, but never under 1 s, so that a
    busy machine does not look like a dead receiver."""
    max_attempts: Annotated[int, Field(gt=0)] = 10
    backoff_base: Annotated[float, Field(ge=0)] = 5.0
    backoff_cap: Annotated[float, Field(ge=0)] = 1200.0
    """Polar: attempts are at most 20 minutes apart."""
    fifo_wait: Annotated[float, Field(ge=0)] = 60.0
    """How long an event waits for earlier ones to the same endpoint. Polar: up to a minute."""
    disable_after: Annotated[int, Field(gt=0)] = 10
    """Events in a row that failed for good before the endpoint is disabled. Polar: 10."""
    keep_payloads: Annotated[int, Field(gt=0)] = 20_000
    """Events whose payload is kept. An older one is archived, as Polar does after 90 days, and
    can't be redelivered."""

    def timeout(self) -> float:
        """Real seconds that one delivery may take."""
        return self.delivery_timeout or max(10.0 * self.time_scale, 1.0)

    def backoff(self, attempts: int) -> float:
        """Real seconds from failed attempt number `attempts` (from 1) to the next."""
        return float(min(self.backoff_base * 2 ** (attempts - 1), self.backoff_cap)) * (
            self.time_scale
        )
