"""The app that is tested: in place of yours."""

from polar.v2026_10 import Polar


class App:
    def __init__(self, access_token: str, base_url: str) -> None:
        self.polar = Polar(access_token, base_url=base_url)

    def delete_account(self, user_id: str) -> None:
        """Delete the user's customer at Polar, and with it what the user pays for."""
        self.polar.customers.delete_external(user_id, anonymize=True)
