"""Rows as Polar's JSON, field by field as in its 2026-10 OpenAPI document.

A few fields are not in the document but required by the official SDK 1.0.2 for the same version:
`units`, a state subscription's `seats`, `is_deletable`, and `api_version` of webhook endpoints,
events and payloads.
"""

from datetime import datetime

from sync.simulator.world import (
    LISTED_IN_STATE,
    Customer,
    Grant,
    Json,
    Member,
    Subscription,
    World,
)


def time(value: datetime | None) -> str | None:
    """ISO 8601 in UTC, with `Z`."""
    return None if value is None else value.isoformat().replace("+00:00", "Z")


class Renderer:
    """Renders one world's rows.

    `hide_freed_id` drops the old external id of deleted customers. Polar: a payload may carry the
    old id, of which it keeps a copy, or null (older servers).
    """

    def __init__(self, world: World) -> None:
        self.world = world
        self.hide_freed_id = False
        created = time(world.created_at)
        self._price: Json = {
            "created_at": created,
            "modified_at": None,
            "id": world.price_id,
            "source": "catalog",
            "amount_type": "fixed",
            "price_currency": "usd",
            "tax_behavior": None,
            "is_archived": False,
            "product_id": world.product_id,
            "price_amount": 1000,
        }
        self._product: Json = {
            "id": world.product_id,
            "created_at": created,
            "modified_at": None,
            "trial_interval": None,
            "trial_interval_count": None,
            "name": "Simulated plan",
            "description": None,
            "visibility": "public",
            "recurring_interval": "month",
            "recurring_interval_count": 1,
            "meter_interval": None,
            "meter_interval_count": None,
            "is_recurring": True,
            "is_archived": False,
            "is_deletable": False,
            "organization_id": world.organization_id,
            "metadata": {},
            "prices": [self._price],
            "benefits": [],
            "medias": [],
            "attached_custom_fields": [],
        }

    def customer(self, row: Customer) -> Json:
        external_id = row.external_id if self.hide_freed_id else row.known_external_id
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
            "product_id": self.world.product_id,
            "discount_id": None,
            "seats": None,
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
            "product_id": self.world.product_id,
            "discount_id": None,
            "checkout_id": None,
            "seats": None,
            "units": None,
            "customer_cancellation_reason": None,
            "customer_cancellation_comment": None,
            "metadata": row.metadata,
            "custom_field_data": {},
            "customer": self.customer(row.customer),
            "product": self._product,
            "discount": None,
            "prices": [self._price],
            "meters": [],
            "pending_update": self._pending_update(row) if row.pending_update else None,
        }

    def _pending_update(self, row: Subscription) -> Json:
        return {
            "created_at": time(row.modified_at or row.created_at),
            "modified_at": None,
            "id": row.id,
            "applies_at": time(row.current_period_end),
            "product_id": self.world.product_id,
            "seats": None,
            "units": None,
        }

    def grant(self, row: Grant) -> Json:
        granted = row.revoked_at is None
        owner = self.world.members_of[row.customer.id][0]
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
            "member_id": owner.id,
            "benefit_id": self.world.benefit_id(row.benefit),
            "error": None,
            "customer": self.customer(row.customer),
            "member": self.member(owner),
            "benefit": self._benefit(row.benefit),
            "properties": {},
        }

    def grant_webhook(self, row: Grant) -> Json:
        return self.grant(row) | {"previous_properties": None}

    def _benefit(self, index: int) -> Json:
        return {
            "id": self.world.benefit_id(index),
            "created_at": time(self.world.created_at),
            "modified_at": None,
            "type": "custom",
            "description": f"Simulated benefit {index + 1}",
            "selectable": True,
            "deletable": True,
            "is_deleted": False,
            "organization_id": self.world.organization_id,
            "metadata": {},
            "visibility": "public",
            "visibility_configurable": True,
            "properties": {"note": None},
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
            "role": "owner",
        }

    def organization(self) -> Json:
        return {
            "created_at": time(self.world.created_at),
            "modified_at": None,
            "id": self.world.organization_id,
            "name": "Simulated organization",
            "slug": "simulated",
            "avatar_url": None,
            "proration_behavior": "prorate",
            "allow_customer_updates": True,
            "email": None,
            "website": None,
            "socials": [],
            "status": "active",
            "details_submitted_at": None,
            "onboarding_resubmission_requested_at": None,
            "sso_enforced": False,
            "default_presentment_currency": "usd",
            "default_tax_behavior": "location",
            "feature_settings": None,
            "subscription_settings": {
                "allow_multiple_subscriptions": True,
                "proration_behavior": "prorate",
                "benefit_revocation_grace_period": 0,
                "prevent_trial_abuse": False,
                "allow_customer_updates": True,
            },
            "customer_email_settings": dict.fromkeys(
                (
                    "order_confirmation",
                    "payment_method_expiration_reminder",
                    "subscription_cancellation",
                    "subscription_confirmation",
                    "subscription_cycled",
                    "subscription_cycled_after_trial",
                    "subscription_past_due",
                    "subscription_paused",
                    "subscription_resumed",
                    "subscription_renewal_reminder",
                    "subscription_revoked",
                    "subscription_trial_conversion_reminder",
                    "subscription_uncanceled",
                    "subscription_updated",
                ),
                False,
            ),
            "customer_portal_settings": {
                "usage": {"show": True},
                "subscription": {"update_seats": True, "update_plan": True, "pause": False},
                "customer": {"allow_email_change": False},
            },
            "dispute_settings": {"auto_accept_below_amount": None},
            "embed_hosts": [],
            "embed_hosts_enforced": False,
            "country": "US",
            "account_id": None,
            "payout_account_id": None,
            "capabilities": dict.fromkeys(
                (
                    "checkout_payments",
                    "subscription_renewals",
                    "payouts",
                    "refunds",
                    "api_access",
                    "dashboard_access",
                ),
                True,
            ),
        }
