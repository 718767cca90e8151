"""Count what fell due at a moment, where the clock decides, and rank publications. The sums
by day are defined in engagement/migrations/*.sql.
"""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, F, Q, Sum
from django.db.models.functions import Coalesce

from core.periods import Period
from engagement.models import MEASURES
from publishing.states import (
    CONCLUDED,
    HAS_UNTIL_THE_DEADLINE,
    MISSED,
    TAKEN_DOWN,
    Reason,
    ReceiptSource,
    State,
)

# A post is on time when residents could see it within this long of its due time.
ON_TIME_WITHIN = timedelta(seconds=60)
IS_CONCLUDED = Q(state__in=sorted(CONCLUDED))
# What publications are ranked by: not every platform tells the reach.
RANKING_FIGURE = Coalesce("measurement__reach", "measurement__views")
MEASURE_SUMS = {measure: Sum(f"measurement__{measure}") for measure in MEASURES}

_TAKEN_DOWN_UNSEEN = Q(state__in=TAKEN_DOWN, published_at__isnull=True)
# What was cancelled, or stopped before anybody saw it, does not count.
_IS_COUNTED = ~Q(state=State.CANCELLED) & ~_TAKEN_DOWN_UNSEEN
_IS_MANUAL = (
    Q(state=State.MANUAL) | Q(receipt_source=ReceiptSource.POSTED) | Q(error_code=Reason.IN_APP)
)
_WAS_ON_TIME = (
    Q(published_at__lte=F("due_at") + ON_TIME_WITHIN)
    # How long a platform works on what it took in time is not up to the unit.
    | Q(~_IS_MANUAL, published_at__isnull=False, committing_at__lte=F("due_at") + ON_TIME_WITHIN)
    # People are slower than the engine: what they post, or finish in an app, is on time until its
    # deadline.
    | Q(_IS_MANUAL, published_at__lte=F("not_after"))
)


def aggregate_due_deliveries(period: Period, *, now: datetime) -> dict[str, Any]:
    """Return aggregates over the deliveries that fell due in the period; what was cancelled, or
    stopped before anybody saw it, does not count. Only what is due for longer than the grace can be
    on time or not.
    """
    within = Q(due_at__gte=period.start, due_at__lt=period.end) & _IS_COUNTED
    undecided = Q(_IS_MANUAL, state__in=HAS_UNTIL_THE_DEADLINE, not_after__gt=now)
    undecided |= Q(~_IS_MANUAL, state=State.PROCESSING)
    passed = within & Q(due_at__lt=now - ON_TIME_WITHIN) & ~undecided
    return {
        "published": Count("pk", filter=within & Q(published_at__isnull=False)),
        "due": Count("pk", filter=passed),
        "on_time": Count("pk", filter=passed & _WAS_ON_TIME),
        "failed": Count("pk", filter=within & Q(state__in=MISSED)),
        "needs_person": Count("pk", filter=Q(state=State.NEEDS_PERSON)),
    }
