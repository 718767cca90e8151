"""Seals tokens at rest: AES-256-GCM, bound to the row they belong to: a value moved to another row does not open."""

import base64
import json
import os
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

_VERSION = b"\x01"
_NONCE = 12


class Unsealable(Exception):
    """No key of this installation opens the value for this row."""


def _keys() -> list[bytes]:
    return [base64.b64decode(key) for key in settings.CREDENTIAL_KEYS]


def seal(secrets: dict[str, Any], *, row: str) -> bytes:
    """``row`` names the owner for ever, e.g. ``channel:<public_id>``. Layout: version, nonce, ciphertext with tag."""
    nonce = os.urandom(_NONCE)
    return _VERSION + nonce + AESGCM(_keys()[0]).encrypt(nonce, json.dumps(secrets).encode(), row.encode())


def unseal(sealed: bytes, *, row: str) -> dict[str, Any]:
    sealed = bytes(sealed)
    if sealed[:1] == _VERSION:
        for key in _keys():
            try:
                return json.loads(AESGCM(key).decrypt(sealed[1 : 1 + _NONCE], sealed[1 + _NONCE :], row.encode()))
            except InvalidTag:
                continue
    raise Unsealable(row)
