"""Polar's public API, as far as it concerns customers, subscriptions, grants and webhooks.

Finds the route of a request, lets the faults strike, and answers as Polar does.
"""

import json
import pkgutil
from contextlib import suppress
from datetime import timedelta
from email.utils import format_datetime
from http import HTTPStatus
from importlib import import_module
from typing import Any
from urllib.parse import parse_qsl

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from sync.simulator import resources
from sync.simulator.calls import ApiError, Call, Route, error
from sync.simulator.faults import ApiFault
from sync.simulator.simulator import RequestRecord, Simulator, utc_now

ABORT = "polar_simulator.abort"
"""The ASGI extension by which the server lets an application close its connection."""
_MAX_BODY = 1_000_000
_PHRASES = frozenset(int(status) for status in HTTPStatus)


def _routes() -> list[Route]:
    """Those of every module in `resources`."""
    found: list[Route] = []
    for module in pkgutil.iter_modules(resources.__path__, f"{resources.__name__}."):
        found += import_module(module.name).ROUTES
    return found


ROUTES = _routes()


def find_route(method: str, raw_path: str) -> tuple[Route, list[str]]:
    """Raises `ApiError`: 404 for a path that no route has, 405 for a method it does not have."""
    raw = raw_path.split("/")
    known = False
    for route in ROUTES:
        params = route.match(raw)
        if params is not None:
            if route.method == method:
                return route, params
            known = True
    if known:
        raise ApiError(405, {"detail": "Method Not Allowed"})
    # Polar: no `error` here, which tells a wrong path from a customer that is gone.
    raise ApiError(404, {"detail": "Not Found"})


class PolarApi:
    """The ASGI application for everything that is not the control API."""

    def __init__(self, sim: Simulator) -> None:
        self.sim = sim

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        method = scope["method"]
        raw_path = scope.get("raw_path", scope["path"].encode()).decode("ascii", "replace")
        query = scope["query_string"].decode("ascii", "replace")
        record = RequestRecord(method, raw_path, query, "-", utc_now())
        self.sim.requests.append(record)
        self._note_route(record)
        body = await read_body(receive)

        fault = await self._delay_and_choose(method, raw_path, record)
        response = None
        if await self._arrives(fault):
            response = self._handle(scope, record, body)
            record.handled = response.status_code
        if fault is not None:
            response = await self._strike(fault, response, receive)
        if response is None:
            await abort(scope, receive)
            return
        record.status = response.status_code
        response.headers["date"] = format_datetime(
            utc_now() + timedelta(seconds=self.sim.config.clock_ahead), usegmt=True
        )
        await response(scope, receive, send)

    async def _delay_and_choose(
        self, method: str, path: str, record: RequestRecord
    ) -> ApiFault | None:
        """Wait for the delays that match; the first other fault that strikes ends the request."""
        faults = self.sim.faults
        for rule in list(faults.rules):
            if rule.matches(method, path) and rule.strikes(faults.rng):
                record.fault = rule.kind
                if rule.kind != "delay" or not await self.sim.hold(rule.seconds):
                    return rule
        return None

    async def _arrives(self, fault: ApiFault | None) -> bool:
        """Whether the request is carried out; waits until it is to be."""
        if fault is None or fault.kind == "timeout":
            return True
        if fault.kind == "late":
            return await self.sim.hold(fault.seconds)
        return fault.after_effect

    async def _strike(
        self, rule: ApiFault, response: Response | None, receive: Receive
    ) -> Response | None:
        """The answer that the fault leaves; None: none at all."""
        match rule.kind:
            case "error":
                name = HTTPStatus(rule.status).phrase if rule.status in _PHRASES else "Error"
                return answer(rule.status, {"error": name.replace(" ", ""), "detail": name})
            case "rate_limit":
                return too_many_requests(rule.retry_after)
            case "timeout":
                held = await self.sim.hold(rule.seconds)
                return response if held and not rule.close else None
            case "late":
                await self.sim.wait_for(_disconnected(receive))
                return None
            case _:
                return None

    def _note_route(self, record: RequestRecord) -> None:
        with suppress(ApiError):
            route, params = find_route(record.method, record.path)
            record.route, record.customer_id = route.path, self._customer_named(route, params)
        self.sim.counts[record.method, record.route] += 1

    def _customer_named(self, route: Route, params: list[str]) -> str | None:
        if route.path.startswith("/v1/customers/external/"):
            customer = self.sim.world.by_external_id.get(params[0])
            return None if customer is None else customer.id
        return params[0] if route.path.startswith("/v1/customers/{id}") else None

    def _handle(self, scope: Scope, record: RequestRecord, body: bytes) -> Response:
        sim = self.sim
        headers = {
            name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]
        }
        try:
            if not sim.config.available:
                raise error(503, "ServiceUnavailable", "Service Unavailable")
            if headers.get("polar-version") not in (None, *sim.config.versions):
                # Polar: an unsupported version is answered as a wrong path is.
                raise ApiError(404, {"detail": "Not Found"})
            route, params = find_route(record.method, record.path)
            wait = sim.seconds_over_limit()
            if wait:
                return too_many_requests(wait)
            if headers.get("authorization") != f"Bearer {sim.config.token}":
                raise error(401, "invalid_token", "The access token is invalid.")
            if sim.config.scopes.isdisjoint(route.scopes):
                needed = " or ".join(route.scopes)
                raise error(403, "insufficient_scope", f"The access token needs {needed}.")
            record.customer_id = self._customer_named(route, params)
            query = parse_qsl(record.query, keep_blank_values=True)
            status, content = route.handler(Call(sim, params, query, body))
        except ApiError as problem:
            return answer(problem.status, problem.body)
        record.effect = route.method != "GET"
        return answer(status, content)


def answer(status: int, content: Any, headers: dict[str, str] | None = None) -> Response:
    if status == 204:
        return Response(status_code=204, headers=headers)
    body = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
    return Response(body, status, headers, media_type="application/json")


def too_many_requests(seconds: int) -> Response:
    body = {"error": "TooManyRequests", "detail": "Rate limit exceeded."}
    return answer(429, body, {"Retry-After": str(seconds)})


async def read_body(receive: Receive) -> bytes:
    body = b""
    more = True
    while more and len(body) <= _MAX_BODY:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return body


async def abort(scope: Scope, receive: Receive) -> None:
    """Close the connection without an answer.

    Raises:
        RuntimeError: the server offers no way to; `sync.simulator.server` does.
    """
    close = scope.get("extensions", {}).get(ABORT)
    if close is None:
        raise RuntimeError("this server cannot drop a connection: use sync.simulator.server")
    close()
    await _disconnected(receive)


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
