"""Convert opening hours from and to the page's field `hours`: ``{day}_{1 or 2}_{open or close}``,
each an hour on the page's own clock, two spans a day at most, up to 24:00; a day without is closed.

`hours` of https://developers.facebook.com/docs/graph-api/reference/page, and a map among the
parameters of the update in Meta's SDK (facebook_business/adobjects/page.py).
"""

from collections.abc import Mapping

from platforms import hours


def parse_week(field: Mapping[str, str]) -> dict[str, list[tuple[str, str]]]:
    """Return the spans of each day; an hour that is missing is "?"."""
    week: dict[str, list[tuple[str, str]]] = {}
    for day in hours.DAYS:
        for number in range(1, hours.MOST_SPANS + 1):
            first, last = (field.get(f"{day}_{number}_{at}") for at in ("open", "close"))
            if first or last:
                week.setdefault(day, []).append((first or "?", last or "?"))
    return week


def format_week(week: hours.Week) -> dict[str, str]:
    return {
        f"{day}_{number}_{at}": hour
        for day, spans in week.items()
        for number, span in enumerate(spans, start=1)
        for at, hour in zip(("open", "close"), span, strict=True)
    }
