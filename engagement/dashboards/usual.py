"""The best and the weakest publications, measured by what is usual for their own unit and
platform: a small commune is not compared with a city.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from typing import Any

from django.db.models import Case, F, Q, QuerySet, Value, When, Window
from django.db.models.functions import RowNumber
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from channels.states import Kind
from engagement.rollups.sources import RANKING_FIGURE
from publishing.models import Delivery

# What is usual is the median of at least so many publications of these days.
LEAST_PUBLICATIONS, USUAL_DAYS, MOST_LATE = 5, timedelta(days=90), timedelta(days=30)
# Figures still grow for so long: nothing younger is called weak.
SETTLES_AFTER = timedelta(days=2)
# Compared are these many with most, and as many with least; each unit's newest make its usual.
MOST_RANKED, NEWEST_OF_UNIT = 60, 40
WEAK_BELOW, BEST_ABOVE = 0.9, 1.1


@dataclass(frozen=True)
class Ranked:
    """A publication with its figure, and with what is usual where enough is known."""

    delivery: Delivery
    measure: str  # reach, or views where the platform tells no reach
    value: int
    usual: int | None = None

    @property
    def times(self) -> float | None:
        return self.value / self.usual if self.usual else None


def explain_rank(row: Ranked) -> str:
    """Say why a publication stands among the best or the weakest."""
    what = _("Reach") if row.measure == "reach" else _("Views")
    facts = {
        "what": what,
        "value": number_format(row.value, force_grouping=True),
        "platform": Kind(row.delivery.platform).label,
    }
    if row.times is None or row.usual is None:
        sentence = _("%(what)s %(value)s; too few posts on %(platform)s to say what is usual there")
        return sentence % facts
    facts["usual"] = number_format(row.usual, force_grouping=True)
    facts["times"] = number_format(row.times, decimal_pos=1)
    sentence = _("%(what)s %(value)s: %(times)s times the unit's usual on %(platform)s (%(usual)s)")
    return sentence % facts


def find_candidates(
    deliveries: QuerySet[Delivery], *, now: datetime, weak: bool = True
) -> list[Ranked]:
    """Return the publications to choose the best and the weakest from. Two statements, three with
    the weak ones.
    """
    measured = _annotate_figures(deliveries.filter(published_at__isnull=False)).select_related(
        "post", "unit", "measurement"
    )
    candidates = {row.pk: row for row in measured.order_by("-figure", "pk")[:MOST_RANKED]}
    if weak and len(candidates) == MOST_RANKED:
        least = measured.filter(published_at__lt=now - SETTLES_AFTER).order_by("figure", "pk")
        candidates |= {row.pk: row for row in least[:MOST_RANKED]}
    usual = _find_medians(candidates.values(), now=now)
    ranked = []
    for row in candidates.values():
        measure = _choose_measure(row)
        typical = usual.get((row.unit_id, row.platform, measure))
        ranked.append(Ranked(row, measure, row.figure, typical))
    return ranked


def choose_best(rows: Iterable[Ranked], *, most: int) -> list[Ranked]:
    """Return those furthest above their usual, then those that nothing can be said of, by their
    figures.
    """
    above = sorted(
        (row for row in rows if (row.times or 0) >= BEST_ABOVE), key=_get_times, reverse=True
    )
    plain = sorted(
        (row for row in rows if row.times is None), key=lambda row: row.value, reverse=True
    )
    return _keep_one_per_post([*above, *plain])[:most]


def choose_weakest(rows: Iterable[Ranked], *, now: datetime, most: int) -> list[Ranked]:
    """Return those furthest below their usual whose figures have settled."""
    below = [
        row
        for row in rows
        if row.times is not None
        and row.times <= WEAK_BELOW
        and row.delivery.published_at
        and row.delivery.published_at < now - SETTLES_AFTER
    ]
    return _keep_one_per_post(sorted(below, key=_get_times))[:most]


def _keep_one_per_post(rows: Iterable[Ranked]) -> list[Ranked]:
    kept: dict[int, Ranked] = {}
    for row in rows:
        kept.setdefault(row.delivery.post_id, row)
    return list(kept.values())


def _annotate_figures(deliveries: QuerySet[Delivery]) -> QuerySet[Any]:
    """Annotate ``figure`` and leave out what was not measured."""
    return deliveries.annotate(figure=RANKING_FIGURE).filter(figure__isnull=False)


def _choose_measure(row: Any) -> str:
    return "views" if row.measurement.reach is None else "reach"


def _find_medians(rows: Iterable[Any], *, now: datetime) -> dict[tuple[int, str, str], int]:
    units: dict[str, set[int]] = defaultdict(set)
    for row in rows:
        units[row.platform].add(row.unit_id)
    if not units:
        return {}
    of_rows = Q(pk__in=[])
    for platform, some in units.items():
        of_rows |= Q(platform=platform, unit__in=some)
    measure = Case(
        When(measurement__reach__isnull=True, then=Value("views")), default=Value("reach")
    )
    newest = Window(
        RowNumber(),
        partition_by=[F("unit"), F("platform"), F("measure")],
        order_by=F("published_at").desc(),
    )
    # The index is of due times. What was published weeks after its time changes no median.
    since = Q(
        published_at__gte=now - USUAL_DAYS,
        published_at__lte=now,
        due_at__gte=now - USUAL_DAYS - MOST_LATE,
    )
    figures = (
        _annotate_figures(Delivery.objects.filter(since, of_rows))
        .annotate(measure=measure)
        .annotate(place=newest)
        .filter(place__lte=NEWEST_OF_UNIT)
        .order_by()
        .values_list("unit", "platform", "measure", "figure")
    )
    medians: dict[tuple[int, str, str], list[int]] = {}
    for unit, platform, name, figure in figures:
        medians.setdefault((unit, platform, name), []).append(figure)
    return {
        place: round(median(values))
        for place, values in medians.items()
        if len(values) >= LEAST_PUBLICATIONS
    }


def _get_times(row: Ranked) -> float:
    return row.times or 0
