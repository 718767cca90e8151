"""Drafts from a sheet: keep what was uploaded, read its pictures, make the drafts, submit them."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta

from django.core.files import File
from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.permissions import Permission
from accounts.queries import require
from audit.services import record
from core import jobs, quotas
from core.errors import Busy, Refused
from core.leaks import remove_leaks_from_file_name
from core.models import Job
from core.secrecy import SecrecyRefused, require_no_secrecy_mark
from core.text import fold
from media.models import Media
from posts.bulk_import import pictures
from posts.bulk_import.plans import plan
from posts.bulk_import.sheets import Row, hash_in
from posts.editor import choices, saving
from posts.models import BulkImport, ImportedPost, Post
from posts.review import decisions
from posts.states import EDITABLE, ImportState
from units.models import Unit

# So much is done while the person waits; more by a task, whose progress is shown.
PICTURES_AT_ONCE = 3
POSTS_AT_ONCE = 5
# Without a sign of life for so long, the work may be taken up by another process.
LOST_AFTER = timedelta(minutes=2)
MOST_ATTEMPTS = 5


def store_import(
    rows: Sequence[Row], uploads: Iterable[File], *, unit: Unit, file_name: str, by: User
) -> BulkImport:
    """Store the rows that were read, and the pictures until they are. Drop this person's earlier
    sheets that became no drafts. Raise Refused.
    """
    require(by, Permission.POST_WRITE, unit=unit)
    _refuse_secrets(rows)
    if len(_requested_names(rows)) > pictures.MOST_PICTURES:
        raise Refused(
            _("The sheet names more than %(n)s pictures. Split it into several files.")
            % {"n": pictures.MOST_PICTURES}
        )
    files = pictures.store_uploads(uploads)
    with transaction.atomic():
        earlier = BulkImport.objects.filter(made_by=by, applied_at=None)
        for batch in earlier:
            pictures.remove_uploads(batch.files)
        earlier.delete()
        return BulkImport.objects.create(
            job=jobs.enqueue("sheet", send=False),
            unit=unit,
            made_by=by,
            file_name=remove_leaks_from_file_name(file_name)[:200],
            rows=rows,
            files=files,
            total=_count_waiting(rows, files, {}),
        )


def add_pictures(batch: BulkImport, uploads: Iterable[File], *, by: User) -> None:
    """Take further pictures for a sheet whose drafts are not made yet. Raise Refused."""
    require(by, Permission.POST_WRITE, unit=batch.unit)
    files = pictures.store_uploads(uploads)
    rows = _rows(batch)
    # What was missing or wrong may be right now.
    known = {name: entry for name, entry in batch.pictures.items() if isinstance(entry, int)}
    try:
        with transaction.atomic():
            job = jobs.enqueue("sheet", send=False)
            if not BulkImport.objects.filter(pk=batch.pk, state=ImportState.READY).update(
                state=ImportState.READING,
                files=files,
                pictures=known,
                total=_count_waiting(rows, files, known),
                done=0,
                job=job,
            ):
                raise Refused(
                    _("The drafts of this sheet are made already. Add the picture to the draft.")
                )
    except Refused:
        pictures.remove_uploads(files)
        raise
    batch.refresh_from_db()


def _refuse_secrets(rows: Iterable[Row]) -> None:
    for row in rows:
        try:
            require_no_secrecy_mark(row[1:])
        except SecrecyRefused:
            raise SecrecyRefused(_("Row %(n)s:") % {"n": row.number}) from None


def _rows(batch: BulkImport) -> list[Row]:
    return [Row(*row) for row in batch.rows]


def _requested_names(rows: Iterable[Row]) -> set[str]:
    names = {name for row in rows if not row.is_example for name in row.picture_names}
    return {fold(name) for name in names if not hash_in(name)}


def _count_waiting(
    rows: Iterable[Row], files: Iterable[list[str]], known: Mapping[str, object]
) -> int:
    return len(pictures.find_places(files, _requested_names(rows) - known.keys()))


def is_lost(batch: BulkImport, *, now: datetime) -> bool:
    """Check whether nobody works on the batch any more: a process died, or a message was lost."""
    job = batch.job
    if job is None or batch.state not in (ImportState.READING, ImportState.SUBMITTING):
        return False
    since = job.leased_until or job.run_at + LOST_AFTER
    return job.is_over or now > since


def resume(batch: BulkImport) -> None:
    """Have the work gone on with that nobody does any more; where somebody does, nothing."""
    if is_lost(batch, now=timezone.now()):
        with transaction.atomic():
            jobs.restart(Job.objects.filter(bulk_import=batch))


def run_or_send(batch: BulkImport, *, at_once: int) -> None:
    """Do a little work while the person waits, and leave much to a worker."""
    assert batch.job
    if batch.total > at_once:
        jobs.send_on_commit([batch.job])
        return
    with suppress(Busy):  # a worker does it then
        jobs.run_job(batch.job.pk)


def work_on_sheet(claim: jobs.Claim) -> None:
    """Read the pictures of a sheet, or submit its drafts. A repeat goes on where the one before
    ended.
    """
    match claim.row.state:
        case ImportState.READING:
            _read_pictures(claim)
        case ImportState.SUBMITTING:
            _submit_all(claim)


def _read_pictures(claim: jobs.Claim) -> None:
    """Store the pictures that the sheet names, one by one, and set the batch ready."""
    batch: BulkImport = claim.row
    by, unit, stored_pictures = batch.made_by, batch.unit, dict(batch.pictures)
    for name, places in pictures.find_places(batch.files, _requested_names(_rows(batch))).items():
        if name in stored_pictures:
            continue
        stored = pictures.store(places, unit=unit, by=by)
        stored_pictures[name] = stored.pk if isinstance(stored, Media) else stored
        _note_progress(claim, pictures=stored_pictures)
    with transaction.atomic():
        claim.finish()
        BulkImport.objects.filter(pk=batch.pk).update(state=ImportState.READY, files=[])
    pictures.remove_uploads(batch.files)


@transaction.atomic
def _note_progress(claim: jobs.Claim, **fields: object) -> None:
    """Count one more as done, and hold the job for a while more. Raise JobLost."""
    claim.renew()
    BulkImport.objects.filter(pk=claim.row.pk).update(done=F("done") + 1, **fields)


@transaction.atomic
def apply(
    batch: BulkImport, *, by: User, digest: str, only_correct: bool, again: bool
) -> list[Post]:
    """Make the drafts that the preview promised: of all rows or of none; or ``only_correct``, of
    those without errors.

    The plan is made again in this transaction. Raise Refused when it is not the one that was shown.
    """
    authority = require(by, Permission.POST_WRITE, unit=batch.unit)
    batch = (
        BulkImport.objects.select_for_update(of=("self",)).select_related("unit").get(pk=batch.pk)
    )
    if batch.state != ImportState.READY or batch.made_by_id != by.pk:
        raise Refused(_("The drafts of this sheet are made already."))
    todo = plan(batch, by=by, again=again)
    if todo.digest != digest:
        raise Refused(
            _("Something changed since the preview, so nothing was written. Please look again.")
        )
    wrong = [row for row in todo.rows if row.errors and not row.known]
    if wrong and not only_correct:
        raise Refused(
            _("Nothing was written: correct the rows with errors and upload the file again.")
        )
    rows = todo.to_make
    if not rows:
        raise Refused(_("There is no row that could become a draft."))
    made = saving.create_many(
        [row.edit for row in rows], unit=batch.unit, by=by, action="post.imported"
    )
    ImportedPost.objects.bulk_create(
        ImportedPost(
            bulk_import=batch, post=post, row=planned.row.number, sha256=planned.row.sha256
        )
        for post, planned in zip(made, rows, strict=True)
    )
    batch.state, batch.applied_at = ImportState.DONE, timezone.now()
    batch.left_out = [
        [planned.row.number, planned.row.title[:200], planned.errors] for planned in wrong
    ]
    batch.rows, batch.pictures = [], {}  # nothing of the file is kept longer than it is needed
    batch.save()
    record(
        "post.sheet_imported",
        batch,
        by=by,
        position=authority.position,
        made=len(made),
        left_out=len(wrong),
    )
    return made


def drafts_of(batch: BulkImport) -> QuerySet[Post]:
    """Return the posts that the sheet's drafts are now, in the order of its rows."""
    return (
        Post.objects.filter(imported__bulk_import=batch)
        .select_related("unit", "topic", "campaign", "author", "last_editor", "current_revision")
        .order_by("imported__row")
    )


