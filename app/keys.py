"""`GET /.well-known/jwks.json`: the keys that receipts can be checked with. Imported only where
RECEIPT_KEY is set."""

from __future__ import annotations

import json

from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from app.endpoint import Endpoint
from app.state import AppRequest
from sync.receipt_keys import jwks
from sync.settings import Settings

_HEADERS = {"cache-control": "public, max-age=3600"}


def routes(settings: Settings) -> list[BaseRoute]:
    """What there is beside the routes that are always there."""
    content = json.dumps(jwks(settings.receipt_key)).encode()

    async def get_jwks(_request: AppRequest) -> Response:
        return Response(content, media_type="application/jwk-set+json", headers=_HEADERS)

    return [Route("/.well-known/jwks.json", Endpoint(get_jwks), methods=["GET"])]
