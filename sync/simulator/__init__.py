"""A Polar to try things against: its API, its deletions, its webhooks, and what can go wrong.

Everything lives in memory, in one process. It is used by `polar-sync demo`, by tests and by
benchmarks, and is no part of a deployment.

Start it with `python -m sync.simulator --port 0 --time-scale 0.01`, which prints `simulator
listening on http://127.0.0.1:PORT` once it accepts connections and exits on SIGTERM; or serve
`create_simulator(SimulatorConfig(...))` with `sync.simulator.server.Server`. The API wants the
bearer token `polar_oat_simulator`; `Polar-Version`, if sent, must be `2026-10`.

What it has of Polar's API under `/v1/`: customers (list, create, get, update, delete, state, by
id and by external id), subscriptions (list, create, get, revoke), benefit grants (list), webhook
endpoints, deliveries, redelivery, organizations (list, get). Unknown query parameters are
ignored, the `metadata` filter among them.

# The control API

Under `/_sim/`, JSON, without a token. Unknown fields are answered 422, unknown ids 404.

`POST /_sim/customers` -> 201 with `customer`, `subscription_ids`, `grant_ids` and all its rows.
All fields are optional; a subscription is a status or an object of fields:

    {"external_id": "user-1", "email": "a@example.com", "name": "A", "type": "individual",
     "created_at": "2026-08-01T00:00:00Z", "tax_id": ["FR61954506077", "eu_vat"],
     "billing_address": {"country": "FR"}, "metadata": {"k": "v"},
     "subscriptions": ["active", {"status": "past_due", "locked": true}], "grants": 2,
     "webhooks": true}

`POST /_sim/customers/bulk` -> 201 with `count`, and `ids` if asked for. No webhooks; 100 000 take
seconds. External ids are `prefix` and a number from `start`:

    {"count": 1000, "prefix": "user-", "start": 0, "subscriptions": ["active"], "grants": 1,
     "created_at": "2026-08-01T00:00:00Z", "metadata": {}, "return_ids": false}

`GET /_sim/customers/{id}` -> the truth, of a deleted one too, with all its rows.

`POST /_sim/subscriptions` -> 201: one more subscription, of a deleted customer too:

    {"customer_id": "...", "status": "active", "webhooks": true}

`POST /_sim/subscriptions/{id}` sets what is given; a status also sets the times that belong to it:

    {"status": "paused", "locked": false, "pending_update": false, "webhooks": true}

`POST /_sim/grants/{id}` grants or revokes, or makes the background's revocation get stuck:

    {"is_granted": false, "stuck": false, "webhooks": true}

`GET /_sim/requests` -> `requests`, oldest first, each with `method`, `path` (as sent), `query`,
`route`, `started_at`, `status` (null: no answer), `effect` and `fault`. Filtered by `?method=`,
`route=`, `status=`, `effect=true` and `path=` (a part of it).

`GET /_sim/counts` -> requests by method and route:

    {"DELETE /v1/customers/external/{external_id}": 3}

`DELETE /_sim/requests` forgets both.

`PUT /_sim/faults` replaces the faults of API requests (see `ApiFault`), `GET` shows them with how
often each `struck`, `DELETE` clears them:

    {"seed": 1, "faults": [
      {"kind": "delay", "seconds": 0.2, "method": "GET", "path": "^/v1/customers/"},
      {"kind": "drop", "count": 1},
      {"kind": "error", "status": 502, "after_effect": true, "probability": 0.5},
      {"kind": "rate_limit", "retry_after": 2},
      {"kind": "timeout", "seconds": 3, "close": true, "method": "DELETE"}]}

`PUT /_sim/webhook-faults` likewise (see `WebhookFault`):

    {"seed": 1, "null_external_id": true, "faults": [
      {"kind": "drop", "type": "^customer[.]deleted$", "count": 1},
      {"kind": "duplicate", "copies": 2},
      {"kind": "reorder", "seconds": 0.5},
      {"kind": "delay", "seconds": 1},
      {"kind": "hold", "endpoint_id": "..."}]}

`POST /_sim/webhooks/release` -> `released`, how many: what is held is sent. Clearing the faults
alone does not. Both fields are optional; `order` is `fifo`, `reverse` or `shuffle`:

    {"order": "reverse", "type": "customer.deleted"}

`GET /_sim/webhooks` -> `counts` by state (`pending`, `held`, `delivered`, `failed`, `skipped`,
`dropped`), `endpoints`, and `events` unless `?events=false`.

`POST /_sim/webhooks/endpoints` -> 201. Without `events` it gets all of them, without `secret` a
new one. With `standard_signature` the key is not the whole secret but what follows `whsec_`,
decoded from base64:

    {"url": "http://127.0.0.1:8000/webhooks/polar", "secret": "whsec_...",
     "events": ["customer.deleted"], "format": "raw", "enabled": true,
     "standard_signature": false}

`POST /_sim/settle` -> 200 once neither background work nor a delivery is pending, 504 after
`timeout` seconds. Held webhooks and paused background work are not waited for:

    {"timeout": 10}

`PUT /_sim/settings` changes any fields of `SimulatorConfig`, `GET` shows them:

    {"available": false, "rate_limit": 60, "scopes": ["customers:read"], "background_paused": true}

`POST /_sim/reset` -> 204: an empty world, with the settings that it was started with.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.routing import Mount

from sync.simulator.api import PolarApi
from sync.simulator.config import DEFAULT_TOKEN, SimulatorConfig
from sync.simulator.control import Control
from sync.simulator.simulator import Simulator

__all__ = ["DEFAULT_TOKEN", "Simulator", "SimulatorConfig", "create_simulator"]


def create_simulator(config: SimulatorConfig | None = None) -> Starlette:
    """An ASGI application with a world of its own, which is its `state.simulator`.

    Its lifespan must run. Dropping a connection needs the server of `sync.simulator.server`.
    """
    sim = Simulator(config or SimulatorConfig())

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        await sim.close()

    app = Starlette(routes=[Mount("/_sim", routes=Control(sim).routes())], lifespan=lifespan)
    # Polar's paths are told apart in their raw form, which Starlette's routes do not see.
    app.router.default = PolarApi(sim)
    app.router.redirect_slashes = False
    app.state.simulator = sim
    return app
