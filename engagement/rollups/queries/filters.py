"""Choices of publications that a summary and the deliveries themselves can both answer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, Model, Q, QuerySet
from django.db.models.functions import TruncDate

from core.periods import Period
from engagement.rollups.models import Kind
from engagement.rollups.queries.marks import filter_marked_units, select_marks_of_row
from publishing.models import Delivery

# By name of a summary's column, the path of the same from a delivery.
_DELIVERY_PATHS = {
    "topic": "post__topic",
    "kit": "post__adoption__kit",
    "channel": "channel",
    "platform": "platform",
}


def _get_delivery_path(lookup: str) -> str:
    """Return the path from a delivery of a column, or of a lookup of it such as ``kit__in``."""
    column, *rest = lookup.split("__")
    return "__".join((_DELIVERY_PATHS[column], *rest))


@dataclass(frozen=True)
class PublicationFilter:
    """The publications of ``units`` (their keys) in any of ``periods``, with the ``values`` of the
    columns topic, kit, channel and platform.
    """

    units: QuerySet[Any, Any]
    periods: Sequence[Period]
    values: Mapping[str, Any]

    def rows(self, model: type[Model]) -> QuerySet[Any, Any]:
        """Return the rows of a summary, marked or not."""
        within = Q(pk__in=[])
        for period in self.periods:
            within |= Q(day__gte=period.first, day__lte=period.last)
        found = model._default_manager.filter(within, unit__in=self.units, **self.values)
        return found.order_by()

    def unmarked_rows(self, model: type[Model]) -> QuerySet[Any, Any]:
        return self.rows(model).exclude(Exists(select_marks_of_row(Kind.PUBLISHED)))

    def deliveries(self) -> QuerySet[Delivery]:
        """Return the publications themselves."""
        within = Q(pk__in=[])
        for period in self.periods:
            within |= Q(published_at__gte=period.start, published_at__lt=period.end)
        values = {_get_delivery_path(name): value for name, value in self.values.items()}
        return Delivery.objects.filter(within, unit__in=self.units, **values)

    def marked_deliveries(self) -> QuerySet[Delivery]:
        """Return the publications of days that are not summed up."""
        live = filter_marked_units(self.deliveries(), Kind.PUBLISHED)
        live = live.alias(its_day=TruncDate("published_at"))
        return live.filter(Exists(select_marks_of_row(Kind.PUBLISHED, "its_day")))
