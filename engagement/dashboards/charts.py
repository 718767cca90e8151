"""Charts of a campaign's figures, each with the table behind it: one source for the drawing, the
table on the page and the sheet.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from engagement.dashboards.dictionary import measure_names
from engagement.dashboards.funnel import STEPS, Funnel
from engagement.dashboards.hours import DAYS, Hour, busiest
from engagement.exports.sheets import Sheet

type Rows = Sequence[Mapping[str, Any]]
MEASURES = ("views", "reach", "reactions", "comments", "shares", "clicks")
BARS = 15


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

    def with_left_out(self, n: int) -> "Chart":
        return replace(self, left_out=n)

    @property
    def labelled_rows(self) -> list[list[tuple[str, Any]]]:
        """Return each row's cells with the words above them, for narrow screens."""
        return [list(zip(self.head, row, strict=True)) for row in self.rows]

    @property
    def is_empty(self) -> bool:
        return not self.rows

    @property
    def sheet(self) -> Sheet:
        return Sheet(self.title, self.head, self.rows)


def over_time(key: str, title: str, days: Rows, measures: Sequence[str]) -> Chart:
    """Draw totals at the end of each day; a measure that nobody told is left out."""
    names = measure_names()
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


def side_by_side(key: str, title: str, head: str, rows: Rows, names: Sequence[str]) -> Chart:
    """Draw views, reach and reactions of the first rows as bars; the table has all measures."""
    words = measure_names()
    series = [
        {"name": words[measure], "values": [row[measure] for row in rows[:BARS]]}
        for measure in ("views", "reach", "reactions")
        if any(row[measure] is not None for row in rows[:BARS])
    ]
    return Chart(
        key,
        title,
        {"kind": "bar", "labels": list(names[:BARS]), "series": series if rows[1:] else []},
        [head, _("Publications"), *(words[measure] for measure in MEASURES)],
        [
            [name, row["publications"], *(row[measure] for measure in MEASURES)]
            for name, row in zip(names, rows, strict=True)
        ],
        is_wide=True,
    )


def heat_map(hours: Sequence[Hour]) -> Chart:
    """Draw publications by weekday and hour; a cell also says the median reach of one."""
    first, last = busiest(hours)
    cells = [[each.weekday - 1, each.hour - first, each.publications, each.reach] for each in hours]
    rows = [
        [f"{_weekday(each.weekday, 'l')}, {each.hour:02}:00", each.publications, each.reach]
        for each in hours
    ]
    return Chart(
        "hours",
        _("When it was published"),
        {
            "kind": "heat",
            "rows": [f"{hour:02}:00" for hour in range(first, last + 1)],
            "columns": [_weekday(day, "D") for day in DAYS],
            "cells": cells,
            "words": [_("Publications"), _("Median reach of one")],
            "series": bool(hours),
        },
        [_("Hour"), _("Publications"), _("Median reach of one")],
        rows,
        is_wide=True,
    )


def _weekday(day: int, form: str) -> str:
    return date_format(date(2026, 6, day), form)  # 1 June 2026 is a Monday


def step_words() -> dict[str, str]:
    return {
        "issued": _("For units"),
        "opened": _("Opened it"),
        "drafted": _("Took it up"),
        "approved": _("Approved"),
        "published": _("Published"),
    }


def take_up(funnels: Sequence[Funnel]) -> Chart:
    words = step_words()
    series = [{"name": str(each.kit), "values": each.steps()} for each in funnels]
    return Chart(
        "take_up",
        _("How far the kits came"),
        {"kind": "bar", "labels": [words[step] for step in STEPS], "series": series},
        [_("Kit"), *(words[step] for step in STEPS)],
        [[str(each.kit), *each.steps()] for each in funnels],
        is_wide=True,
        when_empty=_("No kit has been issued in this campaign."),
    )


def compared(labels: Sequence[str], sums: Sequence[Mapping[str, Any]]) -> Chart:
    """Set the sums of two periods beside each other, with what changed."""
    names = {"posts": _("Posts"), "publications": _("Publications"), "units": _("Units")}
    names |= measure_names()
    ours, theirs = sums
    rows = [
        [name, ours[key], theirs[key], _change(ours[key], theirs[key])]
        for key, name in names.items()
    ]
    shares = [each["on_time"] / each["due"] if each["due"] else None for each in sums]
    rows.append([_("Published on time"), *shares, ""])
    return Chart(
        "compared",
        _("Side by side"),
        {},
        [_("Figure"), *labels, _("Change")],
        rows,
        is_wide=True,
    )


def _change(now: int | None, then: int | None) -> str:
    if now is None or not then:
        return "–"
    change = round((now - then) * 100 / then)
    return f"{change:+d} %"


def both_lines(
    measure: str, days: Rows, first: date, other: Rows, other_first: date, labels: Sequence[str]
) -> Chart:
    """Draw one measure of two periods, laid over each other from their first days on."""
    name = measure_names()[measure]
    shift = first - other_first
    theirs = [(day["day"] + shift, day[measure]) for day in other]
    ours = [(day["day"], day[measure]) for day in days]
    series = [
        {"name": label, "points": [[day.isoformat(), value] for day, value in points]}
        for label, points in zip(labels, (ours, theirs), strict=True)
        if any(value is not None for _day, value in points)
    ]
    by_day: dict[date, list[int | None]] = {}
    for at, points in enumerate((ours, theirs)):
        for day, value in points:
            by_day.setdefault(day, [None, None])[at] = value
    return Chart(
        f"compared_{measure}",
        _("%(what)s, laid over each other") % {"what": name},
        {"kind": "line", "series": series},
        [_("Day"), *labels],
        [[day, *values] for day, values in sorted(by_day.items())] if series else [],
    )
