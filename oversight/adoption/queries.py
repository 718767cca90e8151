"""Find what each unit of a kit's audience did with it: by one statement for all of them, whatever
their number, and three more for the rows of a page.
"""

import hashlib
import uuid
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import accumulate
from operator import add
from typing import Any, NamedTuple

from django.core.exceptions import PermissionDenied
from django.db.models import (
    Case,
    CharField,
    Count,
    Exists,
    F,
    FilteredRelation,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Value,
    When,
)
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.permissions import Permission
from campaigns.kits.models import Adoption, Kit, KitVersion, Passing
from campaigns.kits.queries import find_units
from channels.models import Channel
from channels.states import Health, Lifecycle
from core.scope import list_ancestors
from oversight.adoption import states
from oversight.adoption.states import STATES
from oversight.queries import find_overseen_units
from posts.models import PostChannel
from posts.states import EDITABLE, PostState
from publishing.models import Delivery
from publishing.states import EXPECTED, TAKEN_DOWN, State
from units.models import Level, Unit


def find_boards(user: User) -> QuerySet[Kit]:
    """Return the issued kits of the units that the person oversees, and of those above them."""
    reach = user.reach(Permission.OVERSIGHT_VIEW)
    above = {path for part in reach for path in list_ancestors(part.path)}
    issued = Kit.objects.filter(current__isnull=False)
    return issued.within(reach) | issued.filter(unit__path__in=above)


def get_kit_or_404(user: User, public_id: uuid.UUID) -> Kit:
    """Return a kit whose adoption the person may follow. Raise PermissionDenied, Http404."""
    if not user.reach(Permission.OVERSIGHT_VIEW):
        raise PermissionDenied
    rows = find_boards(user).select_related("unit", "campaign", "topic", "current__kit")
    return get_object_or_404(rows, public_id=public_id)


def find_listed_kits(user: User) -> QuerySet[Kit]:
    """Return, the newest first, the kits that units whom the person oversees issued or passed on,
    and those from above that reach their units straight.
    """
    reach = user.reach(Permission.OVERSIGHT_VIEW)
    passings = Passing.objects.filter(unit__in=find_overseen_units(user).order_by().values("pk"))
    theirs = Q(pk__in=passings.values("kit")) | Q(current__by_provinces=False)
    theirs |= Q(pk__in=Kit.objects.within(reach).values("pk"))
    return find_boards(user).filter(theirs).order_by("-current__issued_at", "-pk")


class Sums(NamedTuple):
    """The units that are asked to take a kit up, by what they did with it; each counts once."""

    asked: int
    published: int
    waiting: int  # adopted, and on no page yet
    opened: int
    declined: int

    @property
    def unopened(self) -> int:
        done = self.published + self.waiting + self.opened + self.declined
        return max(self.asked - done, 0)

    def list_counts(self) -> list[tuple[states.AdoptionState, int]]:
        """Return the numbers in the order and with the looks of the board's tiles."""
        looks = (
            (STATES[states.PUBLISHED], self.published),
            (STATES[states.SCHEDULED]._replace(label=_("taken up, not published")), self.waiting),
            (STATES[states.OPENED]._replace(label=_("opened only")), self.opened),
            # The board tells apart those without a page, kept waiting by their province, or late.
            (STATES[states.UNOPENED]._replace(label=_("nothing done yet")), self.unopened),
            (STATES[states.REFUSED], self.declined),
        )
        return [(look, n) for look, n in looks if n]


def count_units_by_adoption(kits: Sequence[Kit], user: User) -> dict[int, Sums]:
    """Count for the kits of a page, in three statements: what a unit's board says more finely."""
    if not kits:
        return {}
    reach = user.reach(Permission.OVERSIGHT_VIEW)
    asked: dict[str, Count] = {}
    # Not what units did that were merged or closed since, or that a newer version leaves out: it
    # would stand for units that have done nothing.
    of_audience = Q()
    for kit in kits:
        assert kit.current
        kit.current.kit = kit
        units = find_units(kit.current).order_by().values("pk")
        asked[f"kit_{kit.pk}"] = Count("pk", filter=Q(pk__in=units))
        of_audience |= Q(kit=kit, unit__in=units)
    n_asked = find_overseen_units(user).order_by().aggregate(**asked)
    adoptions = Adoption.objects.within(reach).filter(of_audience).order_by()
    dealings = {
        row["kit"]: row
        for row in adoptions.values("kit").annotate(
            n=Count("adopted_at"), opened=Count("opened_at"), declined=Count("declined_at")
        )
    }
    live = (
        adoptions.filter(post__deliveries__state=State.PUBLISHED, post__deliveries__recall=None)
        .values("kit")
        .annotate(n=Count("pk", distinct=True))
    )
    n_live = {row["kit"]: row["n"] for row in live}
    counts = {}
    for kit in kits:
        row = dealings.get(kit.pk, {"n": 0, "opened": 0, "declined": 0})
        published = n_live.get(kit.pk, 0)
        opened = row["opened"] - row["n"] - row["declined"]
        counts[kit.pk] = Sums(
            n_asked[f"kit_{kit.pk}"],
            published,
            max(row["n"] - published, 0),
            max(opened, 0),
            row["declined"],
        )
    return counts


