"""The figures of the units in a scope: one row a unit or a province, summed up by the database."""

from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Case, Count, F, Max, Q, QuerySet, Sum, When
from django.utils import timezone

from accounts.models import Appointment, User
from accounts.permissions import GRANTS, Permission
from channels.models import Channel
from channels.states import Health, Lifecycle
from core.periods import Period
from engagement.dashboards.queries import ON_TIME
from oversight.rows import Row
from posts.models import Post
from publishing.models import Delivery
from publishing.states import (
    HAS_UNTIL_THE_DEADLINE,
    MISSED,
    TAKEN_DOWN,
    Reason,
    ReceiptSource,
    State,
)
from units.models import Level, Unit, UnitQuerySet

# A connection that ends within this long is dying: its unit must connect again before.
DYING = timedelta(days=14)
# How far back a row looks for the last post, and for what a person has not decided.
LOOKS_BACK = timedelta(days=90)


def overseen_unit(user: User, preferred: Appointment | None) -> Unit | None:
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


def scope(user: User) -> UnitQuerySet:
    """Return the units that ``user`` oversees."""
    return Unit.objects.within(user.reach(Permission.OVERSIGHT_VIEW))


def unit_rows(
    user: User, place: Unit, period: Period, *, words: str = "", now: datetime
) -> list[Row]:
    """Return a row for each commune at or below ``place`` that existed in the period, and for the
    office of ``place`` itself where it publishes, too.
    """
    here = scope(user).filter(path__startswith=place.path)
    shown_units = here.filter(Q(level=Level.COMMUNE) | Q(pk=place.pk))
    units = list(
        _existing(shown_units, period).search(words).order_by("name")
        if words
        else _existing(shown_units, period).order_by("name")
    )
    rows = {unit.pk: Row(unit, mark=_mark(unit, period)) for unit in units}
    _fill(rows, here, period, group=F("unit_id"), now=now)
    for row in rows.values():
        row.units, row.alive = 1, int(row.published > 0)
        if not row.mark and not row.channels:
            row.mark = "no_channel"
    idle_office = [
        pk
        for pk, r in rows.items()
        if r.unit.level != Level.COMMUNE and not (r.channels or r.posts or r.due)
    ]
    for pk in idle_office:
        del rows[pk]
    return list(rows.values())


def province_rows(user: User, period: Period, *, words: str = "", now: datetime) -> list[Row]:
    """Return a row for each province: its own office and all communes below it."""
    here = scope(user)
    provinces = _existing(here.filter(level=Level.PROVINCE), period)
    rows = {
        u.pk: Row(u)
        for u in (provinces.search(words) if words else provinces).order_by("code", "name")
    }
    _fill(rows, here, period, group=_province("unit"), now=now)
    communes = _existing(here.filter(level=Level.COMMUNE, has_police_body=True), period)
    for pk, n in communes.order_by().values_list("parent").annotate(n=Count("pk")):
        if pk in rows:
            rows[pk].units = n
    return list(rows.values())


def _existing(units: UnitQuerySet, period: Period) -> UnitQuerySet:
    return units.filter(
        Q(valid_to__isnull=True) | Q(valid_to__gt=period.first), valid_from__lte=period.last
    )


def _mark(unit: Unit, period: Period) -> str:
    if unit.valid_to and unit.valid_to <= max(period.last, timezone.localdate()):
        return "closed"
    return "" if unit.has_police_body else "no_body"


def _province(unit: str) -> Case:
    """Return the province that a row's unit belongs to; a province belongs to itself."""
    return Case(
        When(**{f"{unit}__level": Level.COMMUNE}, then=F(f"{unit}__parent_id")),
        default=F(f"{unit}_id"),
    )


