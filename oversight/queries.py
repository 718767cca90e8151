"""How the units of a ground are doing: one row a unit or a province, summed up by the database."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Case, Count, F, Max, Q, QuerySet, Sum, When
from django.utils import timezone

from accounts.models import User
from accounts.permissions import GRANTS, Permission
from channels.models import Channel
from channels.states import Health, Life
from core.text import fold
from engagement.periods import Period
from engagement.queries import ON_TIME
from posts.models import Post
from publishing.by_hand import BY_HAND
from publishing.models import Delivery
from publishing.states import State
from units.models import Level, Unit

# A connection that ends within this long is dying: its unit must connect again before.
DYING = timedelta(days=14)
# How far back a row looks for the last post, and for what a person has not decided.
LOOKS_BACK = timedelta(days=90)


@dataclass(slots=True)
class Row:
    """A unit, or a province with all below it. None: nothing was measured, or nothing fell due."""

    unit: Unit
    mark: str = ""  # closed, no_body or no_channel
    units: int = 0  # police bodies at the end of the period, for a province
    alive: int = 0  # of them, those that published in the period
    posts: int = 0
    published: int = 0
    due: int = 0
    on_time: int = 0
    failed: int = 0
    needs_person: int = 0
    channels: int = 0
    down: int = 0  # carry no posts until somebody acts: lost, renamed, in other hands
    dying: int = 0
    followers: int | None = None
    last_post: datetime | None = None

    @property
    def name(self) -> str:
        """As people call it: the place of a commune or province, whose police body it is goes without saying."""
        return self.unit.place

    @property
    def bare_name(self) -> str:
        """Without the kind of place, for order and for narrow tiles: 'Hà Nội', 'Bến Nghé'."""
        for kind in (self.unit.kind, "thành phố"):
            if self.unit.place.casefold().startswith(f"{kind.casefold()} "):
                return self.unit.place[len(kind) + 1 :]
        return self.unit.place

    @property
    def on_time_share(self) -> float | None:
        return self.on_time / self.due if self.due else None

    @property
    def alive_share(self) -> float | None:
        return self.alive / self.units if self.units else None

    @property
    def trouble(self) -> int:
        return self.failed + self.needs_person + self.down + self.dying

    @property
    def tone(self) -> str:
        """What the on-time share says: green from 95 %, yellow from 80 %, red below; grey where nothing fell due."""
        share = self.on_time_share
        return "grey" if share is None else "green" if share >= 0.95 else "yellow" if share >= 0.8 else "red"


ADDED_UP = [f.name for f in fields(Row) if f.name not in {"unit", "mark", "last_post"}]
# What rows can be sorted by; figures begin with the highest.
SORTS = (
    "name",
    *(n for n in ADDED_UP if n not in {"due", "on_time"}),
    "on_time_share",
    "alive_share",
    "last_post",
    "trouble",
)


def desk_unit(user: User, preferred: Any) -> Unit | None:
    """The unit whose ground ``user`` watches over: that of the desk, else the highest one."""
    held = [a for a in user.held if Permission.OVERSIGHT_VIEW in GRANTS[a.role]]
    if preferred in held:
        return preferred.unit
    return min((a.unit for a in held), key=lambda unit: len(unit.path), default=None)


def watches_nation(user: User) -> bool:
    return any(a.unit.level == Level.MINISTRY and Permission.OVERSIGHT_VIEW in GRANTS[a.role] for a in user.held)


def ground(user: User) -> QuerySet[Unit]:
    """The units ``user`` watches over."""
    return Unit.objects.within(user.reach(Permission.OVERSIGHT_VIEW))


def unit_rows(user: User, place: Unit, period: Period, *, words: str = "", now: datetime) -> list[Row]:
    """A row for each commune at or below ``place`` that existed in the period, and for the office of ``place`` itself
    where it publishes too."""
    here = ground(user).filter(path__startswith=place.path)
    wanted = here.filter(Q(level=Level.COMMUNE) | Q(pk=place.pk))
    units = list(
        _existing(wanted, period).search(words).order_by("name")
        if words
        else _existing(wanted, period).order_by("name")
    )
    rows = {unit.pk: Row(unit, mark=_mark(unit, period)) for unit in units}
    _fill(rows, here, period, group=F("unit_id"), now=now)
    for row in rows.values():
        row.units, row.alive = 1, int(row.published > 0)
        if not row.mark and not row.channels:
            row.mark = "no_channel"
    idle_office = [
        pk for pk, r in rows.items() if r.unit.level != Level.COMMUNE and not (r.channels or r.posts or r.due)
    ]
    for pk in idle_office:
        del rows[pk]
    return list(rows.values())


def province_rows(user: User, period: Period, *, words: str = "", now: datetime) -> list[Row]:
    """A row for each province: its own office and all communes below it."""
    here = ground(user)
    provinces = _existing(here.filter(level=Level.PROVINCE), period)
    rows = {u.pk: Row(u) for u in (provinces.search(words) if words else provinces).order_by("code", "name")}
    _fill(rows, here, period, group=_province("unit"), now=now)
    communes = _existing(here.filter(level=Level.COMMUNE, has_police_body=True), period)
    for pk, n in communes.order_by().values_list("parent").annotate(n=Count("pk")):
        if pk in rows:
            rows[pk].units = n
    return list(rows.values())


def total(rows: Iterable[Row], place: Unit | None) -> Row:
    """All rows added up. Followers stay unmeasured where no row has any."""
    summed = Row(place or Unit())
    for row in rows:
        for name in ADDED_UP:
            value = getattr(row, name)
            if value is not None:
                setattr(summed, name, (getattr(summed, name) or 0) + value)
    summed.last_post = max((row.last_post for row in rows if row.last_post), default=None)
    return summed


def sort_rows(rows: list[Row], by: str) -> list[Row]:
    """``by`` is one of SORTS, with a minus for the highest first. Rows without the figure come last either way."""
    name = by.removeprefix("-")
    if name not in SORTS or name == "name":
        return sorted(rows, key=lambda r: fold(r.bare_name), reverse=by == "-name")
    there = [r for r in rows if getattr(r, name) is not None]
    missing = [r for r in rows if getattr(r, name) is None]
    return sorted(there, key=lambda r: getattr(r, name), reverse=by.startswith("-")) + missing


def _existing(units: QuerySet[Unit], period: Period) -> QuerySet[Unit]:
    return units.filter(Q(valid_to__isnull=True) | Q(valid_to__gt=period.first), valid_from__lte=period.last)


def _mark(unit: Unit, period: Period) -> str:
    if unit.valid_to and unit.valid_to <= max(period.last, timezone.localdate()):
        return "closed"
    return "" if unit.has_police_body else "no_body"


def _province(unit: str) -> Case:
    """The province that a row's unit belongs to; a province belongs to itself."""
    return Case(When(**{f"{unit}__level": Level.COMMUNE}, then=F(f"{unit}__parent_id")), default=F(f"{unit}_id"))


