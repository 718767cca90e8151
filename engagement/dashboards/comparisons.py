"""Compare a campaign's figures, sum them by topic, and measure how punctual it was."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Count, F, Q, QuerySet, Sum
from django.utils.translation import gettext as _

from accounts.models import User
from campaigns.models import Campaign
from campaigns.planning.queries import subtract_year
from core.periods import Period
from engagement.dashboards import queries
from engagement.dashboards.context import make_whole_period
from engagement.models import MEASURES
from engagement.rollups.models import PageDay, PlatformDay
from engagement.rollups.sources import ON_TIME_WITHIN
from publishing.models import Delivery
from publishing.states import Reason, ReceiptSource
from units.models import Level, Unit

PREVIOUS, LAST_YEAR = "previous", "year"


@dataclass(frozen=True)
class Comparison:
    label: str
    period: Period
    deliveries: QuerySet[Delivery]


def compare_with(
    user: User, campaign: Campaign, period: Period, choice: "str | Campaign"
) -> Comparison:
    """Return what ``choice`` names: another campaign in all of its days, or what the same units
    published on the campaign's topics in an earlier period, whichever campaign it was of.
    """
    if isinstance(choice, Campaign):
        whole = make_whole_period(choice)
        return Comparison(str(choice), whole, queries.find_published(user, choice, whole))
    if choice == LAST_YEAR:
        earlier = Period(subtract_year(period.first), subtract_year(period.last))
        label = _("the same days last year")
    else:
        days = (period.last - period.first).days + 1
        earlier = Period(period.first - timedelta(days=days), period.first - timedelta(days=1))
        label = _("the period before")
    rows = Delivery.objects.visible_to(user).filter(
        unit__path__startswith=campaign.unit.path,
        published_at__gte=earlier.start,
        published_at__lt=earlier.end,
    )
    if topics := [topic.pk for topic in campaign.topics.all()]:
        rows = rows.filter(post__topic__in=topics)
    return Comparison(label, earlier, rows)


def find_recorded_since(unit: Unit | None) -> date | None:
    """Return the day of the first publication of a unit and those below, or of the nation; None for
    none summed up. Before it nothing is known, and that is no 0.
    """
    if unit and unit.level == Level.COMMUNE:
        rows: QuerySet[Any, Any] = PageDay.objects.filter(unit=unit)
    else:
        place = unit if unit and unit.level == Level.PROVINCE else None
        rows = PlatformDay.objects.filter(province=place)
    return rows.order_by("day").values_list("day", flat=True).first()


def sum_by_topic(deliveries: QuerySet[Delivery]) -> list[Mapping[str, Any]]:
    """Sum by topic, the most publications first; posts without one have None."""
    sums = {measure: Sum(f"measurement__{measure}") for measure in MEASURES}
    grouped = deliveries.order_by().values("post__topic").annotate(publications=Count("pk"), **sums)
    return list(grouped.order_by("-publications", "post__topic"))


@dataclass(frozen=True)
class Punctuality:
    due: int
    on_time: int

    @property
    def percent(self) -> int | None:
        return round(self.on_time * 100 / self.due) if self.due else None

    @property
    def words(self) -> str:
        facts = {"n": self.on_time, "all": self.due}
        return _("%(n)s of %(all)s publications") % facts if self.due else ""


def measure_punctuality(deliveries: QuerySet[Delivery], *, now: datetime) -> Punctuality:
    """Count what was published on time: within a minute, or begun by then; by hand, before its
    deadline.
    """
    by_people = Q(receipt_source=ReceiptSource.POSTED) | Q(error_code=Reason.IN_APP)
    on_time = Q(published_at__lte=F("due_at") + ON_TIME_WITHIN)
    on_time |= Q(~by_people, committing_at__lte=F("due_at") + ON_TIME_WITHIN)
    on_time |= Q(by_people, published_at__lte=F("not_after"))
    counts = deliveries.filter(due_at__lt=now - ON_TIME_WITHIN).aggregate(
        due=Count("pk"), on_time=Count("pk", filter=on_time)
    )
    return Punctuality(**counts)
