"""The charts and tables of a dashboard, each with its table and sheet."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from statistics import mean
from typing import Any

from django.urls import reverse
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from campaigns.models import Topic
from channels.models import Channel
from channels.states import Kind
from core.periods import Period
from engagement.boards.figures import Sums, add_up_by, select_days
from engagement.boards.scopes import Scope
from engagement.boards.size_classes import LEAST_VALUES, Size, Spread
from engagement.boards.usual import Usual
from engagement.dashboards.charts import (
    FOUR_WEEKS,
    WEEK,
    Chart,
    Line,
    Rows,
    count_grouped_days,
    draw_lines,
    format_change,
    name_lines,
    overlay_lines,
)
from engagement.dashboards.charts import draw_bars as bars
from engagement.dashboards.dictionary import PAGE_DEFINITIONS, find_page_origin, name_measures
from engagement.rollups.queries.figures import BY_PROVINCE
from engagement.rollups.queries.pages import PageSums
from units.models import Unit


def name_periods() -> list[str]:
    return [_("This period"), _("Period before"), _("Last year")]


def describe_periods(scope: Scope, periods: Sequence[Period]) -> str:
    """Name the days of each period, and since when there are records where one is not covered."""
    named = zip(name_periods(), periods, strict=True)
    text = "; ".join(f"{name}: {period}" for name, period in named) + "."
    if scope.recorded_since is None or all(map(scope.covers, periods)):
        return text
    since = _("The records begin on %(day)s; a period before that day is not compared.")
    return f"{text} {since % {'day': date_format(scope.recorded_since, 'SHORT_DATE_FORMAT')}}"


def compare_periods(sums: Sequence[Sums], pages: Sequence[PageSums]) -> Chart:
    """Set three periods beside each other, with what changed since the two earlier ones."""
    names = {"publications": _("Publications"), **name_measures()}
    rows: list[list[Any]] = [
        _make_comparison_row(name, [total[key] for total in sums])
        for key, name in names.items()
        if key == "publications" or any(total[key] is not None for total in sums)
    ]
    rows.append(_make_comparison_row(_("Followers at the end"), [page.followers for page in pages]))
    for key, name in name_rates().items():
        rows.append(_make_comparison_row(name, [page.rate(key) for page in pages]))
    head = [_("Figure"), *name_periods()]
    head[3:3] = [_("Since the period before")]
    head.append(_("Since last year"))
    return Chart(
        "compared", _("This period, the one before, last year"), {}, head, rows, is_wide=True
    )


def name_rates() -> dict[str, str]:
    return {
        "reach": _("Reach for each 1,000 followers"),
        "reactions": _("Reactions for each 1,000 followers"),
    }


def _make_comparison_row(name: str, values: Sequence[Any]) -> list[Any]:
    now, before, year = values
    return [name, now, before, format_change(now, before), year, format_change(now, year)]


def overlay_periods(days: Rows, periods: Sequence[Period], measure: str) -> Chart:
    names = {"publications": _("Publications"), **name_measures()}
    labels = name_periods()
    lines = [
        Line(label, period.first, _group_days(select_days(days, period), period))
        for label, period in zip(labels, periods, strict=True)
    ]
    chart = overlay_lines(f"days_{measure}", measure, names[measure], lines)
    title = {
        1: _("%(what)s by day of publication"),
        WEEK: _("%(what)s by week of publication"),
        FOUR_WEEKS: _("%(what)s by four weeks of publication"),
    }[_count_grouped_days(periods[0])]
    return replace(chart, title=title % {"what": names[measure]})


def _count_grouped_days(period: Period) -> int:
    return count_grouped_days((period.last - period.first).days + 1)


def _group_days(days: Rows, period: Period) -> Rows:
    """Add up the days of a long period by weeks, which end with its last day: the newest one is
    whole.
    """
    length = _count_grouped_days(period)
    if length == 1:
        return days
    grouped: dict[date, dict[str, Any]] = {}
    for day in days:
        back = (period.last - day["day"]).days // length + 1
        first = max(period.first, period.last - timedelta(days=back * length - 1))
        point = grouped.setdefault(first, {"day": first})
        for name, value in day.items():
            if name != "day":
                known = point.get(name)
                point[name] = known if value is None else (known or 0) + value
    return list(grouped.values())


def draw_reactions(days: Rows, period: Period) -> Chart:
    title = {
        1: _("Reactions, comments and shares by day of publication"),
        WEEK: _("Reactions, comments and shares by week of publication"),
        FOUR_WEEKS: _("Reactions, comments and shares by four weeks of publication"),
    }[_count_grouped_days(period)]
    return draw_lines(
        "reactions",
        title,
        _group_days(select_days(days, period), period),
        ("reactions", "comments", "shares"),
    )


def draw_platforms(rows: Rows) -> Chart:
    sums = add_up_by(rows, "platform")
    by_platform = {platform: sums[platform] for platform in Kind.values if platform in sums}
    names = [str(Kind(platform).label) for platform in by_platform]
    return bars("platforms", _("By platform"), _("Platform"), list(by_platform.values()), names)


def draw_topics(rows: Rows, all_topics: Sequence[Topic]) -> Chart:
    by_topic = add_up_by(rows, "topic")
    known = [topic for topic in all_topics if topic.pk in by_topic]
    names = [*map(str, known), *([_("without a topic")] if None in by_topic else [])]
    sums = [by_topic[topic.pk] for topic in known] + ([by_topic[None]] if None in by_topic else [])
    links = [reverse("engagement:results_of_topic", args=[topic.code]) for topic in known]
    chart = bars("topics", _("By topic"), _("Topic"), sums, names)
    return replace(chart, links=[*links, *([""] if None in by_topic else [])])


def list_units(rows: Sequence[tuple[Unit, PageSums]]) -> Chart:
    """List the units below in the order of their names, which is no ranking."""
    head = [
        _("Unit"),
        _("Publications"),
        _("Reach"),
        _("Reactions"),
        _("Followers"),
        _("Pages whose followers are unknown"),
        *name_rates().values(),
    ]
    lines = [
        [
            unit.place,
            figures.publications or 0,
            figures.reach,
            figures.reactions,
            figures.followers,
            figures.unknown,
            figures.rate("reach"),
            figures.rate("reactions"),
        ]
        for unit, figures in rows
    ]
    links = [reverse("engagement:results_of_unit", args=[unit.key]) for unit, _each in rows]
    return Chart("units", _("By unit"), {}, head, lines, is_wide=True, links=links)


def list_channels(rows: Sequence[tuple[Channel, PageSums]]) -> Chart:
    """List the pages of one unit."""
    head = [
        _("Platform"),
        _("Page"),
        _("Publications"),
        _("Reach"),
        _("Reactions"),
        _("Followers"),
        *name_rates().values(),
    ]
    lines = [
        [
            str(Kind(channel.platform).label),
            channel.name,
            figures.publications or 0,
            figures.reach,
            figures.reactions,
            figures.followers,
            figures.rate("reach"),
            figures.rate("reactions"),
        ]
        for channel, figures in rows
    ]
    links = [reverse("engagement:results_of_channel", args=[c.public_id]) for c, _each in rows]
    return Chart("channels", _("By page"), {}, head, lines, is_wide=True, links=links)


def draw_followers(
    counts: Sequence[tuple[int, date, int]], names: Mapping[int, str], period: Period
) -> Chart:
    """Draw the followers of each page by day; a day that was not measured is a gap. Of a long
    period, the last number of each week is drawn.
    """
    length = _count_grouped_days(period)
    newest: dict[tuple[int, date], int] = {}
    for page, day, n in counts:  # in the order of their days
        until_end_of_step = (period.last - day).days % length
        newest[page, day + timedelta(days=until_end_of_step)] = n
    points = [(page, day, n) for (page, day), n in newest.items()]
    title = {
        1: _("Followers by day"),
        WEEK: _("Followers by week"),
        FOUR_WEEKS: _("Followers by four weeks"),
    }[length]
    drawn = _draw_by_page("followers", title, points, names, period, length)
    empty = _("The followers of these pages were not measured in this period.")
    return replace(drawn, when_empty=empty)


def draw_page_figures(
    rows: Sequence[Mapping[str, Any]], pages: Sequence[Channel], period: Period
) -> list[tuple[str, Chart]]:
    """Draw each figure of the pages themselves that was reported on any day, a line a page;
    return them by measure. Pages are not added up: who saw two of them is one. Nor are the days of
    a long period: a point is the mean of those that were measured.
    """
    charts = []
    length = _count_grouped_days(period)
    titles = {
        1: _("%(what)s by day"),
        WEEK: _("%(what)s a day, by week"),
        FOUR_WEEKS: _("%(what)s a day, by four weeks"),
    }
    for measure, definition in PAGE_DEFINITIONS.items():
        values: dict[tuple[int, date], list[int]] = {}
        for row in rows:
            if row[measure] is not None:
                until_end_of_step = (period.last - row["day"]).days % length
                day = row["day"] + timedelta(days=until_end_of_step)
                values.setdefault((row["channel_id"], day), []).append(row[measure])
        reported = [(page, day, round(mean(ns))) for (page, day), ns in values.items()]
        if reported:
            keys = {page for page, _day, _n in reported}
            names = name_lines([page for page in pages if page.pk in keys])
            title = titles[length] % {"what": definition.name}
            drawn = _draw_by_page(f"page_{measure}", title, reported, names, period, length)
            platforms = {page.platform for page in pages if page.pk in keys}
            note, source = str(definition.means), _describe_source(measure, platforms)
            charts.append((measure, replace(drawn, note=note, source=source)))
    return charts


def _describe_source(measure: str, platforms: Collection[str]) -> str:
    """Name the platforms that report a figure of a page, and explain gaps; "" for no platform."""
    sources = [
        _("told by %(platform)s as %(name)s")
        % {"platform": Kind(platform).label, "name": origin.names}
        for platform in sorted(platforms)
        if (origin := find_page_origin(platform, measure))
    ]
    source = _("Source: %(told)s. A day without a figure is a gap, never a 0.")
    return source % {"told": "; ".join(sources)} if sources else ""


def _draw_by_page(
    key: str,
    title: str,
    counts: Sequence[tuple[int, date, int]],
    names: Mapping[int, str],
    period: Period,
    length: int = 1,
) -> Chart:
    by_page: dict[int, dict[date, int]] = {}
    for page, day, n in counts:
        by_page.setdefault(page, {})[day] = n
    back = range(0, (period.last - period.first).days + 1 if counts else 0, length)
    days = [period.last - timedelta(n) for n in reversed(back)]
    pages = [page for page in names if page in by_page]
    series = [
        {
            "name": names[page],
            "points": [[day.isoformat(), by_page[page].get(day)] for day in days],
        }
        for page in pages
    ]
    return Chart(
        key,
        title,
        {"kind": "line", "series": series},
        [_("Day"), *(names[page] for page in pages)],
        [[day, *(by_page[page].get(day) for page in pages)] for day in days],
    )


def describe_size(size: Size) -> str:
    least = number_format(size.least, force_grouping=True)
    if size.below is None:
        return _("%(least)s followers or more") % {"least": least}
    below = number_format(size.below, force_grouping=True)
    if not size.least:
        return _("fewer than %(below)s followers") % {"below": below}
    return _("%(least)s to under %(below)s followers") % {"least": least, "below": below}


def compare_with_similar(ours: Mapping[str, Any], spreads: Mapping[str, Spread | None]) -> Chart:
    """Set a unit's or page's figures beside the middle of those like it."""
    names = {"publications": _("Publications"), **name_rates()}
    rows = [
        [
            names[key],
            ours[key],
            spread.low if spread else "–",
            spread.middle if spread else "–",
            spread.high if spread else "–",
            spread.n if spread else "–",
        ]
        for key, spread in spreads.items()
    ]
    head = [
        _("Figure"),
        _("Here"),
        _("A quarter has less than"),
        _("Median"),
        _("A quarter has more than"),
        _("Measured"),
    ]
    drawn = _draw_boxes(names, spreads, ours)
    return Chart("like", _("What is usual"), drawn, head, rows, is_wide=True)


def _draw_boxes(
    names: Mapping[str, str],
    spreads: Mapping[str, Spread | None],
    ours: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Draw the middle half of each figure; no single unit can be read from it but the own one."""
    series = []
    for key, spread in spreads.items():
        if spread is None:
            continue
        here = ours[key] if ours else None
        values = {
            name: number_format(value, force_grouping=True)
            for name, value in (*vars(spread).items(), ("here", here))
            if value is not None
        }
        text = _("%(low)s – %(high)s, median %(middle)s") % values
        if "here" in values:
            text = _("%(here)s here; %(others)s") % {"here": values["here"], "others": text}
        series.append(
            {
                "name": names[key],
                "words": text,
                "low": float(spread.low),
                "middle": float(spread.middle),
                "high": float(spread.high),
                "here": None if here is None else float(here),
            }
        )
    parts = [_("From the lower quarter to the median"), _("From the median to the upper quarter")]
    return {"kind": "box", "series": series, "words": [*parts, *([_("Here")] if ours else [])]}


