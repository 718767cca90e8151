"""The charts and tables that the dashboard of a scope shows, in their order."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from engagement.boards import charts, events, figures, usual
from engagement.boards.board import Board
from engagement.boards.scopes import CHANNEL, TOPIC, UNIT
from engagement.dashboards.charts import Chart, name_lines
from engagement.rollups.queries.pages import PageSums
from units.models import Unit

# Of so many pages the followers are drawn, a line each.
MOST_LINES = 8


def draw_charts(board: Board) -> list[Chart]:
    scope, form = board.scope, board.form
    over_time = [
        charts.overlay_periods(board.days, board.periods, "reach"),
        charts.overlay_periods(_fill_days(board), board.periods, "publications"),
        charts.draw_reactions(board.days, board.period),
    ]
    platform = form.get_value("platform")
    redefined = events.find_redefinitions(scope, board.period, "reach", platform)
    first, last = board.period.first, board.period.last
    page_charts = [
        over_time[0].with_marks(sorted([*board.marks, *redefined])).with_span(first, last)
    ]
    page_charts += [chart.with_marks(board.marks).with_span(first, last) for chart in over_time[1:]]
    if scope.kind != CHANNEL and not form.get_value("platform"):
        page_charts.append(charts.draw_platforms(board.days_of_period))
    if scope.kind != TOPIC and not form.get_value("topic"):
        page_charts.append(charts.draw_topics(board.by_topic, form.topics))
    if scope.rows_by:
        page_charts.append(charts.list_units(_list_units_with_sums(board)))
    elif 0 < len(board.channels) <= MOST_LINES:
        names = name_lines(board.channels)
        followers = figures.find_followers(names, board.period)
        drawn = charts.draw_followers(followers, names, board.period)
        page_charts.append(drawn.with_marks(board.marks).with_span(first, last))
        rows = figures.find_page_figures(names, board.period)
        for measure, chart in charts.draw_page_figures(rows, board.channels, board.period):
            redefined = events.find_page_redefinitions(board.channels, board.period, measure)
            page_charts.append(
                chart.with_marks(sorted([*board.marks, *redefined])).with_span(first, last)
            )
    if scope.kind == UNIT and not scope.rows_by:
        by_row = {row.row: row for row in board.page_sums}
        page_charts.append(
            charts.list_channels([(channel, by_row[channel.pk]) for channel in board.channels])
        )
    return page_charts


def draw_similar(board: Board) -> Chart | None:
    if board.usual and board.usual.is_known:
        return charts.compare_with_similar(
            usual.select_figures_to_compare(board.page_totals[0]), board.usual.spreads
        )
    return None


def draw_spread(board: Board) -> Chart | None:
    """Return how the units below differ; None for too few of them."""
    if not board.scope.rows_by:
        return None
    spreads = usual.compute_spreads(board.page_sums)
    return charts.list_spreads(spreads) if any(spreads.values()) else None


def _fill_days(board: Board) -> list[dict[str, Any]]:
    """Return the days of all periods since records begin, those without a publication too: that
    one is a 0.
    """
    known = {day["day"]: day for day in board.days}
    since = board.scope.recorded_since or board.periods[-1].first
    today = timezone.localdate(board.now)
    days: list[dict[str, Any]] = []
    for period in board.periods:
        for n in range((min(period.last, today) - period.first).days + 1):
            day = period.first + timedelta(days=n)
            if day in known or day >= since:
                days.append(known.get(day, {"day": day, "publications": 0}))
    return days


def _list_units_with_sums(board: Board) -> list[tuple[Unit, PageSums]]:
    """Return the rows with their units, by name; those that neither have pages nor published are
    left out.
    """
    by_row = {row.row: row for row in board.page_sums}
    units = Unit.objects.filter(pk__in=by_row).order_by("place", "pk")
    return [(unit, by_row[unit.pk]) for unit in units]
