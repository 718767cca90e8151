"""Files of many rows: made by a worker, one at a time a person, kept for a day."""

import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import timedelta
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.notices import notify
from core import jobs, quotas
from core.errors import Busy, Refused
from core.models import UNFINISHED
from core.resends import claim as claim_form
from core.semaphores import SharedSemaphore
from engagement.exports import sheets
from engagement.exports.models import Export, ExportPart, Failure
from engagement.exports.sheets import File, Sheet

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
_at_work = SharedSemaphore("exports", limit=2, queue=2, timeout=0)

type Params = Mapping[str, str]
type Build = Callable[[User, Params], File]
_kinds: dict[str, str] = {}


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
    build: Build = import_string(_kinds[kind])
    return build(by, params)


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
    if unfinished := find_unfinished(by):
        return _require_same(unfinished, kind=kind, format=format, params=params)
    quotas.use("export", by=by)
    try:
        with transaction.atomic():
            claim_form()  # a file that is asked for has no entry
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
                job=jobs.enqueue("export", key=str(by.pk)),
            )
    except jobs.AlreadyQueued:  # two at once
        if unfinished := find_unfinished(by):
            return _require_same(unfinished, kind=kind, format=format, params=params)
        raise


def find_unfinished(by: User) -> Export | None:
    """Return the person's file that is not made yet, if there is one."""
    unfinished = Export.objects.filter(made_by=by, job__state__in=UNFINISHED)
    return unfinished.select_related("job").first()


def _require_same(export: Export, *, kind: str, format: str, params: Params) -> Export:
    if (export.kind, export.format, export.params) == (kind, format, dict(params)):
        return export
    raise Refused(
        _("%(file)s is still being made for you. One file at a time: fetch it first.")
        % {"file": export}
    )


def make_export(claim: jobs.Claim) -> None:
    """Write the file; note why where it cannot be."""
    export: Export = claim.row
    by = export.made_by
    try:
        if not by.is_active or list_positions(by) != export.positions:
            raise PermissionDenied
        with translation.override(export.language), tempfile.TemporaryFile() as out:
            _write_file(claim, out)
            _store_file(claim, out)
    except Busy:
        raise
    except _TooLarge:
        claim.fail(Failure.LARGE)
    except (PermissionDenied, Http404, Refused):
        claim.fail(Failure.GONE)


def _write_file(claim: jobs.Claim, out: Any) -> None:
    export = claim.row
    file = build_file(export.kind, export.made_by, export.params)
    *first, last = file.sheets
    counted = Sheet(last.title, last.head, _note_progress(claim, last.rows))
    sheets.write_sheets(out, export.format, [*first, counted])


def _note_progress(claim: jobs.Claim, rows: Iterable[Any]) -> Iterator[Any]:
    """Pass the rows on and write how far the work is. Raise JobLost, _TooLarge."""
    for number, row in enumerate(rows):
        if number % _TOLD_EVERY == 0:
            claim.renew(100 * number // max(claim.row.total, 1))
        if number >= MOST_ROWS:
            raise _TooLarge
        yield row


@transaction.atomic
def _store_file(claim: jobs.Claim, out: Any) -> None:
    size, number = out.seek(0, 2), 0
    if size > MOST_BYTES:
        raise _TooLarge
    claim.finish()
    export = claim.row
    export.size = size
    export.save(update_fields=["size"])
    out.seek(0)
    while data := out.read(_PART):
        ExportPart.objects.create(export=export, number=number, data=data)
        number += 1
    _notify_owner(export, "export_ready")


def note_failure(export: Export) -> None:
    """Notify the person that there will be no file."""
    _notify_owner(export, "export_failed")


def _notify_owner(export: Export, kind: str) -> None:
    address = reverse("engagement:export", args=[export.public_id])
    notify([export.made_by], kind, address=address, mail=False, file=str(export))


def read_content(export: Export) -> Iterator[bytes]:
    """Yield the file piece by piece, one query each."""
    number = 0
    while data := export.parts.filter(number=number).values_list("data", flat=True).first():
        yield bytes(data)
        number += 1


jobs.register(
    "export",
    queue="counts",
    rows=Export.objects.select_related("made_by"),
    run=make_export,
    on_failure=note_failure,
    codes=Failure.values,
    lease=LOST_AFTER,
    most_attempts=MOST_ATTEMPTS,
    worker_slots=_at_work,
    most_a_run=20,
)
