"""Ask how far the scanners are, and whether a picture or video may go into a post."""

from collections.abc import Iterable

from django.db.models import Exists, OuterRef, QuerySet

from media.models import Media
from media.scanners.models import Box, Scan


def state_of(media: Iterable[Media]) -> dict[int, Scan]:
    """Return the scans by their media's key, each with its boxes: two queries, however many."""
    rows = Scan.objects.filter(media__in=[medium.pk for medium in media]).select_related("job")
    scans = rows.prefetch_related("boxes")
    return {scan.media_id: scan for scan in scans}


def open_boxes(scan: Scan) -> list[Box]:
    return [box for box in scan.boxes.all() if box.is_open]


def never_queued() -> QuerySet[Media]:
    """Return what was stored before there were scanners, newest first."""
    known = Scan.objects.filter(media=OuterRef("pk"))
    return Media.objects.filter(~Exists(known)).order_by("-uploaded_at", "-pk")
