"""The keys by which approvals are sealed: the database does not hold them, see ADR 17."""

import base64
import hashlib
import hmac
from collections.abc import Sequence

from django.conf import settings

from core.binding import bind

# Fewer bytes than SHA-256's own are no key for its HMAC.
KEY_BYTES = 32


def make_seal(text: str) -> tuple[str, str]:
    """Seal a statement by the newest key of the installation; return the key's name and the seal,
    an HMAC-SHA-256 in hexadecimal digits.
    """
    key = load_keys()[0]
    return make_key_id(key), _compute_hmac(key, text)


def is_sealed(text: str, *, by: str, seal: str) -> bool:
    """Check that ``seal`` is that of the statement, by the key of the installation named ``by``."""
    key = next((key for key in load_keys() if make_key_id(key) == by), None)
    return key is not None and hmac.compare_digest(_compute_hmac(key, text), seal)


def make_key_id(key: bytes) -> str:
    """Return the name by which a stored seal refers to its key; it reveals nothing of the key."""
    return hashlib.sha256(b"approval key:" + key).hexdigest()[:16]


def load_keys() -> list[bytes]:
    """Return the keys of the installation, the newest first: it seals, all of them prove."""
    return decode_keys(settings.APPROVAL_KEYS)


def decode_keys(texts: Sequence[str]) -> list[bytes]:
    """Decode base64 keys; raise ValueError where one is not of KEY_BYTES bytes."""
    keys = [base64.b64decode(text, validate=True) for text in texts]
    if not keys or any(len(key) != KEY_BYTES for key in keys):
        raise ValueError("an approval key is not 32 bytes in base64")
    return keys


def _compute_hmac(key: bytes, text: str) -> str:
    return hmac.new(key, bind(text).encode(), hashlib.sha256).hexdigest()
