"""Files of many rows: made by a worker, one at a time a person, kept for a day."""

import logging
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.db.models import F, Q, QuerySet
from django.http import Http404
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.notices import notify
from core import quotas
from core.errors import Busy, Refused
from core.resends import claim
from core.semaphores import SharedSemaphore
from engagement.exports import sheets
from engagement.exports.models import Export, ExportPart
from engagement.exports.sheets import File, Sheet
from engagement.exports.states import UNFINISHED, ExportState, Failure

logger = logging.getLogger(__name__)

# So many rows are written while the person waits: about a second.
DIRECT_ROWS = 2_000
MOST_ROWS = 100_000
MOST_BYTES = 64 * 1024 * 1024
KEPT = timedelta(days=1)
# Without a sign of life for so long, another process takes it over.
LOST_AFTER = timedelta(minutes=2)
MOST_ATTEMPTS = 3

_PART = 256 * 1024
_TOLD_EVERY = 500  # rows
# Of a machine: what is more waits, so that counting goes on beside.
_at_work = SharedSemaphore("exports", at_once=2, waiting=2, patience=0)

type Params = Mapping[str, str]
type Build = Callable[[User, Params], File]
_kinds: dict[str, str] = {}


class _Superseded(Exception):
    """Another process has taken the work over, or the person is gone."""


class _TooLarge(Exception):
    pass


def register(kind: str, build: str) -> None:
    """Add a kind of export. ``build`` is the path of a `Build`, loaded once it is needed. It
    returns the file of a person, as they may see it at that moment, and raises PermissionDenied or
    Http404 as the page does: a worker calls it, too.
    """
    _kinds[kind] = build


def is_known(kind: str) -> bool:
    """Check whether an app has registered this kind of export."""
    return kind in _kinds


def build_file(kind: str, by: User, params: Params) -> File:
    """Return what the file holds; its rows are read only when it is written."""
    found: Build = import_string(_kinds[kind])
    return found(by, params)


def list_positions(user: User) -> list[list[Any]]:
    """Return by what the person may see what they see: role and unit of each position."""
    return sorted([str(a.role), a.unit.path] for a in user.current_appointments)


def request_export(*, kind: str, format: str, params: Params, by: User) -> Export:
    """Note that a file is to be made; return the one under way if it is the same. Raise Refused
    while another is being made, and for more rows than a file takes.
    """
    file = build_file(kind, by, params)
    if file.rows > MOST_ROWS:
        raise Refused(
            _("A file takes at most %(n)s rows. Narrow the filters, then export again.")
            % {"n": MOST_ROWS}
        )
    if found := find_unfinished(by):
        return _require_same(found, kind=kind, format=format, params=params)
    quotas.use("export", by=by)
    try:
        with transaction.atomic():
            claim()  # a file that is asked for has no entry
            return Export.objects.create(
                made_by=by,
                kind=kind,
                format=format,
                language=translation.get_language() or by.language,
                params=dict(params),
                positions=list_positions(by),
                name=file.name,
                page=file.page,
                total=file.rows,
                asked_at=timezone.now(),
            )
    except IntegrityError:  # two at once
        if found := find_unfinished(by):
            return _require_same(found, kind=kind, format=format, params=params)
        raise


def find_unfinished(by: User) -> Export | None:
    """Return the person's file that is not made yet, if there is one."""
    return Export.objects.filter(made_by=by, state__in=UNFINISHED).first()


def _require_same(found: Export, *, kind: str, format: str, params: Params) -> Export:
    if (found.kind, found.format, found.params) == (kind, format, dict(params)):
        return found
    raise Refused(
        _("%(file)s is still being made for you. One file at a time: fetch it first.")
        % {"file": found}
    )


def make_export(export: Export) -> bool:
    """Make the file, unless it is done or another process is at it; return whether it was this
    one. A repeat after a killed process begins anew.
    """
    try:
        with _at_work.taken():
            return _claim(export) and _make_claimed(export)
    except Busy:
        return False  # it waits for `make_waiting_exports`


def make_waiting_exports() -> int:
    """Make what waits: a message was lost, a process died, or others were at work. Give up what
    was tried often. Return how many files were made.
    """
    _fail_after_last_attempt()
    waiting = (
        Export.objects.filter(_is_idle(timezone.now()))
        .select_related("made_by")
        .order_by("asked_at")
    )
    return sum(make_export(export) for export in waiting[:20])