def delivery_figures(period: Period, *, now: datetime) -> dict[str, Any]:
    """Aggregates over deliveries. All of them speak of what fell due in the period; what was cancelled, or stopped
    before anybody saw it, was no promise. Only what is due for longer than the grace can be on time or not."""
    stopped = Q(state=State.CANCELLED) | Q(state=State.FAILED, error_code="stopped")
    unseen = Q(state__in=[State.RECALLING, State.RECALLED], published_at__isnull=True)
    within = Q(due_at__gte=period.start, due_at__lt=period.end) & ~stopped & ~unseen
    by_people = Q(state=State.BY_HAND) | Q(remote_id__startswith=BY_HAND) | Q(error_code="in_app")
    undecided = Q(by_people, state__in=[State.BY_HAND, State.PROCESSING], not_after__gt=now)
    undecided |= Q(~by_people, state=State.PROCESSING)
    passed = within & Q(due_at__lt=now - ON_TIME) & ~undecided
    on_time = Q(published_at__lte=F("due_at") + ON_TIME)
    # How long a platform works on what it took in time is not up to the unit.
    on_time |= Q(~by_people, published_at__isnull=False, committing_at__lte=F("due_at") + ON_TIME)
    # People are slower than the engine: what they post, or finish in an app, is on time until its deadline.
    on_time |= Q(by_people, published_at__lte=F("not_after"))
    return {
        "published": Count("pk", filter=within & Q(published_at__isnull=False)),
        "due": Count("pk", filter=passed),
        "on_time": Count("pk", filter=passed & on_time),
        "failed": Count("pk", filter=within & Q(state__in=[State.FAILED, State.EXPIRED])),
        "needs_person": Count("pk", filter=Q(state=State.NEEDS_PERSON)),
    }


def _fill(rows: dict[int, Row], here: QuerySet[Unit], period: Period, *, group: Any, now: datetime) -> None:
    units = here.order_by().values("pk")
    deliveries = (
        Delivery.objects.filter(
            unit__in=units,
            due_at__gte=min(period.start, now - LOOKS_BACK),
            due_at__lt=max(period.end, now),
        )
        .order_by()
        .annotate(row=group)
        .values("row")
        .annotate(
            **delivery_figures(period, now=now),
            last_post=Max("published_at"),
            alive=Count(
                "unit",
                distinct=True,
                filter=Q(
                    due_at__gte=period.start,
                    due_at__lt=period.end,
                    published_at__isnull=False,
                    unit__level=Level.COMMUNE,
                ),
            ),
        )
    )
    posts = (
        Post.objects.filter(unit__in=units, created_at__gte=period.start, created_at__lt=period.end)
        .order_by()
        .annotate(row=group)
        .values("row")
        .annotate(posts=Count("pk"))
    )
    down = Q(health=Health.LOST, life=Life.ACTIVE) | Q(life__in=[Life.FROZEN, Life.TAKEN_OVER])
    working = Q(health=Health.CONNECTED, life=Life.ACTIVE)
    channels = (
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
    for found in (deliveries, posts, channels):
        for values in found:
            if (row := rows.get(values.pop("row"))) is not None:
                for name, value in values.items():
                    setattr(row, name, value)


# --- one unit ---------------------------------------------------------------------------------------------------------


def one_row(unit: Unit, period: Period, *, now: datetime) -> Row:
    """The figures of this very unit, without those below it."""
    row = Row(unit, mark=_mark(unit, period))
    _fill({unit.pk: row}, Unit.objects.filter(pk=unit.pk), period, group=F("unit_id"), now=now)
    return row


def posts_in(unit: Unit, period: Period) -> QuerySet[Post]:
    """The unit's posts begun in the period or due in it, the newest first."""
    due = Delivery.objects.filter(unit=unit, due_at__gte=period.start, due_at__lt=period.end).values("post")
    begun = Q(created_at__gte=period.start, created_at__lt=period.end)
    return (
        Post.objects.filter(begun | Q(pk__in=due), unit=unit)
        .select_related("author", "topic")
        .prefetch_related("deliveries__channel")
        .order_by("-created_at", "-pk")
    )


def people_in(unit: Unit, *, today: date) -> int:
    return User.objects.filter(is_active=True, pk__in=unit.appointments.in_force(today).values("user")).count()
