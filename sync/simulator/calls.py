"""One request to Polar's API: what it says, what its path names, and what an answer looks like."""

import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from pydantic import BaseModel, TypeAdapter, ValidationError

from sync.simulator.inputs import Page, PageOfOwners, Query, SortedPage, Uuid
from sync.simulator.lists import Columns
from sync.simulator.simulator import Simulator
from sync.simulator.world import Customer, Json, Ordered, Row

M = TypeVar("M", bound=BaseModel)
Q = TypeVar("Q", bound=Query)
R = TypeVar("R", bound=Row)
T = TypeVar("T")

_UUID: TypeAdapter[str] = TypeAdapter(Uuid)

Answer = tuple[int, Any]
"""A status and its content as JSON; 204 has none."""


class ApiError(Exception):
    """Ends a request with an answer that is no success. `body`: None for an empty one."""

    def __init__(
        self, status: int, body: Json | None, headers: dict[str, str] | None = None
    ) -> None:
        super().__init__(status, body)
        self.status, self.body, self.headers = status, body, headers


def error(status: int, name: str, detail: Any) -> ApiError:
    return ApiError(status, {"error": name, "detail": detail})


def not_found(what: str) -> ApiError:
    return error(404, "ResourceNotFound", f"{what} not found.")


def unauthorized() -> ApiError:
    body = {
        "error": "invalid_token",
        "error_description": "The access token is expired, revoked, malformed, or invalid.",
    }
    return ApiError(401, body, {"WWW-Authenticate": 'Bearer error="invalid_token"'})


def insufficient_scope(needed: Sequence[str]) -> ApiError:
    """`needed`: scopes of which one is enough."""
    body = {
        "error": "insufficient_scope",
        "error_description": "The request requires higher privileges than the access token has.",
    }
    challenge = f'Bearer error="insufficient_scope", scope="{" ".join(needed)}"'
    return ApiError(403, body, {"WWW-Authenticate": challenge})


def too_many_requests(seconds: float) -> ApiError:
    """Polar: an empty body, and the length of the window, not what is left of it."""
    return ApiError(429, None, {"Retry-After": str(math.ceil(seconds))})


def invalid(problem: ValidationError, *where: str) -> ApiError:
    """Polar: 422 `RequestValidationError` with one entry in `detail` per mistake."""
    return error(
        422,
        "RequestValidationError",
        [
            {
                "loc": [*where, *entry["loc"]],
                "msg": entry["msg"],
                "type": entry["type"],
                "input": entry["input"],
            }
            for entry in json.loads(problem.json(include_url=False, include_context=False))
        ],
    )


def mistake(where: str, name: str, message: str, value: Any) -> ApiError:
    """Polar: `PolarRequestValidationError` for what only its database knows to be wrong."""
    return mistakes(where, {name: (message, value)})


def mistakes(where: str, fields: Mapping[str, tuple[str, Any]]) -> ApiError:
    """The same for several fields, each with its message and value."""
    entries = [
        {"loc": [where, name], "msg": message, "type": "value_error", "input": value}
        for name, (message, value) in fields.items()
    ]
    return error(422, "PolarRequestValidationError", entries)


@dataclass(slots=True)
class Call:
    """One request to a route."""

    sim: Simulator
    params: list[str]
    query: list[tuple[str, str]]
    body: bytes

    def read_query(self, model: type[Q]) -> Q:
        try:
            return model.parse(self.query)
        except ValidationError as problem:
            raise invalid(problem, "query") from problem

    def read_body(self, model: type[M]) -> M:
        try:
            return model.model_validate_json(self.body)
        except ValidationError as problem:
            raise invalid(problem, "body") from problem

    def uuid(self, index: int = 0) -> str:
        """The UUID that the path names, the first one or that of `index`.

        Polar: 422 for any but version 4.
        """
        try:
            return _UUID.validate_python(self.params[index])
        except ValidationError as problem:
            raise invalid(problem, "path", "id") from problem

    def find(self, rows: dict[str, T], what: str) -> T:
        """The row whose id the path names."""
        row = rows.get(self.uuid())
        if row is None:
            raise not_found(what)
        return row

    def customer(self) -> Customer:
        """The living customer whose id the path names."""
        customer = self.sim.world.find_live(self.uuid())
        if customer is None:
            raise not_found("Customer")
        return customer

    def external_customer(self) -> Customer:
        """The living customer whose external id the path names."""
        customer = self.sim.world.by_external_id.get(self.params[0])
        if customer is None:
            raise not_found("Customer")
        return customer

    # -- lists -----------------------------------------------------------------------------

    def is_ours(self, page: Page) -> bool:
        """Whether the organization asked for, if any, is the one there is."""
        wanted = page.organization_id
        return wanted is None or self.sim.world.organization_id in wanted

    def rows_of(self, query: PageOfOwners, rows: dict[str, list[R]]) -> list[R] | None:
        """Rows of the customers asked for, each customer once; None: anybody's."""
        if not self.is_ours(query):
            return []
        if query.customer_id is None and query.external_customer_id is None:
            return None
        owners = query.customer_id
        if query.external_customer_id is not None:
            by_external_id = self.sim.world.by_external_id
            live = (by_external_id.get(each) for each in query.external_customer_id)
            ids = [customer.id for customer in live if customer is not None]
            owners = ids if owners is None else [each for each in owners if each in ids]
        return [row for owner in dict.fromkeys(owners or ()) for row in rows.get(owner, ())]

    def page(
        self,
        query: SortedPage,
        index: Ordered[R],
        columns: Columns[R],
        render: Callable[[R], Json],
        *,
        narrowed: Iterable[R] | None,
        keep: Callable[[R], bool] | None,
    ) -> Answer:
        """Answer one page of a list. See `Lists.page`."""
        version = self.sim.world.version
        rows, total = self.sim.lists.page(version, query, index, narrowed, keep, columns)
        return listing(rows, total, query, render)


def listing(items: Sequence[T], total: int, page: Page, render: Callable[[T], Json]) -> Answer:
    return 200, {
        "items": [render(item) for item in items],
        "pagination": {"total_count": total, "max_page": -(-total // page.limit)},
    }


@dataclass(frozen=True, slots=True)
class Route:
    method: str
    path: str
    scopes: tuple[str, ...]
    """Any of these is enough."""
    handler: Callable[[Call], Answer]
    segments: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "segments", tuple(self.path.split("/")))

    def match(self, path: Sequence[str]) -> list[str] | None:
        """The parameters in a path's segments; None: another path."""
        if len(path) != len(self.segments):
            return None
        params: list[str] = []
        for expected, actual in zip(self.segments, path, strict=True):
            if expected.startswith("{"):
                if not actual:
                    return None
                params.append(actual)
            elif expected != actual:
                return None
        return params
