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
