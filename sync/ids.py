"""What an id must look like to be taken."""

from __future__ import annotations

MAX_ID = 255
"""Longest user id, external id and webhook-id taken, in characters."""