def _is_idle(now: datetime) -> Q:
    lost = Q(worked_at=None) | Q(worked_at__lt=now - LOST_AFTER)
    return Q(state=ExportState.WAITING) | (Q(state=ExportState.RUNNING) & lost)


def _claim(export: Export) -> bool:
    now = timezone.now()
    mine = Export.objects.filter(_is_idle(now), pk=export.pk, attempt__lt=MOST_ATTEMPTS)
    if not mine.update(state=ExportState.RUNNING, attempt=F("attempt") + 1, worked_at=now, done=0):
        return False
    export.refresh_from_db()
    export.parts.filter(attempt__lt=export.attempt).delete()
    return True


def _fail_after_last_attempt() -> None:
    tried = Export.objects.filter(_is_idle(timezone.now()), attempt__gte=MOST_ATTEMPTS)
    for export in tried.select_related("made_by")[:20]:
        _fail_export(export, Failure.BROKEN)


def _make_claimed(export: Export) -> bool:
    """Write the file; note why where it cannot be."""
    by = export.made_by
    try:
        if not by.is_active or list_positions(by) != export.positions:
            raise PermissionDenied
        with translation.override(export.language), tempfile.TemporaryFile() as out:
            _write_file(export, out)
            _store_file(export, out)
    except _Superseded:
        return False
    except _TooLarge:
        _fail_export(export, Failure.LARGE)
    except (PermissionDenied, Http404, Refused):
        _fail_export(export, Failure.GONE)
    except Exception:
        logger.exception("an export was not made: %s", export.public_id)
        _select_claimed(export).update(state=ExportState.WAITING, worked_at=None)
    else:
        return True
    return False


def _select_claimed(export: Export) -> QuerySet[Export]:
    """Return the export as long as it is this process that makes it."""
    return Export.objects.filter(pk=export.pk, state=ExportState.RUNNING, attempt=export.attempt)


def _write_file(export: Export, out: Any) -> None:
    file = build_file(export.kind, export.made_by, export.params)
    *first, last = file.sheets
    counted = Sheet(last.title, last.head, _note_progress(export, last.rows))
    sheets.write_sheets(out, export.format, [*first, counted])


def _note_progress(export: Export, rows: Iterable[Any]) -> Iterator[Any]:
    """Pass the rows on and write how far the work is. Raise _Superseded, _TooLarge."""
    for number, row in enumerate(rows):
        if number % _TOLD_EVERY == 0 and not _select_claimed(export).update(
            done=number, worked_at=timezone.now()
        ):
            raise _Superseded
        if number >= MOST_ROWS:
            raise _TooLarge
        yield row


@transaction.atomic
def _store_file(export: Export, out: Any) -> None:
    size, number = out.seek(0, 2), 0
    if size > MOST_BYTES:
        raise _TooLarge
    now = timezone.now()
    if not _select_claimed(export).update(
        state=ExportState.DONE, size=size, done=F("total"), worked_at=None, ended_at=now
    ):
        raise _Superseded
    out.seek(0)
    while data := out.read(_PART):
        ExportPart.objects.create(export=export, attempt=export.attempt, number=number, data=data)
        number += 1
    _notify_owner(export, "export_ready")


@transaction.atomic
def _fail_export(export: Export, failure: Failure) -> None:
    mine = Export.objects.filter(pk=export.pk, state__in=UNFINISHED, attempt=export.attempt)
    if mine.update(
        state=ExportState.FAILED, failure=failure, worked_at=None, ended_at=timezone.now()
    ):
        _notify_owner(export, "export_failed")


def _notify_owner(export: Export, kind: str) -> None:
    address = reverse("engagement:export", args=[export.public_id])
    notify([export.made_by], kind, address=address, mail=False, file=str(export))


def read_content(export: Export) -> Iterator[bytes]:
    """Yield the file piece by piece, one query each."""
    parts = export.parts.filter(attempt=export.attempt)
    number = 0
    while data := parts.filter(number=number).values_list("data", flat=True).first():
        yield bytes(data)
        number += 1
