"""Find what the units of a place need help with: a query a kind, whatever the number of units."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import (
    Case,
    CharField,
    Count,
    Exists,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.utils import timezone

from campaigns.kits.models import Adoption, Kit, Passing
from campaigns.kits.queries import find_units
from channels.models import Channel, ChannelQuerySet, UnrecognisedPost
from channels.queries import ends_before
from channels.states import Health, Lifecycle
from core.scope import list_ancestors
from engagement.dashboards.queries import find_in_trouble
from oversight import kinds
from oversight.kinds import FINE, KINDS, URGENCY, Kind
from oversight.matters.models import Matter
from oversight.queries import DYING
from publishing.models import Delivery
from publishing.states import Reason
from units.models import Level, Unit, UnitQuerySet

SILENT_DAYS, MOST_SILENT_DAYS = 14, 365
# A kit of which so many days are left, and which nobody has adopted, needs a word.
KIT_ENDS = timedelta(days=3)
# The windows of more kits than that do not close at once.
_MOST_KITS = 20

# A page that carries no posts until somebody acts is lost, renamed, in other hands, or not
# confirmed; one that works may end within two weeks.
_WORKING = Q(health=Health.CONNECTED, lifecycle=Lifecycle.ACTIVE)
_DEAD = (
    Q(health=Health.LOST, lifecycle=Lifecycle.ACTIVE)
    | Q(lifecycle__in=[Lifecycle.FROZEN, Lifecycle.TAKEN_OVER])
    | Q(_WORKING, confirmed_at__isnull=True)
)


def _is_failing(now: datetime) -> Q:
    return Q(_WORKING, ends_before(now + DYING), confirmed_at__isnull=False)


def find_pages(unit: Unit, *, now: datetime) -> ChannelQuerySet:
    """Return the pages of the unit; ``issue`` names the kind of help that each needs, if any."""
    cases = [When(_DEAD, then=Value(kinds.DEAD)), When(_is_failing(now), then=Value(kinds.DYING))]
    issue = Case(*cases, default=Value(""), output_field=CharField())
    return Channel.objects.usable().filter(unit=unit).annotate(issue=issue)


@dataclass(slots=True)
class UnitIssues:
    """A unit with the number of things of each kind that need help."""

    unit: Unit
    counts: Counter[str] = field(default_factory=Counter)
    last_post: datetime | None = None
    pages: int = 0

    @property
    def found(self) -> list[tuple[Kind, int]]:
        """List the kinds that the unit has, the most urgent first, each with its number."""
        return [(kind, self.counts[key]) for key, kind in KINDS.items() if self.counts[key]]

    @property
    def worst(self) -> Kind:
        return next((kind for key, kind in KINDS.items() if self.counts[key]), FINE)

    @property
    def others(self) -> int:
        """Count the kinds besides the most urgent one."""
        return max(len(self.found) - 1, 0)

    @property
    def urgency(self) -> tuple[int, int, str]:
        """Return the place among other units, the most urgent first."""
        kinds = self.found
        if not kinds:
            return (len(KINDS), 0, self.unit.search)
        return (URGENCY[kinds[0][0].key], -len(kinds), self.unit.search)


def find_issues(
    place: Unit, *, now: datetime, silent_days: int = SILENT_DAYS, query: str = ""
) -> list[UnitIssues]:
    """Return what each open unit at or below ``place`` needs, the most urgent first; the office of
    a province only where it has a page of its own. Eight queries at most.
    """
    below = Unit.objects.current(timezone.localdate(now)).under(place)
    chosen = below.filter(has_police_body=True).filter(Q(level=Level.COMMUNE) | Q(pk=place.pk))
    chosen = chosen.search(query) if query else chosen
    rows = {
        unit.pk: UnitIssues(unit, last_post=unit.last_post) for unit in annotate_last_post(chosen)
    }
    units = below.order_by().values("pk")
    for unit, key, n in _count_by_kind(units, place=place, now=now):
        if unit in rows:
            rows[unit].counts[key] += n
    channels = Channel.objects.usable().filter(unit__in=units).order_by()
    for unit, pages, dead, dying in channels.values_list("unit").annotate(
        pages=Count("pk"),
        dead=Count("pk", filter=_DEAD),
        dying=Count("pk", filter=_is_failing(now)),
    ):
        if unit in rows:
            rows[unit].pages = pages
            rows[unit].counts.update({kinds.DEAD: dead, kinds.DYING: dying})
    for row in rows.values():
        if kind := explain_silence(row.pages, row.last_post, now=now, days=silent_days):
            row.counts[kind] = 1
    visible = (row for row in rows.values() if row.unit.level == Level.COMMUNE or row.pages)
    return sorted(visible, key=lambda row: row.urgency)


def count_issues(unit: Unit, *, now: datetime, silent_days: int = SILENT_DAYS) -> UnitIssues:
    """Return what this very unit needs."""
    issues = find_issues(unit, now=now, silent_days=silent_days)
    return next((row for row in issues if row.unit.pk == unit.pk), UnitIssues(unit))


def count_units_by_kind(rows: Iterable[UnitIssues]) -> dict[str, int]:
    """Count the units by each kind that they have, and those that have none."""
    counts: Counter[str] = Counter()
    for row in rows:
        counts.update([kind.key for kind, _n in row.found] or [FINE.key])
    return {key: counts[key] for key in (*KINDS, FINE.key)}


def annotate_last_post(units: UnitQuerySet) -> QuerySet[Any]:
    """Annotate the time of each unit's last post: an index finds one row a unit."""
    published = Delivery.objects.filter(unit=OuterRef("pk"), published_at__isnull=False)
    last = published.order_by("-due_at").values("published_at")[:1]
    return units.select_related("parent").annotate(last_post=Subquery(last))


