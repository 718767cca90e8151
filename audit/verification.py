"""Walk the record and name the first place where it is not what was written."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Max

from audit import checkpoints
from audit.chain import FIELDS, START, compute_digest
from audit.models import Entry, Stream

BATCH = 5_000
# Of each stream: which digest stood at which position, and which checkpoint says so.
Expected = dict[int, dict[int, tuple[str, str]]]


@dataclass(frozen=True)
class Broken:
    """The first broken link. ``kind``: changed, deleted, inserted, cut, rewritten, checkpoint."""

    kind: str
    text: str


@dataclass
class Checked:
    entries: int = 0
    streams: int = 0
    checkpoints: int = 0
    broken: Broken | None = None


def verify_record() -> Checked:
    """Check every entry against its neighbours, the ends of the streams and the signed checkpoints.

    Takes the memory of one batch of entries and of what the checkpoints expect.
    """
    checked = Checked()
    try:
        expected = _read_expected(checked)
    except checkpoints.InvalidSignedFile as untrue:
        checked.broken = Broken("checkpoint", str(untrue))
        return checked
    numbers = set(Stream.objects.values_list("number", flat=True)) | set(expected)
    linked = Entry.objects.order_by("stream").values_list("stream", flat=True).distinct()
    numbers |= {number for number in linked if number is not None}
    for number in sorted(numbers):
        checked.streams += 1
        checked.broken = _check_stream(number, expected.get(number, {}), checked)
        if checked.broken:
            return checked
    checked.broken = _check_unlinked()
    return checked


def _read_expected(checked: Checked) -> Expected:
    expected: Expected = defaultdict(dict)
    for name, content in checkpoints.read_checkpoints():
        checked.checkpoints += 1
        for number, (length, head) in content["streams"].items():
            was = expected[int(number)].setdefault(length, (head, name))
            if was[0] != head:
                raise checkpoints.InvalidSignedFile(
                    f"{name} and {was[1]} name different ends of stream {number}"
                )
    return expected


def _check_stream(
    number: int, expected: dict[int, tuple[str, str]], checked: Checked
) -> Broken | None:
    length, head = _read_end(number)
    position, running, entry_id = 0, START, 0
    for row in _read_rows(number, up_to=length):
        if row["position"] != position + 1:
            return Broken(
                "deleted",
                f"stream {number}: entries {position + 1} to {row['position'] - 1} are missing",
            )
        if row["previous"] != running:
            return Broken(
                "changed",
                f"stream {number}: entry {row['pk']} at position {row['position']} does "
                f"not follow entry {entry_id} "
                "before it: one of them was changed, put elsewhere or put in",
            )
        position, running, entry_id = row["position"], compute_digest(row), row["pk"]
        checked.entries += 1
        if position in expected and expected[position][0] != running:
            name = expected[position][1]
            return Broken(
                "rewritten",
                f"stream {number}: entry {entry_id} at position {position} differs from {name}",
            )
    if position < length:
        return Broken(
            "cut", f"stream {number}: entries {position + 1} to {length}, the last, are missing"
        )
    if running != head:
        return Broken(
            "changed",
            f"stream {number}: the last entry, {entry_id} at position {position}, was changed",
        )
    if beyond := {at: name for at, (_head, name) in expected.items() if at > _read_end(number)[0]}:
        at = min(beyond)
        return Broken("cut", f"stream {number} ends at {length}, but {beyond[at]} saw entry {at}")
    latest = Entry.objects.filter(stream=number).aggregate(at=Max("position"))["at"] or 0
    if (
        latest > _read_end(number)[0]
    ):  # asked after the entries: what was written meanwhile has moved the end, too
        return Broken(
            "inserted",
            f"stream {number}: entries after its end at {length}, up to {latest}, were put in",
        )
    return None


def _read_end(number: int) -> tuple[int, str]:
    return Stream.objects.filter(number=number).values_list("length", "head").first() or (0, START)


def _read_rows(number: int, *, up_to: int) -> Iterator[dict[str, Any]]:
    entries, last = Entry.objects.filter(stream=number, position__lte=up_to).order_by("position"), 0
    while batch := list(entries.filter(position__gt=last).values("pk", *FIELDS)[:BATCH]):
        yield from batch
        last = batch[-1]["position"]


def _check_unlinked() -> Broken | None:
    if stray := Entry.objects.filter(stream=None).order_by("pk").first():
        return Broken("inserted", f"entry {stray.pk} carries no link and was put in")
    return None
