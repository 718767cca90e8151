"""The record of a period as files that prove themselves: JSON Lines, and a signed manifest."""

import hashlib
import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from audit import checkpoints
from audit.chain import FIELDS, canonical
from audit.models import Entry, Stream

BATCH = 5_000


def export(folder: Path, *, first: datetime, before: datetime, now: datetime) -> int:
    """Write entries.jsonl and manifest.json for entries from ``first`` until just before
    ``before``; return how many.

    Raise FileExistsError if the folder exists.
    """
    folder.mkdir(parents=True)
    total, count = hashlib.sha256(), 0
    with (folder / "entries.jsonl").open("wb") as file:
        for line in _lines(first=first, before=before):
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
    checkpoints.write(folder / "manifest.json", checkpoints.sign(manifest))
    return count


def check(folder: Path) -> int:
    """Return how many entries an export holds. Raise checkpoints.Untrue if it is not what was
    signed.
    """
    manifest = checkpoints.opened(
        (folder / "manifest.json").read_text(encoding="utf-8"), name="manifest.json"
    )
    total, count = hashlib.sha256(), 0
    with (folder / "entries.jsonl").open("rb") as file:
        for line in file:
            total.update(line)
            count += 1
    if (count, total.hexdigest()) != (manifest["entries"], manifest["sha256"]):
        raise checkpoints.Untrue("entries.jsonl is not what the manifest was signed for")
    return count


def _lines(*, first: datetime, before: datetime) -> Iterator[bytes]:
    entries = Entry.objects.filter(at__gte=first, at__lt=before).order_by("pk")
    last = 0
    while batch := list(entries.filter(pk__gt=last).values("pk", *FIELDS)[:BATCH]):
        for entry in batch:
            line = {"id": entry["pk"], **json.loads(canonical(entry))}
            yield (json.dumps(line, ensure_ascii=False) + "\n").encode()
        last = batch[-1]["pk"]
