"""The kits for Python and bash, run as they are copied into an app, against a real bridge."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from sync.demo.processes import free_port
from sync.signatures import sign
from tests.helpers.bridge import Run
from tests.helpers.engines import SQLITE
from tests.helpers.postgres import Postgres
from tests.helpers.servers import ROOT
from tests.helpers.settings import EVENT_SECRET
from tests.helpers.simulator import Receiver, receiving
from tests.helpers.waiting import wait_for

KITS = ROOT / "kits"
pytestmark = SQLITE


@dataclass
class App:
    """An app that has a kit, in a directory of its own."""

    directory: Path
    bridge: str
    database_url: str | None = None
    """None: a SQLite file."""

    @property
    def variables(self) -> dict[str, str]:
        return {
            **os.environ,
            "POLAR_SYNC_URL": self.bridge,
            "POLAR_SYNC_SECRET": EVENT_SECRET,
            "APP_DATABASE_URL": self.database_url or f"sqlite:///{self.file}",
            "DB_FILE": str(self.file),
            "DJANGO_SETTINGS_MODULE": "site_settings",
            "PYTHONPATH": str(self.directory),
            "POLAR_SYNC_SPOOL": str(self.directory / "spool"),
            "PYTHONWARNINGS": "ignore",
        }

    @property
    def file(self) -> Path:
        """Of its database."""
        return self.directory / "app.db"

    def start(self, *command: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            command,
            cwd=self.directory,
            env=self.variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, *command: str) -> tuple[int, str]:
        """A command's exit code, and what it has said."""
        with self.start(*command) as popen:
            said, _ = popen.communicate(timeout=60)
        return popen.returncode, said

    def python(self, *arguments: str) -> str:
        """One that must succeed."""
        code, said = self.run(sys.executable, *arguments)
        assert code == 0, said
        return said

    def outbox(self, table: str = "polar_sync_outbox") -> list[Any]:
        with contextlib.closing(sqlite3.connect(self.file)) as connection:
            connection.row_factory = sqlite3.Row
            return connection.execute(f"SELECT * FROM {table} ORDER BY id").fetchall()  # noqa: S608


def copied(kit: str, directory: Path, bridge: str) -> App:
    """An app that has the kit."""
    shutil.copytree(KITS / kit, directory, dirs_exist_ok=True)
    return App(directory, bridge)


@contextlib.contextmanager
def web(app: App, *command: str) -> Iterator[httpx.Client]:
    """The app's server; `{port}` in the command is its port. Stopped as a platform does."""
    port = str(free_port())
    with (
        app.start(sys.executable, "-m", *(it.replace("{port}", port) for it in command)) as popen,
        httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as client,
    ):

        def answers() -> bool:
            assert popen.poll() is None, popen.communicate()[0]
            with contextlib.suppress(httpx.TransportError):
                return bool(client.get("/").status_code)
            return False

        try:
            wait_for(answers, "the app answers")
            yield client
        finally:
            popen.terminate()
            said, _ = popen.communicate(timeout=60)
    assert "Traceback" not in said, said


FASTAPI = ("uvicorn", "app:app", "--port", "{port}")
FLASK = ("flask", "run", "--port", "{port}")


def unwilling(answers: list[int]) -> Any:
    """Answers with each of these once, then with 202."""
    return lambda _: answers.pop(0) if answers else 202


def check_tries(receiver: Receiver, number: int) -> None:
    """It came so often, each time the same, each time signed."""
    assert len(receiver.received) == number
    assert len({one.id for one in receiver.received}) == 1
    assert len({one.body for one in receiver.received}) == 1


# --- FastAPI and Flask ----------------------------------------------------------------------------


@pytest.mark.slow
def test_fastapi_from_the_request_to_the_proof(run: Run, tmp_path: Path) -> None:
    with run() as it:
        app = copied("fastapi", tmp_path, str(it.app.base_url).rstrip("/"))
        customer = it.customer("ada", "active")
        with web(app, *FASTAPI) as client:
            assert client.post("/users/ada").status_code == 201
            assert client.delete("/users/ada").status_code == 204
            assert client.delete("/users/ada").status_code == 404
            it.wait("ada", "verified")
            wait_for(lambda: not app.outbox(), "the outbox is empty")
        assert it.is_gone(customer)
        assert len(it.deletions("ada")) == 1