def delivery_figures(period: Period, *, now: datetime) -> dict[str, Any]:
    """Return aggregates over the deliveries that fell due in the period; what was cancelled, or
    stopped before anybody saw it, does not count. Only what is due for longer than the grace can be
    on time or not.
    """
    unseen = Q(state__in=TAKEN_DOWN, published_at__isnull=True)
    within = (
        Q(due_at__gte=period.start, due_at__lt=period.end) & ~Q(state=State.CANCELLED) & ~unseen
    )
    by_people = (
        Q(state=State.MANUAL) | Q(receipt_source=ReceiptSource.POSTED) | Q(error_code=Reason.IN_APP)
    )
    undecided = Q(by_people, state__in=HAS_UNTIL_THE_DEADLINE, not_after__gt=now)
    undecided |= Q(~by_people, state=State.PROCESSING)
    passed = within & Q(due_at__lt=now - ON_TIME) & ~undecided
    on_time = Q(published_at__lte=F("due_at") + ON_TIME)
    # How long a platform works on what it took in time is not up to the unit.
    on_time |= Q(~by_people, published_at__isnull=False, committing_at__lte=F("due_at") + ON_TIME)
    # People are slower than the engine: what they post, or finish in an app, is on time until its
    # deadline.
    on_time |= Q(by_people, published_at__lte=F("not_after"))
    return {
        "published": Count("pk", filter=within & Q(published_at__isnull=False)),
        "due": Count("pk", filter=passed),
        "on_time": Count("pk", filter=passed & on_time),
        "failed": Count("pk", filter=within & Q(state__in=MISSED)),
        "needs_person": Count("pk", filter=Q(state=State.NEEDS_PERSON)),
    }


def _fill(
    rows: dict[int, Row], here: QuerySet[Unit], period: Period, *, group: Any, now: datetime
) -> None:
    """Set the figures of the units ``here`` on the rows to which ``group`` leads; a query for each
    table.
    """
    units = here.order_by().values("pk")
    for found in (
        _delivery_sums(units, period, group=group, now=now),
        _post_sums(units, period, group=group),
        _channel_sums(units, group=group, now=now),
    ):
        for aggregates in found:
            values: dict[str, Any] = dict(aggregates)
            if (row := rows.get(values.pop("row"))) is not None:
                for name, value in values.items():
                    setattr(row, name, value)


def _delivery_sums(units: QuerySet, period: Period, *, group: Any, now: datetime) -> QuerySet:
    seen = Q(due_at__gte=period.start, due_at__lt=period.end, published_at__isnull=False)
    since, before = min(period.start, now - LOOKS_BACK), max(period.end, now)
    deliveries = Delivery.objects.filter(
        unit__in=units, due_at__gte=since, due_at__lt=before
    ).order_by()
    return (
        deliveries.annotate(row=group)
        .values("row")
        .annotate(
            **delivery_figures(period, now=now),
            last_post=Max("published_at"),
            alive=Count("unit", distinct=True, filter=seen & Q(unit__level=Level.COMMUNE)),
        )
    )


def _post_sums(units: QuerySet, period: Period, *, group: Any) -> QuerySet:
    posts = Post.objects.written().filter(
        unit__in=units, created_at__gte=period.start, created_at__lt=period.end
    )
    return posts.order_by().annotate(row=group).values("row").annotate(posts=Count("pk"))


def _channel_sums(units: QuerySet, *, group: Any, now: datetime) -> QuerySet:
    working = Q(health=Health.CONNECTED, lifecycle=Lifecycle.ACTIVE)
    down = Q(health=Health.LOST, lifecycle=Lifecycle.ACTIVE) | Q(
        lifecycle__in=[Lifecycle.FROZEN, Lifecycle.TAKEN_OVER]
    )
    down |= Q(working, confirmed_at__isnull=True)
    return (
        Channel.objects.usable()
        .filter(unit__in=units)
        .order_by()
        .annotate(row=group)
        .values("row")
        .annotate(
            channels=Count("pk"),
            down=Count("pk", filter=down),
            dying=Count("pk", filter=Q(working, expires_at__lt=now + DYING)),
            followers=Sum("followers"),
        )
    )


# --- one unit -------------------------------------------------------------------------------------


def one_row(unit: Unit, period: Period, *, now: datetime) -> Row:
    """Return the row of this very unit, without those below it."""
    row = Row(unit, mark=_mark(unit, period))
    _fill({unit.pk: row}, Unit.objects.filter(pk=unit.pk), period, group=F("unit_id"), now=now)
    return row


def posts_in(unit: Unit, period: Period) -> QuerySet[Post]:
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


def people_in(unit: Unit, *, today: date) -> int:
    return User.objects.filter(
        is_active=True, pk__in=unit.appointments.in_force(today).values("user")
    ).count()
