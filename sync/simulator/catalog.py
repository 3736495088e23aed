"""What the organization is and sells, as Polar's JSON: itself, its product, its benefits."""

from sync.simulator.times import time
from sync.simulator.world import Json, Subscription, World


class Catalog:
    """Renders what one world's organization has."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._plan = self._product(
            world.product_id,
            "Simulated plan",
            world.price_id,
            {"amount_type": "fixed", "price_amount": 1000},
        )
        tiers = [{"min_seats": 1, "max_seats": None, "price_per_seat": 1000}]
        self._seat_plan = self._product(
            world.seat_product_id,
            "Simulated plan with seats",
            world.seat_price_id,
            {
                "amount_type": "seat_based",
                "seat_tiers": {
                    "seat_tier_type": "volume",
                    "tiers": tiers,
                    "minimum_seats": 1,
                    "maximum_seats": None,
                },
            },
        )

    def product(self, subscription: Subscription) -> Json:
        return self._plan if subscription.seats is None else self._seat_plan

    def _product(self, product_id: str, name: str, price_id: str, price: Json) -> Json:
        created = time(self.world.created_at)
        return {
            "id": product_id,
            "created_at": created,
            "modified_at": None,
            "trial_interval": None,
            "trial_interval_count": None,
            "name": name,
            "description": None,
            "visibility": "public",
            "recurring_interval": "month",
            "recurring_interval_count": 1,
            "meter_interval": None,
            "meter_interval_count": None,
            "is_recurring": True,
            "is_archived": False,
            "is_deletable": False,
            "organization_id": self.world.organization_id,
            "metadata": {},
            "prices": [
                {
                    "created_at": created,
                    "modified_at": None,
                    "id": price_id,
                    "source": "catalog",
                    "price_currency": "usd",
                    "tax_behavior": None,
                    "is_archived": False,
                    "product_id": product_id,
                    **price,
                }
            ],
            "benefits": [],
            "medias": [],
            "attached_custom_fields": [],
        }

    def benefit(self, index: int) -> Json:
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
