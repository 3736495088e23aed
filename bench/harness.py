"""What the programs here have in common: their command line, and the settings of a bridge."""

from __future__ import annotations

import argparse

from sync.settings import Settings


def parser(description: str | None) -> argparse.ArgumentParser:
    """A command line with `--json`, whose help is the program's docstring."""
    made = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    made.add_argument("--json", action="store_true", help="print the figures as JSON")
    return made


def settings_for(database_url: str, **chosen: object) -> Settings:
    """Settings of a bridge that nobody sends anything to."""
    return Settings.load(
        _env_file=None,
        polar_webhook_secrets="polar_whs_nobody_sends_anything",
        event_secrets="bm9ib2R5IHNlbmRzIGFueXRoaW5n",
        hash_key="0123456789abcdef" * 2,
        database_url=database_url,
        **{"polar_access_token": "polar_oat_bench", **chosen},
    )
