"""The ages at which published posts are counted, and which posts are counted at all."""

from bisect import bisect_right
from datetime import datetime, timedelta

from channels.queries import facts_of
from engagement.models import Measurement
from publishing.models import Delivery
from publishing.states import ReceiptSource, State

# The ages at which a published post is counted. Residents react in the first hours, and officers
# look then; after two weeks little moves, and after two months nothing that is worth a call from
# the budget which publishing shares.
COUNT_AGES = (
    *(timedelta(minutes=m) for m in (5, 15)),
    *(timedelta(hours=h) for h in (1, 3, 12)),
    *(timedelta(days=d) for d in range(1, 15)),
    *(timedelta(weeks=w) for w in range(3, 9)),
)


def compute_next_count(published_at: datetime | None, *, after: datetime) -> datetime | None:
    """Return the next time on the schedule; None when the post is not or no longer counted."""
    if published_at is None:
        return None
    place = bisect_right(COUNT_AGES, after - published_at)
    return published_at + COUNT_AGES[place] if place < len(COUNT_AGES) else None


def schedule_new_posts(*, now: datetime) -> None:
    """Add newly published posts to the schedule; without a next time where the platform reports
    nothing.
    """
    fresh = Delivery.objects.filter(
        state=State.PUBLISHED, published_at__gt=now - COUNT_AGES[-1], measurement__isnull=True
    ).order_by("published_at")
    Measurement.objects.bulk_create(
        (
            Measurement(
                delivery_id=pk,
                next_at=published_at + COUNT_AGES[0]
                if published_at and reports_figures(platform, source)
                else None,
            )
            for pk, platform, source, published_at in fresh.values_list(
                "pk", "platform", "receipt_source", "published_at"
            )[:5000]
        ),
        ignore_conflicts=True,
    )


def reports_figures(platform: str, source: str) -> bool:
    """Check whether the platform reports figures of this post; where it does not, people may enter
    them.
    """
    # What a person reported as published carries no id that the platform would know.
    return bool(facts_of(platform).measures) and source == ReceiptSource.PLATFORM


def stop_counting_withdrawn(*, now: datetime) -> None:
    """Stop counting withdrawn posts. Those still being withdrawn wait: they may turn out to be
    live.
    """
    gone = Measurement.objects.filter(next_at__lte=now, delivery__state=State.RECALLED)
    Measurement.objects.filter(pk__in=gone.values("pk")).update(next_at=None)
