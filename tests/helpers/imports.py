"""What making the application imports, in a process of its own: in this one it is all there."""

from __future__ import annotations

import json
import subprocess
import sys

from tests.helpers.servers import ROOT
from tests.helpers.settings import environment
from tests.helpers.store import Store

_CODE = """
import json, sys
for name in sys.argv[1:]:
    sys.modules[name] = None
from app.main import create_app
create_app()
print(json.dumps(list(sys.modules)))
"""


def imported_by_app(store: Store, **variables: str) -> set[str]:
    """The modules that it takes with these settings."""
    made = _made(store, (), variables)
    assert made.returncode == 0, made.stderr
    return set(json.loads(made.stdout))


def refusal_without(package: str, store: Store, **variables: str) -> str:
    """What it says where the package is not installed, and does not start."""
    made = _made(store, (package,), variables)
    assert made.returncode != 0
    return made.stderr


def _made(
    store: Store, without: tuple[str, ...], variables: dict[str, str]
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", _CODE, *without],
        env={**environment(store), **variables, "PYTHONPATH": str(ROOT)},
        cwd=store.directory,
        capture_output=True,
        text=True,
        check=False,
    )
