"""Which route a request has, found as Polar's server (Starlette) does."""

import pkgutil
from importlib import import_module
from urllib.parse import quote

from starlette.datastructures import URL
from starlette.types import Scope

from sync.simulator import resources
from sync.simulator.calls import ApiError, Route

NO_SUCH_PATH = {"detail": "Not Found"}
"""Polar: no `error` here, which tells a wrong path from a customer that is gone."""
_SAFE_IN_URL = ":/%#?=@[]!$&'()*+,;"


def _routes() -> list[Route]:
    """Those of every module in `resources`."""
    found: list[Route] = []
    for module in pkgutil.iter_modules(resources.__path__, f"{resources.__name__}."):
        found += import_module(module.name).ROUTES
    return found


ROUTES = _routes()


def find_route(scope: Scope) -> tuple[Route, list[str]]:
    """The route of a request, and its parameters.

    Polar's server decodes before it routes, so `%2F` separates as `/` does.

    Raises `ApiError`: 404 for a path that no route has, 405 for a method it does not have, 307
    where only the slash at its end is wrong.
    """
    path = _without_dots(scope["path"])
    segments = path.split("/")
    known = False
    for route in ROUTES:
        params = route.match(segments)
        if params is not None:
            if route.method == scope["method"]:
                return route, params
            known = True
    if known:
        raise ApiError(405, {"detail": "Method Not Allowed"})
    other = path.rstrip("/") if path.endswith("/") else f"{path}/"
    if any(route.match(other.split("/")) is not None for route in ROUTES):
        location = str(URL(scope={**scope, "path": other}))
        raise ApiError(307, None, {"Location": quote(location, safe=_SAFE_IN_URL)})
    raise ApiError(404, NO_SUCH_PATH)


def _without_dots(path: str) -> str:
    """The path without segments `.` and `..`, as RFC 3986 (5.2.4) removes them."""
    kept: list[str] = []
    segments = path.split("/")
    for segment in segments:
        if segment == "..":
            kept = kept[:1] + kept[1:-1]
        elif segment != ".":
            kept.append(segment)
    if segments[-1] in (".", ".."):
        kept.append("")
    return "/".join(kept)
