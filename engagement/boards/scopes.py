"""Name the scope of a dashboard: a unit with all below it, a topic, a channel or a kit. One engine
makes all of them; a scope says which publications count, and who may ask.
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import Case, OuterRef, Q, QuerySet, Subquery, When
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import reverse

from accounts.context import current_position
from accounts.permissions import Permission
from campaigns.kits.models import Kit
from campaigns.kits.queries import find_readable_kits
from campaigns.models import Topic
from channels.models import Channel
from core.periods import Period
from engagement.rollups.models import PageDay, PlatformDay
from engagement.rollups.queries.figures import BY_PROVINCE, BY_UNIT, Figures
from units.models import Level, Unit, UnitQuerySet

# So many days are added up, three times a page.
MOST_DAYS, MOST_DAYS_OF_NATION = 366, 92
UNIT, TOPIC, CHANNEL, KIT = "unit", "topic", "channel", "kit"


@dataclass(frozen=True)
class Scope:
    """The publications of ``units`` that have the ``values`` of columns of a summary.

    ``place``: the unit that the page is of, or whose page it is; None for a topic and a kit.
    ``recorded_since``: the day of the first publication that the portal knows of; None where
    nothing is summed up.
    """

    kind: str
    name: str
    address: str
    units: UnitQuerySet
    values: Mapping[str, Any] = field(default_factory=dict)
    place: Unit | None = None
    channel: Channel | None = None
    kit: Kit | None = None
    topic: Topic | None = None
    recorded_since: date | None = None
    rows_by: str = ""  # how the table of units is grouped: BY_UNIT, BY_PROVINCE; "" has none

    @property
    def is_nation(self) -> bool:
        """Check whether these are all units of the country."""
        return self.rows_by == BY_PROVINCE

    @property
    def is_area(self) -> bool:
        """Check whether it is all of a province or of the nation."""
        return self.kind == UNIT and bool(self.rows_by)

    @property
    def most_days(self) -> int:
        return MOST_DAYS_OF_NATION if self.is_nation else MOST_DAYS

    def covers(self, period: Period) -> bool:
        """Check whether there are records of the whole period: before them nothing is known, and
        that is no 0.
        """
        return self.recorded_since is None or self.recorded_since <= period.first

    def publications(self, periods: Sequence[Period], narrowed: Mapping[str, Any]) -> Figures:
        units = None if self.is_nation else self.units.order_by().values("pk")
        return Figures(units, periods, {**narrowed, **self.values})


def find_reported_units(request: HttpRequest) -> UnitQuerySet:
    """Return the units whose figures the person may see; raise PermissionDenied where there are
    none.
    """
    user: Any = request.user
    reach = user.reach(Permission.FIGURES_VIEW)
    if not reach:
        raise PermissionDenied
    return Unit.objects.within(reach)


def _choose_row_grouping(request: HttpRequest) -> str:
    """Return how units are grouped for the reader: by province for those who see the nation."""
    user: Any = request.user
    reach = user.reach(Permission.FIGURES_VIEW)
    if any(part.is_nation for part in reach):
        return BY_PROVINCE
    return BY_UNIT if any(part.deep for part in reach) else ""


def _find_first_day(of: QuerySet[Any]) -> Subquery:
    return Subquery(of.order_by("day").values("day")[:1])


def get_unit_scope(request: HttpRequest, key: str) -> Scope:
    """Return the scope of a unit and, for those who see below it, of all below."""
    seen = find_reported_units(request)
    of_places = {
        Level.MINISTRY: PlatformDay.objects.filter(province=None),
        Level.PROVINCE: PlatformDay.objects.filter(province=OuterRef("pk")),
    }
    since = Case(
        *(When(level=level, then=_find_first_day(rows)) for level, rows in of_places.items()),
        default=_find_first_day(PageDay.objects.filter(unit=OuterRef("pk"))),
    )
    unit = get_object_or_404(seen.select_related("parent").annotate(recorded_since=since), key=key)
    user: Any = request.user
    parts = user.reach(Permission.FIGURES_VIEW)
    sees_below = unit.level != Level.COMMUNE and any(p.deep and p.covers(unit.path) for p in parts)
    rows_by = BY_PROVINCE if unit.level == Level.MINISTRY else BY_UNIT
    return Scope(
        UNIT,
        unit.name,
        reverse("engagement:results_of_unit", args=[unit.key]),
        Unit.objects.under(unit) if sees_below else Unit.objects.filter(pk=unit.pk),
        place=unit,
        recorded_since=unit.recorded_since,
        rows_by=rows_by if sees_below else "",
    )


def get_topic_scope(request: HttpRequest, code: str) -> Scope:
    """Return the scope of a topic, over all units whose figures the person may see."""
    seen = find_reported_units(request)
    since = _find_first_day(PlatformDay.objects.filter(province=None))
    topic: Any = get_object_or_404(Topic.objects.annotate(recorded_since=since), code=code)
    address = reverse("engagement:results_of_topic", args=[topic.code])
    return Scope(
        TOPIC,
        str(topic),
        address,
        seen,
        {"topic": topic.pk},
        topic=topic,
        recorded_since=topic.recorded_since,
        rows_by=_choose_row_grouping(request),
    )


def get_channel_scope(request: HttpRequest, public_id: uuid.UUID) -> Scope:
    """Return the scope of one page."""
    seen = find_reported_units(request)
    rows = Channel.objects.filter(unit__in=seen.values("pk")).select_related("unit__parent")
    since = _find_first_day(PageDay.objects.filter(channel=OuterRef("pk")))
    channel: Any = get_object_or_404(rows.annotate(recorded_since=since), public_id=public_id)
    address = reverse("engagement:results_of_channel", args=[channel.public_id])
    return Scope(
        CHANNEL,
        channel.name,
        address,
        seen,
        {"channel": channel.pk},
        place=channel.unit,
        channel=channel,
        recorded_since=channel.recorded_since,
    )


def get_kit_scope(request: HttpRequest, public_id: uuid.UUID) -> Scope:
    """Return the scope of what came of an issued kit, over the units whose figures the person may
    see.
    """
    seen = find_reported_units(request)
    user: Any = request.user
    adopted = Kit.objects.filter(adoptions__unit__in=seen.values("pk"))
    readable = [rows.order_by().values("pk") for rows in (find_readable_kits(user), adopted)]
    if position := current_position(request):
        readable.append(Kit.objects.open_to(position.unit).order_by().values("pk"))
    seen_ones = Q(pk__in=[])
    for kits in readable:
        seen_ones |= Q(pk__in=kits)
    rows = Kit.objects.filter(seen_ones, current__isnull=False)
    kit = get_object_or_404(rows.select_related("unit", "current", "topic"), public_id=public_id)
    address = reverse("engagement:results_of_kit", args=[kit.public_id])
    return Scope(
        KIT,
        kit.name,
        address,
        seen,
        {"kit": kit.pk},
        kit=kit,
        rows_by=_choose_row_grouping(request),
    )