@pytest.mark.slow
def test_flask_from_the_request_to_the_proof(run: Run, tmp_path: Path) -> None:
    with run() as it:
        app = copied("flask", tmp_path, str(it.app.base_url).rstrip("/"))
        customer = it.customer("ada", "active")
        with web(app, *FLASK) as client:
            assert client.post("/users/ada").status_code == 201
            assert client.delete("/users/ada").status_code == 204
        assert len(app.outbox()) == 1
        sender = app.start(sys.executable, "-m", "flask", "polar-sync")
        with sender:
            it.wait("ada", "verified")
            wait_for(lambda: not app.outbox(), "the outbox is empty")
            sender.send_signal(signal.SIGTERM)
            assert sender.wait(60) == 0
        assert it.is_gone(customer)


@pytest.mark.slow
def test_it_is_tried_until_it_is_taken(tmp_path: Path) -> None:
    with receiving() as receiver:
        receiver.answer = unwilling([503, 401])
        app = copied("fastapi", tmp_path, receiver.url.removesuffix("/hook"))
        code = """
import os, time, polar_sync, sqlalchemy as sa
from sqlalchemy.orm import Session
engine = sa.create_engine(os.environ["APP_DATABASE_URL"])
polar_sync.metadata.create_all(engine)
with Session(engine) as session:
    polar_sync.note_deleted(session, 1)
    session.rollback()
print(polar_sync.send_due(engine))
with Session(engine) as session, session.begin():
    polar_sync.note_deleted(session, 2, external_id="cus_2")
sent = 0
while not sent:
    sent = polar_sync.send_due(engine)
    time.sleep(0.05)
"""
        assert app.python("-c", code).split()[0] == "0"
        check_tries(receiver, 3)
        event = json.loads(receiver.received[0].body)
        assert event["data"] == {"user_id": "2", "external_id": "cus_2"}
    assert app.outbox() == []


@pytest.mark.slow
def test_what_is_refused_for_good_is_kept_and_holds_nobody_up(tmp_path: Path) -> None:
    with receiving() as receiver:
        receiver.answer = unwilling([400])
        app = copied("flask", tmp_path, receiver.url.removesuffix("/hook"))
        with web(app, *FLASK) as client:
            for user in ("ada", "bob"):
                client.post(f"/users/{user}")
                client.delete(f"/users/{user}")
        for sent in (1, 0):
            code, said = app.run(sys.executable, "-m", "flask", "polar-sync", "--once")
            assert (code, said.split("\n")[-2]) == (0, f"{sent} sent")
        [row] = app.outbox()
        assert (row["next_attempt_at"], row["error"]) == (None, "answered 400")
        assert len(receiver.received) == 2


@pytest.mark.slow
def test_two_senders_on_postgresql_send_each_row_once(postgres: Postgres, tmp_path: Path) -> None:
    postgres.sql("CREATE DATABASE kit")
    with receiving() as receiver:
        app = copied("fastapi", tmp_path, receiver.url.removesuffix("/hook"))
        app.database_url = postgres.url("kit").replace("postgresql:", "postgresql+psycopg:")
        engine = """
import os, polar_sync, sqlalchemy as sa
from sqlalchemy.orm import Session
engine = sa.create_engine(os.environ["APP_DATABASE_URL"])
"""
        note = """
polar_sync.metadata.create_all(engine)
with Session(engine) as session, session.begin():
    for number in range(100):
        polar_sync.note_deleted(session, number)
"""
        app.python("-c", engine + note)
        send = (sys.executable, "-c", engine + "print(polar_sync.send_due(engine))")
        with app.start(*send) as one, app.start(*send) as other:
            sent = [int(it.communicate(timeout=60)[0]) for it in (one, other)]
        assert sum(sent) == len(receiver.received) == len({it.id for it in receiver.received})
        assert sum(sent) == 100


# --- Django ---------------------------------------------------------------------------------------


@pytest.fixture
def django(tmp_path: Path) -> App:
    app = copied("django", tmp_path, "http://127.0.0.1:1")
    shutil.copy(Path(__file__).parent / "django_site/site_settings.py", tmp_path)
    # The two commands that the page names.
    app.python("-m", "django", "makemigrations", "polar_sync")
    app.python("-m", "django", "migrate")
    return app


USERS = """
import django
django.setup()
from django.contrib.auth.models import User
from django.db import transaction
for name in ("ada", "bob", "eve"):
    User.objects.create(username=name)
try:
    with transaction.atomic():
        User.objects.get(username="eve").delete()
        raise ZeroDivisionError
except ZeroDivisionError:
    pass
User.objects.get(username="ada").delete()
User.objects.filter(username="bob").delete()
"""


