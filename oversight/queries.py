"""The figures of the units in a scope: one row a unit or a province, summed up by the database."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from itertools import chain
from typing import Any, NamedTuple

from django.db.models import Case, Count, F, Q, QuerySet, Sum, When
from django.urls import reverse
from django.utils import timezone

from accounts.models import Appointment, Delegation, User
from accounts.permissions import GRANTS, Permission
from channels.models import Channel
from channels.queries import ends_before
from channels.states import Health, Lifecycle
from core.periods import Period, get_midnight
from engagement.boards.figures import find_page_sums, list_publications_by_unit
from engagement.rollups.queries.deliveries import (
    DueWindow,
    count_written_posts,
    count_written_posts_of_nation,
    sum_due_deliveries,
    sum_due_deliveries_of_nation,
)
from engagement.rollups.queries.figures import BY_PROVINCE, BY_UNIT
from engagement.rollups.queries.pages import PageSums
from oversight.rows import Row
from posts.models import Post, Thread
from posts.states import EDITABLE, PostState
from publishing.models import Delivery
from units.models import Level, Unit, UnitQuerySet

# A connection that ends within this long is dying: its unit must connect again before.
DYING = timedelta(days=14)
# How far back a row looks for the last post, and for what a person has not decided.
LOOKS_BACK = timedelta(days=90)
# The province that a row's unit belongs to; a province belongs to itself.
_PROVINCE = Case(When(unit__level=Level.COMMUNE, then=F("unit__parent_id")), default=F("unit_id"))


def find_overseen_unit(user: User, preferred: Appointment | None) -> Unit | None:
    """Return the unit that ``user`` oversees: that of the current position,
    else the highest one.
    """
    appointments = [
        a for a in user.current_appointments if Permission.OVERSIGHT_VIEW in GRANTS[a.role]
    ]
    if preferred and preferred in appointments:
        return preferred.unit
    return min((a.unit for a in appointments), key=lambda unit: len(unit.path), default=None)


def oversees_nation(user: User) -> bool:
    return any(
        a.unit.level == Level.MINISTRY and Permission.OVERSIGHT_VIEW in GRANTS[a.role]
        for a in user.current_appointments
    )


def find_overseen_units(user: User) -> UnitQuerySet:
    """Return the units that ``user`` oversees."""
    return Unit.objects.within(user.reach(Permission.OVERSIGHT_VIEW))


def _find_overseen_units_under(user: User, place: Unit) -> UnitQuerySet:
    reach = user.reach(Permission.OVERSIGHT_VIEW)
    if any(part.deep and part.covers(place.path) for part in reach):
        # The path said once: of two conditions PostgreSQL expects a twentieth of the units, and
        # then reads all their deliveries of the period instead of the few that are open.
        return Unit.objects.under(place)
    return Unit.objects.within(reach).under(place)


def list_unit_rows(
    user: User, place: Unit, period: Period, *, query: str = "", now: datetime
) -> list[Row]:
    """Return a row for each police body of a commune at or below ``place`` that stands; for those
    that ended in the period, those without a body and the office of ``place``, where they have
    figures.
    """
    here = _find_overseen_units_under(user, place)
    shown_units = here.filter(Q(level=Level.COMMUNE) | Q(pk=place.pk))
    existing = _filter_existing(shown_units, period).order_by("search")
    units = list(existing.search(query) if query else existing)
    rows = {unit.pk: Row(unit, mark=_mark_new_or_ended(unit, period)) for unit in units}
    _fill_units(rows, here, period, now=now)
    _fill_page_sums(rows, find_page_sums(here.order_by().values("pk"), period, by=BY_UNIT))
    _fill_steps(rows, here, period)
    for row in rows.values():
        row.units, row.alive = 1, int(row.published > 0)
        if not row.mark and not row.channels:
            row.mark = "no_channel"
    return [row for row in rows.values() if _counts(row)]


def list_province_rows(user: User, period: Period, *, query: str = "", now: datetime) -> list[Row]:
    """Return a row for each province: its own office and all communes below it. For those who
    oversee the nation.
    """
    here = find_overseen_units(user)
    provinces = _filter_existing(here.filter(level=Level.PROVINCE), period)
    rows = {
        u.pk: Row(u)
        for u in (provinces.search(query) if query else provinces).order_by("code", "name")
    }
    _fill_rows(
        rows,
        sum_due_deliveries_of_nation(_make_due_window(period, now)),
        count_written_posts_of_nation(period),
        _sum_channels(here.order_by().values("pk"), _PROVINCE, now=now),
    )
    fill_reach_of_provinces(rows, here, period)
    communes = _filter_existing(here.filter(level=Level.COMMUNE, has_police_body=True), period)
    for pk, n in communes.order_by().values_list("parent").annotate(n=Count("pk")):
        if pk in rows:
            rows[pk].units = n
    for row in rows.values():
        if not (row.channels or row.posts or row.due):
            row.mark = "not_begun"
    return list(rows.values())


def _counts(row: Row) -> bool:
    """Check whether a row stands in the list: it is a body of today, or has figures."""
    is_body = row.unit.level == Level.COMMUNE and row.mark not in ("closed", "no_body")
    return is_body or bool(row.channels or row.posts or row.due)


def _filter_existing(units: UnitQuerySet, period: Period) -> UnitQuerySet:
    return units.filter(
        Q(valid_to__isnull=True) | Q(valid_to__gt=period.first), valid_from__lte=period.last
    )


def _mark_new_or_ended(unit: Unit, period: Period) -> str:
    if unit.valid_to and unit.valid_to <= max(period.last, timezone.localdate()):
        return "closed"
    return "" if unit.has_police_body else "no_body"


def _fill_units(
    rows: dict[int, Row], here: QuerySet[Unit], period: Period, *, now: datetime
) -> None:
    """Set the figures of the units ``here`` on their rows, as they are now; a statement for each
    table, and one for what is not summed up yet.
    """
    units = here.order_by().values("pk")
    _fill_rows(
        rows,
        sum_due_deliveries(units, _make_due_window(period, now)),
        count_written_posts(units, period),
        _sum_channels(units, F("unit_id"), now=now),
    )


def _make_due_window(period: Period, now: datetime) -> DueWindow:
    since = min(period.start, get_midnight(timezone.localdate(now)) - LOOKS_BACK)
    return DueWindow(period, since, now)


def _fill_rows(rows: dict[int, Row], *sums: Iterable[Mapping[str, Any]]) -> None:
    for aggregates in chain(*sums):
        values = dict(aggregates)
        if (row := rows.get(values.pop("row"))) is not None:
            for name, value in values.items():
                setattr(row, name, value)


def count_days_of_step(period: Period) -> int:
    """Return of how many days a point of a unit's small line is made: a day, a week or four."""
    days = (period.last - period.first).days + 1
    return 1 if days <= 14 else 7 if days <= 210 else 28


