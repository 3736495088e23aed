"""What Polar finds wrong with a request, field by field. Pure.

Source: `ValidationError` in Polar's OpenAPI document, version 2026-10.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sync import keeping

_BY_ITS_DATABASE = "PolarRequestValidationError"
"""The `error` of what only Polar's database knows to be wrong."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one field of the body."""

    field: str
    words: str
    """Polar's own, which may repeat the value."""
    is_taken: bool
    """Another object has the value."""


def faults_in(body: Mapping[str, Any]) -> Iterator[Fault]:
    """Those that the content of a 422 names."""
    is_taken = body.get("error") == _BY_ITS_DATABASE
    for item in details_in(body):
        match item["loc"], item.get("msg"):
            case ["body", str() as field, *_], str() as words:
                yield Fault(field, keeping.kept(words), is_taken)


def details_in(body: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Each that says where the fault is."""
    detail = body.get("detail")
    for item in detail if isinstance(detail, list) else []:
        if isinstance(item, dict) and isinstance(item.get("loc"), list):
            yield item
