"""Publications of a campaign by post, by channel and by the day of their gains."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Model, QuerySet

from core.periods import Period
from core.scope import Reach
from engagement.rollups.models import (
    CurrentCampaignGain,
    CurrentChannelDay,
    CurrentPostDay,
    Gain,
    Publication,
)
from publishing.models import Delivery, DeliveryQuerySet


@dataclass(frozen=True)
class CampaignFilter:
    """The publications of a campaign in a period, by units given by their keys (None: all)."""

    campaign: int
    units: QuerySet[Any, Any] | None
    period: Period

    def rows(self, model: type[Model], *, published: str = "day") -> QuerySet[Any, Any]:
        """Return the rows of sums; ``published`` is their day of publication."""
        within = {f"{published}__gte": self.period.first, f"{published}__lte": self.period.last}
        rows = model._default_manager.filter(campaign=self.campaign, **within)
        return rows if self.units is None else rows.filter(unit__pk__among=self.units)


class CampaignPublications(DeliveryQuerySet):
    """Publications of a campaign. With a ``filter_of_sums`` their sums are read as such. A queryset
    that was made from this one has none, and is summed up from its rows.
    """

    filter_of_sums: CampaignFilter | None = None


def find_campaign_publications(
    campaign: int, *, reach: Iterable[Reach], units: QuerySet[Any, Any], period: Period
) -> CampaignPublications:
    """Return publications of the campaign within ``period`` in ``reach``, of which ``units`` are
    the units' keys; also those withdrawn since.
    """
    reach = tuple(reach)
    rows: CampaignPublications = CampaignPublications(model=Delivery).within(reach)
    publications: CampaignPublications = rows.filter(
        post__campaign=campaign, published_at__gte=period.start, published_at__lt=period.end
    )
    is_nation = any(part.is_nation for part in reach)
    publications.filter_of_sums = CampaignFilter(campaign, None if is_nation else units, period)
    return publications


def select_by_post(publications: QuerySet[Delivery]) -> QuerySet[Any, Any]:
    """Select publications as rows that have the columns of `PostSums`."""
    return _select(publications, CurrentPostDay)


def select_by_channel(publications: QuerySet[Delivery]) -> QuerySet[Any, Any]:
    """Select publications as rows that have the columns of `ChannelSums`."""
    return _select(publications, CurrentChannelDay)


def select_daily_gains(publications: QuerySet[Delivery]) -> QuerySet[Any, Any]:
    """Select gains of publications, with the columns ``day`` and the measures."""
    if chosen := _get_filter(publications):
        return chosen.rows(CurrentCampaignGain, published="published_day")
    return Gain.objects.filter(delivery__pk__among=publications.order_by().values("pk"))


def _select(publications: QuerySet[Delivery], model: type[Model]) -> QuerySet[Any, Any]:
    if chosen := _get_filter(publications):
        return chosen.rows(model)
    return Publication.objects.filter(pk__in=publications.order_by().values("pk"))


def _get_filter(publications: QuerySet[Delivery]) -> CampaignFilter | None:
    return getattr(publications, "filter_of_sums", None)
