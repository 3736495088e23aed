"""What fetches packages: uv, in an environment of its own."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest

_KEPT = ("HOME", "UV_DEFAULT_INDEX", "UV_INDEX_URL", "UV_CACHE_DIR", "SSL_CERT_FILE")


def bare() -> dict[str, str]:
    """The environment as far as packages need it to be fetched."""
    # `uv run` says where it is itself.
    own = Path(os.environ.get("UV", sys.executable)).parent
    path = {"PATH": f"{own}:{os.environ['PATH']}"}
    return {name: os.environ[name] for name in _KEPT if name in os.environ} | path


def find_uv() -> str:
    """uv's program; without one the test is skipped."""
    found = shutil.which("uv", path=bare()["PATH"])
    if found is None:
        assert not os.environ.get("NOTHING_SKIPPED"), "uv is not installed: see .ci/run"
        pytest.skip("uv is not on the PATH")
    return found