def explain_silence(pages: int, last_post: datetime | None, *, now: datetime, days: int) -> str:
    """Return why nothing is heard of a unit: it has no page, or has been silent for days; else
    nothing.
    """
    if not pages:
        return kinds.PAGELESS
    is_silent = last_post is None or last_post < now - timedelta(days=days)
    return kinds.SILENT if is_silent else ""


def _count_by_kind(
    units: QuerySet, *, place: Unit, now: datetime
) -> Iterator[tuple[int, str, int]]:
    strange = UnrecognisedPost.objects.open().filter(channel__unit__in=units).order_by()
    for unit, n in strange.values_list("channel__unit").annotate(n=Count("pk")):
        yield unit, kinds.UNRECOGNISED, n
    troubled = find_in_trouble(Delivery.objects.filter(unit__in=units), now=now).order_by()
    leaks = Q(error_code=Reason.LEAK)
    for unit, blocked, late in troubled.values_list("unit").annotate(
        blocked=Count("pk", filter=leaks), late=Count("pk", filter=~leaks)
    ):
        yield unit, kinds.BLOCKED, blocked
        yield unit, kinds.LATE, late
    matters = Matter.objects.late(timezone.localdate(now)).filter(unit__in=units).order_by()
    for unit, n in matters.values_list("unit").annotate(n=Count("pk")):
        yield unit, kinds.MATTER, n
    for unit, kits in find_unadopted_kits(place, now=now).items():
        yield unit, kinds.KIT, len(kits)


def find_blocked_or_late(unit: Unit, *, now: datetime) -> QuerySet[Delivery]:
    """Find the publications of the unit that were stopped, failed or are late, the newest
    first.
    """
    rows = find_in_trouble(Delivery.objects.filter(unit=unit), now=now)
    return rows.select_related("post", "channel", "unit").order_by("-due_at", "-pk")


def find_unadopted_kits(place: Unit, *, now: datetime) -> dict[int, list[Kit]]:
    """Find by unit the kits whose window closes within days and that it has neither adopted nor
    declined. Two statements, however many kits and units.
    """
    today = timezone.localdate(now)
    ending = Kit.objects.issued().filter(
        current__window_until__gte=today, current__window_until__lte=today + KIT_ENDS
    )
    kits = {kit.pk: kit for kit in _select_ending_kits(ending, place)[:_MOST_KITS]}
    kits_by_unit: dict[int, list[Kit]] = defaultdict(list)
    asked = [_select_units_without_adoption(kit, place) for kit in kits.values()]
    if asked:
        for unit, kit in asked[0].union(*asked[1:], all=True).order_by():
            kits_by_unit[unit].append(kits[kit])
    return kits_by_unit


def _select_ending_kits(ending: QuerySet[Kit], place: Unit) -> QuerySet[Kit]:
    """Select kits of the units above the place, and of those in it; the first to end first."""
    here = Q(unit__path__in=list_ancestors(place.path)) | Q(unit__path__startswith=place.path)
    return (
        ending.filter(here)
        .select_related("current__kit__unit")
        .order_by("current__window_until", "pk")
    )


def _select_units_without_adoption(kit: Kit, place: Unit) -> QuerySet:
    assert kit.current is not None
    units = find_units(kit.current).under(place)
    if kit.current.by_provinces:
        passed = Passing.objects.filter(kit=kit).values("unit")
        units = units.filter(~Q(level=Level.COMMUNE) | Q(parent__in=passed))
    decided = Adoption.objects.filter(kit=kit, unit=OuterRef("pk")).exclude(
        adopted_at=None, declined_at=None
    )
    left = units.exclude(Exists(decided)).order_by()
    return left.annotate(of_kit=Value(kit.pk)).values_list("pk", "of_kit")


def list_worst(rows: Sequence[UnitIssues], most: int) -> list[UnitIssues]:
    """Return the units most in need, which `find_issues` puts first."""
    return [row for row in rows[:most] if row.found]


def compute_stamp(rows: Iterable[UnitIssues], about: str) -> str:
    """Return a mark that changes as soon as a tile would: of its unit, or of what it needs.
    ``about``: what else of the page it stands for.
    """
    tiles = [
        f"{row.unit.pk} {row.unit.name} {[(kind.key, n) for kind, n in row.found]}" for row in rows
    ]
    return hashlib.sha256("\n".join([about, *tiles]).encode()).hexdigest()[:16]
