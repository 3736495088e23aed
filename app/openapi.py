"""The OpenAPI document of all that the bridge answers, made from the models that answer it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from importlib.metadata import version
from typing import Any

from pydantic import TypeAdapter
from pydantic.json_schema import JsonSchemaMode

from app.answers import Alive, EventTaken, NotReady, Ready, Refusal
from app.asked import Listing, Previewed
from sync.api_tokens import MIN_TOKEN
from sync.reports.preview import Preview
from sync.reports.told import DeletionPage, DeletionReport, Receipt
from sync.settings import Settings
from sync.signatures import Standard, sender_of

Json = dict[str, Any]

_JSON = "application/json"
_ANSWERED = (
    EventTaken,
    Refusal,
    Alive,
    Ready,
    NotReady,
    DeletionPage,
    DeletionReport,
    Receipt,
    Preview,
)
_ASKED = (Listing, Previewed)

_REFUSED = {
    400: "What is asked for cannot be read; `field` names what is wrong.",
    401: "The signature is missing or wrong, or its time is more than 5 minutes off.",
    404: "It is not there.",
    405: "This path does not take that method; see `Allow`.",
    408: "The request did not come whole within 20 seconds.",
    409: "The `webhook-id` was used for another event.",
    413: "The body is longer than 1 MiB.",
    415: "The body is not said to be JSON, or is compressed.",
    429: "The share of the rate budget that previews have is used up; see `Retry-After`.",
    431: "The head of the request is too long.",
    500: "Something went wrong; the log says where.",
    502: "Polar refuses what the bridge asks; `detail` says what to mend.",
    503: "The database, or Polar, does not answer, or too much is sent at once; see `Retry-After`.",
}
_ALWAYS = (405, 408, 431, 500, 503)
_FOR_TOKENS = (400, *_ALWAYS)
_WITH_BODY = (413, 415)
_RETRY_AFTER = {
    "Retry-After": {"description": "Seconds.", "schema": {"type": "integer", "minimum": 1}}
}


def document(settings: Settings) -> bytes:
    """As JSON. The settings say where the app's events have their fields."""
    paths, models = _paths(settings), _models()
    # What is asked in a query stands with the parameters.
    parameters = models.pop(Listing.__name__)["properties"]
    paths["/deletions"]["get"]["parameters"] = [
        _parameter("query", name, _without_null(schema)) for name, schema in parameters.items()
    ]
    return json.dumps(
        {
            "openapi": "3.1.0",
            "info": {
                "title": "polar-sync",
                "version": version("polar-sync"),
                "description": "Deletes a user's customer at Polar when the user deletes their"
                " account, and proves it.",
            },
            "paths": paths,
            "components": {
                "schemas": models,
                "securitySchemes": {
                    "token": {
                        "type": "http",
                        "scheme": "bearer",
                        "description": f"One of API_TOKENS, of {MIN_TOKEN} characters or more.",
                    }
                },
            },
        }
    ).encode()


def _models() -> dict[str, Json]:
    """By name."""
    inputs: list[tuple[str, JsonSchemaMode, TypeAdapter[Any]]] = [
        *((it.__name__, "serialization", TypeAdapter(it)) for it in _ANSWERED),
        *((it.__name__, "validation", TypeAdapter(it)) for it in _ASKED),
    ]
    _, rest = TypeAdapter.json_schemas(inputs, ref_template="#/components/schemas/{model}")
    found: dict[str, Json] = rest["$defs"]
    return found


