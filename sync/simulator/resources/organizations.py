"""`/v1/organizations/`: the one there is."""

from sync.simulator.calls import Answer, Call, Route, listing, not_found
from sync.simulator.inputs import Page
from sync.simulator.lists import cut


class OrganizationsQuery(Page):
    slug: str | None = None


def list_organizations(call: Call) -> Answer:
    query = call.read_query(OrganizationsQuery)
    organization = call.sim.render.catalog.organization()
    rows = [organization] if query.slug in (None, organization["slug"]) else []
    return listing(cut(rows, query), len(rows), query, lambda row: row)


def get_organization(call: Call) -> Answer:
    if call.uuid() != call.sim.world.organization_id:
        raise not_found("Organization")
    return 200, call.sim.render.catalog.organization()


_READ = ("organizations:read", "organizations:write")

ROUTES = [
    Route("GET", "/v1/organizations/", _READ, list_organizations),
    Route("GET", "/v1/organizations/{id}", _READ, get_organization),
]
