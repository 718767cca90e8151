"""The record of a period as files that prove themselves: JSON Lines, and a signed manifest."""

import hashlib
import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from audit import checkpoints
from audit.chain import FIELDS, to_canonical_json
from audit.models import Entry, Stream

BATCH = 5_000


def export_entries(folder: Path, *, first: datetime, before: datetime, now: datetime) -> int:
    """Write entries.jsonl and manifest.json for entries from ``first`` until just before
    ``before``; return how many.

    Raise FileExistsError if the folder exists.
    """
    folder.mkdir(parents=True)
    total, count = hashlib.sha256(), 0
    with (folder / "entries.jsonl").open("wb") as file:
        for line in _write_lines(first=first, before=before):
            file.write(line)
            total.update(line)
            count += 1
    manifest = {
        "first": first.isoformat(),
        "before": before.isoformat(),
        "entries": count,
        "sha256": total.hexdigest(),
        "made_at": now.isoformat(timespec="seconds"),
        "streams": {
            row.number: [row.length, row.head] for row in Stream.objects.order_by("number")
        },
    }
    checkpoints.write_atomically(folder / "manifest.json", checkpoints.sign_content(manifest))
    return count


def check_export(folder: Path) -> int:
    """Return how many entries an export holds. Raise checkpoints.InvalidSignedFile if it is not
    what was signed.
    """
    manifest = checkpoints.open_signed(
        (folder / "manifest.json").read_text(encoding="utf-8"), name="manifest.json"
    )
    total, count = hashlib.sha256(), 0
    with (folder / "entries.jsonl").open("rb") as file:
        for line in file:
            total.update(line)
            count += 1
    if (count, total.hexdigest()) != (manifest["entries"], manifest["sha256"]):
        raise checkpoints.InvalidSignedFile("entries.jsonl is not what the manifest was signed for")
    return count


def _write_lines(*, first: datetime, before: datetime) -> Iterator[bytes]:
    entries = Entry.objects.filter(at__gte=first, at__lt=before).order_by("pk")
    last = 0
    while batch := list(entries.filter(pk__gt=last).values("pk", *FIELDS)[:BATCH]):
        for entry in batch:
            line = {"id": entry["pk"], **json.loads(to_canonical_json(entry))}
            yield (json.dumps(line, ensure_ascii=False) + "\n").encode()
        last = batch[-1]["pk"]
