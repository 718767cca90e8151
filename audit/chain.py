"""The links of the record: each entry holds the SHA-256 of the one before it in its stream.

No database here: writing, verifying and exporting compute the same digests.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import UTC
from decimal import Decimal
from typing import Any

START = "0" * 64  # what the first entry of a stream carries
TEXTS = (
    "actor_name",
    "actor_position",
    "action",
    "object_type",
    "object_id",
    "object_label",
    "unit_path",
    "reason",
)
# What has been hashed and exported under another name keeps that name.
_HASHED_AS = {"actor_position": "post_held"}
FIELDS = ("at", "actor_id", *TEXTS, "data", "stream", "position", "previous")


def compute_digest(entry: Mapping[str, Any]) -> str:
    """Return the SHA-256 of all FIELDS of ``entry``, as hexadecimal."""
    return hashlib.sha256(to_canonical_json(entry).encode()).hexdigest()


def to_canonical_json(entry: Mapping[str, Any]) -> str:
    """Write ``entry`` as JSON with sorted keys, the same whichever database gave it back."""
    facts: dict[str, Any] = {_HASHED_AS.get(name, name): str(entry[name]) for name in TEXTS}
    facts["at"] = entry["at"].astimezone(UTC).isoformat(timespec="microseconds")
    # PostgreSQL stores 1e3 as 1000 and hands back an integer.
    facts["data"] = json.loads(json.dumps(entry["data"]), parse_float=_parse_number)
    for name in ("actor_id", "stream", "position", "previous"):
        facts[name] = entry.get(name)
    return json.dumps(facts, sort_keys=True, separators=(",", ":"))


def link_entries(
    rows: Iterable[dict[str, Any]], *, stream: int, length: int, head: str
) -> tuple[int, str]:
    """Append ``rows`` in memory to a stream of ``length`` entries; return its new length and
    head.
    """
    for row in rows:
        length += 1
        row.update(stream=stream, position=length, previous=head)
        head = compute_digest(row)
    return length, head


def _parse_number(text: str) -> int | float:
    exact = Decimal(text)
    return int(exact) if exact == exact.to_integral_value() else float(text)