def list_spreads(spreads: Mapping[str, Spread | None]) -> Chart:
    """Say how the units of a scope differ, without naming one."""
    names = {"publications": _("Publications"), **name_rates()}
    rows = [
        [names[key], spread.low, spread.middle, spread.high, spread.n]
        for key, spread in spreads.items()
        if spread
    ]
    head = [
        _("Figure"),
        _("A quarter has less than"),
        _("Median"),
        _("A quarter has more than"),
        _("Measured"),
    ]
    drawn = _draw_boxes(names, spreads)
    return Chart("spread", _("How the units differ"), drawn, head, rows, is_wide=True)


def describe_kind(scope: Scope) -> str:
    """Say what the page is of."""
    if scope.channel:
        platform = Kind(scope.channel.platform).label
        return _("page on %(platform)s") % {"platform": platform}
    if scope.place:
        return str(scope.place.get_level_display())
    return _("kit") if scope.kit else _("topic")


def describe_similar(scope: Scope, usual: Usual) -> str:
    """Say who is like the unit or page, or why nobody is shown."""
    if usual.size is None:
        return _(
            "The followers are not known, so those of the same size cannot be told. Nothing is "
            "compared."
        )
    size = describe_size(usual.size)
    if not usual.is_known:
        return _(
            "Fewer than %(n)s units or pages of the same level and kind have %(size)s: a "
            "comparison would speak of single ones."
        ) % {"n": LEAST_VALUES, "size": size}
    if scope.channel:
        text = _("Compared with pages on %(platform)s of units of the same kind with %(size)s.")
        return text % {"platform": Kind(scope.channel.platform).label, "size": size}
    return _("Compared with units of the same level and kind with %(size)s.") % {"size": size}


def describe_rows(scope: Scope) -> str:
    if scope.rows_by == BY_PROVINCE:
        return _("One figure a province, with all units below it.")
    return _("One figure a unit.")


def describe_unknown(pages: PageSums) -> str:
    """Say of how many pages the followers are unknown; "" where all are known."""
    if not pages.unknown:
        return ""
    return ngettext(
        "The followers of %(n)s of %(all)s page are not known: it has no part in the figures for "
        "each 1,000 followers.",
        "The followers of %(n)s of %(all)s pages are not known: they have no part in the figures "
        "for each 1,000 followers.",
        pages.pages,
    ) % {"n": pages.unknown, "all": pages.pages}
