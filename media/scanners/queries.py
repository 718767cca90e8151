"""Ask how far the scanners are, and whether a picture or film may go into a post."""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet

from media.models import Media
from media.scanners.models import Box, Scan, State


def state_of(media: Iterable[Media]) -> dict[int, Scan]:
    """Return the scans by their media's key, each with its boxes: two queries, however many."""
    scans = Scan.objects.filter(media__in=[each.pk for each in media]).prefetch_related("boxes")
    return {scan.media_id: scan for scan in scans}


def is_clear(scan: Scan | None) -> bool:
    """Check whether nothing is left to decide: all scanners have read it, or a person has, and
    each box is decided. Of a scan from ``state_of``, without a further query.
    """
    return scan is not None and scan.is_over and not scan.needs_eye and not open_boxes(scan)


def open_boxes(scan: Scan) -> list[Box]:
    return [box for box in scan.boxes.all() if box.is_open]


def pending_scans(now: datetime) -> QuerySet[Scan]:
    """Return what waits, and what a worker began and never ended; in the order of the work."""
    lost = Q(state=State.RUNNING, leased_until__lt=now)
    return Scan.objects.filter(Q(state=State.WAITING) | lost).order_by("priority", "queued_at")


def never_queued() -> QuerySet[Media]:
    """Return what was stored before there were scanners, newest first."""
    known = Scan.objects.filter(media=OuterRef("pk"))
    return Media.objects.filter(~Exists(known)).order_by("-uploaded_at", "-pk")
