"""Marks: the engines that a test runs on."""

from __future__ import annotations

import pytest

BOTH_ENGINES = pytest.mark.engines("sqlite", "postgresql")
SQLITE = pytest.mark.engines("sqlite")
POSTGRESQL = pytest.mark.engines("postgresql")
