"""The dashboards of a unit, a topic, a channel and a kit: one page with a scope."""

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from accounts.context import current_position
from accounts.permissions import Permission
from channels.models import Channel
from core import quotas
from core.periods import Period, quick_links
from engagement.boards import charts, events, figures, scopes, usual
from engagement.boards.cached_sums import MINUTES, get_or_compute
from engagement.boards.changes import Carrier, Facts, NewKit, Statement, Stop, statements
from engagement.boards.forms import BoardFilter
from engagement.boards.notes.queries import position_in
from engagement.boards.scopes import CHANNEL, TOPIC, UNIT, Scope
from engagement.dashboards.charts import Chart, Mark, line_names
from engagement.dashboards.dictionary import ALWAYS, ICONS, measure_names
from engagement.exports.sheets import FORMATS, Sheet, as_file
from engagement.rollups import periods as opening
from engagement.rollups.queries.filters import PublicationFilter
from engagement.rollups.queries.provinces import Marks, find_marks
from engagement.rollups.sql import BY_CHANNEL
from units.models import Unit

# Of so many pages the followers are drawn, a line each.
MOST_LINES = 8


@dataclass(frozen=True)
class Board:
    """Hold what the page is made of: a scope, the reader's filters, the sums, each asked once."""

    user: Any
    scope: Scope
    form: BoardFilter
    now: datetime

    @property
    def period(self) -> Period:
        return self.form.period

    @cached_property
    def periods(self) -> tuple[Period, Period, Period]:
        return opening.three_periods(self.period)

    def choice(self, *periods: Period) -> PublicationFilter:
        return self.scope.choice(periods, self.form.values)

    @cached_property
    def marks_of_units(self) -> Marks | None:
        """Return what is not summed up of the units below; None where too much is not."""
        return find_marks(self.scope.units.order_by().values("pk"), self.periods)

    @cached_property
    def area(self) -> figures.Area | None:
        """Return the province or nation whose sums are kept; None where a part of its publications
        was chosen.
        """
        if not self.scope.is_area or self.form.values or self.marks_of_units is None:
            return None
        place: Any = self.scope.place
        return figures.Area(None if self.scope.is_nation else place.pk, self.marks_of_units)

    @cached_property
    def by_day_and_platform(self) -> list[dict[str, Any]]:
        def make() -> list[dict[str, Any]]:
            found = figures.by_day_and_platform(self.choice(*self.periods), self.area)
            return [{**row, "day": row["day"].isoformat()} for row in found]

        rows = self._nationwide("days", make)
        return [{**row, "day": date.fromisoformat(row["day"])} for row in rows]

    @property
    def is_cached(self) -> bool:
        """Check whether the page shows sums as they were some minutes ago."""
        return self.scope.is_nation and self.kept_rows is None

    def _nationwide(self, what: str, make: Callable[[], Any]) -> Any:
        """Return what ``make`` returns; of a part of the nation, or of days for which its pages
        are not added up, as it was some minutes ago: all who see the nation see the same sums.
        """
        if not self.is_cached:
            return make()
        of = {**self.form.values, **self.scope.of}
        return get_or_compute(what, self.period, of, make, group=self.scope.kind)

    @cached_property
    def days(self) -> list[dict[str, Any]]:
        return figures.days_of(self.by_day_and_platform)

    @cached_property
    def of_period(self) -> list[Mapping[str, Any]]:
        """Return the days and platforms of this period alone."""
        return figures.within(self.by_day_and_platform, self.period)

    @cached_property
    def sums(self) -> list[figures.Sums]:
        return [figures.added(figures.within(self.days, period)) for period in self.periods]

    @cached_property
    def by_topic(self) -> list[dict[str, Any]]:
        return self._nationwide(
            "topics", lambda: figures.by_topic(self.choice(self.period), self.area)
        )

    @cached_property
    def kept_rows(self) -> list[list[dict[str, Any]]] | None:
        """Return the pages of each unit as they are kept; None where they are not."""
        if not self.area:
            return None
        units = self.scope.units.order_by().values("pk")
        marks = self.area.marks
        return opening.sum_pages(units, self.periods, marks, by=self.scope.rows_by)

    @cached_property
    def rows_of_periods(self) -> list[list[figures.Pages]]:
        """Return the pages in each of the periods: by unit below, or each by itself."""
        if self.kept_rows is not None:
            return [[figures.Pages(**row) for row in rows] for rows in self.kept_rows]
        by = self.scope.rows_by or BY_CHANNEL
        parts = [(self.choice(period), period.last) for period in self.periods]

        def make() -> list[list[dict[str, Any]]]:
            found = figures.pages_of(parts, self.scope, by=by)
            return [[vars(row) for row in rows] for rows in found]

        rows = self._nationwide("pages", make)
        return [[figures.Pages(**row) for row in of_period] for of_period in rows]

    @property
    def rows(self) -> list[figures.Pages]:
        return self.rows_of_periods[0]

    @cached_property
    def pages(self) -> list[figures.Pages]:
        """Return all pages together, in each of the periods."""
        return [figures.all_of(rows) for rows in self.rows_of_periods]

    @cached_property
    def channels(self) -> list[Channel]:
        """Return the pages of one unit, or the one channel."""
        if self.scope.rows_by or self.scope.channel:
            return [self.scope.channel] if self.scope.channel else []
        found = Channel.objects.filter(pk__in=[row.row for row in self.rows])
        return list(found.order_by("platform", "name", "pk"))

    @cached_property
    def stops(self) -> list[Stop]:
        return events.stops(self.scope, self.period, now=self.now)

    @cached_property
    def kits(self) -> list[NewKit]:
        return events.new_kits(self.scope, self.choice(self.period), self.period)

    @cached_property
    def marks(self) -> list[Mark]:
        phases, notes = events.planned_and_noted(self.user, self.scope, self.period)
        found = [*events.of_kits(self.kits), *events.of_stops(self.stops), *phases]
        found += events.registered(self.scope, self.period)
        # What people wrote is never left out for what the portal knows.
        return sorted([*notes, *sorted(found)[: events.MOST - len(notes)]])

    @cached_property
    def changes(self) -> list[Statement]:
        """Return the sentences on what changed."""
        now, before, _year = self.sums
        if self.area and self.scope.is_nation:
            best = figures.carrying_post(self.period, self.area.marks)
        else:
            best = figures.best_post(self.choice(self.period))
        address = reverse("publishing:post", args=[best.public_id]) if best else ""
        facts = Facts(
            today=timezone.localdate(self.now),
            publications=now["publications"] or 0,
            publications_before=before["publications"] or 0,
            reach=now["reach"],
            carrier=best and Carrier(best.title or _("Untitled"), best.reach, address),
            platforms=events.platforms(self.of_period),
            kits=() if self.scope.kit else self.kits,
            stops=self.stops,
        )
        return statements(facts)

    @cached_property
    def usual(self) -> usual.Usual | None:
        if not usual.is_comparable(self.scope):
            return None
        return usual.usual_for(self.scope, self.pages[0], self.period, self.form.values)


