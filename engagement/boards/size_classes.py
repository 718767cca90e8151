"""Classes of units and pages by their number of followers, and the quartiles of a class.

A unit is compared with the median and the middle half of those in its class, never by its place in
a list.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from statistics import quantiles

# A spread of fewer says more about one of them than about the rest.
LEAST_VALUES = 5
# Upper bounds of the sizes, in followers of all known pages together.
SIZES = (500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000, 500_000, 2_000_000)

type Value = int | Decimal


@dataclass(frozen=True)
class Spread:
    """A quarter of the ``n`` values lies below ``low``, half below ``middle``, three quarters below
    ``high``.
    """

    n: int
    low: Decimal
    middle: Decimal
    high: Decimal


@dataclass(frozen=True)
class Size:
    """A class of followers: from ``least`` on, below ``below``; None has no end."""

    least: int
    below: int | None


def find_size(followers: int | None) -> Size | None:
    """Return the class; None where the followers are not known."""
    if followers is None:
        return None
    least = 0
    for bound in SIZES:
        if followers < bound:
            return Size(least, bound)
        least = bound
    return Size(least, None)


def compute_spread(values: Iterable[Value | None]) -> Spread | None:
    """Return the quartiles of what was measured; None for fewer than LEAST values."""
    known = [Decimal(value) for value in values if value is not None]
    if len(known) < LEAST_VALUES:
        return None
    low, middle, high = (
        round(quantile, 1) for quantile in quantiles(known, n=4, method="inclusive")
    )
    return Spread(len(known), low, middle, high)
