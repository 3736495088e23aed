"""`/v1/customer-seats`: the seats of a subscription, and the end of one."""

from sync.simulator.calls import Answer, Call, Route, error, not_found
from sync.simulator.inputs import Query, Uuid


class SeatsQuery(Query):
    subscription_id: Uuid | None = None
    order_id: Uuid | None = None


def list_seats(call: Call) -> Answer:
    """All of them on one page. Polar: revoked ones too, without the people who had them."""
    query = call.read_query(SeatsQuery)
    if query.subscription_id is None:
        if query.order_id is not None:
            raise not_found("Order")
        raise error(400, "BadRequest", "Either subscription_id or order_id must be provided")
    subscription = call.sim.world.subscriptions.get(query.subscription_id)
    if subscription is None or subscription.started_at is None:
        raise not_found("Subscription")
    seats = call.sim.seats
    return 200, {
        "seats": [call.sim.render.seat(seat) for seat in seats.of(subscription)],
        "available_seats": seats.available(subscription),
        "total_seats": subscription.seats or 0,
    }


def revoke_seat(call: Call) -> Answer:
    seat = call.find(call.sim.seats.by_id, "Seat")
    call.sim.revoke_seat(seat)
    return 200, call.sim.render.seat(seat)


ROUTES = [
    Route("GET", "/v1/customer-seats", ("customer_seats:read",), list_seats),
    Route("DELETE", "/v1/customer-seats/{seat_id}", ("customer_seats:write",), revoke_seat),
]