@require_GET
def own(request: HttpRequest) -> HttpResponse:
    """Show the dashboard of the unit of one's current position."""
    position: Any = current_position(request)
    scopes.reach_of(request)
    return _page(request, scopes.of_unit(request, position.unit.key))


@require_GET
def of_unit(request: HttpRequest, key: str) -> HttpResponse:
    return _page(request, scopes.of_unit(request, key))


@require_GET
def of_topic(request: HttpRequest, code: str) -> HttpResponse:
    return _page(request, scopes.of_topic(request, code))


@require_GET
def of_channel(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    return _page(request, scopes.of_channel(request, public_id))


@require_GET
def of_kit(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    return _page(request, scopes.of_kit(request, public_id))


def _page(request: HttpRequest, scope: Scope) -> HttpResponse:
    form = BoardFilter(request.GET, default=Period.last_days(opening.OPENING_DAYS), scope=scope)
    board = Board(request.user, scope, form, timezone.now())
    if "format" in request.GET:
        return _file(request, board)
    drawn = _charts(board)
    context = {
        "scope": scope,
        "form": form,
        "period": board.period,
        "quick": quick_links(board.period),
        "total": board.sums[0],
        "tiles": _tiles(board),
        "compared": charts.compared(board.sums, board.pages),
        "period_words": charts.period_words(board.periods),
        "charts": drawn,
        "changes": board.changes,
        "minutes": MINUTES if board.is_cached else 0,
        "usual": board.usual,
        "kind_words": charts.kind_words(scope),
        "above": _above(request, scope),
        "like": _similar_chart(board),
        "like_words": charts.similar_words(scope, board.usual) if board.usual else "",
        "spread": _spread(board),
        "spread_words": charts.spread_words(scope),
        "unknown": charts.unknown_words(board.pages[0]),
        "export_url": scope.address,
        "notes_url": _notes(request, scope),
    }
    return render(request, "engagement/board.html", context)


def _charts(board: Board) -> list[Chart]:
    scope, form = board.scope, board.form
    over_time = [
        charts.over_each_other(board.days, board.periods, "reach"),
        charts.over_each_other(_each_day(board), board.periods, "publications"),
        charts.reactions(board.days, board.period),
    ]
    platform = form.given("platform")
    counted_anew = events.redefinitions(scope, board.period, "reach", platform)
    first, last = board.period.first, board.period.last
    found = [over_time[0].with_marks(sorted([*board.marks, *counted_anew])).over(first, last)]
    found += [chart.with_marks(board.marks).over(first, last) for chart in over_time[1:]]
    if scope.kind != CHANNEL and not form.given("platform"):
        found.append(charts.platforms(board.of_period))
    if scope.kind != TOPIC and not form.given("topic"):
        found.append(charts.topics(board.by_topic, form.topics))
    if scope.rows_by:
        found.append(charts.units(_units(board)))
    elif 0 < len(board.channels) <= MOST_LINES:
        names = line_names(board.channels)
        told = figures.followers_by_day(names, board.period)
        drawn = charts.followers(told, names, board.period)
        found.append(drawn.with_marks(board.marks).over(first, last))
        rows = figures.figures_of_pages(names, board.period)
        for measure, chart in charts.of_pages(rows, board.channels, board.period):
            anew = events.redefinitions_of_pages(board.channels, board.period, measure)
            found.append(chart.with_marks(sorted([*board.marks, *anew])).over(first, last))
    if scope.kind == UNIT and not scope.rows_by:
        by_row = {row.row: row for row in board.rows}
        found.append(charts.channels([(each, by_row[each.pk]) for each in board.channels]))
    return found


def _each_day(board: Board) -> list[dict[str, Any]]:
    """Return the days of all periods, those without a publication too: that one is a 0."""
    known = {day["day"]: day for day in board.days}
    today = timezone.localdate(board.now)
    found: list[dict[str, Any]] = []
    for period in board.periods:
        for n in range((min(period.last, today) - period.first).days + 1):
            day = period.first + timedelta(days=n)
            found.append(known.get(day, {"day": day, "publications": 0}))
    return found


def _units(board: Board) -> list[tuple[Unit, figures.Pages]]:
    """Return the rows with their units, by name; those that neither have pages nor published are
    left out.
    """
    by_row = {row.row: row for row in board.rows}
    found = Unit.objects.filter(pk__in=by_row).order_by("place", "pk")
    return [(unit, by_row[unit.pk]) for unit in found]


def _similar_chart(board: Board) -> Chart | None:
    if board.usual and board.usual.is_known:
        return charts.compare_with_similar(usual.own_figures(board.pages[0]), board.usual.spreads)
    return None


def _spread(board: Board) -> Chart | None:
    """Return how the units below differ; None for too few of them."""
    if not board.scope.rows_by:
        return None
    found = usual.spreads(board.rows)
    return charts.spread(found) if any(found.values()) else None


def _above(request: HttpRequest, scope: Scope) -> Unit | None:
    """Return the unit above, where its page is one of the reader's."""
    parent = scope.place.parent if scope.kind == UNIT and scope.place else None
    user: Any = request.user
    reach = user.reach(Permission.FIGURES_VIEW)
    return parent if parent and any(part.covers(parent.path) for part in reach) else None


def _notes(request: HttpRequest, scope: Scope) -> str:
    """Return the address of the unit's notes for those who write them."""
    user: Any = request.user
    if scope.kind == UNIT and scope.place and position_in(user, scope.place):
        return reverse("engagement:board_notes", args=[scope.place.key])
    return ""


def _tiles(board: Board) -> list[dict[str, Any]]:
    now, before = board.sums[0], board.sums[1]
    names = {"publications": _("Publications"), **measure_names()}
    icons = {"publications": "send", **ICONS}
    tiles = []
    for key, name in names.items():
        if key == "publications" or key in ALWAYS or now[key] is not None:
            hint = charts.change(now[key], before[key])
            words = _("%(change)s since the period before") % {"change": hint}
            tiles.append(
                {
                    "label": name,
                    "value": now[key],
                    "icon": icons[key],
                    "hint": "" if hint == "–" else words,
                }
            )
    return tiles


def _file(request: HttpRequest, board: Board) -> HttpResponse:
    """Return the figures as a file: of one chart, or of all."""
    format = request.GET["format"]
    if format not in FORMATS:
        raise Http404
    quotas.use("export", by=request.user)
    like = _similar_chart(board)
    every = [
        charts.compared(board.sums, board.pages),
        *([like] if like else []),
        *_charts(board),
    ]
    days = f"{board.period.first:%Y%m%d}-{board.period.last:%Y%m%d}"
    if key := request.GET.get("chart", "")[:30]:
        for chart in every:
            if chart.key == key:
                return as_file(format, f"{key}-{days}", [chart.sheet])
        raise Http404
    said = [[each.words] for each in board.changes]
    changes = [Sheet(_("What changed"), [_("What changed")], said)] if said else []
    sheets = [_about(board), *changes, *(chart.sheet for chart in every if not chart.is_empty)]
    return as_file(format, f"{board.scope.kind}-{days}", sheets)


def _about(board: Board) -> Sheet:
    chosen: Sequence[tuple[str, Any]] = [
        (_("Figures of"), board.scope.name),
        (_("Posts published in the period"), charts.period_words(board.periods)),
        *_filters(board.form),
        (_("Pages"), board.pages[0].pages),
        (_("Pages whose followers are unknown"), board.pages[0].unknown),
    ]
    return Sheet(_("Summary"), [_("Figure"), _("Value")], chosen)


def _filters(form: BoardFilter) -> list[tuple[str, str]]:
    shown: Mapping[str, Any] = {
        name: dict(form.fields[name].choices).get(form.given(name), "")
        for name in ("platform", "topic")
        if name in form.fields and form.given(name)
    }
    return [(str(form.fields[name].label), str(value)) for name, value in shown.items()]
