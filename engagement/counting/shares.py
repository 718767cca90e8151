"""Keeps collecting to its share of the calls that all pages of an application have together.

What is used stands in the database, for every worker counts on the same platform. Calls are
reserved before they are made, and set right by what was made: a run that dies has reserved too
much, never too little.
"""

from datetime import UTC, datetime, timedelta

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Greatest

from channels.queries import facts_of, readings_since
from engagement.models import ReadingUse
from platforms.facts import Reading
from platforms.pacific import PACIFIC, get_midnight


def find_window_start(reading: Reading, now: datetime) -> datetime:
    """Return when the current window of the quota began: a day begins in California."""
    if reading.period >= timedelta(days=1):
        return get_midnight(now.astimezone(PACIFIC).date())
    seconds = int(reading.period.total_seconds())
    return datetime.fromtimestamp(int(now.timestamp()) // seconds * seconds, UTC)


def list_used_up_platforms(*, now: datetime) -> list[str]:
    """Return the platforms that said that the application's calls are used up."""
    return list(ReadingUse.objects.filter(closed_until__gt=now).values_list("platform", flat=True))


def stop_calls_until(platform: str, *, until: datetime) -> None:
    """Ask a platform nothing until then."""
    ReadingUse.objects.update_or_create(
        platform=platform,
        defaults={"closed_until": until},
        create_defaults={"closed_until": until, "began_at": until},
    )


def has_shared_page_calls(platform: str) -> bool:
    """Say whether figures of pages by day have calls that all pages share."""
    reading = facts_of(platform).reading
    return reading is not None and reading.page_calls > 0


@transaction.atomic
def reserve_calls(platform: str, wanted: int, *, now: datetime, of_page: bool = False) -> int:
    """Reserve calls for ``wanted`` questions and return for how many there are calls left. The
    daily checks of the pages, which tell their followers, count as calls for posts' figures.
    """
    reading = facts_of(platform).reading
    if reading is None or not wanted or (of_page and not has_shared_page_calls(platform)):
        return wanted
    began_at = find_window_start(reading, now)
    ReadingUse.objects.get_or_create(platform=platform, defaults={"began_at": began_at})
    use = ReadingUse.objects.select_for_update().get(platform=platform)
    if use.began_at != began_at:
        use.began_at, use.used, use.used_for_pages = began_at, 0, 0
    if of_page:
        granted = _limit_to_left(
            wanted, int(reading.page_calls * reading.share) - use.used_for_pages
        )
        use.used_for_pages += granted
    else:
        checks = readings_since(platform, began_at)
        left = int(reading.calls * reading.share) - use.used - checks
        granted = _limit_to_left(wanted, left // reading.calls_per_request)
        use.used += granted * reading.calls_per_request
    use.save(update_fields=["began_at", "used", "used_for_pages"])
    return granted


def _limit_to_left(wanted: int, left: int) -> int:
    return max(0, min(wanted, left))


def correct_reserved_calls(
    platform: str, *, reserved: int, made: int, now: datetime, of_page: bool = False
) -> None:
    """Count the calls that were made for so many questions instead of those that were reserved."""
    reading = facts_of(platform).reading
    if reading is None or (of_page and not has_shared_page_calls(platform)):
        return
    field = "used_for_pages" if of_page else "used"
    difference = made - reserved * (1 if of_page else reading.calls_per_request)
    ReadingUse.objects.filter(platform=platform, began_at=find_window_start(reading, now)).update(
        **{field: Greatest(F(field) + difference, 0)}
    )
