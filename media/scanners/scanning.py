"""Queue pictures and videos for the scanners, run these, and keep what people decide."""

from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import ProtectedError
from django.db.models.deletion import Collector
from django.db.models.signals import post_save
from django.dispatch import receiver
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.permissions import Permission
from accounts.queries import can, require
from audit.services import record
from core import jobs, quotas
from core.errors import Refused
from core.models import UNFINISHED, Job
from core.secrecy import require_no_secrecy_mark
from core.text import normalise
from media import store
from media.models import Card, Media
from media.notes import require_no_name
from media.scanners import examining, queries
from media.scanners.examining import EVERY_SCANNER, Examined
from media.scanners.findings import findings_in_card
from media.scanners.models import (
    LONGEST_SHOWN_NOTE,
    SECRET_MARK,
    Box,
    Priority,
    Scan,
    Severity,
    ShownAs,
)
from media.scanners.registry import rules_for

MOST_ATTEMPTS = 3
LEASE = timedelta(minutes=2)  # renewed while the programs run
_BITS_OF_ANOTHER_FRAMING = 20  # of the 128 of a dhash


# --- Waiting --------------------------------------------------------------------------------------


@transaction.atomic
def queue(media: Media, *, priority: int = Priority.NORMAL) -> Scan:
    """Have the scanners look at ``media``, again where they have before. They begin once the
    caller's transaction commits.
    """
    scan = Scan.objects.filter(media=media).first()
    if scan is None:
        return Scan.objects.create(media=media, job=_make_job(priority))
    if settings.SCAN_MEDIA:
        jobs.restart(Job.objects.filter(pk=scan.job_id), priority=priority)
        scan.job.refresh_from_db()
    else:
        scan.job = _make_job(priority)
    scan.missing, scan.reviewed_by, scan.reviewed_at = [], None, None
    scan.save(update_fields=["job", "missing", "reviewed_by", "reviewed_at"])
    return scan


def _make_job(priority: int) -> Job:
    if settings.SCAN_MEDIA:
        return jobs.enqueue("scan", priority=priority)
    return jobs.create_done("scan")


def queue_backlog(*, most: int) -> int:
    """Queue some of what was stored before there were scanners, newest first, once all that was
    queued so is done; return how many.
    """
    queued = Scan.objects.filter(job__priority=Priority.BACKLOG, job__state__in=UNFINISHED)
    if queued.exists():
        return 0
    media = list(queries.never_queued()[:most])
    for row in media:
        queue(row, priority=Priority.BACKLOG)
    return len(media)


def scan_again(media: Media, *, by: User) -> Scan:
    """Have the scanners look again; decisions on what they find again stay. Raise Refused,
    QuotaExceeded.
    """
    authority = require(by, Permission.POST_WRITE, unit=media.unit)
    quotas.use("scan", by=by)
    with transaction.atomic():
        scan = Scan.objects.select_for_update().filter(media=media).first()
        if scan and not scan.is_over:
            raise Refused(_("It is being checked already. Wait until that is done."))
        record("media.scanned_again", media, by=by, position=authority.position)
        return queue(media)


# --- The work -------------------------------------------------------------------------------------


def scan(claim: jobs.Claim) -> None:
    """Let the scanners look at one picture or video, and store what they find. Raise Busy where the
    machine scans as much as it can.
    """
    media = claim.row.media
    examined = _read_card(media) or examining.examine(
        Path(default_storage.path(media.file.name or "")),
        is_video=media.is_video,
        rules=rules_for(media.unit),
        report=claim.renew,
    )
    _store_findings(claim, examined)


def note_failure(row: Scan) -> None:
    """Leave to a person what no scanner could look at."""
    row.missing = EVERY_SCANNER
    row.save(update_fields=["missing"])


jobs.register(
    "scan",
    queue="scans",
    rows=Scan.objects.select_related("media__unit", "media__made_from"),
    run=scan,
    on_failure=note_failure,
    lease=LEASE,
    most_attempts=MOST_ATTEMPTS,
)


