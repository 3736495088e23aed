"""No error's message gets into the log unseen."""

from __future__ import annotations

import ast
import asyncio
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from sync.logs import Formatter, log_unhandled, place_of
from sync.store.backend import _said
from tests.helpers.servers import ROOT

SECRET = "a user's id"


def raised() -> BaseException:
    try:
        try:
            raise ValueError(SECRET)
        except ValueError as first:
            raise ExceptionGroup(SECRET, [KeyError(SECRET), first]) from first
    except ExceptionGroup as error:
        error.__notes__ = [SECRET]
        return error


def test_type_and_place_and_nothing_else() -> None:
    place = place_of(raised())
    assert SECRET not in place
    for name in ("ExceptionGroup", "KeyError", "from ValueError", "in raised"):
        assert name in place


def test_errors_that_libraries_log(caplog: pytest.LogCaptureFixture) -> None:
    record = logging.makeLogRecord({"msg": "failed", "exc_info": (None, raised(), None)})
    line = Formatter().format(record)
    assert "failed" in line
    assert "KeyError" in line
    assert SECRET not in line

    async def fail() -> None:
        raise RuntimeError(SECRET)

    async def main() -> None:
        asyncio.get_running_loop().set_exception_handler(log_unhandled)
        task = asyncio.create_task(fail())
        await asyncio.wait({task})
        del task

    asyncio.run(main())
    assert "never retrieved" in caplog.text
    assert "in fail" in caplog.text
    assert SECRET not in caplog.text


@pytest.mark.parametrize("after", ["LINE 1: INSERT …", "DETAIL:  Key …", "CONTEXT:  SQL …"])
def test_a_driver_does_not_quote(after: str) -> None:
    assert _said(f"ERROR: no room\n{after}{SECRET}") == "ERROR: no room"


def calls() -> Iterator[tuple[Path, ast.Call]]:
    for room in ("app", "sync"):
        for path in (ROOT / room).rglob("*.py"):
            if "simulator" not in path.parts:
                for node in ast.walk(ast.parse(path.read_text())):
                    if isinstance(node, ast.Call):
                        yield path, node


def test_nothing_logs_an_exception_itself() -> None:
    """`place_of` is for that."""
    found = [
        f"{path}:{call.lineno}"
        for path, call in calls()
        if any(keyword.arg == "exc_info" for keyword in call.keywords)
        or (isinstance(call.func, ast.Attribute) and ast.unparse(call.func) == "_log.exception")
    ]
    assert not found


def test_no_engine_shows_parameters() -> None:
    made = [
        (path, call)
        for path, call in calls()
        if ast.unparse(call.func).endswith(("create_engine", "create_async_engine"))
    ]
    assert len(made) >= 4
    for path, call in made:
        hidden = {it.arg for it in call.keywords if ast.unparse(it.value) == "True"}
        assert "hide_parameters" in hidden, f"{path}:{call.lineno}"
