"""The times of publication that are offered at one tap: when residents read."""

from datetime import date, datetime, time, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

EVENING, MORNING = time(19, 30), time(7)
TOO_SOON = timedelta(minutes=15)


def suggested_times(now: datetime) -> list[tuple[datetime, str]]:
    """Return this evening, or tomorrow's where that is all but over, and tomorrow morning: in
    order, each with its words.
    """
    today = timezone.localdate(now)
    tomorrow = today + timedelta(days=1)
    evening = timezone.make_aware(datetime.combine(today, EVENING))
    if evening < now + TOO_SOON:
        evening = timezone.make_aware(datetime.combine(tomorrow, EVENING))
    morning = timezone.make_aware(datetime.combine(tomorrow, MORNING))
    return [(at, _describe_time(at, tomorrow=tomorrow)) for at in sorted((evening, morning))]


def _describe_time(at: datetime, *, tomorrow: date) -> str:
    text = _("%(time)s tomorrow") if timezone.localdate(at) == tomorrow else _("%(time)s today")
    return text % {"time": f"{timezone.localtime(at):%H:%M}"}
