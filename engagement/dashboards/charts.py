"""Charts of a campaign's figures, each with the table behind it: one source for the drawing, the
table on the page and the sheet.
"""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _

from channels.models import Channel
from channels.states import Kind
from core.periods import Period
from engagement.dashboards.dictionary import name_measures
from engagement.dashboards.funnel import STEPS, Funnel
from engagement.dashboards.hours import DAYS, Hour, find_hour_range
from engagement.exports.sheets import Sheet, name_file

type Rows = Sequence[Mapping[str, Any]]
type Number = int | Decimal
TABLE_MEASURES = ("views", "reach", "reactions", "comments", "shares", "clicks")
MOST_BARS = 15
MOST_DAYS, MOST_WEEKS = 60, 30  # points of a drawing, before days and weeks are put together
WEEK, FOUR_WEEKS = 7, 28  # days


class Mark(NamedTuple):
    """Something that happened on a day of a chart, and the page that says more; "" for none."""

    day: date
    words: str
    address: str = ""
    breaks: bool = False  # what lies before and after is not the same figure: no line joins it


@dataclass(frozen=True)
class Chart:
    """``rows``: a name, then figures; None was not measured."""

    key: str
    title: str
    figures: dict[str, Any]
    head: list[str]
    rows: list[list[Any]]
    is_wide: bool = False
    left_out: int = 0
    when_empty: str = ""
    links: Sequence[str] = ()  # of the rows' names, where each has a page
    marks: Sequence[Mark] = ()
    note: str = ""  # what the figures are
    source: str = ""  # who tells them, under which name

    def with_left_out(self, n: int) -> "Chart":
        return replace(self, left_out=n)

    def with_marks(self, marks: Sequence[Mark]) -> "Chart":
        """Put what happened into a drawing over time and, in a column of its own, into its table.
        A day without figures gets a row.
        """
        if not marks or self.is_empty:
            return self
        texts: dict[date, list[str]] = {}
        for mark in marks:
            texts.setdefault(mark.day, []).append(mark.words)
        by_day = {row[0]: row for row in self.rows}
        blank = ["–"] * (len(self.head) - 1)
        rows = [
            [*by_day.get(day, [day, *blank]), "; ".join(texts.get(day, []))]
            for day in sorted(by_day.keys() | texts.keys())
        ]
        cuts = sorted({mark.day for mark in marks if mark.breaks})
        series = [
            {**one, "points": _insert_gaps(one["points"], cuts)} for one in self.figures["series"]
        ]
        figures = {
            **self.figures,
            "series": series,
            "marks": [day.isoformat() for day in sorted(texts)],
        }
        head = [*self.head, _("What happened")]
        return replace(self, figures=figures, head=head, rows=rows, marks=marks)

    def with_span(self, first: date, last: date) -> "Chart":
        """Let the axis of a drawing over time show all of a period, whatever was measured."""
        return replace(
            self, figures={**self.figures, "span": [first.isoformat(), last.isoformat()]}
        )

    @property
    def marked_days(self) -> list[tuple[date, list[Mark]]]:
        """Return what happened by day; the place of a day is its number in the drawing."""
        days = sorted({mark.day for mark in self.marks})
        return [(day, [mark for mark in self.marks if mark.day == day]) for day in days]

    @property
    def is_empty(self) -> bool:
        return not self.rows

    @property
    def file_name(self) -> str:
        return name_file(self.title)

    @property
    def sheet(self) -> Sheet:
        return Sheet(self.title, self.head, self.rows)


def _insert_gaps(points: Sequence[Sequence[Any]], cuts: Sequence[date]) -> list[Sequence[Any]]:
    """Insert a gap before each of the days that has points on both sides."""
    filled = list(points)
    for cut in cuts:
        after = [n for n, (day, _value) in enumerate(filled) if day >= cut.isoformat()]
        if after and after[0] > 0:
            filled.insert(after[0], [f"{cut.isoformat()}T00:00", None])
    return filled


def name_lines(pages: Collection[Channel]) -> dict[int, str]:
    """Name the lines of pages: by platform alone where that tells the pages of one unit apart,
    for a line's name has the width of a phone.
    """
    known = {page.pk: page for page in pages}
    if len({page.unit_id for page in known.values()}) > 1:
        return {pk: str(page) for pk, page in known.items()}
    alike = Counter(page.platform for page in known.values())
    names = {}
    for pk, page in known.items():
        platform = str(Kind(page.platform).label)
        names[pk] = f"{platform}: {page.name}" if alike[page.platform] > 1 else platform
    return names


