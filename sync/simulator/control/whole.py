"""The control API for the world as one: as a file, and as a page to look at."""

import html
from collections.abc import Iterable, Sequence

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from sync.simulator.control.world_file import UnusableWorld, load, snapshot
from sync.simulator.simulator import Simulator
from sync.simulator.times import time
from sync.simulator.world import Customer

MOST = 200
"""Rows of each table on the page, the newest."""
_HEAD = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>A simulated Polar</title>
<meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark">
<style>
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 75rem; padding: 0 1rem }
.scroll { overflow-x: auto } table { border-collapse: collapse; width: 100% }
th, td { border-bottom: 1px solid #8885; padding: .3rem .8rem .3rem 0; text-align: left;
  vertical-align: top } code { font-size: .85em } .gone { opacity: .6 }
</style></head><body><h1>A simulated Polar</h1>
"""


class Whole:
    """Handlers for one simulator."""

    def __init__(self, sim: Simulator) -> None:
        self.sim = sim

    def routes(self) -> list[Route]:
        return [
            Route("/", self.show, methods=["GET"]),
            Route("/world", self.get_world, methods=["GET"]),
            Route("/world", self.set_world, methods=["PUT"]),
        ]

    async def get_world(self, _: Request) -> Response:
        return Response(snapshot(self.sim), media_type="application/json")

    async def set_world(self, request: Request) -> Response:
        """In place of all that was there."""
        content = await request.body()
        await self.sim.empty()
        try:
            load(self.sim, content)
        except UnusableWorld as problem:
            raise HTTPException(422, str(problem)) from problem
        return await self.get_world(request)

    async def show(self, _: Request) -> Response:
        sim = self.sim
        customers = list(sim.world.customers.values())
        requests, events = list(sim.requests), list(sim.webhooks.events.values())
        return HTMLResponse(
            _HEAD
            + _table(
                "Customers",
                ("id", "external id", "e-mail", "subscriptions", "benefits", "members", "since"),
                len(customers),
                map(self._customer, reversed(customers[-MOST:])),
            )
            + _table(
                "Requests",
                ("at", "method", "path", "answered", "fault"),
                len(requests),
                (
                    (time(it.started_at), it.method, it.path, it.status or "not", it.fault or "")
                    for it in reversed(requests[-MOST:])
                ),
            )
            + _table(
                "Webhooks",
                ("type", "to", "state", "tries"),
                len(events),
                (
                    (it.type, it.endpoint.url, it.state, it.attempts)
                    for it in reversed(events[-MOST:])
                ),
            )
            + _table(
                "Faults",
                ("of", "what", "struck"),
                len(sim.faults.rules) + len(sim.webhooks.faults.rules),
                (
                    (of, it.model_dump_json(exclude_defaults=True), it.struck)
                    for of, rules in (
                        ("requests", sim.faults.rules),
                        ("webhooks", sim.webhooks.faults.rules),
                    )
                    for it in rules
                ),
            )
            + "</body></html>"
        )

    def _customer(self, row: Customer) -> Sequence[object]:
        sim = self.sim
        subscriptions = sim.world.subscriptions_of.get(row.id, [])
        grants = sim.world.grants_of.get(row.id, [])
        gone = "" if row.deleted_at is None else f", deleted {time(row.deleted_at)}"
        return (
            row.id,
            row.external_id or "",
            row.email or "",
            ", ".join(it.status for it in subscriptions),
            f"{sum(it.revoked_at is None for it in grants)} of {len(grants)}",
            ", ".join(f"{it.external_id or it.email} ({it.role})" for it in sim.members.of(row)),
            f"{time(row.created_at)}{gone}",
        )


def _table(title: str, head: Sequence[str], number: int, rows: Iterable[Sequence[object]]) -> str:
    cells = "".join(
        f"<tr>{''.join(f'<td>{html.escape(str(cell))}</td>' for cell in row)}</tr>" for row in rows
    )
    heads = "".join(f"<th>{it}</th>" for it in head)
    shown = f"{number:,}" if number <= MOST else f"{number:,}, the newest {MOST}"
    content = (
        f'<div class="scroll" tabindex="0"><table><thead><tr>{heads}</tr></thead>'
        f"<tbody>{cells}</tbody></table></div>"
        if number
        else "<p>None.</p>"
    )
    return f"<h2>{title} ({shown})</h2>{content}\n"
