"""Seal secrets at rest: AES-256-GCM, bound to the row they belong to: moved to another row they do
not open.

Layout: version of the layout, nonce, ciphertext with tag. A channel's value is bound to its unit as
well: a channel that is moved to another unit behind the portal's back does not open. What is sealed
live does not open in training, nor the reverse, whatever the key (``core.binding.bind``).
"""

import base64
import json
import os
from contextlib import suppress
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from core.binding import bind

_VERSION = b"\x02"
_NONCE, _TAG = 12, 16


class Unsealable(Exception):
    """No key of this installation opens the value for this row."""


def _load_keys() -> list[bytes]:
    if not settings.CREDENTIAL_KEYS:
        # Not Unsealable: nothing is wrong with the value, and no channel is to be connected again.
        raise ImproperlyConfigured("This process has no CREDENTIAL_KEYS (see PORTAL_PROCESS).")
    return [base64.b64decode(key) for key in settings.CREDENTIAL_KEYS]


def seal(secrets: dict[str, Any], *, row: str) -> bytes:
    """Seal with the newest key. ``row`` names the owner for ever, e.g. ``channel:<public_id>``."""
    nonce = os.urandom(_NONCE)
    return (
        _VERSION
        + nonce
        + AESGCM(_load_keys()[0]).encrypt(nonce, json.dumps(secrets).encode(), bind(row).encode())
    )


def unseal(sealed: bytes | memoryview, *, row: str) -> dict[str, Any]:
    """Open a value; raise Unsealable."""
    for key in _load_keys():
        with suppress(InvalidTag):
            return json.loads(_open(bytes(sealed), key, row))
    raise Unsealable(row)


def is_newest(sealed: bytes | memoryview, *, row: str) -> bool:
    """Check whether a value is under the newest key."""
    try:
        return bool(_open(bytes(sealed), _load_keys()[0], row))
    except InvalidTag:
        return False


def _open(sealed: bytes, key: bytes, row: str) -> bytes:
    """Decrypt; raise InvalidTag, also where a value is too short to hold a nonce and a tag."""
    if sealed[:1] != _VERSION or len(sealed) < 1 + _NONCE + _TAG:
        raise InvalidTag
    return AESGCM(key).decrypt(sealed[1 : 1 + _NONCE], sealed[1 + _NONCE :], bind(row).encode())
