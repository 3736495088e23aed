"""Where the console's pages are, and what is sent to them."""

from __future__ import annotations

from starlette.routing import BaseRoute, Route

from app.console import actions, brake, letters, views
from app.console.door import LOGIN, Door
from app.console.pages import icon, style, to_overview
from app.console.session import Sessions
from app.endpoint import Endpoint
from sync.settings import Settings

_ONE = "/deletions/{id:int}"
_LETTERS = "/dead-letters/{kind:str}"
_SHOWN = {
    "": views.show_overview,
    "/deletions": views.show_deletions,
    _ONE: views.show_deletion,
    f"{_ONE}/receipt.json": views.give_receipt,
    f"{_ONE}/receipt.html": views.show_receipt,
    f"{_ONE}/{{verb:str}}": actions.ask,
    "/pause": actions.ask_to_pause,
    "/resume": actions.ask_to_resume,
    "/brake": brake.ask,
    "/dead-letters": letters.show_first,
    _LETTERS: letters.show,
    f"{_LETTERS}/{{verb:str}}": letters.ask,
    f"{_LETTERS}/{{id:int}}/{{verb:str}}": letters.ask,
    "/done": views.show_done,
    # Last, as it is for all that is left.
    "/{path:path}": views.show_nothing,
}
_DONE = {
    f"{_ONE}/{{verb:str}}": actions.do,
    "/pause": actions.pause,
    "/brake": brake.approve,
    "/resume": actions.resume,
    f"{_LETTERS}/{{verb:str}}": letters.do,
    f"{_LETTERS}/{{id:int}}/{{verb:str}}": letters.do,
}


def routes(settings: Settings) -> list[BaseRoute]:
    """The console's."""
    assert settings.console_token is not None  # noqa: S101 - without it there is no console
    door = Door(Sessions(settings.console_token))
    shown = {path: door.for_whoever_is_in(show) for path, show in _SHOWN.items()}
    done = {"/logout": door.leave, **_DONE}
    return [
        Route("/console/style.css", style),
        Route("/console/icon.svg", icon),
        Route("/console/", to_overview),
        Route(f"/console{LOGIN}", Endpoint(door.to_log_in()), methods=["GET"]),
        Route(f"/console{LOGIN}", Endpoint(door.enter), methods=["POST"]),
        *(Route(f"/console{path}", Endpoint(it), methods=["GET"]) for path, it in shown.items()),
        *(
            Route(f"/console{path}", Endpoint(door.for_their_forms(act)), methods=["POST"])
            for path, act in done.items()
        ),
    ]
