"""The figures of a dashboard as a file."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from core import quotas
from engagement.boards import charts
from engagement.boards.board import Board
from engagement.boards.forms import BoardFilter
from engagement.boards.page_charts import draw_charts, draw_similar, draw_spread
from engagement.exports.sheets import FORMATS, Sheet, make_download, name_file


def export_board(request: HttpRequest, board: Board) -> HttpResponse:
    """Return the figures as a file: of one chart, or of all."""
    format = request.GET["format"]
    if format not in FORMATS:
        raise Http404
    quotas.use("export", by=request.user)
    every = [
        charts.compare_periods(board.totals, board.page_totals),
        *filter(None, (draw_similar(board), draw_spread(board))),
        *draw_charts(board),
    ]
    days = f"{board.period.first:%Y%m%d}-{board.period.last:%Y%m%d}"
    # A text file holds one table: the figures of the page, unless a chart is asked for.
    if key := request.GET.get("chart", "")[:30] or (every[0].key if format == "csv" else ""):
        for chart in every:
            if chart.key == key:
                return make_download(format, f"{chart.file_name}-{days}", [chart.sheet])
        raise Http404
    lines = [[change.words] for change in board.changes]
    changes = [Sheet(_("What changed"), [_("What changed")], lines)] if lines else []
    sheets = [
        _make_summary_sheet(board),
        *changes,
        *(chart.sheet for chart in every if not chart.is_empty),
    ]
    name = name_file(_("Results"), board.scope.name)
    return make_download(format, f"{name}-{days}", sheets)


def _make_summary_sheet(board: Board) -> Sheet:
    chosen: Sequence[tuple[str, Any]] = [
        (_("Figures of"), board.scope.name),
        (_("Posts published in the period"), charts.describe_periods(board.scope, board.periods)),
        *_describe_filters(board.form),
        (_("Pages"), board.page_totals[0].pages),
        (_("Pages whose followers are unknown"), board.page_totals[0].unknown),
    ]
    return Sheet(_("Summary"), [_("Figure"), _("Value")], chosen)


def _describe_filters(form: BoardFilter) -> list[tuple[str, str]]:
    filters: Mapping[str, Any] = {
        name: dict(form.fields[name].choices).get(form.get_value(name), "")
        for name in ("platform", "topic")
        if name in form.fields and form.get_value(name)
    }
    return [(str(form.fields[name].label), str(value)) for name, value in filters.items()]
