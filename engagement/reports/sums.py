"""Sums of figures. What nobody measured stays None: it is no 0."""

from collections.abc import Iterable, Mapping
from typing import Any

from engagement.models import MEASURES

Figures = dict[str, Any]
COUNTS = (
    *("posts", "publications", "due", "on_time", "failed", "withdrawn", "manual"),
    *("kits", "recalls", "corrections"),
    "active",  # units that published anything
)
# Of the units' pages on the last day, and since the day before the first of pages known on both.
FOLLOWERS = ("followers", "followers_gained")


def make_empty_figures() -> Figures:
    """Return the figures of a unit that did nothing and of which nothing was measured."""
    return {
        **dict.fromkeys(COUNTS, 0),
        **dict.fromkeys(FOLLOWERS),
        "measures": dict.fromkeys(MEASURES),
        "measured": dict.fromkeys(MEASURES, 0),
        "platforms": {},
        "topics": {},
        "as_of": None,
    }


def add_known(one: int | None, other: int | None) -> int | None:
    """Add two figures of which either may not be measured."""
    if one is None or other is None:
        return other if one is None else one
    return one + other


def add_figures(parts: Iterable[Mapping[str, Any]]) -> Figures:
    """Add figures as `make_empty_figures` has them: each count, measure, platform and topic by
    itself.
    """
    total = make_empty_figures()
    for part in parts:
        for name in COUNTS:
            total[name] += part.get(name, 0)  # reports that were approved before it was counted
        for name in FOLLOWERS:
            total[name] = add_known(total[name], part.get(name))
        for measure in MEASURES:
            total["measures"][measure] = add_known(
                total["measures"][measure], part["measures"][measure]
            )
            total["measured"][measure] += part["measured"][measure]
        for table in ("platforms", "topics"):
            _add_rows(total[table], part[table])
        total["as_of"] = max(filter(None, (total["as_of"], part["as_of"])), default=None)
    return total


def _add_rows(total: dict[str, Any], rows: Mapping[str, Any]) -> None:
    for key, row in rows.items():
        into = total.setdefault(key, dict.fromkeys(row))
        for name, value in row.items():
            into[name] = value if name == "name" else add_known(into[name], value)


def find_differences(added: Mapping[str, Any], own: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Compare a sum with the figures that the summaries show for the same units: a row a figure
    that differs.
    """
    pairs = [(name, added[name], own[name]) for name in ("posts", "publications", "due", "on_time")]
    pairs += [(name, added["measures"][name], own["measures"][name]) for name in MEASURES]
    return [
        {"figure": name, "sum": one, "summaries": other}
        for name, one, other in pairs
        if one != other
    ]


def find_table_differences(figures: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Compare the sums of the tables with the figures above them: a row a sum that differs."""
    differences = []
    for table, names in (("platforms", ("publications",)), ("topics", ("posts", "publications"))):
        for name in names:
            added = sum(row[name] for row in figures[table].values())
            if added != figures[name]:
                differences.append(
                    {"figure": f"{table}.{name}", "sum": added, "summaries": figures[name]}
                )
    return differences


def list_filled(content: Mapping[str, Any]) -> list[str]:
    """Return the keys of units in whose place the portal's own count was added: by this report, or
    by one that it adds up.
    """
    rows = (*content["units"], *content.get("filled", ()))
    return [key for row in rows for key in row.get("filled", ())]


def count_own_filled(content: Mapping[str, Any]) -> int:
    """Count the units in whose place this report itself added the portal's own count."""
    return sum(len(row["filled"]) for row in content.get("filled", ()))


def compute_coverage(content: Mapping[str, Any]) -> tuple[int, int]:
    """Return of how many units below the figures hold something, reports or what was filled in, and
    how many there are.
    """
    if "scope" not in content:
        return 0, 0
    # Once each: one that moved between two provinces, which both have sent, stands in both sums.
    held = {*content["covered"], *list_filled(content)}
    return len(held) - 1, content["scope"] - 1
