"""`/v1/benefit-grants/`."""

from typing import Literal

from sync.simulator.calls import Answer, Call, Route
from sync.simulator.inputs import PageOfOwners
from sync.simulator.lists import Columns
from sync.simulator.world import Grant


class GrantsQuery(PageOfOwners):
    is_granted: bool | None = None
    sorting: tuple[
        Literal[
            "created_at",
            "-created_at",
            "granted_at",
            "-granted_at",
            "revoked_at",
            "-revoked_at",
        ],
        ...,
    ] = ("-created_at",)


_COLUMNS: Columns[Grant] = {
    "created_at": lambda row: row.created_at,
    "granted_at": lambda row: row.granted_at,
    "revoked_at": lambda row: row.revoked_at,
}


def list_grants(call: Call) -> Answer:
    query = call.read_query(GrantsQuery)
    world = call.sim.world

    def keep(row: Grant) -> bool:
        return (row.revoked_at is None) == query.is_granted

    return call.page(
        query,
        world.grants_by_creation,
        _COLUMNS,
        call.sim.render.grant,
        narrowed=call.rows_of(query, world.grants_of),
        keep=keep if query.is_granted is not None else None,
    )


_READ = ("benefits:read", "benefits:write")

ROUTES = [
    Route("GET", "/v1/benefit-grants/", _READ, list_grants),
]