def _fill_steps(rows: Mapping[int, Row], here: UnitQuerySet, period: Period) -> None:
    """Set the publications of whole weeks, or days, which end with the period; what is left at its
    beginning would look like a rise.
    """
    length = count_days_of_step(period)
    count = ((period.last - period.first).days + 1) // length
    for row in rows.values():
        row.steps = [0] * count
    for unit, day, n in list_publications_by_unit(here.order_by().values("pk"), period):
        back = (period.last - day).days // length
        if back < count and unit in rows:
            rows[unit].steps[-1 - back] += n


def fill_reach_of_provinces(rows: Mapping[int, Row], here: UnitQuerySet, period: Period) -> None:
    """Set on the rows of provinces what their pages reached in the period, and their followers."""
    units = here.order_by().values("pk")
    _fill_page_sums(rows, find_page_sums(units, period, by=BY_PROVINCE, nation=True))


def _fill_page_sums(rows: Mapping[int, Row], sums: Mapping[int, PageSums]) -> None:
    for pk, pages in sums.items():
        if (row := rows.get(pk)) is not None:
            row.reach, row.known_reach = pages.reach, pages.known_reach
            row.known_followers = pages.followers


def _sum_channels(units: QuerySet, row: Any, *, now: datetime) -> QuerySet:
    working = Q(health=Health.CONNECTED, lifecycle=Lifecycle.ACTIVE)
    down = Q(health=Health.LOST, lifecycle=Lifecycle.ACTIVE) | Q(
        lifecycle__in=[Lifecycle.FROZEN, Lifecycle.TAKEN_OVER]
    )
    down |= Q(working, confirmed_at__isnull=True)
    return (
        Channel.objects.usable()
        .filter(unit__in=units)
        .order_by()
        .annotate(row=row)
        .values("row")
        .annotate(
            channels=Count("pk"),
            down=Count("pk", filter=down),
            dying=Count("pk", filter=Q(working, ends_before(now + DYING))),
            followers=Sum("followers"),
            with_page=Count(
                "unit",
                distinct=True,
                filter=Q(unit__level=Level.COMMUNE, unit__has_police_body=True),
            ),
        )
    )