def _read_card(media: Media) -> Examined | None:
    """Read a card from what it was drawn from, whoever has the same bytes now: its red letters are
    no stamps.
    """
    card = Card.objects.filter(media__sha256=media.sha256).first()
    if card is None:
        return None
    texts = [card.words[name] for name in ("title", "line_1", "line_2")]
    findings = findings_in_card(texts, card.words["link"], rules_for(media.unit))
    return Examined(findings, [])


@transaction.atomic
def _store_findings(claim: jobs.Claim, examined: Examined) -> None:
    """Replace the boxes by what was found."""
    claim.finish()
    row: Scan = claim.row
    row.missing, row.rules = examined.missing, examining.scanners_version()
    row.save(update_fields=["missing", "rules"])
    decided = [*row.boxes.exclude(shown_as=""), *_earlier_decisions(row.media)]
    row.boxes.all().delete()
    boxes = [Box(scan=row, **finding._asdict()) for finding in examined.findings]
    for box in boxes:
        _take_over_decision(box, decided)
    Box.objects.bulk_create(boxes)


def _earlier_decisions(media: Media) -> list[Box]:
    """Return the decided boxes of the picture that this one was made of, if both frame the same:
    in a cropped or turned one, the same place is somebody else's face.
    """
    source = media.made_from
    if source is None or (source.width, source.height) != (media.width, media.height):
        return []
    if not (source.dhash and media.dhash):
        return []
    if (int(source.dhash, 16) ^ int(media.dhash, 16)).bit_count() > _BITS_OF_ANOTHER_FRAMING:
        return []
    return list(Box.objects.filter(scan__media=source).exclude(shown_as=""))


def _take_over_decision(box: Box, decided: Iterable[Box]) -> None:
    if not box.may_be_shown:
        return
    for other in decided:
        if (other.kind, other.rule, other.host) != (box.kind, box.rule, box.host):
            continue
        if _overlap(box, other) and _overlap_in_time(box, other):
            box.shown_as, box.shown_note = other.shown_as, other.shown_note
            box.shown_by_id, box.shown_at = other.shown_by_id, other.shown_at
            return


def _overlap(one: Box, other: Box) -> bool:
    """Check whether the two share at least half of the larger one."""
    width = min(one.x + one.width, other.x + other.width) - max(one.x, other.x)
    height = min(one.y + one.height, other.y + other.height) - max(one.y, other.y)
    larger = max(one.width * one.height, other.width * other.height)
    return width > 0 and height > 0 and 2 * width * height >= larger


def _overlap_in_time(one: Box, other: Box) -> bool:
    """Check of a video whether one is shown no longer than the other, a sample's time aside."""
    if one.from_second is None or other.from_second is None:
        return one.from_second is other.from_second
    assert one.to_second is not None
    assert other.to_second is not None
    return other.from_second - 2 <= one.from_second and one.to_second <= other.to_second + 2


# --- Decisions ------------------------------------------------------------------------------------


@transaction.atomic
def confirm_review(media: Media, *, by: User) -> Scan:
    """Note that a person looked at the picture or video for what its scanners lack. Raise
    Refused.
    """
    authority = require(by, Permission.POST_WRITE, unit=media.unit)
    row = _lock_scan(media)
    if not row.needs_review:
        raise Refused(_("All scanners have read it. There is nothing to look at by eye."))
    row.reviewed_by, row.reviewed_at = by, timezone.now()
    row.save(update_fields=["reviewed_by", "reviewed_at"])
    record(
        "media.looked_by_eye",
        media,
        by=by,
        position=authority.position,
        lacking=", ".join(row.missing),  # a key of the chained record: it stays
    )
    return row


@transaction.atomic
def allow_box(box: Box, *, as_: str, note: str = "", by: User) -> Box:
    """Let what a box shows stand, on this legal basis. Raise Refused."""
    media = box.scan.media
    authority = require(by, Permission.POST_WRITE, unit=media.unit)
    _lock_scan(media)
    row = _lock_box(box)
    if row.rule == SECRET_MARK:
        raise Refused(
            _(
                "A mark of secrecy may never be shown. Take the picture out, stop, and report it "
                "to your leader."
            )
        )
    if not row.may_be_shown:
        raise Refused(_("This may not be shown: blur it, or take the picture out."))
    legal_basis, text = _checked_legal_basis(as_, note, media)
    row.shown_as, row.shown_note = legal_basis, text
    row.shown_by, row.shown_at = by, timezone.now()
    row.save(update_fields=["shown_as", "shown_note", "shown_by", "shown_at"])
    record(
        "media.box_shown",
        media,
        by=by,
        position=authority.position,
        box=str(row.public_id),
        rule=row.rule,
        ground=legal_basis,  # a key of the chained record: it stays
    )
    return row