class Place(NamedTuple):
    """The state of a unit, with its key and its province's."""

    unit: int
    parent: int | None
    state: str


@dataclass(frozen=True)
class Board:
    """The states of all units of the audience that the person oversees."""

    places: Sequence[Place]

    def counts(self) -> list[tuple[states.AdoptionState, int]]:
        """Count the units by state, in the order of the tiles."""
        counts = Counter(place.state for place in self.places)
        return [(state, counts[key]) for key, state in STATES.items()]

    def by_province(self) -> dict[int, Counter[str]]:
        """Count the states by province; the provinces' own offices are left out."""
        counts: dict[int, Counter[str]] = {}
        for place in self.places:
            if place.parent is not None:
                counts.setdefault(place.parent, Counter())[place.state] += 1
        return counts

    def within(self, province: int | None) -> "Board":
        if province is None:
            return self
        return Board([place for place in self.places if province in (place.parent, place.unit)])

    def in_state(self, state: str) -> "Board":
        return Board([place for place in self.places if place.state == state]) if state else self

    @property
    def stamp(self) -> str:
        """Return a mark that changes with the state of any unit."""
        text = ";".join(f"{place.unit}{place.state}" for place in self.places)
        return hashlib.sha256(text.encode()).hexdigest()[:16]


def make_board(kit: Kit, user: User, *, today: date) -> Board:
    """Return the state of each unit that the person oversees, sorted by state and name. One
    statement.
    """
    assert kit.current is not None
    rows = annotate_state(find_audience(kit.current, user), kit, today=today)
    unit_rows = rows.order_by("search", "pk").values_list("pk", "parent", "level", "state")
    places = [
        Place(pk, parent if level == Level.COMMUNE else None, state)
        for pk, parent, level, state in unit_rows
    ]
    order = {key: place for place, key in enumerate(STATES)}
    return Board(sorted(places, key=lambda place: order[place.state]))


def find_audience(version: KitVersion, user: User) -> QuerySet[Unit]:
    """Return the units that the version is for, of those that the person oversees."""
    return find_units(version).filter(pk__in=find_overseen_units(user).order_by().values("pk"))


def annotate_state(units: QuerySet[Unit], kit: Kit, *, today: date) -> QuerySet[Any]:
    """Annotate each unit with its adoption (``taken``) and its ``state``."""
    version = kit.current
    assert version is not None
    units = units.annotate(taken=FilteredRelation("adoptions", condition=Q(adoptions__kit=kit)))
    deliveries = Delivery.objects.filter(post=OuterRef("taken__post"))
    live = Exists(deliveries.filter(state=State.PUBLISHED, recall__isnull=True))
    gone = Exists(deliveries.filter(state__in=TAKEN_DOWN)) | Q(
        taken__post__state=PostState.WITHDRAWN
    )
    cases = [
        When(live, then=Value(states.PUBLISHED)),
        When(gone, then=Value(states.TAKEN_BACK)),
        When(taken__declined_at__isnull=False, then=Value(states.REFUSED)),
    ]
    if version.by_provinces:
        passed = Exists(Passing.objects.filter(kit=kit, unit=OuterRef("parent")))
        kept_back = Q(~passed, level=Level.COMMUNE)
        cases.append(When(kept_back, then=Value(states.NOT_PASSED)))
    if version.window_until and version.window_until < today:
        cases.append(When(pk__isnull=False, then=Value(states.LATE)))
    cases += [
        When(~_has_page(version), then=Value(states.DEAD)),
        When(Exists(deliveries.filter(state__in=EXPECTED)), then=Value(states.SCHEDULED)),
        When(
            taken__post__state__in=[PostState.IN_REVIEW, PostState.APPROVED],
            then=Value(states.IN_REVIEW),
        ),
        When(taken__post__state__in=EDITABLE, then=Value(states.ADAPTED)),
        When(taken__opened_at__isnull=False, then=Value(states.OPENED)),
    ]
    state = Case(*cases, default=Value(states.UNOPENED), output_field=CharField())
    return units.annotate(state=state)


def _has_page(version: KitVersion) -> Exists:
    """Return the condition that the unit has a page, of those asked for, that takes posts."""
    pages = Channel.objects.usable().filter(
        unit=OuterRef("pk"),
        lifecycle=Lifecycle.ACTIVE,
        health__in=[Health.CONNECTED, Health.MANUAL],
    )
    if version.platforms:
        pages = pages.filter(platform__in=version.platforms)
    return Exists(pages)


