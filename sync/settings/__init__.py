"""The settings of a deployment, read from the environment and from `.env`.

`Settings.load()` is the one place that reads configuration. A missing or unusable value raises
`SettingsError`, whose `problems` hold one line for each variable: its name and what to do, never
its value, since any of them could be a secret.
"""

from sync.settings.fields import MAX_LEASE, PolarSettings, ReceiptSettings, RelaySettings, Settings
from sync.settings.reading import SettingsError, extra
from sync.settings.values import parse_host, parse_public_url

__all__ = [
    "MAX_LEASE",
    "PolarSettings",
    "ReceiptSettings",
    "RelaySettings",
    "Settings",
    "SettingsError",
    "extra",
    "parse_host",
    "parse_public_url",
]
