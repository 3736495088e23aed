"""Rows as Polar's JSON, field by field as in its 2026-10 OpenAPI document.

A few fields are not in the document but required by the official SDK 1.0.2 for the same version:
`units`, a state subscription's `seats`, `is_deletable`, and `api_version` of webhook endpoints,
events and payloads.
"""

from sync.simulator.catalog import Catalog
from sync.simulator.members import Member, Members
from sync.simulator.seats import Seat
from sync.simulator.times import time
from sync.simulator.world import LISTED_IN_STATE, Customer, Grant, Json, Subscription, World


class Renderer:
    """Renders one world's rows.

    `hide_freed_id` drops the old external id of deleted customers. Polar: a payload may carry the
    old id, of which it keeps a copy, or null (older servers).
    """

    def __init__(self, world: World, members: Members) -> None:
        self.world = world
        self.members = members
        self.catalog = Catalog(world)
        self.hide_freed_id = False

    def customer(self, row: Customer) -> Json:
        external_id = row.external_id if self.hide_freed_id else row.shown_external_id
        return {
            "id": row.id,
            "created_at": time(row.created_at),
            "modified_at": time(row.modified_at),
            "metadata": row.metadata,
            "external_id": external_id,
            "email": row.email,
            "email_verified": False,
            "type": row.type,
            "name": row.name,
            "billing_name": row.billing_name,
            "billing_address": row.billing_address,
            "tax_id": row.tax_id,
            "locale": row.locale,
            "organization_id": self.world.organization_id,
            "default_payment_method_id": None,
            "deleted_at": time(row.deleted_at),
            "first_user_event_at": None,
            "avatar_url": None,
        }

    def state(self, row: Customer) -> Json:
        return self.customer(row) | {
            "active_subscriptions": [
                self._state_subscription(subscription)
                for subscription in self.world.subscriptions_of.get(row.id, ())
                if subscription.status in LISTED_IN_STATE
            ],
            "granted_benefits": [
                self._state_grant(grant)
                for grant in self.world.grants_of.get(row.id, ())
                if grant.revoked_at is None
            ],
            "active_meters": [],
        }

    def _state_subscription(self, row: Subscription) -> Json:
        return {
            "id": row.id,
            "created_at": time(row.created_at),
            "modified_at": time(row.modified_at),
            "custom_field_data": {},
            "metadata": row.metadata,
            "status": row.status,
            "amount": row.amount,
            "currency": "usd",
            "recurring_interval": "month",
            "current_period_start": time(row.current_period_start),
            "current_period_end": time(row.current_period_end),
            "trial_start": time(row.trial_start),
            "trial_end": time(row.trial_end),
            "cancel_at_period_end": row.cancel_at_period_end,
            "canceled_at": time(row.canceled_at),
            "started_at": time(row.started_at),
            "ends_at": time(row.ends_at),
            "product_id": self.world.product_of(row),
            "discount_id": None,
            "seats": row.seats,
            "units": None,
            "meters": [],
        }

    def _state_grant(self, row: Grant) -> Json:
        return {
            "id": row.id,
            "created_at": time(row.created_at),
            "modified_at": time(row.modified_at),
            "granted_at": time(row.granted_at),
            "benefit_id": self.world.benefit_id(row.benefit),
            "benefit_type": "custom",
            "benefit_metadata": {},
            "properties": {},
        }

    def subscription(self, row: Subscription) -> Json:
        return {
            "created_at": time(row.created_at),
            "modified_at": time(row.modified_at),
            "id": row.id,
            "amount": row.amount,
            "currency": "usd",
            "recurring_interval": "month",
            "recurring_interval_count": 1,
            "status": row.status,
            "current_period_start": time(row.current_period_start),
            "current_period_end": time(row.current_period_end),
            "current_meter_period_start": None,
            "current_meter_period_end": None,
            "trial_start": time(row.trial_start),
            "trial_end": time(row.trial_end),
            "cancel_at_period_end": row.cancel_at_period_end,
            "canceled_at": time(row.canceled_at),
            "started_at": time(row.started_at),
            "ends_at": time(row.ends_at),
            "ended_at": time(row.ended_at),
            "past_due_at": time(row.past_due_at),
            "pause_at_period_end": False,
            "paused_at": time(row.paused_at),
            "resumes_at": None,
            "customer_id": row.customer.id,
            "product_id": self.world.product_of(row),
            "discount_id": None,
            "checkout_id": None,
            "seats": row.seats,
            "units": None,
            "customer_cancellation_reason": None,
            "customer_cancellation_comment": None,
            "metadata": row.metadata,
            "custom_field_data": {},
            "customer": self.customer(row.customer),
            "product": self.catalog.product(row),
            "discount": None,
            "prices": self.catalog.product(row)["prices"],
            "meters": [],
            "pending_update": self._pending_update(row) if row.pending_update else None,
        }

    def _pending_update(self, row: Subscription) -> Json:
        return {
            "created_at": time(row.modified_at or row.created_at),
            "modified_at": None,
            "id": row.id,
            "applies_at": time(row.current_period_end),
            "product_id": self.world.product_of(row),
            "seats": None,
            "units": None,
        }

    def grant(self, row: Grant) -> Json:
        granted = row.revoked_at is None
        member = None if row.member_id is None else self.members.by_id[row.member_id]
        return {
            "created_at": time(row.created_at),
            "modified_at": time(row.modified_at),
            "id": row.id,
            "granted_at": time(row.granted_at),
            "is_granted": granted,
            "revoked_at": time(row.revoked_at),
            "is_revoked": not granted,
            "subscription_id": row.subscription_id,
            "order_id": None,
            "customer_id": row.customer.id,
            "member_id": row.member_id,
            "benefit_id": self.world.benefit_id(row.benefit),
            "error": None,
            "customer": self.customer(row.customer),
            "member": None if member is None else self.member(member),
            "benefit": self.catalog.benefit(row.benefit),
            "properties": {},
        }

    def grant_webhook(self, row: Grant) -> Json:
        return self.grant(row) | {"previous_properties": None}

    def seat(self, row: Seat, former: Member | None = None) -> Json:
        """`former` had the seat, and is shown in place of a member."""
        member = row.member or former
        customer = row.subscription.customer if member is not None else None
        return {
            "created_at": time(row.created_at),
            "modified_at": time(row.modified_at),
            "id": row.id,
            "subscription_id": row.subscription.id,
            "order_id": None,
            "status": row.status,
            "customer_id": row.subscription.customer.id if row.member is not None else None,
            "member_id": row.member.id if row.member is not None else None,
            "member": self.member(member) if member is not None else None,
            "email": row.email,
            "customer_email": customer.email if customer is not None else None,
            "invitation_token_expires_at": time(row.invitation_expires_at),
            "claimed_at": time(row.claimed_at),
            "revoked_at": time(row.revoked_at),
            "seat_metadata": {},
        }

    def member(self, row: Member) -> Json:
        return {
            "id": row.id,
            "created_at": time(row.created_at),
            "modified_at": time(row.modified_at),
            "customer_id": row.customer.id,
            "email": row.email,
            "name": row.name,
            "external_id": row.external_id,
            "role": row.role,
        }
