"""How requests are proven to come from who they should: signed, and verified.

Stands on the foundation only. `standard` is Standard Webhooks, Polar's variant included;
`providers` is what auth providers have of their own in its place.
"""

from sync.signatures.providers import NoEventId, Sender, Standard, sender_of
from sync.signatures.standard import (
    TOLERANCE,
    SignatureError,
    Verifier,
    sign,
    sign_as_polar,
    sign_with_all,
)

__all__ = [
    "TOLERANCE",
    "NoEventId",
    "Sender",
    "SignatureError",
    "Standard",
    "Verifier",
    "sender_of",
    "sign",
    "sign_as_polar",
    "sign_with_all",
]