def count_grouped_days(days: int) -> int:
    """Return how many of so many days make a point of a drawing: nobody reads 365."""
    return 1 if days <= MOST_DAYS else WEEK if days <= MOST_WEEKS * WEEK else FOUR_WEEKS


def thin_totals[T](rows: Sequence[T], count_days_back: Callable[[T], int]) -> list[T]:
    """Keep of totals by day, in their order, the newest of each week or four, where the days are
    too many to read. ``count_days_back``: how many days before the last one a row is.
    """
    length = count_grouped_days(max(map(count_days_back, rows), default=0) + 1)
    return list({count_days_back(row) // length: row for row in rows}.values())


def draw_lines(key: str, title: str, days: Rows, measures: Sequence[str]) -> Chart:
    """Draw totals at the end of each day; a measure that nobody told is left out."""
    days = thin_totals(days, lambda row: (days[-1]["day"] - row["day"]).days)
    names = name_measures()
    told = [name for name in measures if any(day[name] is not None for day in days)]
    series = [
        {"name": names[name], "points": [[day["day"].isoformat(), day[name]] for day in days]}
        for name in told
    ]
    return Chart(
        key,
        title,
        {"kind": "line", "series": series},
        [_("Day"), *(names[name] for name in told)],
        [[day["day"], *(day[name] for name in told)] for day in days] if told else [],
    )


def draw_bars(key: str, title: str, head: str, rows: Rows, names: Sequence[str]) -> Chart:
    """Draw views, reach and reactions of the first rows as bars; the table has all measures."""
    measure_names = name_measures()
    visible = [
        measure
        for measure in ("views", "reach", "reactions")
        if any(row[measure] is not None for row in rows[:MOST_BARS])
    ]
    series = [
        {"name": measure_names[measure], "values": [row[measure] for row in rows[:MOST_BARS]]}
        for measure in visible
    ]
    labels = [
        _name_unmeasured(name, [measure_names[m] for m in visible if row[m] is None])
        for name, row in zip(names, rows[:MOST_BARS], strict=False)
    ]
    return Chart(
        key,
        title,
        {"kind": "bar", "labels": labels, "series": series if rows[1:] else []},
        [head, _("Publications"), *(measure_names[measure] for measure in TABLE_MEASURES)],
        [
            [name, row["publications"], *(row[measure] for measure in TABLE_MEASURES)]
            for name, row in zip(names, rows, strict=True)
        ],
        is_wide=True,
    )


def _name_unmeasured(name: str, measures: Sequence[str]) -> str:
    """Say beside the name what was not measured: a missing bar looks like a 0."""
    if not measures:
        return name
    return _("%(name)s (not measured: %(what)s)") % {"name": name, "what": ", ".join(measures)}


def draw_heat_map(hours: Sequence[Hour]) -> Chart:
    """Write publications by weekday and hour, coloured by the median reach of one: that is when
    residents see them.
    """
    first, last = find_hour_range(hours)
    cells = [[hour.weekday - 1, hour.hour - first, hour.publications, hour.reach] for hour in hours]
    rows = [
        [f"{_format_weekday(hour.weekday, 'l')}, {hour.hour:02}:00", hour.publications, hour.reach]
        for hour in hours
    ]
    return Chart(
        "hours",
        _("When it was published"),
        {
            "kind": "heat",
            "rows": [f"{hour:02}:00" for hour in range(first, last + 1)],
            "columns": [_format_weekday(day, "D") for day in DAYS],
            "cells": cells,
            "words": [_("Publications"), _("Median reach of one")],
            "series": bool(hours),
        },
        [_("Hour"), _("Publications"), _("Median reach of one")],
        rows,
        is_wide=True,
    )


def _format_weekday(day: int, form: str) -> str:
    return date_format(date(2026, 6, day), form)  # 1 June 2026 is a Monday


def name_steps() -> dict[str, str]:
    return {
        "issued": _("For units"),
        "opened": _("Opened it"),
        "drafted": _("Took it up"),
        "approved": _("Approved"),
        "published": _("Published"),
    }


def draw_adoption(funnels: Sequence[Funnel]) -> Chart:
    names = name_steps()
    series = [
        {
            "name": str(funnel.kit),
            "values": funnel.steps(),
            "words": _describe_steps(funnel.steps()),
        }
        for funnel in funnels
    ]
    return Chart(
        "adoption",
        _("How far the kits came"),
        {"kind": "bar", "labels": [names[step] for step in STEPS], "series": series},
        [_("Kit"), *(names[step] for step in STEPS)],
        [[str(funnel.kit), *funnel.steps()] for funnel in funnels],
        is_wide=True,
        when_empty=_("No kit has been issued in this campaign."),
    )


def _describe_steps(steps: Sequence[int]) -> list[str]:
    """Write each step with its share of the step before, as it stands at its bar."""
    texts = []
    for n, before in zip(steps, [0, *steps], strict=False):
        number = number_format(n, force_grouping=True)
        share = n * 100 / before if before else None
        if share is not None:
            places = 1 if 0 < share < 1 else 0
            number += f" ({number_format(round(share, places), places)} %)"
        texts.append(number)
    return texts


def compare_sums(labels: Sequence[str], sums: Sequence[Mapping[str, Any]]) -> Chart:
    """Set the sums of two periods beside each other, with what changed."""
    names = {"posts": _("Posts"), "publications": _("Publications"), "units": _("Units")}
    names |= name_measures()
    ours, theirs = sums
    rows = [
        [name, ours[key], theirs[key], format_change(ours[key], theirs[key])]
        for key, name in names.items()
    ]
    shares = [total["on_time"] / total["due"] if total["due"] else None for total in sums]
    rows.append([_("Published on time"), *shares, ""])
    return Chart(
        "compared",
        _("Side by side"),
        {},
        [_("Figure"), *labels, _("Change")],
        rows,
        is_wide=True,
    )


def format_change(now: Number | None, then: Number | None) -> str:
    """Return how much more or less it is, in percent; a dash where one is missing or was 0."""
    if now is None or not then:
        return "–"
    change = round((now - then) * 100 / then)
    return f"{change:+d} %"


def draw_both_periods(
    measure: str,
    days: Rows,
    period: Period,
    other: Rows,
    other_period: Period,
    labels: Sequence[str],
    *,
    today: date,
) -> Chart:
    """Draw one measure of two periods by the number of the day, laid over each other up to the end
    of the shorter one, or today: what an earlier post is counted later belongs to no day of both.
    """
    periods = (period, other_period)
    last = min((min(period.last, today) - period.first).days + 1 for period in periods)
    by_day: dict[int, list[int | None]] = {}
    series = []
    for at, (rows, compared, label) in enumerate(zip((days, other), periods, labels, strict=True)):
        numbered = [((row["day"] - compared.first).days + 1, row[measure]) for row in rows]
        visible = [[n, value] for n, value in numbered if n <= last]
        points = thin_totals(visible, lambda point: last - (point[0] or 0))
        if any(value is not None for _n, value in points):
            series.append({"name": label, "points": points})
        for n, value in points:
            by_day.setdefault(n, [None, None])[at] = value
    return Chart(
        f"compared_{measure}",
        _("%(what)s, laid over each other") % {"what": name_measures()[measure]},
        {"kind": "line", "series": series, "axis": _("day %(n)s") % {"n": "{value}"}},
        [_("Day"), *labels],
        [[_("day %(n)s") % {"n": n}, *values] for n, values in sorted(by_day.items())]
        if series
        else [],
    )


@dataclass(frozen=True)
class Line:
    """The days of a period that is laid over others."""

    label: str
    first: date
    days: Rows


def overlay_lines(key: str, measure: str, name: str, lines: Sequence[Line]) -> Chart:
    """Draw one measure of several periods over the days of the first of them, by which what
    happened is marked.
    """
    first = lines[0].first
    moved = [[(d["day"] + (first - line.first), d[measure]) for d in line.days] for line in lines]
    series = [
        {"name": line.label, "points": [[day.isoformat(), value] for day, value in points]}
        for line, points in zip(lines, moved, strict=True)
        if any(value is not None for _day, value in points)
    ]
    by_day: dict[date, list[int | None]] = {}
    for at, points in enumerate(moved):
        for day, value in points:
            by_day.setdefault(day, [None] * len(lines))[at] = value
    return Chart(
        key,
        _("%(what)s, laid over each other") % {"what": name},
        {"kind": "line", "series": series},
        [_("Day"), *(line.label for line in lines)],
        [[day, *values] for day, values in sorted(by_day.items())] if series else [],
    )
