"""Signed statements of how far the record had come. They lie outside the database: who empties or
rewrites the record cannot make them agree.
"""

import base64
import hashlib
import json
import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from audit.chain import START
from audit.models import Stream


class InvalidSignedFile(Exception):
    """A signed file is not what this installation signed."""


def make_checkpoint(*, now: datetime) -> Path:
    """Write a checkpoint of all streams into the folder; return its path. Raise
    ImproperlyConfigured without a key.
    """
    folder = Path(settings.AUDIT_CHECKPOINT_DIR)
    folder.mkdir(parents=True, exist_ok=True)
    before = max(folder.glob("checkpoint-*.json"), default=None)
    streams = {row.number: (row.length, row.head) for row in Stream.objects.order_by("number")}
    content = {
        "made_at": now.isoformat(timespec="seconds"),
        "streams": streams,
        "entries": sum(length for length, _head in streams.values()),
        "before": before.name if before else "",
        "before_sha256": hashlib.sha256(before.read_bytes()).hexdigest() if before else START,
    }
    path = folder / f"checkpoint-{now:%Y%m%dT%H%M%SZ}.json"
    write_atomically(path, sign_content(content))
    return path


def write_atomically(path: Path, text: str) -> None:
    """Write ``text`` atomically: a process that dies half way leaves no partial file."""
    unfinished = path.with_suffix(".unfinished")
    with unfinished.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)


def read_checkpoints() -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield name and content of each checkpoint, oldest first. Raise Untrue for the first that does
    not hold.
    """
    before, sum_before = "", START
    for path in sorted(Path(settings.AUDIT_CHECKPOINT_DIR).glob("checkpoint-*.json")):
        text = path.read_bytes()
        content = open_signed(text.decode(errors="replace"), name=path.name)
        # The oldest may name one that was archived; later ones must follow each other.
        if before and (content["before"], content["before_sha256"]) != (before, sum_before):
            raise InvalidSignedFile(
                f"{path.name}: the one before it, {content['before']}, is missing or another"
            )
        before, sum_before = path.name, hashlib.sha256(text).hexdigest()
        yield path.name, content


def sign_content(content: dict[str, Any]) -> str:
    """Return ``content`` as JSON text with its Ed25519 signature."""
    body = json.dumps(content, sort_keys=True)
    key = _load_signing_key()
    public = base64.b64encode(key.public_key().public_bytes_raw()).decode()
    signature = base64.b64encode(key.sign(body.encode())).decode()
    return json.dumps({"content": body, "key": public, "signature": signature}, indent=1) + "\n"


def open_signed(text: str, *, name: str) -> dict[str, Any]:
    """Verify a file and return what was signed. Raise Untrue unless one of this installation's keys
    signed exactly that.
    """
    try:
        signed = json.loads(text)
        if signed["key"] not in _list_trusted_keys():
            raise InvalidSignedFile(f"{name}: signed with an unknown key")
        public = Ed25519PublicKey.from_public_bytes(base64.b64decode(signed["key"]))
        public.verify(base64.b64decode(signed["signature"]), signed["content"].encode())
        return json.loads(signed["content"])
    except (InvalidSignature, ValueError, KeyError, TypeError) as wrong:
        raise InvalidSignedFile(f"{name}: the signature does not hold") from wrong


def _list_trusted_keys() -> set[str]:
    own = (
        {base64.b64encode(_load_signing_key().public_key().public_bytes_raw()).decode()}
        if settings.AUDIT_SIGNING_KEY
        else set()
    )
    return own | set(settings.AUDIT_PUBLIC_KEYS)


def _load_signing_key() -> Ed25519PrivateKey:
    try:
        return Ed25519PrivateKey.from_private_bytes(
            base64.b64decode(settings.AUDIT_SIGNING_KEY, validate=True)
        )
    except ValueError:
        raise ImproperlyConfigured(
            "AUDIT_SIGNING_KEY must be 32 bytes in base64: openssl rand -base64 32"
        ) from None
