"""Keeps collecting to its share of the calls that all pages of an application have together.

What is used stands in the database, for every worker counts on the same platform. Calls are
reserved before they are made, and set right by what was made: a run that dies has reserved too
much, never too little.
"""

from datetime import UTC, datetime, timedelta

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Greatest

from channels.queries import facts_of
from engagement.models import ReadingUse
from platforms.facts import Reading
from platforms.pacific import PACIFIC, midnight


def window(reading: Reading, now: datetime) -> datetime:
    """Return when the current window of the quota began: a day begins in California."""
    if reading.every >= timedelta(days=1):
        return midnight(now.astimezone(PACIFIC).date())
    seconds = int(reading.every.total_seconds())
    return datetime.fromtimestamp(int(now.timestamp()) // seconds * seconds, UTC)


def closed(*, now: datetime) -> list[str]:
    """Return the platforms that said that the application's calls are used up."""
    return list(ReadingUse.objects.filter(closed_until__gt=now).values_list("platform", flat=True))


def close(platform: str, *, until: datetime) -> None:
    """Ask a platform nothing until then."""
    ReadingUse.objects.update_or_create(
        platform=platform,
        defaults={"closed_until": until},
        create_defaults={"closed_until": until, "began_at": until},
    )


@transaction.atomic
def reserve(platform: str, wanted: int, *, now: datetime) -> int:
    """Reserve calls for ``wanted`` questions and return for how many there are calls left."""
    reading = facts_of(platform).reading
    if reading is None or not wanted:
        return wanted
    began_at = window(reading, now)
    ReadingUse.objects.get_or_create(platform=platform, defaults={"began_at": began_at})
    use = ReadingUse.objects.select_for_update().get(platform=platform)
    if use.began_at != began_at:
        use.began_at, use.used = began_at, 0
    left = int(reading.calls * reading.share) - use.used
    granted = max(0, min(wanted, left // reading.calls_a_question))
    use.used += granted * reading.calls_a_question
    use.save(update_fields=["began_at", "used"])
    return granted


def correct(platform: str, *, reserved: int, made: int, now: datetime) -> None:
    """Count the calls that were made for so many questions instead of those that were reserved."""
    reading = facts_of(platform).reading
    if reading is not None:
        difference = made - reserved * reading.calls_a_question
        ReadingUse.objects.filter(platform=platform, began_at=window(reading, now)).update(
            used=Greatest(F("used") + difference, 0)
        )
