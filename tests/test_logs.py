"""No error's message gets into the log unseen."""

from __future__ import annotations

import ast
import asyncio
import json
import logging
from collections.abc import Iterator
from contextvars import copy_context
from pathlib import Path
from typing import Any

import pytest

from sync.logs import (
    Json,
    Text,
    _About,
    _WithoutQuery,
    about,
    about_from_here,
    log_unhandled,
    of,
    place_of,
)
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
    for form in (Text(), Json()):
        line = form.format(record)
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


def logged(form: logging.Formatter, message: str, *values: object, **more: Any) -> str:
    record = logging.getLogger("a.b").makeRecord(
        "a.b", logging.WARNING, "file", 1, message, values, None, **more
    )
    record.created = 0.25
    assert _About().filter(record)
    return form.format(record)


def test_a_line_for_people_and_one_for_a_platform() -> None:
    with about(deletion=12):
        assert logged(Text(), "%s calls", 3) == (
            "1970-01-01T00:00:00.250Z WARNING a.b: 3 calls deletion=12"
        )
        assert json.loads(logged(Json(), "%s calls", 3)) == {
            "timestamp": "1970-01-01T00:00:00.250Z",
            "level": "warning",
            "logger": "a.b",
            "message": "3 calls",
            "deletion": 12,
        }
        # What the message names is not said twice.
        assert logged(Text(), "deletion %s is held", 12).endswith("deletion 12 is held")


def test_what_a_line_is_about() -> None:
    def ids(**more: Any) -> dict[str, object]:
        line = json.loads(logged(Json(), "x", **more))
        return {name: line[name] for name in ("message_id", "deletion", "inbox") if name in line}

    with about(deletion=1):
        with about(message_id=2):
            assert ids(extra=of(inbox=3)) == {"deletion": 1, "message_id": 2, "inbox": 3}
        assert ids() == {"deletion": 1}

    def in_a_task() -> dict[str, object]:
        number = {"deletion": 8}
        about_from_here(lambda: number)
        number["deletion"] = 9
        return ids()

    assert copy_context().run(in_a_task) == {"deletion": 9}
    assert ids() == {}


@pytest.mark.parametrize("form", [Text(), Json()])
def test_a_line_cannot_rewrite_the_terminal_or_pass_for_another(form: logging.Formatter) -> None:
    line = logged(form, "a\x1b[2J\r\u202eb")
    assert line.isprintable()


def test_a_request_is_logged_without_its_query() -> None:
    record = logging.makeLogRecord(
        {"msg": "%s %s %d", "args": ("GET", f"/deletions?user_id={SECRET}", 200)}
    )
    assert _WithoutQuery().filter(record)
    assert record.getMessage() == "GET /deletions 200"


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


@pytest.mark.slow
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