def _paths(settings: Settings) -> dict[str, Json]:
    keys = {} if not settings.receipt_key else {"/.well-known/jwks.json": {"get": _keys()}}
    number = _parameter(
        "path", "id", {"type": "integer", "minimum": 1, "maximum": 10**18 - 1}, required=True
    )
    one = {"parameters": [number]}
    sender = sender_of(settings.signed_as, settings.event_secrets)
    return {
        "/events": {
            "post": {
                **_about("sendEvent", "Take an event of the app's. 202 once it is on disk."),
                "parameters": _signature(sender.headers),
                "requestBody": _body(_event(settings)),
                "responses": _answers(
                    202, "It is on disk.", EventTaken, (400, 401, 409, *_WITH_BODY, *_ALWAYS)
                ),
            }
        },
        "/webhooks/polar": {
            "post": {
                **_about("sendPolarWebhook", "Take a webhook of Polar's. 202 once it is on disk."),
                "parameters": _signature(Standard.headers),
                "requestBody": _body({}),
                "responses": _answers(
                    202, "It is on disk.", None, (400, 401, *_WITH_BODY, *_ALWAYS)
                ),
            }
        },
        "/livez": {
            "get": {
                **_about("livez", "Whether the process answers at all."),
                "responses": _answers(200, "It does.", Alive, _ALWAYS),
            }
        },
        "/readyz": {
            "get": {
                **_about("readyz", "Whether events can be taken and are worked on."),
                "responses": {
                    **_answers(200, "They are.", Ready, _ALWAYS),
                    "503": _answer("They are not.", NotReady, Refusal),
                },
            }
        },
        "/deletions": {
            "get": _for_tokens("listDeletions", "Deletions, newest first.", DeletionPage),
        },
        "/deletions/{id}": {
            "get": one
            | _for_tokens(
                "getDeletion", "Everything that is known of one.", DeletionReport, (404,)
            ),
        },
        "/deletions/{id}/receipt": {
            "get": one | _for_tokens("getReceipt", "The proof, as far as it goes.", Receipt, (404,))
        },
        "/deletions/preview": {
            "post": {
                "requestBody": _body(_ref(Previewed)),
                **_for_tokens(
                    "previewDeletion",
                    "What a `user.deleted` would take if it came now, read from Polar. Changes"
                    " nothing.",
                    Preview,
                    (404, *_WITH_BODY, 429, 502),
                ),
            }
        },
        **keys,
        "/openapi.json": {
            "get": {
                **_about("openapi", "This document."),
                "responses": {
                    "200": {
                        "description": "OpenAPI 3.1.",
                        "content": {_JSON: {"schema": {"type": "object"}}},
                    },
                    **_refusals(_ALWAYS),
                },
            }
        },
    }


def _keys() -> Json:
    return {
        **_about("getKeys", "The public keys that receipts can be checked with."),
        "responses": {
            "200": {
                "description": "A JWK set (RFC 7517).",
                "content": {"application/jwk-set+json": {"schema": {"type": "object"}}},
            },
            **_refusals(_ALWAYS),
        },
    }


def _for_tokens(name: str, what: str, model: type, refused: Iterable[int] = ()) -> Json:
    answers = _answers(200, "So it is.", model, (*_FOR_TOKENS, *refused))
    answers["401"] = _answer("The token is missing, or is none of API_TOKENS.", Refusal) | {
        "headers": {"WWW-Authenticate": {"schema": {"type": "string"}}}
    }
    return {**_about(name, what), "security": [{"token": []}], "responses": answers}


def _about(name: str, what: str) -> Json:
    return {"operationId": name, "summary": what}


def _answers(status: int, what: str, model: type | None, refused: Iterable[int]) -> Json:
    taken = {"description": what} if model is None else _answer(what, model)
    return {str(status): taken, **_refusals(refused)}


def _refusals(statuses: Iterable[int]) -> Json:
    return {
        str(status): _answer(_REFUSED[status], Refusal)
        | ({"headers": _RETRY_AFTER} if status == 429 else {})
        for status in sorted(statuses)
    }


def _answer(what: str, *models: type) -> Json:
    schemas = [_ref(it) for it in models]
    schema = schemas[0] if len(schemas) == 1 else {"anyOf": schemas}
    return {"description": what, "content": {_JSON: {"schema": schema}}}


def _ref(model: type) -> Json:
    return {"$ref": f"#/components/schemas/{model.__name__}"}


def _body(schema: Json) -> Json:
    return {"required": True, "content": {_JSON: {"schema": schema}}}


def _parameter(place: str, name: str, schema: Json, *, required: bool = False) -> Json:
    return {"in": place, "name": name, "required": required, "schema": schema}


def _signature(headers: Mapping[str, str]) -> list[Json]:
    """Those by which the sender is known."""
    return [
        _parameter("header", name, {"type": "string", "pattern": pattern}, required=True)
        for name, pattern in headers.items()
    ]


def _event(settings: Settings) -> Json:
    """An event's body: fields are where the settings say."""
    event: Json = {"type": "object", "properties": {}, "required": []}
    identifier = {"type": ["string", "integer"]}
    for path, schema, required in (
        *((path, {"type": "string"}, True) for path in settings.event_type_path.split("+")),
        (settings.event_timestamp_path, {"type": ["string", "number"]}, True),
        (settings.event_user_id_path, identifier, True),
        (settings.event_external_id_path, {"type": [*identifier["type"], "null"]}, False),
    ):
        if not path:
            continue
        *outer, last = path.split(".")
        place = event
        for key in outer:
            empty: Json = {"type": "object", "properties": {}, "required": []}
            inner = place["properties"].setdefault(key, empty)
            if required and key not in place["required"]:
                place["required"].append(key)
            place = inner
        place["properties"][last] = schema
        if required:
            place["required"].append(last)
    return event


def _without_null(schema: Json) -> Json:
    """A query has no null: what may be null may be left out."""
    told = {key: schema[key] for key in ("description",) if key in schema}
    [known] = [it for it in schema.get("anyOf", [schema]) if it != {"type": "null"}]
    return {**known, **told}
