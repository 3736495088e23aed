"""Settings of a deployment, and its secrets."""

from __future__ import annotations

import base64
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sync.settings import Settings
from tests.helpers.store import Store, store_at

EVENT_KEY = b"the key that the app signs with."
EVENT_SECRET = "whsec_" + base64.b64encode(EVENT_KEY).decode()
POLAR_SECRET = "polar_whs_bG9vcGJhY2sgb25seSwgbm9ib2R5"
HASH_KEY = "0123456789abcdef" * 4


def environment(database: Path | Store, **overrides: str) -> dict[str, str]:
    """The variables of a deployment that accepts only, on this database."""
    return {
        "POLAR_ACCESS_TOKEN": "polar_oat_test",
        "POLAR_WEBHOOK_SECRETS": POLAR_SECRET,
        "EVENT_SECRETS": EVENT_SECRET,
        "HASH_KEY": HASH_KEY,
        "DATABASE_URL": store_at(database).url,
        "WORKER": "separate",
        **overrides,
    }


def load_settings(database: Path | Store, **overrides: Any) -> Settings:
    """The same as a settings object. Overrides are fields."""
    values: dict[str, Any] = {k.lower(): v for k, v in environment(database).items()}
    return Settings.load(_env_file=None, **(values | overrides))


def database_path(settings: Settings) -> Path:
    """The settings' SQLite file."""
    return Path(settings.database_url.get_secret_value().removeprefix("sqlite:///"))


SettingsFactory = Callable[..., Settings]