def list_days(kit: Kit, places: Iterable[Place]) -> list[tuple[date, list[int]]]:
    """Return for each day on which a unit moved, and for today, how many of the ``places`` had
    opened the kit, taken it up and published it by then. One statement.
    """
    units = {place.unit for place in places}
    rows = Adoption.objects.filter(kit=kit).annotate(out=Min("post__deliveries__published_at"))
    moved: dict[date, list[int]] = {}
    for unit, opened, adopted, out in rows.values_list("unit", "opened_at", "adopted_at", "out"):
        # Who is at a step has been at those before, whichever was noted.
        steps = (opened or adopted or out, adopted or out, out)
        for at, moment in enumerate(steps):
            if unit in units and moment:
                moved.setdefault(timezone.localdate(moment), [0, 0, 0])[at] += 1
    if moved:
        moved.setdefault(timezone.localdate(), [0, 0, 0])
    days = sorted(moved)
    totals = accumulate((moved[day] for day in days), lambda one, two: list(map(add, one, two)))
    return list(zip(days, totals, strict=True))


@dataclass
class Row:
    """A unit on the board. ``links``: where residents read its post, by platform; ``left_out``:
    the platforms that the kit asks for and the unit's post does not go to, of ``asked``.
    """

    unit: Unit
    state: states.AdoptionState
    adoption: Adoption | None = None
    links: list[tuple[str, str]] = field(default_factory=list)
    asked: int = 0
    left_out: list[str] = field(default_factory=list)

    @property
    def reached(self) -> int:
        return self.asked - len(self.left_out)

    @property
    def phone(self) -> str:
        """Return the telephone of the leader of a unit that has not opened the kit."""
        facts = getattr(self.unit, "facts", None)
        return facts.leader_phone if facts and self.state.key == states.UNOPENED else ""


def list_rows(kit: Kit, places: Iterable[Place]) -> list[Row]:
    """Return the rows of a page. Four statements."""
    places = list(places)
    units = Unit.objects.select_related("parent", "facts").in_bulk([place.unit for place in places])
    adoptions = {
        adoption.unit_id: adoption
        for adoption in Adoption.objects.filter(kit=kit, unit__in=units)
        .select_related("by")
        .annotate(post_id=F("post"))
    }
    links = _find_links([adoption.post_id for adoption in adoptions.values()])
    asked = kit.current.platforms if kit.current else []
    reached = _find_platforms([adoption.post_id for adoption in adoptions.values()])
    rows = []
    for place in places:
        if place.unit not in units:
            continue
        row = Row(units[place.unit], STATES[place.state], adoptions.get(place.unit))
        row.links = links.get(place.unit, [])
        if place.unit in reached:
            row.asked = len(asked)
            row.left_out = [name for name in asked if name not in reached[place.unit]]
        rows.append(row)
    return rows


def _find_platforms(posts: Iterable[int | None]) -> dict[int, set[str]]:
    """Return by unit the platforms to which the posts go."""
    reached: dict[int, set[str]] = {}
    goes = PostChannel.objects.switched_on().filter(post__in=[post for post in posts if post])
    for unit, platform in goes.order_by().values_list("post__unit", "channel__platform"):
        reached.setdefault(unit, set()).add(platform)
    return reached


def _find_links(posts: Iterable[int | None]) -> dict[int, list[tuple[str, str]]]:
    """Return by unit where residents read the posts. Asked for by posts: by kit and unit, the
    database read all that these units ever published.
    """
    live = Delivery.objects.filter(
        post__in=[post for post in posts if post], state=State.PUBLISHED, recall__isnull=True
    ).exclude(permalink="")
    links: dict[int, list[tuple[str, str]]] = {}
    for unit, platform, link in live.order_by("pk").values_list("unit", "platform", "permalink"):
        links.setdefault(unit, []).append((platform, link))
    return links


class Line(NamedTuple):
    """A unit of the board as a file has it."""

    unit: str
    province: str
    code: str
    state: str
    reason: str = ""
    remark: str = ""
    adopted_at: datetime | None = None
    opened_at: datetime | None = None
    links: str = ""


_OF_UNIT = ("pk", "level", "name", "parent__place", "code")
_OF_ADOPTION = ("unit", "post", "declined_at", "reason", "remark", "adopted_at", "opened_at")


def list_lines(kit: Kit, places: Sequence[Place]) -> Iterator[Line]:
    """Yield all rows for a file, without models: there may be thousands. Three statements."""
    unit_ids = [place.unit for place in places]
    units = {
        pk: (name, above if level == Level.COMMUNE else "", code)
        for pk, level, name, above, code in Unit.objects.filter(pk__in=unit_ids)
        .order_by()
        .values_list(*_OF_UNIT)
    }
    adoptions = {
        row["unit"]: row
        for row in Adoption.objects.filter(kit=kit, unit__in=unit_ids).values(*_OF_ADOPTION)
    }
    links = _find_links(row["post"] for row in adoptions.values())
    for place in places:
        if place.unit in units:
            row = adoptions.get(place.unit, {})
            declined = row.get("declined_at") is not None
            yield Line(
                *units[place.unit],
                place.state,
                reason=row["reason"] if declined else "",
                remark=row["remark"] if declined else "",
                adopted_at=row.get("adopted_at"),
                opened_at=row.get("opened_at"),
                links=" ".join(link for _platform, link in links.get(place.unit, ())),
            )
