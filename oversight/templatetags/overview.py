"""The figures of units as their tables show them."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import template
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from core.templatetags.ui import as_cell, count_or_missing, icon
from oversight.rows import Row

register = template.Library()

_SYMBOLS = {"green": "check", "yellow": "clock", "red": "alert-triangle"}


def round_to_points(share: float) -> int:
    """Return a share in hundredths. It never rounds up to 100: one that was late must show."""
    return min(round(share * 100), 99) if share < 1 else 100


@register.filter
def percent(share: float) -> str:
    """Format a share: 0.954 → 95 %."""
    return f"{round_to_points(share)} %"


@register.simple_tag
def unit_cells(row: Row, columns: Sequence[Mapping[str, Any]]) -> SafeString:
    """Render a row's figures under all ``columns`` but its name's; a narrow screen has the column's
    label in each. As a template, those of 170 units took half of the page's time.
    """
    figures = {column["name"]: column["label"] for column in columns if column["name"] != "name"}
    return format_html_join(
        "\n",
        '<td class="num {0}" data-label="{2}">{1}</td>',
        ((*_render_cell(row, name), label) for name, label in figures.items()),
    )


def _render_cell(row: Row, name: str) -> tuple[str, str]:
    """Return the class and the content of a figure: what is good news a phone leaves out."""
    if row.mark == "not_begun" and name != "alive_share":
        return "desk-cell", _render_muted("–")
    match name:
        case "alive_share":
            return "", _render_alive(row)
        case "on_time_share":
            return "" if row.due else "desk-cell", _render_on_time(row)
        case "failed" | "needs_person":
            n = getattr(row, name)
            return "is-red" if n else "desk-cell", count_or_missing(n)
        case "down":
            return "", _render_channels(row)
        case "last_post":
            return "", _render_last_post(row)
        case "newest_step":
            return "desk-cell", _draw_steps(row)
        case "reach_rate":
            return "" if row.reach_rate is not None else "desk-cell", _render_reach(row)
        case "published":
            return "" if row.published else "desk-cell", count_or_missing(row.published)
        case _:
            return "desk-cell", count_or_missing(getattr(row, name))


def _render_alive(row: Row) -> str:
    """Name those without a page apart: they are silent for another reason."""
    alive = f"{count_or_missing(row.alive)}/{count_or_missing(row.units)}"
    if not row.pageless or row.mark == "not_begun":
        return alive
    without = _("%(n)s without a page") % {"n": count_or_missing(row.pageless)}
    return format_html('{} <span class="fraction">{}</span>', alive, without)


def _render_on_time(row: Row) -> SafeString:
    """Rate in words, colour and sign."""
    share = row.on_time_share
    if share is None:
        return _render_muted(_("nothing due"))
    return format_html(
        '<span class="share share-{}">{} {}</span> <span class="fraction">{}/{}</span>',
        row.tone,
        icon(_SYMBOLS[row.tone]),
        percent(share),
        count_or_missing(row.on_time),
        count_or_missing(row.due),
    )


def _draw_steps(row: Row) -> SafeString:
    """Draw the row's publications as a small line, by its own highest; in words for a reader."""
    if not any(row.steps):
        return _render_muted("–")
    text = ", ".join(map(str, row.steps))
    if len(row.steps) < 2:
        return format_html("{}", text)
    top, last = max(row.steps), len(row.steps) - 1
    points = " ".join(
        f"{2 + at * 60 / last:.1f},{18 - n * 16 / top:.1f}" for at, n in enumerate(row.steps)
    )
    return format_html(
        '<svg class="spark" viewBox="0 0 64 20" role="img" aria-label="{0}"><title>{0}</title>'
        '<polyline points="{1}"/></svg>',
        text,
        points,
    )


def _render_reach(row: Row) -> str:
    """Show the rate, and below it the reach itself; a dash where the followers are unknown."""
    rate = as_cell(row.reach_rate) if row.reach_rate is not None else _render_muted("–")
    if row.reach is None:
        return rate
    reach = _("%(n)s reached") % {"n": count_or_missing(row.reach)}
    return format_html('{} <span class="fraction">{}</span>', rate, reach)


def _render_channels(row: Row) -> str:
    ailing = [
        (css, text % {"n": n})
        for css, text, n in (
            ("is-red", _("%(n)s down"), row.down),
            ("is-yellow", _("%(n)s ending"), row.dying),
        )
        if n
    ]
    if not ailing:
        return count_or_missing(row.channels)
    names = format_html_join(", ", '<span class="{}">{}</span>', ailing)
    return format_html("{} {}", names, _render_muted(_("of %(n)s") % {"n": row.channels}))


def _render_last_post(row: Row) -> str:
    if row.last_post is None:
        return _render_muted(_("none in 90 days"))
    return as_cell(timezone.localdate(row.last_post))


def _render_muted(text: str) -> SafeString:
    return format_html('<span class="text-secondary">{}</span>', text)
