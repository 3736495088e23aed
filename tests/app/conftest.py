"""A server for all tests of a module."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.helpers.settings import EVENT_SECRET, POLAR_SECRET
from tests.helpers.site import SECOND_SECRET, Site, site
from tests.helpers.store import StoreFactory


@pytest.fixture(scope="module")
def server(new_store: StoreFactory) -> Iterator[Site]:
    """Accepts only; two secrets of each sender, one of Polar's with a `whsec_` prefix."""
    with site(
        new_store(),
        event_secrets=f"{EVENT_SECRET},{SECOND_SECRET}",
        polar_webhook_secrets=f"{POLAR_SECRET} whsec_{SECOND_SECRET}",
    ) as running:
        yield running