@pytest.mark.slow
def test_django_from_the_deletion_to_the_proof(django: App, run: Run) -> None:
    table = "polar_sync_outboxevent"
    django.python("-c", USERS)
    users = [json.loads(row["body"])["data"]["user_id"] for row in django.outbox(table)]
    assert users == ["1", "2"]
    # Nobody answers yet.
    assert django.python("-m", "django", "polar_sync", "--once").split("\n")[-2] == "0 sent"
    [first, _] = django.outbox(table)
    assert (first["attempts"], first["error"]) == (1, "no answer: ConnectError")
    with run() as it:
        customer = it.customer("1", "active")
        django.bridge = str(it.app.base_url).rstrip("/")
        with django.start(sys.executable, "-m", "django", "polar_sync") as sender:
            it.wait("1", "verified")
            it.wait("2", "no_customer")
            wait_for(lambda: not django.outbox(table), "the outbox is empty")
            sender.send_signal(signal.SIGTERM)
            assert sender.wait(60) == 0
        assert it.is_gone(customer)
        ids = [row["webhook_id"] for row in it.query("SELECT webhook_id FROM inbox")]
        assert first["webhook_id"] in ids


@pytest.mark.slow
def test_django_sends_again_what_is_not_taken(django: App) -> None:
    django.python("-c", USERS)
    with receiving() as receiver:
        receiver.answer = lambda one: 409 if b'"1"' in one.body else 202
        django.bridge = receiver.url.removesuffix("/hook")
        assert django.python("-m", "django", "polar_sync", "--once").split("\n")[-2] == "1 sent"
    [row] = django.outbox("polar_sync_outboxevent")
    assert (row["next_attempt_at"], row["error"]) == (None, "answered 409")


# --- curl -----------------------------------------------------------------------------------------


def needs_bash() -> None:
    missing = [it for it in ("bash", "curl", "openssl", "flock") if shutil.which(it) is None]
    if missing:
        assert not os.environ.get("NOTHING_SKIPPED"), missing
        pytest.skip(f"not on this machine: {', '.join(missing)}")


@pytest.mark.slow
def test_curl_from_the_note_to_the_inbox(run: Run, tmp_path: Path) -> None:
    needs_bash()
    with run() as it:
        app = copied("curl", tmp_path, str(it.app.base_url).rstrip("/"))
        program = str(tmp_path / "polar-sync-send")
        assert app.run(program, "note", "ada") == (0, "")
        assert app.run(program) == (0, "")
        it.wait("ada", "no_customer")
        assert app.run(program, "note", 'a"b')[0] == 2
        assert app.run(program, "note")[0] != 0
        assert [path.name for path in (tmp_path / "spool").iterdir() if path.is_file()] == [".lock"]


def test_curl_keeps_what_is_not_taken(tmp_path: Path) -> None:
    needs_bash()
    app = copied("curl", tmp_path, "http://127.0.0.1:1")
    program = str(tmp_path / "polar-sync-send")
    app.run(program, "note", "ada")
    code, said = app.run(program)
    assert (code, re.sub("msg_[0-9a-f]{32}", "ID", said)) == (
        1,
        "ID is sent again later: answered 000\n",
    )
    with receiving() as receiver:
        receiver.answer = unwilling([503])
        app.bridge = receiver.url.removesuffix("/hook")
        assert [app.run(program)[0] for _ in range(3)] == [1, 0, 0]
        check_tries(receiver, 2)
        receiver.answer = lambda _: 400
        app.run(program, "note", "bob")
        assert app.run(program)[0] == 1
        assert len(list((tmp_path / "spool/refused").iterdir())) == 1
        assert app.run(program)[0] == 0


# --- what they have in common ---------------------------------------------------------------------


def test_what_is_said_to_be_the_same_is_the_same() -> None:
    sqlalchemy = (KITS / "fastapi/polar_sync.py").read_text()
    assert (KITS / "flask/polar_sync.py").read_text() == sqlalchemy
    django = (KITS / "django/polar_sync/models.py").read_text()
    common = re.compile(r"# --- the same in each Python kit -+\n(.*?)# --- the outbox", re.DOTALL)
    [one], [other] = common.findall(sqlalchemy), common.findall(django)
    assert one == other
    assert "def post(" in one


def test_the_signatures_that_rails_must_make() -> None:
    """Ours, by the module that is held against the specification's own library."""
    entries = json.loads((KITS / "rails/signatures.json").read_text())
    for it in entries:
        at = datetime.fromtimestamp(it["timestamp"], UTC)
        made = sign(SecretStr(it["secret"]), it["webhook_id"], at, it["body"].encode())
        assert made["webhook-signature"] == it["signature"]
        assert json.loads(it["body"])["type"] == "user.deleted"
    assert len(entries) > 2


@pytest.mark.parametrize("page", sorted(KITS.glob("*/README.md")), ids=lambda it: it.parent.name)
def test_links_between_the_kits_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]+)(?:#[\w-]+)?\)", page.read_text()):
        assert (page.parent / target).exists(), target
