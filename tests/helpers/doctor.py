"""The doctor's report on a deployment."""

from __future__ import annotations

from dataclasses import dataclass

from sync.simulator.config import DEFAULT_TOKEN
from tests.helpers.commands import Commands
from tests.helpers.settings import EVENT_SECRET, HASH_KEY, POLAR_SECRET
from tests.helpers.simulator import Json, SimulatorClient
from tests.helpers.store import Store

SCOPES = [
    "customers:read",
    "customers:write",
    "subscriptions:read",
    "subscriptions:write",
    "benefits:read",
    "members:read",
    "members:write",
    "customer_seats:read",
    "webhooks:read",
]
OF_ENDPOINT = ["endpoint enabled", "endpoint format", "endpoint events", "endpoint secret"]
OF_BRIDGE = ["bridge ready", "webhook accepted", "forgery refused"]
NAMES = [
    "settings",
    "database",
    "HASH_KEY",
    "API",
    "clock",
    "token",
    *(f"scope {name}" for name in SCOPES),
    "webhook endpoint",
    *OF_ENDPOINT,
    *OF_BRIDGE,
    "app told",
    "operators told",
    "inbox",
    "event types",
    "dead letters",
    "outbox",
    "profiles",
    "deletions for a person",
    "deletions go on",
]
ON_POLAR = NAMES[NAMES.index("clock") : NAMES.index("bridge ready")]
"""What cannot be said without Polar's API."""
NOBODY = "http://127.0.0.1:9"


@dataclass(frozen=True, slots=True)
class Report:
    """What the doctor says, row by row."""

    code: int
    ok: bool
    rows: dict[str, Json]

    def outcomes(self, outcome: str) -> list[str]:
        return [name for name, row in self.rows.items() if row["outcome"] == outcome]

    @property
    def skipped(self) -> list[str]:
        """All but what is skipped since nobody is to be told."""
        untold = {"app told", "operators told"}
        return [name for name in self.outcomes("skip") if name not in untold]


@dataclass(frozen=True, slots=True)
class Deployment:
    """A deployment in good health, until a test makes it ill."""

    polar: SimulatorClient
    endpoint: Json
    commands: Commands

    @property
    def store(self) -> Store:
        return self.commands.store

    def set(self, **variables: str | None) -> None:
        for name, value in variables.items():
            if value is None:
                self.commands.monkeypatch.delenv(name)
            else:
                self.commands.monkeypatch.setenv(name, value)

    def change(self, **fields: object) -> None:
        """Change the endpoint at Polar."""
        path = f"/v1/webhooks/endpoints/{self.endpoint['id']}"
        assert self.polar.api.patch(path, json=fields).status_code == 200

    def doctor(self, *arguments: str) -> Report:
        result = self.commands.run("doctor", "--json", *arguments)
        for secret in (DEFAULT_TOKEN, POLAR_SECRET, EVENT_SECRET, HASH_KEY):
            assert secret not in result.out + result.err
        assert result.err == ""
        report = result.json
        assert report.keys() == {"ok", "checks"}
        rows = {row.pop("name"): row for row in report["checks"]}
        assert list(rows) == NAMES
        assert result.code == (0 if report["ok"] else 1)
        assert report["ok"] is all(row["outcome"] != "fail" for row in rows.values())
        for row in rows.values():
            assert row.keys() == {"outcome", "detail", "remedy"}
            assert row["detail"]
            assert bool(row["remedy"]) or row["outcome"] not in {"warn", "fail"}
        return Report(result.code, report["ok"], rows)

    def only(self, name: str, outcome: str, *words: str, arguments: tuple[str, ...] = ()) -> None:
        """That row and no other is not well, and says these words."""
        report = self.doctor(*arguments)
        assert report.outcomes("warn") + report.outcomes("fail") == [name], report
        row = report.rows[name]
        assert row["outcome"] == outcome
        for word in words:
            assert word in row["detail"] + " | " + row["remedy"]
