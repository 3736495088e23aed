"""Polar's public API, as far as it concerns customers, subscriptions, grants and webhooks.

Lets the faults strike, and answers as Polar does.
"""

import json
from contextlib import suppress
from datetime import timedelta
from email.utils import format_datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from sync.simulator.calls import (
    ApiError,
    Call,
    Route,
    error,
    insufficient_scope,
    too_many_requests,
    unauthorized,
)
from sync.simulator.faults import ApiFault
from sync.simulator.routing import NO_SUCH_PATH, find_route
from sync.simulator.simulator import RequestRecord, Simulator, utc_now

ABORT = "polar_simulator.abort"
"""The ASGI extension by which the server lets an application close its connection."""
VERSION_WITHOUT_HEADER = "2026-04"
_MAX_BODY = 1_000_000
_EMPTY = frozenset({204, 307, 429})
"""Answers without a body."""
_PHRASES = frozenset(int(status) for status in HTTPStatus)


class PolarApi:
    """The ASGI application for everything that is not the control API."""

    def __init__(self, sim: Simulator) -> None:
        self.sim = sim

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        method = scope["method"]
        raw_path = scope["raw_path"].decode("ascii", "replace")
        query = scope["query_string"].decode("ascii", "replace")
        record = RequestRecord(method, raw_path, query, "-", utc_now())
        self.sim.requests.append(record)
        body = await read_body(receive)

        fault = await self._delay_and_choose(method, raw_path, record)
        self._note_route(scope, record)
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
                window = self.sim.config.rate_window
                problem = too_many_requests(
                    window if rule.retry_after is None else rule.retry_after
                )
                return answer(problem.status, problem.body, problem.headers)
            case "timeout":
                held = await self.sim.hold(rule.seconds)
                return response if held and not rule.close else None
            case "late":
                await self.sim.wait_for(_disconnected(receive))
                return None
            case _:
                return None

    def _note_route(self, scope: Scope, record: RequestRecord) -> None:
        with suppress(ApiError):
            route, params = find_route(scope)
            record.route, record.customer_id = route.path, self._customer_named(route, params)
        self.sim.counts[record.method, record.route] += 1

    def _customer_named(self, route: Route, params: list[str]) -> str | None:
        if route.path.startswith("/v1/customers/external/"):
            customer = self.sim.world.by_external_id.get(params[0])
            return None if customer is None else customer.id
        return params[0] if route.path.startswith("/v1/customers/{id}") else None

    def _handle(self, scope: Scope, record: RequestRecord, body: bytes) -> Response:
        headers = Headers(scope=scope)
        version = headers.get("polar-version", VERSION_WITHOUT_HEADER)
        if version not in self.sim.config.versions:
            # Polar: answered as a wrong path is, before the token is looked at.
            return answer(404, NO_SUCH_PATH)
        try:
            route, params = self._admit(scope, headers)
            record.customer_id = self._customer_named(route, params)
            query = parse_qsl(record.query, keep_blank_values=True)
            response = answer(*route.handler(Call(self.sim, params, query, body)))
            record.effect = route.method != "GET"
        except ApiError as problem:
            response = answer(problem.status, problem.body, problem.headers)
        response.headers["polar-version"] = version
        return response

    def _admit(self, scope: Scope, headers: Headers) -> tuple[Route, list[str]]:
        """The route of a request that may be carried out, and its parameters.

        Raises `ApiError`: what refuses it.
        """
        config = self.sim.config
        if not config.available:
            raise error(503, "ServiceUnavailable", "Service Unavailable")
        route, params = find_route(scope)
        if self.sim.is_over_limit():
            raise too_many_requests(config.rate_window)
        if headers.get("authorization") != f"Bearer {config.token}":
            raise unauthorized()
        if config.scopes.isdisjoint(route.scopes):
            raise insufficient_scope(route.scopes)
        return route, params


def answer(status: int, content: Any, headers: dict[str, str] | None = None) -> Response:
    if status in _EMPTY:
        return Response(status_code=status, headers=headers)
    body = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
    return Response(body, status, headers, media_type="application/json")


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
