"""Seals of approved versions: what a second person approved, proved apart from the row.

The facts are those of the row itself, so a row that was written or changed by SQL alone bears no
seal that fits; see ADR 55.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Protocol
from uuid import UUID

from campaigns.kits.placeholders import Core, hash_core, to_canonical_json
from core import approval_keys
from core.assertions import find_assertion_problem
from core.form_marks import Rendered

VERSION = "outreach-portal kit approval 1"
PASSKEY = "passkey"  # an assertion over the statement of `make_statement_to_sign`
CODE = "code"  # a factor was proved within the five minutes before


class Approved(Core, Protocol):
    """A version of a kit, as far as its approval goes."""

    public_id: UUID
    content_sha256: str
    approved_by_id: int | None
    approved_at: datetime | None
    method: str
    key_id: str
    seal: str
    assertion: Mapping[str, str] | None


def make_statement_to_sign(version: Approved, rendered: Rendered, *, by: int) -> str:
    """Return the statement by which a passkey of ``by`` (key) approves the version as it was on the
    page.
    """
    return _make_statement_to_sign(
        version, rendered.at.astimezone(UTC).isoformat(), rendered.nonce, by=by
    )


def _make_statement_to_sign(version: Approved, rendered_at: str, nonce: str, *, by: int) -> str:
    statement = _list_facts(version) | {"by": by, "rendered_at": rendered_at, "nonce": nonce}
    return to_canonical_json(statement | {"method": PASSKEY})


def add_page_to_assertion(assertion: Mapping[str, str], rendered: Rendered) -> dict[str, str]:
    """Return a passkey's assertion as it is stored: with what it signed beside the row."""
    at = rendered.at.astimezone(UTC).isoformat()
    return {**assertion, "rendered_at": at, "nonce": rendered.nonce}


def make_seal(version: Any, assertion: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Return the fields that seal an approval. ``version`` bears who approved what and when;
    ``assertion`` is that of `add_page_to_assertion`.
    """
    method = PASSKEY if assertion else CODE
    key, made = approval_keys.make_seal(_make_statement(version, method, assertion))
    return {"method": method, "key_id": key, "seal": made, "assertion": assertion}


def is_sealed(version: Approved) -> bool:
    """Check that the row says what was approved: which content and core, by whom and when."""
    if version.approved_by_id is None or version.approved_at is None:
        return False
    text = _make_statement(version, version.method, version.assertion)
    if not approval_keys.is_sealed(text, by=version.key_id, seal=version.seal):
        return False
    return version.method != PASSKEY or _is_signed(version)


def _is_signed(version: Approved) -> bool:
    """Check that the passkey signed this very version."""
    assertion = version.assertion or {}
    by = version.approved_by_id or 0
    page = (assertion.get(name, "") for name in ("rendered_at", "nonce"))
    return not find_assertion_problem(_make_statement_to_sign(version, *page, by=by), assertion)


def _list_facts(version: Approved) -> dict[str, Any]:
    """Return what was approved. The core is named beside the content's hash: it is computed of the
    version alone, at each proof, so that nobody changes the words of what was approved.
    """
    return {
        "version": VERSION,
        "kit_version": str(version.public_id),
        "content_sha256": version.content_sha256,
        "core": hash_core(version),
    }


def _make_statement(version: Any, method: str, assertion: Mapping[str, str] | None) -> str:
    at = version.approved_at.astimezone(UTC).isoformat()
    statement = _list_facts(version) | {"by": version.approved_by_id, "at": at, "method": method}
    return to_canonical_json(statement | {"assertion": assertion} if assertion else statement)