def _checked_legal_basis(as_: str, note: str, media: Media) -> tuple[str, str]:
    """Return the legal basis and its note as they are stored. Raise Refused, SecrecyRefused."""
    try:
        legal_basis = ShownAs(as_)
    except ValueError:
        raise Refused(_("Say why it may be shown: choose a reason.")) from None
    text = " ".join(normalise(note).split())
    if len(text) > LONGEST_SHOWN_NOTE:
        raise Refused(_("A text is too long. Shorten it."))
    require_no_secrecy_mark([text])
    if legal_basis == ShownAs.GUARDIAN:
        if not text:
            raise Refused(
                _("For a child, say where the guardian's signed consent is kept, or its number.")
            )
        require_no_name(text)
    if legal_basis == ShownAs.REASON and not text:
        raise Refused(_("Write the reason why it may be shown."))
    grave = {Severity.HARD.value, Severity.SOFT.value}
    if text and any(finding.severity in grave for finding in rules_for(media.unit).find(text)):
        raise Refused(_("Write no name, number or address of anybody here: the note is kept."))
    return legal_basis.value, text


_MAY_HIDE = (Permission.POST_WRITE, Permission.POST_APPROVE, Permission.POST_APPROVE_SECOND)


@transaction.atomic
def disallow_box(box: Box, *, by: User) -> Box:
    """Take back that what a box shows may stand; who decides on the unit's posts may, too. Raise
    Refused.
    """
    media = box.scan.media
    right = next((right for right in _MAY_HIDE if can(by, right, unit=media.unit)), _MAY_HIDE[0])
    authority = require(by, right, unit=media.unit)
    _lock_scan(media)
    row = _lock_box(box)
    if row.shown_as:
        row.shown_as, row.shown_note, row.shown_by, row.shown_at = "", "", None, None
        row.save(update_fields=["shown_as", "shown_note", "shown_by", "shown_at"])
        record(
            "media.box_hidden",
            media,
            by=by,
            position=authority.position,
            box=str(row.public_id),
            rule=row.rule,
        )
    return row


@transaction.atomic
def remove_marked(media: Media, *, by: User) -> bool:
    """Remove the row and the bytes of a picture that bears a mark of secrecy, once nothing shows
    it; return False where a post or a logo still does. Raise Refused.
    """
    authority = require(by, Permission.POST_WRITE, unit=media.unit)
    if not Box.objects.filter(scan__media=media, rule=SECRET_MARK).exists():
        raise Refused(_("No mark of secrecy was found in this picture."))
    if is_shown_somewhere(media):
        return False
    # Not its title, which may say what the secret is about.
    record("media.marked_removed", media.unit, by=by, position=authority.position, media=media.pk)
    return bool(store.remove_media(Media.objects.filter(pk=media.pk)))


def is_shown_somewhere(media: Media) -> bool:
    """Check whether a row that protects it refers to it: of a post, a revision, a logo."""
    try:
        Collector(using=media._state.db or "default").collect([media])
    except ProtectedError:
        return True
    return False


def _lock_scan(media: Media) -> Scan:
    row = Scan.objects.select_for_update().filter(media=media).first()
    if row is None or not row.is_over:
        raise Refused(_("It is not checked yet. Wait until that is done."))
    return row


def _lock_box(box: Box) -> Box:
    row = Box.objects.select_for_update().filter(pk=box.pk).first()
    if row is None:
        raise Refused(_("It was checked anew meanwhile. Look at the findings again."))
    return row


@receiver(post_save, sender=Media, dispatch_uid="media.scanners.queue")
def queue_new(instance: Media, created: bool, raw: bool = False, **_: Any) -> None:
    if created and not raw:
        queue(instance)