# --- one unit -------------------------------------------------------------------------------------


def make_row(unit: Unit, period: Period, *, now: datetime) -> Row:
    """Return the row of this very unit, without those below it."""
    row = Row(unit, mark=_mark_new_or_ended(unit, period))
    _fill_units({unit.pk: row}, Unit.objects.filter(pk=unit.pk), period, now=now)
    row.alive = int(unit.level == Level.COMMUNE and row.published > 0)
    return row


def find_posts(unit: Unit, period: Period) -> QuerySet[Post]:
    """Return the unit's posts begun in the period or due in it, the newest first."""
    due = Delivery.objects.filter(
        unit=unit, due_at__gte=period.start, due_at__lt=period.end
    ).values("post")
    begun = Q(created_at__gte=period.start, created_at__lt=period.end)
    return (
        Post.objects.written()
        .filter(begun | Q(pk__in=due), unit=unit)
        .select_related("author", "topic")
        .prefetch_related("deliveries__channel")
        .order_by("-created_at", "-pk")
    )


def count_people(unit: Unit, *, today: date) -> int:
    return User.objects.filter(
        is_active=True, pk__in=unit.appointments.in_force(today).values("user")
    ).count()


# --- one person -----------------------------------------------------------------------------------


class InHand(NamedTuple):
    """A part of what a leaver has in hand: how many, in which unit, and the page to act on."""

    unit: Unit
    n: int = 1
    label: str = ""
    address: str = ""


def list_work_in_hand(person: User) -> dict[str, list[InHand]]:
    """Return by kind what the person has in hand. Of posts and discussions only the number, for
    administrators read no drafts.
    """
    open_posts = [*EDITABLE, PostState.IN_REVIEW]
    posts = Post.objects.written().filter(author=person, state__in=open_posts)
    threads = Thread.objects.filter(resolved_at=None, comments__author=person)
    delegations = Delegation.objects.filter(Q(chief=person) | Q(deputy=person))
    channels = Channel.objects.usable().filter(connected_by=person).select_related("unit")
    return {
        "posts": _count_by_unit(posts, "unit"),
        "discussions": _count_by_unit(threads, "revision__post__unit"),
        "delegations": [
            InHand(
                row.unit,
                label=f"{row.chief} → {row.deputy}",
                address=reverse("accounts:delegation", args=[row.public_id]),
            )
            for row in delegations.open_on(timezone.now()).select_related("unit", "chief", "deputy")
        ],
        "channels": [
            InHand(
                row.unit,
                label=str(row),
                address=reverse("channels:channel", args=[row.public_id]),
            )
            for row in channels.order_by("unit__search", "platform", "name")
        ],
    }


def _count_by_unit(rows: QuerySet[Any], unit: str) -> list[InHand]:
    counted = dict(rows.order_by().values_list(unit).annotate(n=Count("pk", distinct=True)))
    units = Unit.objects.filter(pk__in=counted).order_by("search")
    return [InHand(unit, counted[unit.pk]) for unit in units]