def begin_submission(batch: BulkImport, *, by: User) -> int:
    """Note that the sheet's drafts are to be submitted; return how many are open. Raise Refused."""
    require(by, Permission.POST_WRITE, unit=batch.unit)
    n = drafts_of(batch).filter(state__in=EDITABLE).count()
    with transaction.atomic():
        job = jobs.enqueue("sheet", send=False)
        done = BulkImport.objects.filter(pk=batch.pk, state=ImportState.DONE)
        if not n or not done.update(state=ImportState.SUBMITTING, total=n, done=0, job=job):
            raise Refused(_("There is no draft to submit, or they are being submitted already."))
    batch.refresh_from_db()
    return n


def _submit_all(claim: jobs.Claim) -> None:
    """Submit each of the sheet's drafts that lacks nothing, and notify the approvers once."""
    batch: BulkImport = claim.row
    by, n = batch.made_by, 0
    answers: choices.Answers = {}
    for post in drafts_of(batch).filter(state__in=EDITABLE):
        n += _submit_if_complete(post, by=by, answers=answers)
        _note_progress(claim)
    with transaction.atomic():
        claim.finish()
        BulkImport.objects.filter(pk=batch.pk).update(state=ImportState.DONE)
    if n:
        decisions.announce_many(batch.unit, by=by, n=n)


jobs.register(
    "sheet",
    queue="maintenance",
    rows=BulkImport.objects.select_related("unit", "made_by"),
    run=work_on_sheet,
    lease=LOST_AFTER,
    most_attempts=MOST_ATTEMPTS,
)


def _submit_if_complete(post: Post, *, by: User, answers: choices.Answers) -> bool:
    """Submit the post if it lacks nothing; the page of the sheet says what it lacks."""
    # The pages' own settings count, too; no transaction waits for a platform.
    if choices.refused_choices(post, answers=answers):
        return False
    try:
        decisions.submit(post, by=by, announce=False)
    except Refused:
        return False
    return True


def use_quota(*, by: User) -> None:
    """Count a sheet that becomes drafts. Raise QuotaExceeded."""
    quotas.use("bulk_plan", by=by)
