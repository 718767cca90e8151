"""Say to the dashboards of engagement when a platform did not answer."""

from collections.abc import Iterable

from django.utils import timezone
from django.utils.translation import gettext as _

from channels.states import Kind
from core.periods import Period
from engagement.boards.scopes import Scope
from engagement.dashboards.charts import Mark
from operations.models import Alarm

MOST = 6


def find_platforms_down(scope: Scope, period: Period) -> Iterable[Mark]:
    """Return the days on which an alarm says that a platform of the scope stopped answering, the
    latest ones.
    """
    names = dict(Kind.choices)
    keys = [scope.channel.platform] if scope.channel else list(names)
    rows = Alarm.objects.filter(
        kind="breaker", key__in=keys, opened_at__gte=period.start, opened_at__lt=period.end
    )
    marks: dict[tuple[str, str], Mark] = {}
    for key, opened_at in rows.order_by("-opened_at").values_list("key", "opened_at")[:200]:
        day = timezone.localdate(opened_at)
        message = _("%(platform)s did not answer") % {"platform": names[key]}
        marks.setdefault((key, day.isoformat()), Mark(day, message))
    return list(marks.values())[:MOST]
