"""The dashboards of a unit, a topic, a channel and a kit: one page with a scope."""

import uuid
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from accounts.context import current_position
from accounts.permissions import Permission
from core.expensive import one_at_a_time
from core.periods import Period, make_quick_links
from engagement.boards import charts, scopes
from engagement.boards.board import Board
from engagement.boards.cached_sums import MINUTES
from engagement.boards.file_views import export_board
from engagement.boards.forms import BoardFilter
from engagement.boards.notes.queries import find_writing_position
from engagement.boards.page_charts import draw_charts, draw_similar, draw_spread
from engagement.boards.scopes import UNIT, Scope
from engagement.dashboards.charts import format_change
from engagement.dashboards.dictionary import ICONS, name_measures
from engagement.rollups.periods import OPENING_DAYS
from units.models import Unit

# One line of a wide screen; all others stand in the comparison of periods.
FIRST_SEEN = ("publications", "views", "reach", "clicks")


@require_GET
@one_at_a_time
def own_board(request: HttpRequest) -> HttpResponse:
    """Show the dashboard of the unit of one's current position."""
    position: Any = current_position(request)
    scopes.find_reported_units(request)
    return _show(request, scopes.get_unit_scope(request, position.unit.key))


@require_GET
@one_at_a_time
def unit_board(request: HttpRequest, key: str) -> HttpResponse:
    return _show(request, scopes.get_unit_scope(request, key))


@require_GET
@one_at_a_time
def topic_board(request: HttpRequest, code: str) -> HttpResponse:
    return _show(request, scopes.get_topic_scope(request, code))


@require_GET
@one_at_a_time
def channel_board(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    return _show(request, scopes.get_channel_scope(request, public_id))


@require_GET
@one_at_a_time
def kit_board(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    return _show(request, scopes.get_kit_scope(request, public_id))


def _show(request: HttpRequest, scope: Scope) -> HttpResponse:
    form = BoardFilter(request.GET, default=Period.last_days(OPENING_DAYS), scope=scope)
    board = Board(request.user, scope, form, timezone.now())
    if "format" in request.GET:
        return export_board(request, board)
    drawn = draw_charts(board)
    context = {
        "scope": scope,
        "form": form,
        "period": board.period,
        "quick": make_quick_links(board.period, unit=scope.place),
        "total": board.totals[0],
        "tiles": _make_tiles(board),
        "compared": charts.compare_periods(board.totals, board.page_totals),
        "period_words": charts.describe_periods(scope, board.periods),
        "charts": [chart for chart in drawn if not chart.key.startswith("page_")],
        "page_charts": [chart for chart in drawn if chart.key.startswith("page_")],
        "changes": board.changes,
        "minutes": MINUTES if board.is_cached else 0,
        "usual": board.usual,
        "kind_words": charts.describe_kind(scope),
        "above": _find_unit_above(request, scope),
        "like": draw_similar(board),
        "like_words": charts.describe_similar(scope, board.usual) if board.usual else "",
        "spread": draw_spread(board),
        "spread_words": charts.describe_rows(scope),
        "unknown": charts.describe_unknown(board.page_totals[0]),
        "export_url": scope.address,
        "notes_url": _notes_url(request, scope),
    }
    return render(request, "engagement/board.html", context)


def _find_unit_above(request: HttpRequest, scope: Scope) -> Unit | None:
    """Return the unit above, where its page is one of the reader's."""
    parent = scope.place.parent if scope.kind == UNIT and scope.place else None
    user: Any = request.user
    reach = user.reach(Permission.FIGURES_VIEW)
    return parent if parent and any(part.covers(parent.path) for part in reach) else None


def _notes_url(request: HttpRequest, scope: Scope) -> str:
    """Return the address of the unit's notes for those who write them."""
    user: Any = request.user
    if scope.kind == UNIT and scope.place and find_writing_position(user, scope.place):
        return reverse("engagement:board_notes", args=[scope.place.key])
    return ""


def _make_tiles(board: Board) -> list[dict[str, Any]]:
    now, before = board.totals[0], board.totals[1]
    names = {"publications": _("Publications"), **name_measures()}
    icons = {"publications": "send", **ICONS}
    tiles = {key: _make_tile(names[key], now[key], before[key], icons[key]) for key in FIRST_SEEN}
    if board.median_reach:
        name = _("Reach of a post, median")
        tiles["reach"] = _make_tile(name, *board.median_reach, icons["reach"])
    return [*tiles.values()]


def _make_tile(name: str, now: int | None, before: int | None, icon: str) -> dict[str, Any]:
    change = format_change(now, before)
    hint = "" if change == "–" else _("%(change)s since the period before") % {"change": change}
    return {"label": name, "value": now, "icon": icon, "hint": hint}
