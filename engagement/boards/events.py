"""Find what happened in a period: kits issued, pauses, phases of campaigns, and what apps above
register. It is read from what exists, set beside the figures, and called the cause of nothing.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Min, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from campaigns.kits.models import Kit
from campaigns.models import Campaign
from campaigns.planning.models import Phase
from channels.queries import facts_of
from channels.states import Kind
from core.periods import Period
from core.scope import ancestors
from engagement.boards import figures
from engagement.boards.changes import Day, NewKit, Platform, Stop
from engagement.boards.figures import OF
from engagement.boards.scopes import CHANNEL, KIT, TOPIC, Scope
from engagement.dashboards import dictionary
from engagement.dashboards.charts import Mark
from engagement.rollups.queries import Choice
from publishing.models import Pause

MOST = 12  # marks of a chart
# More pauses than these in a period are not told apart.
MOST_STOPS = 50

type Source = Callable[[Scope, Period], Iterable[Mark]]
_SOURCES: list[Source] = []


def register(source: Source) -> None:
    """Add what an app above knows of a period, such as a platform that was down."""
    _SOURCES.append(source)


def registered(scope: Scope, period: Period) -> list[Mark]:
    return [mark for source in _SOURCES for mark in source(scope, period)]


def platforms(rows: Iterable[Mapping[str, Any]]) -> list[Platform]:
    """Group days by platform; those that tell no figures at all are left out."""
    found: dict[str, list[Day]] = {}
    for row in rows:
        if facts_of(row["platform"]).measures:
            told = sum(row[name] for name in OF)
            day = Day(row["day"], row["publications"], told)
            found.setdefault(row["platform"], []).append(day)
    return [Platform(str(Kind(key).label), days) for key, days in found.items()]


def redefinitions(scope: Scope, period: Period, measure: str, platform: str) -> list[Mark]:
    """Return the days of the period on which a platform began to count a figure otherwise, of one
    platform or, with "", of all that the scope can have.
    """
    platform = scope.channel.platform if scope.channel else platform
    return [
        Mark(each.changed_on, each.change, reverse("engagement:dictionary") + f"#{measure}", True)
        for each in dictionary.redefinitions(measure, platform)
        if each.changed_on and period.first <= each.changed_on <= period.last
    ]


# --- kits -----------------------------------------------------------------------------------------


def new_kits(scope: Scope, choice: Choice, period: Period) -> list[NewKit]:
    """Return the kits first issued in the period that publications of the choice came of."""
    rows = Kit.objects.annotate(begun=Min("versions__issued_at"))
    issued = rows.filter(begun__gte=period.start, begun__lt=period.end)
    if scope.kit:
        issued = issued.filter(pk=scope.kit.pk)
    return [
        NewKit(
            name,
            day,
            n,
            "" if scope.kind == KIT else reverse("engagement:results_of_kit", args=[public_id]),
        )
        for public_id, name, day, n in figures.new_kits(choice, issued)
    ]


def of_kits(kits: Iterable[NewKit]) -> list[Mark]:
    return [Mark(k.day, _("kit issued: %(kit)s") % {"kit": k.name}, k.address) for k in kits]


# --- pauses ---------------------------------------------------------------------------------------


def stops(scope: Scope, period: Period, *, now: datetime) -> list[Stop]:
    """Return the pauses that held all of the scope: those of its unit and of the units above. A
    narrower one, of a unit below or a single page, is none of a province's.
    """
    if scope.place is None:
        return []
    held = Q(channel__isnull=True)
    if scope.kind == CHANNEL:
        held |= Q(channel=scope.channel)
    rows = Pause.objects.filter(
        held,
        Q(ended_at__isnull=True) | Q(ended_at__gt=period.start),
        unit__path__in=ancestors(scope.place.path),
        topic__isnull=True,
        started_at__lt=min(period.end, now),
    )
    return [_stop(row, period, now) for row in rows.order_by("started_at")[:MOST_STOPS]]


def _stop(row: Pause, period: Period, now: datetime) -> Stop:
    started: Any = row.started_at
    first = max(timezone.localdate(started), period.first)
    ended = min(row.ended_at or now, now, period.end - timedelta(microseconds=1))
    last = max(first, timezone.localdate(ended))
    return Stop(first, last, reverse("publishing:pause", args=[row.public_id]))


def of_stops(found: Sequence[Stop]) -> list[Mark]:
    words = [
        ngettext("publishing paused, %(n)s day", "publishing paused, %(n)s days", stop.days)
        % {"n": stop.days}
        for stop in found
    ]
    return [Mark(s.first, text, s.address) for s, text in zip(found, words, strict=True)]


# --- campaigns ------------------------------------------------------------------------------------


def phases(user: Any, scope: Scope, period: Period) -> list[Mark]:
    """Return the phases that began in the period, of campaigns that the scope had a part in."""
    of: Q
    if scope.kit:
        of = Q(campaign=scope.kit.campaign_id)
    elif scope.kind == TOPIC:
        of = Q(campaign__topics=scope.topic)
    else:
        path = scope.place.path if scope.place else ""
        of = Q(campaign__unit__path__in=ancestors(path))
    rows = Phase.objects.filter(
        of,
        campaign__in=Campaign.objects.visible_to(user).order_by().values("pk"),
        starts_on__gte=period.first,
        starts_on__lte=period.last,
    )
    found = rows.select_related("campaign").order_by("starts_on", "pk")[:MOST]
    return [_of_phase(phase.starts_on, phase) for phase in found]


def _of_phase(day: date, phase: Phase) -> Mark:
    words = _("phase “%(phase)s” of %(campaign)s") % {
        "phase": phase.name,
        "campaign": phase.campaign.name,
    }
    return Mark(day, words, reverse("engagement:campaign", args=[phase.campaign.public_id]))
