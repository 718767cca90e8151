"""Seals of approved versions: what a second person approved, proved apart from the row.

The facts are those of the row itself, so a row that was written or changed by SQL alone bears no
seal that fits; see ADR 55.
"""

from datetime import UTC, datetime
from typing import Any, Protocol
from uuid import UUID

from campaigns.kits.wording import Worded, canonical, core_sha256
from core import approval_keys

VERSION = "outreach-portal kit approval 1"
CODE = "code"  # a factor was proved within the five minutes before


class Approved(Worded, Protocol):
    """A version of a kit, as far as its approval goes."""

    public_id: UUID
    content_sha256: str
    approved_by_id: int | None
    approved_at: datetime | None
    method: str
    key_id: str
    seal: str


def seal(version: Any) -> dict[str, str]:
    """Return the fields that seal an approval. ``version`` bears who approved what and when."""
    key, made = approval_keys.seal(_statement(version, CODE))
    return {"method": CODE, "key_id": key, "seal": made}


def is_sealed(version: Approved) -> bool:
    """Check that the row says what was approved: which content and core, by whom and when."""
    if version.approved_by_id is None or version.approved_at is None:
        return False
    text = _statement(version, version.method)
    return approval_keys.is_sealed(text, by=version.key_id, seal=version.seal)


def _statement(version: Any, method: str) -> str:
    """Return what was approved. The core is named beside the content's hash: it is computed of the
    version alone, at each proof, so that nobody changes the words of what was approved.
    """
    return canonical(
        {
            "version": VERSION,
            "kit_version": str(version.public_id),
            "content_sha256": version.content_sha256,
            "core": core_sha256(version),
            "by": version.approved_by_id,
            "at": version.approved_at.astimezone(UTC).isoformat(),
            "method": method,
        }
    )
