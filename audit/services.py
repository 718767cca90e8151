from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from django.db.models import Model
from django.utils import timezone

from audit.chain import FIELDS, TEXTS, link_entries
from audit.models import Entry, Stream
from core.bulk import insert_values
from core.resends import claim

STREAMS = 64  # transactions that may record at the same time without waiting for each other
_FREE_STREAM = """
    SELECT number, length, head FROM audit_stream
    ORDER BY mod(number + %(streams)s - mod(pg_backend_pid(), %(streams)s), %(streams)s) LIMIT 1 FOR UPDATE
"""  # noqa: E501


def make_entry(
    action: str,
    subject: Model,
    *,
    by: Model | None = None,
    position: str = "",
    reason: str = "",
    at: datetime | None = None,
    unit_path: str | None = None,
    **data: object,
) -> Entry:
    """Build an unsaved entry, for callers that write many at once. ``by`` is a user, or None for
    the portal itself.

    ``subject`` is any row; its unit's path is taken from ``subject.unit`` unless given. Never put a
    resident's words, a token or a post's text into ``data``: ids, states and counts only.
    """
    unit = getattr(subject, "unit", None)
    return Entry(
        at=at or timezone.now(),
        actor_id=by.pk if by else None,
        actor_name=str(by) if by else "",
        actor_position=position,
        action=action,
        object_type=subject._meta.label_lower,
        object_id=str(getattr(subject, "public_id", None) or subject.pk),
        object_label=str(subject)[:250],
        unit_path=unit_path
        if unit_path is not None
        else getattr(unit, "path", getattr(subject, "path", "")),
        reason=reason,
        data=data,
    )


def record(action: str, subject: Model, **facts: Any) -> Entry:
    """Write one entry in the caller's transaction: the action and its record commit together or not
    at all.
    """
    row = make_entry(action, subject, **facts)
    with _link_to_stream([_list_values(row)]) as (values,):
        for name in ("stream", "position", "previous"):
            setattr(row, name, values[name])
        row.save(force_insert=True)
    return row


def record_entries(rows: Iterable[Entry]) -> None:
    """Write entries made by ``entry``, in the caller's transaction."""
    _append_entries([_list_values(row) for row in rows])


def record_many(rows: Sequence[Mapping[str, Any]]) -> None:
    """Write the entries of a batch of actions in the caller's transaction. ``rows`` share their
    keys, which name fields of Entry; what they leave out is empty. Ten times cheaper than as many
    instances.
    """
    blank = {
        "actor_id": None,
        "actor_name": "",
        "actor_position": "",
        "object_label": "",
        "unit_path": "",
        "reason": "",
    }
    _append_entries([{**blank, "data": {}, **row} for row in rows])


def _list_values(row: Entry) -> dict[str, Any]:
    return {name: getattr(row, name) for name in FIELDS}


def _append_entries(rows: list[dict[str, Any]]) -> None:
    if rows:
        with _link_to_stream(rows):
            insert_values(Entry, rows)


@contextmanager
def _link_to_stream(rows: list[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    """Link ``rows`` to the end of a stream; the caller writes them before its end moves.

    The stream stays locked until the caller's transaction ends, and everybody else takes another.
    """
    for row in rows:
        row.update({name: str(row[name]) for name in TEXTS})
    with transaction.atomic(savepoint=False), connection.cursor() as cursor:
        claim()  # of the form that asked for this; a second sending of it ends here
        number, length, head = _lock_free_stream(cursor)
        length, head = link_entries(rows, stream=number, length=length, head=head)
        yield rows
        cursor.execute(
            "UPDATE audit_stream SET length = %s, head = %s WHERE number = %s",
            [length, head, number],
        )


def _lock_free_stream(cursor: CursorWrapper) -> tuple[int, int, str]:
    """Lock a stream that no other transaction holds. Each connection prefers its own, so that a
    transaction that records a hundred times locks one stream and not all.
    """
    cursor.execute(_FREE_STREAM + " SKIP LOCKED", {"streams": STREAMS})
    if not (row := cursor.fetchone()):
        cursor.execute(_FREE_STREAM, {"streams": STREAMS})
        row = cursor.fetchone()
    return row


def make_streams(using: str = "default") -> None:
    """Add the streams that are missing: after each `migrate`, so that no role but the owner's adds
    any.
    """
    missing = [Stream(number=number) for number in range(STREAMS)]
    Stream.objects.using(using).bulk_create(missing, ignore_conflicts=True)
