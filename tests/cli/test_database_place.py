"""Where the database is, and how it stores text: what is in the way is one line with the remedy."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from sync.store.place import Place
from tests.helpers.commands import COMMAND, Commands
from tests.helpers.engines import BOTH_ENGINES, POSTGRESQL, SQLITE
from tests.helpers.postgres import Postgres
from tests.helpers.servers import ROOT
from tests.helpers.settings import environment
from tests.helpers.store import Store, StoreFactory

LOOKING = (["status"], ["show", "7"], ["organization"], ["map", "show", "u"], ["doctor", "--json"])


def said(commands: Commands, url: str, *arguments: str, code: int = 2) -> str:
    """The one line that a command says of the database."""
    commands.monkeypatch.setenv("DATABASE_URL", url)
    result = commands.run(*arguments)
    assert (result.code, result.err.count("\n")) == (code, 1), result
    return result.err


@SQLITE
def test_a_directory_that_is_not_there_is_named(commands: Commands, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/deep/er/new.db"

    for command in (["status"], ["serve"], ["worker"]):
        line = said(commands, url, *command)
        assert f"there is no directory {tmp_path}/deep/er" in line
        assert "DATABASE_URL" in line
    assert not (tmp_path / "deep").exists()
    assert commands.run("migrate").code == 0
    assert commands.run("status").code == 0


@SQLITE
def test_what_is_no_place_for_a_file(commands: Commands, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    (tmp_path / "directory").mkdir()

    line = said(commands, f"sqlite:///{tmp_path}/file/below.db", "migrate")
    assert f"the directory {tmp_path}/file cannot be made" in line
    for command in ("migrate", "status"):
        line = said(commands, f"sqlite:///{tmp_path}/directory", command)
        assert f"{tmp_path}/directory is a directory" in line


@pytest.mark.slow
@SQLITE
@pytest.mark.parametrize("command", ["status", "serve", "worker", "migrate"])
def test_a_disk_that_is_read_only(new_store: StoreFactory, tmp_path: Path, command: str) -> None:
    """Mounted so for this process only: root may write where the mode says that nobody may."""
    directory = new_store().directory
    mounted = ["unshare", "--map-root-user", "--mount", "sh", "-ec"]
    mount = 'mount --bind "$0" "$0"; mount -o remount,ro,bind "$0"; exec "$@"'
    probe = subprocess.run([*mounted, mount, str(tmp_path), "true"], check=False)
    if probe.returncode:
        pytest.skip("this user may not mount a directory")
    variables = environment(directory / "polar-sync.db")
    result = subprocess.run(
        [*mounted, mount, str(directory), *COMMAND, command],
        env={**os.environ, **variables, "PYTHONPATH": str(ROOT)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (result.returncode, result.stdout) == (2, "")
    assert f"{directory} is on a disk that is read-only" in result.stderr
    assert result.stderr.count("\n") == 1


@SQLITE
@pytest.mark.skipif(os.geteuid() == 0, reason="root may read and write whatever the mode says")
def test_a_file_and_a_directory_of_another_user(tmp_path: Path) -> None:
    file = tmp_path / "polar-sync.db"
    file.touch(0o400)
    with pytest.raises(Exception, match=f"may not read and write {file}"):
        Place(str(file)).is_there()
    tmp_path.chmod(0o500)
    with pytest.raises(Exception, match=f"may not write in {tmp_path}"):
        Place(str(file)).is_there()


@BOTH_ENGINES
@pytest.mark.parametrize("command", LOOKING, ids=" ".join)
def test_looking_writes_nothing(commands: Commands, command: list[str]) -> None:
    commands.monkeypatch.setenv("POLAR_BASE_URL", "http://127.0.0.1:9")
    before = commands.store.stored()

    commands.run(*command)

    assert commands.store.stored() == before


@SQLITE
@pytest.mark.parametrize("command", LOOKING, ids=" ".join)
def test_looking_makes_no_database(commands: Commands, tmp_path: Path, command: list[str]) -> None:
    commands.monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/new.db")

    result = commands.run(*command)

    assert "has no tables yet" in result.out + result.err
    assert list(tmp_path.iterdir()) == []


@SQLITE
def test_the_doctor_says_what_is_in_the_way(commands: Commands) -> None:
    commands.monkeypatch.setenv("DATABASE_URL", "sqlite:////nowhere/at/all.db")
    commands.monkeypatch.setenv("POLAR_BASE_URL", "http://127.0.0.1:9")

    [check] = [
        it for it in commands.run("doctor", "--json").json["checks"] if it["name"] == "database"
    ]

    assert check["outcome"] == "fail"
    assert "there is no directory /nowhere/at" in check["detail"]


@pytest.mark.slow
@POSTGRESQL
@pytest.mark.parametrize("encoding", ["LATIN1", "SQL_ASCII"])
def test_a_database_that_does_not_store_utf8_is_refused(
    commands: Commands, postgres: Postgres, encoding: str
) -> None:
    name = f"in_{encoding.lower()}"
    postgres.sql(
        f"CREATE DATABASE {name} ENCODING '{encoding}' LC_COLLATE 'C' LC_CTYPE 'C'"
        " TEMPLATE template0"
    )
    url = postgres.url(name)

    for command in (["migrate"], ["status"], ["serve"], ["worker"]):
        line = said(commands, url, *command)
        assert f"stores text in {encoding}" in line
        assert "ENCODING 'UTF8'" in line
    assert not postgres.sql("SELECT 1 FROM pg_stat_activity WHERE datname = %s", name)
    line = said(commands, url, "migrate", "--from", commands.store.url, "--to", url)
    assert encoding in line


@POSTGRESQL
def test_whatever_the_client_is_set_to_it_speaks_utf8(
    commands: Commands, postgres: Postgres
) -> None:
    store: Store = commands.store
    postgres.sql(f"ALTER DATABASE {store.name} SET client_encoding = 'LATIN1'")
    commands.monkeypatch.setenv("PGCLIENTENCODING", "LATIN1")

    assert commands.run("migrate").code == 0
    assert commands.run("map", "set", "zoë-€-日本", "--external-id", "łódź").code == 0

    shown = commands.run("map", "show", "zoë-€-日本", "--json").json
    assert (shown["user_id"], shown["external_id"]) == ("zoë-€-日本", "łódź")
    # As the server has it, whatever this test's own connection is set to.
    sql = "SELECT encode(convert_to(user_id || external_id, 'UTF8'), 'hex') FROM mapping"
    [row] = store.query(sql)
    assert bytes.fromhex(row[0]).decode() == "zoë-€-日本łódź"
