"""Find what happened in a period: kits issued, pauses, phases of campaigns, and what apps above
register. It is read from what exists, set beside the figures, and called the cause of nothing.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import F, Min, Q, Value
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from campaigns.kits.models import Kit
from campaigns.models import Campaign
from campaigns.planning.models import Phase
from channels.models import Channel
from channels.queries import facts_of
from channels.states import Kind
from core.periods import Period
from core.scope import list_ancestors
from engagement.boards import figures
from engagement.boards.changes import Day, NewKit, PauseDays, Platform
from engagement.boards.figures import MEASURED_COUNTS
from engagement.boards.notes.models import BoardNote
from engagement.boards.scopes import CHANNEL, KIT, TOPIC, Scope
from engagement.dashboards import dictionary
from engagement.dashboards.charts import Mark
from engagement.rollups.queries.figures import Figures
from publishing.models import Pause

MOST_MARKS = 12  # marks of a chart
# More pauses than these in a period are not listed.
MOST_PAUSES = 50

type Source = Callable[[Scope, Period], Iterable[Mark]]
_SOURCES: list[Source] = []


def register(source: Source) -> None:
    """Add what an app above knows of a period, such as a platform that was down."""
    _SOURCES.append(source)


def find_registered(scope: Scope, period: Period) -> list[Mark]:
    return [mark for source in _SOURCES for mark in source(scope, period)]


def group_platform_days(rows: Iterable[Mapping[str, Any]]) -> list[Platform]:
    """Group days by platform; those that report no figures at all are left out."""
    days_by_platform: dict[str, list[Day]] = {}
    for row in rows:
        if facts_of(row["platform"]).measures:
            measured = sum(row[name] for name in MEASURED_COUNTS)
            day = Day(row["day"], row["publications"], measured)
            days_by_platform.setdefault(row["platform"], []).append(day)
    return [Platform(str(Kind(key).label), days) for key, days in days_by_platform.items()]


def find_redefinitions(scope: Scope, period: Period, measure: str, platform: str) -> list[Mark]:
    """Return the days of the period on which a platform began to count a figure otherwise, of one
    platform or, with "", of all that the scope can have.
    """
    platform = scope.channel.platform if scope.channel else platform
    return [
        Mark(
            redefinition.changed_on,
            redefinition.change,
            reverse("engagement:dictionary") + f"#{measure}",
            True,
        )
        for redefinition in dictionary.find_redefinitions(measure, platform)
        if redefinition.changed_on and period.first <= redefinition.changed_on <= period.last
    ]


def find_page_redefinitions(pages: Iterable[Channel], period: Period, measure: str) -> list[Mark]:
    """Return the same days for a figure of pages themselves."""
    origins = (
        dictionary.find_page_origin(platform, measure)
        for platform in sorted({page.platform for page in pages})
    )
    address = reverse("engagement:dictionary") + f"#page_{measure}"
    return [
        Mark(origin.changed_on, origin.change, address, True)
        for origin in origins
        if origin and origin.changed_on and period.first <= origin.changed_on <= period.last
    ]


# --- kits -----------------------------------------------------------------------------------------


def find_new_kits(scope: Scope, publications: Figures, period: Period) -> list[NewKit]:
    """Return the kits first issued in the period that some of the publications came of."""
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
        for public_id, name, day, n in figures.find_new_kits(publications, issued)
    ]


def mark_kits(kits: Iterable[NewKit]) -> list[Mark]:
    return [Mark(k.day, _("kit issued: %(kit)s") % {"kit": k.name}, k.address) for k in kits]


# --- pauses ---------------------------------------------------------------------------------------


def find_pauses(scope: Scope, period: Period, *, now: datetime) -> list[PauseDays]:
    """Return the pauses of all of the scope: those of its unit and of the units above. A
    narrower one, of a unit below or a single page, is none of a province's.
    """
    if scope.place is None:
        return []
    of_scope = Q(channel__isnull=True)
    if scope.kind == CHANNEL:
        of_scope |= Q(channel=scope.channel)
    rows = Pause.objects.filter(
        of_scope,
        Q(ended_at__isnull=True) | Q(ended_at__gt=period.start),
        unit__path__in=list_ancestors(scope.place.path),
        topic__isnull=True,
        started_at__lt=min(period.end, now),
    )
    return [_describe_pause(row, period, now) for row in rows.order_by("started_at")[:MOST_PAUSES]]


def _describe_pause(row: Pause, period: Period, now: datetime) -> PauseDays:
    started: Any = row.started_at
    first = max(timezone.localdate(started), period.first)
    ended = min(row.ended_at or now, now, period.end - timedelta(microseconds=1))
    last = max(first, timezone.localdate(ended))
    return PauseDays(first, last, reverse("publishing:pause", args=[row.public_id]))


def mark_pauses(pauses: Sequence[PauseDays]) -> list[Mark]:
    texts = [
        ngettext("publishing paused, %(n)s day", "publishing paused, %(n)s days", stop.days)
        % {"n": stop.days}
        for stop in pauses
    ]
    return [Mark(s.first, text, s.address) for s, text in zip(pauses, texts, strict=True)]


# --- campaigns and notes -----------------------------------------------------------------------


def find_phases_and_notes(user: Any, scope: Scope, period: Period) -> tuple[list[Mark], list[Mark]]:
    """Return the phases that began in the period, of campaigns that the scope had a part in; and
    the notes on its days of the unit, and of those above it for all below. One question for both.
    """
    of: Q
    if scope.kit:
        of = Q(campaign=scope.kit.campaign_id)
    elif scope.kind == TOPIC:
        of = Q(campaign__topics=scope.topic)
    else:
        path = scope.place.path if scope.place else ""
        of = Q(campaign__unit__path__in=list_ancestors(path))
    phases = Phase.objects.filter(
        of,
        campaign__in=Campaign.objects.visible_to(user).order_by().values("pk"),
        starts_on__gte=period.first,
        starts_on__lte=period.last,
    ).order_by()
    notes = BoardNote.objects.none()
    if scope.place:
        above = Q(unit__path__in=list_ancestors(scope.place.path), reaches_below=True)
        notes = BoardNote.objects.filter(
            above | Q(unit=scope.place),
            removed_at=None,
            first__lte=period.last,
            last__gte=period.first,
        ).order_by()
    noted = notes.annotate(
        is_phase=Value(0),
        opens_on=F("first"),
        closes_on=F("last"),
        words=F("text"),
        whose=F("unit__name"),
        key=F("public_id"),
    )
    planned = phases.annotate(
        is_phase=Value(1),
        opens_on=F("starts_on"),
        closes_on=F("ends_on"),
        words=F("name"),
        whose=F("campaign__name"),
        key=F("campaign__public_id"),
    )
    both = noted.values_list(*_EVENT_COLUMNS).union(planned.values_list(*_EVENT_COLUMNS), all=True)
    marks: tuple[list[Mark], list[Mark]] = ([], [])
    for is_phase, first, last, text, whose, key in both.order_by("is_phase", "-opens_on")[
        :_MOST_ROWS
    ]:
        if is_phase:
            marks[0].append(_mark_phase(first, text, whose, key))
        else:
            marks[1].append(_mark_note(max(first, period.first), last, text, whose))
    return marks[0][-MOST_MARKS:], marks[1][:MOST_MARKS]


_EVENT_COLUMNS = ("is_phase", "opens_on", "closes_on", "words", "whose", "key")
_MOST_ROWS = 100


def _mark_phase(day: date, name: str, campaign: str, key: Any) -> Mark:
    text = _("phase “%(phase)s” of %(campaign)s") % {"phase": name, "campaign": campaign}
    return Mark(day, text, reverse("engagement:campaign", args=[key]))


def _mark_note(day: date, last: date, text: str, unit: str) -> Mark:
    named = {"text": text, "unit": unit, "last": date_format(last, "SHORT_DATE_FORMAT")}
    if last > day:
        return Mark(day, _("%(text)s (until %(last)s; note of %(unit)s)") % named)
    return Mark(day, _("%(text)s (note of %(unit)s)") % named)
