"""How long the property tests search: `HYPOTHESIS_PROFILE=thorough` to search longer, and elsewhere
each time. Otherwise they try the same examples every time, so that a change passes or fails by what
it changes."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

_SLOW = [HealthCheck.too_slow, HealthCheck.filter_too_much]

settings.register_profile(
    "quick", max_examples=100, deadline=None, derandomize=True, suppress_health_check=_SLOW
)
settings.register_profile(
    "thorough", max_examples=2_000, deadline=None, suppress_health_check=_SLOW
)


def load() -> None:
    """Use the profile that the environment asks for."""
    settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))
