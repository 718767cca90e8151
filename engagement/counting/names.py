"""Remembers under which names platforms tell figures, and which of them they tell no more.

A name that is refused twice with no answer in between is retired: it is asked for once a day, and
comes back by itself. Once may be the page's own trouble. A name that was told and is left out of
every answer for a day is lost, too; nothing fails by it, so it is asked for as before.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Q

from engagement.models import MetricName
from platforms.metrics import Metrics

_REFUSALS = 2
_ASK_AGAIN = timedelta(days=1)
# So many answers without it, and none with it for so long.
_LEFT_OUT, _SILENT = 10, timedelta(days=1)
# When a name was told last is known to the hour: it is told in every run.
_NOTED = timedelta(hours=1)
_LONGEST = 100


def find_skipped_names(platform: str, *, of_page: bool, now: datetime) -> Metrics:
    """Return the notes of a run, with the names that it does not ask for."""
    resting = MetricName.objects.filter(
        platform=platform, of_page=of_page, refusals__gte=_REFUSALS, ask_at__gt=now
    )
    return Metrics(skipped=frozenset(resting.values_list("name", flat=True)))


@transaction.atomic
def store_answered_names(platform: str, metrics: Metrics, *, of_page: bool, now: datetime) -> None:
    """Store what a run noted. A name that was told to any page is alive."""
    told = _drop_long_names(metrics.returned)
    refused = _drop_long_names(metrics.refused) - told
    left_out = _drop_long_names(metrics.left_out) - told - refused
    rows = MetricName.objects.filter(platform=platform, of_page=of_page)
    known = set(rows.values_list("name", flat=True))
    fresh = (told | refused | left_out) - known
    MetricName.objects.bulk_create(
        (MetricName(platform=platform, of_page=of_page, name=name) for name in sorted(fresh)),
        ignore_conflicts=True,
    )
    rows.filter(name__in=told).filter(
        Q(told_at=None) | Q(told_at__lte=now - _NOTED) | Q(left_out__gt=0) | Q(refusals__gt=0)
    ).update(told_at=now, left_out=0, refusals=0, refused_at=None, ask_at=None)
    for name in left_out:
        rows.filter(name=name).update(left_out=F("left_out") + metrics.left_out[name])
    rows.filter(name__in=refused, refusals=0).update(refused_at=now)
    rows.filter(name__in=refused).update(refusals=F("refusals") + 1, ask_at=now + _ASK_AGAIN)


def find_lost_names(*, now: datetime) -> list[MetricName]:
    """Return the metric names that platforms no longer report."""
    silent = Q(left_out__gte=_LEFT_OUT, told_at__lte=now - _SILENT)
    return list(
        MetricName.objects.filter(Q(refusals__gte=_REFUSALS) | silent).order_by("platform", "name")
    )


def _drop_long_names(names: Iterable[str]) -> set[str]:
    return {name for name in names if len(name) <= _LONGEST}
