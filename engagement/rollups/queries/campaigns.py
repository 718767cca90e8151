"""Publications of a campaign by post, by channel and by the day of their gains."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, Model, QuerySet
from django.db.models.functions import TruncDate

from core.periods import Period
from core.scope import Reach
from engagement.models import MEASURES
from engagement.rollups.models import CampaignGain, ChannelDay, Kind, PostDay
from engagement.rollups.queries.marks import add_live_rows, filter_marked_units, select_marks_of_row
from engagement.rollups.sources import (
    GAIN_COLUMNS,
    group_by_channel,
    group_by_post,
    make_marked_condition,
    select_campaign_gains,
    select_gains,
)
from engagement.rollups.sql import Statement, compile_queryset, list_columns
from publishing.models import Delivery, DeliveryQuerySet


@dataclass(frozen=True)
class CampaignFilter:
    """The publications of a campaign in a period, by units given by their keys."""

    campaign: int
    units: QuerySet[Any, Any]
    period: Period

    def unmarked_rows(
        self, model: type[Model], kind: Kind, *, published: str = "day"
    ) -> QuerySet[Any, Any]:
        """Return the unmarked rows of a summary; ``published`` is its day of publication."""
        within = {f"{published}__gte": self.period.first, f"{published}__lte": self.period.last}
        rows = model._default_manager.filter(campaign=self.campaign, unit__in=self.units, **within)
        return rows.exclude(Exists(select_marks_of_row(kind))).order_by()


class CampaignPublications(DeliveryQuerySet):
    """Publications of a campaign. With a ``filter_of_summaries`` their sums are read from the
    summaries. A queryset that was made from this one has none, and is summed up from its rows.
    """

    filter_of_summaries: CampaignFilter | None = None


def find_campaign_publications(
    campaign: int, *, reach: Iterable[Reach], units: QuerySet[Any, Any], period: Period
) -> CampaignPublications:
    """Return publications of the campaign within ``period`` in ``reach``, of which ``units`` are
    the units' keys; also those withdrawn since.
    """
    rows: CampaignPublications = CampaignPublications(model=Delivery).within(reach)
    found: CampaignPublications = rows.filter(
        post__campaign=campaign, published_at__gte=period.start, published_at__lt=period.end
    )
    found.filter_of_summaries = CampaignFilter(campaign, units, period)
    return found


def select_by_post(publications: QuerySet[Delivery], columns: Sequence[str] = ()) -> Statement:
    """Select publications by post and day, with the columns of `PostDay`, or with some of them:
    then those of an index may be all that is read.
    """
    return _select(publications, PostDay, group_by_post, columns)


def select_by_channel(publications: QuerySet[Delivery]) -> Statement:
    """Select publications by channel and day, with the columns of `ChannelDay`."""
    return _select(publications, ChannelDay, group_by_channel)


def select_daily_gains(publications: QuerySet[Delivery]) -> Statement:
    """Select gains of publications, with the columns ``day`` and the measures."""
    by_summaries = _make_summary_filter(publications)
    if by_summaries is None:
        return select_gains(publications)
    columns = ["day", *MEASURES]
    summed = by_summaries.unmarked_rows(CampaignGain, Kind.GAINED, published="published_day")
    on = make_marked_condition(Kind.GAINED, *GAIN_COLUMNS)
    live = select_campaign_gains(filter_marked_units(publications, Kind.GAINED), on)
    return add_live_rows(compile_queryset(summed.values(*columns)), live, columns)


def _select(
    publications: QuerySet[Delivery],
    model: type[Model],
    group: Callable[[QuerySet[Delivery]], QuerySet[Any, Any]],
    columns: Sequence[str] = (),
) -> Statement:
    by_summaries = _make_summary_filter(publications)
    if by_summaries is None:
        return compile_queryset(group(publications))
    columns = columns or list_columns(model)
    summed = by_summaries.unmarked_rows(model, Kind.PUBLISHED).values(*columns)
    live = filter_marked_units(publications, Kind.PUBLISHED)
    live = live.alias(its_day=TruncDate("published_at"))
    live = live.filter(Exists(select_marks_of_row(Kind.PUBLISHED, "its_day")))
    return add_live_rows(compile_queryset(summed), compile_queryset(group(live)), columns)


def _make_summary_filter(publications: QuerySet[Delivery]) -> CampaignFilter | None:
    return getattr(publications, "filter_of_summaries", None)
