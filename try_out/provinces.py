"""The other provinces: each is elsewhere on its way with the portal. Some have not begun, in some a
few communes have a page, in some most publish. Their rows are of the same kind as those of the
stations, so what a page adds up agrees with what it drills down to.

Written in bulk, for `make run` waits for it. The pages do not stand in the simulator, so nothing
asks for them.
"""

import random
from collections.abc import Iterable, Iterator
from datetime import datetime, time, timedelta
from typing import NamedTuple

from django.utils import timezone

from accounts.models import Appointment, User
from accounts.permissions import Role
from audit.services import make_entry, record_entries
from campaigns.kits import issuing
from campaigns.kits.models import Adoption, Kit, KitVersion
from campaigns.kits.states import Declined
from campaigns.models import Topic
from channels.models import Channel, PageCheck
from channels.states import Health, Kind
from core.text import fold
from engagement.models import FollowerCount
from outreach_portal.guard import TRY_OUT_DOMAIN
from posts.canonical.html import to_plain_text
from posts.models import Post
from try_out import people, samples, year
from try_out.history import time_set_to
from try_out.people import Staff, World
from units.models import Level, Unit

# How far provinces are, as the share of communes that have a page; dealt out by chance.
SHARES = (0, 0, 0, 0, 0.03, 0.05, 0.08, 0.08, 0.12, 0.15, 0.18, 0.2, 0.25, 0.3, 0.4, 0.55)
SHARE_OF = {"46": 0.4, "01": 0.18, "79": 0.12}  # where stations are, by the province's code
MOST_UNITS = 30  # in one province
# The share of pages that published lately, as provinces differ in it.
ALIVE = (0.45, 0.6, 0.75, 0.85, 0.95)
BEFORE = 0.5  # of them that published a month ago
FAMILIES = ("Nguyễn", "Trần", "Lê", "Phạm", "Hoàng", "Huỳnh", "Phan", "Vũ", "Đặng", "Bùi", "Đỗ")
MIDDLES = ("Văn", "Thị", "Minh", "Quốc", "Thanh", "Ngọc", "Hữu", "Thu", "Đức", "Xuân")
NAMES = ("An", "Bình", "Chi", "Dũng", "Giang", "Hà", "Hùng", "Lan", "Long", "Mai", "Nam", "Phương")
SINCE = timedelta(days=70)  # the pages of these provinces were connected then
# Nothing answers for these pages: they are asked for when no try-out stands any more.
NEVER = timedelta(days=3650)
HOURS = (time(6, 30), time(11, 30), time(18), time(19, 30))


class Place(NamedTuple):
    """A province with the officials who oversee it, and its communes that have a page."""

    unit: Unit
    overseer: User
    staff: list[Staff]
    alive: float


def create_provinces(world: World, now: datetime, topics: dict[str, Topic]) -> None:
    """Fill the other provinces, of which those that begun pass the ministry's kit on."""
    chance = random.Random(34)  # noqa: S311 - the same country each time
    with time_set_to(now - SINCE):
        places = _create_places(world, chance)
        pages = _create_pages(places, now, chance)
    kit = Kit.objects.get(unit=world.province.parent, current__isnull=False)
    passing = [place for place in places[::3] if place.unit.code != people.SECOND_PROVINCE]
    for place in passing:
        with time_set_to(now - timedelta(days=chance.randrange(2, 5), hours=chance.randrange(9))):
            issuing.pass_on(kit, unit=place.unit, by=place.overseer)
    pieces = list(_make_pieces(places, pages, now, topics, chance))
    # One province had passed it on before.
    passing += [place for place in places if place.unit.code == people.SECOND_PROVINCE]
    pieces += _make_pieces_of_kit(passing, pages, now, kit, chance)
    year.store_pieces(pieces, now, chance)
    newest = {piece.post.unit_id: piece.due for piece in sorted(pieces, key=lambda row: row.due)}
    PageCheck.objects.bulk_create(
        _make_page_check(page, newest.get(unit), now, chance) for unit, page in pages.items()
    )


def _create_places(world: World, chance: random.Random) -> list[Place]:
    known = {staff.unit.pk for staff in world.staff.values()}
    units: dict[int, list[Unit]] = {}
    for unit in Unit.objects.filter(
        level=Level.COMMUNE, has_police_body=True, valid_to=None
    ).exclude(pk__in=known):
        units.setdefault(unit.parent_id or 0, []).append(unit)
    accounts = _Accounts(chance)
    places = []
    provinces = Unit.objects.filter(level=Level.PROVINCE, valid_to=None)
    for number, unit in enumerate(provinces.exclude(pk=world.province.pk).order_by("code")):
        share = SHARE_OF.get(unit.code, SHARES[number * 7 % len(SHARES)])
        if not share:
            continue
        below = units[unit.pk]
        wanted = min(MOST_UNITS, max(2, round(share * len(below))))
        title = "Phó Trưởng phòng Công tác chính trị"
        overseer = accounts.add(unit, "phutrach", Role.OVERSEER, title)
        staff = []
        for commune in sorted(chance.sample(below, wanted), key=lambda row: row.code):
            kind = commune.place.split()[0].lower()
            officer = accounts.add(commune, "canbo", Role.OFFICER, "Cán bộ soạn thảo")
            chief = accounts.add(commune, "truong", Role.APPROVER, f"Trưởng Công an {kind}")
            staff.append(Staff(commune, officer, chief, chief))
        places.append(Place(unit, overseer, staff, chance.choice(ALIVE)))
    accounts.store()
    return places


class _Accounts:
    """People with an account that nobody can sign in to: they are there to be seen."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.users: list[User] = []
        self.appointments: list[Appointment] = []

    def add(self, unit: Unit, word: str, role: Role, title: str) -> User:
        parts = (self.chance.choice(words) for words in (FAMILIES, MIDDLES, NAMES))
        username = f"{'tinh-' if unit.level == Level.PROVINCE else 'xa-'}{unit.code}.{word}"
        user = User(
            username=username,
            email=f"{username}@{TRY_OUT_DOMAIN}",
            full_name=" ".join(parts),
            password="!",  # noqa: S106 - none fits
        )
        user.fill_search()
        self.users.append(user)
        self.appointments.append(
            Appointment(user=user, unit=unit, role=role, title=title, valid_from=people.SINCE)
        )
        return user

    def store(self) -> None:
        User.objects.bulk_create(self.users)
        Appointment.objects.bulk_create(self.appointments)


def _create_pages(
    places: Iterable[Place], now: datetime, chance: random.Random
) -> dict[int, Channel]:
    """Create a Facebook page for each commune, of which some ask for an act of their unit; return
    them by unit.
    """
    rows = []
    for place in places:
        for staff in place.staff:
            draw = chance.random()
            rows.append(
                Channel(
                    unit=staff.unit,
                    platform=Kind.FACEBOOK,
                    external_id=f"try-out-{staff.unit.code}",
                    name=staff.unit.name,
                    known_name=staff.unit.name,
                    followers=None if draw < 0.08 else int(900 + 14_000 * chance.random() ** 2),
                    health=Health.LOST if draw > 0.985 else Health.CONNECTED,
                    health_code="190/460" if draw > 0.985 else "",
                    expires_at=now + timedelta(days=9) if 0.97 < draw < 0.985 else None,
                    checked_at=now - timedelta(hours=2),
                    check_at=now + NEVER,
                    subscribe_at=None,
                    connected_by=staff.officer,
                    connected_at=now - SINCE,
                    confirmed_by=staff.chief,
                    confirmed_at=now - SINCE,
                )
            )
    Channel.objects.bulk_create(rows)
    today = timezone.localdate(now)
    FollowerCount.objects.bulk_create(
        FollowerCount(
            channel=row, day=today - timedelta(days=ago), followers=row.followers - ago * 3
        )
        for row in rows
        if row.followers
        for ago in (0, 30, 60)
    )
    record_entries(
        make_entry("channel.connected", row, by=row.connected_by, position="", at=row.connected_at)
        for row in rows
    )
    return {row.unit_id: row for row in rows}


def _make_page_check(
    row: Channel, last_post_at: datetime | None, now: datetime, chance: random.Random
) -> PageCheck:
    items = ("picture", "cover", "description", "address", "phone", "hours", "register", "pinned")
    return PageCheck(
        channel=row,
        told=[*items, "recent"],
        last_post_at=last_post_at,
        recent=last_post_at is not None and now - last_post_at < timedelta(days=30),
        read_at=now - timedelta(hours=6),
        due_at=now + NEVER,
        **{name: chance.random() < 0.9 - number * 0.08 for number, name in enumerate(items)},
    )


def _make_pieces(
    places: Iterable[Place],
    pages: dict[int, Channel],
    now: datetime,
    topics: dict[str, Topic],
    chance: random.Random,
) -> Iterator[year.Piece]:
    """Make what the communes published of themselves in the last weeks."""
    known, today = list(samples.read_samples().values()), timezone.localdate(now)
    for place in places:
        for staff in place.staff:
            lately = chance.random() < place.alive
            days = [chance.randrange(2, 27) for _nth in range(lately * chance.choice((1, 1, 2)))]
            # And before that, so that this month can be compared with the last one.
            days += [chance.randrange(31, 56)] * (chance.random() < BEFORE)
            for ago in days:
                day = today - timedelta(days=ago)
                due = timezone.make_aware(datetime.combine(day, chance.choice(HOURS)))
                told = [sample for sample in known if year.is_in_season(sample.code, day)]
                wording = year.make_wording(chance.choice(told), staff, topics)
                post = year.make_post(wording, staff, due)
                yield year.Piece(staff, post, due, [pages[staff.unit.pk]])


def _make_pieces_of_kit(
    places: Iterable[Place],
    pages: dict[int, Channel],
    now: datetime,
    kit: Kit,
    chance: random.Random,
) -> list[year.Piece]:
    """Make what communes published of the ministry's kit; note who has opened or declined it."""
    version = kit.current
    assert version
    adoptions, pieces = [], []
    yesterday = timezone.localdate(now) - timedelta(days=1)
    for place in places:
        for staff in place.staff:
            draw = chance.random()
            if draw > 0.7:
                continue
            at = now - timedelta(hours=chance.randrange(30, 40))
            row = Adoption(
                kit=kit, version=version, unit=staff.unit, opened_at=at, by=staff.officer
            )
            adoptions.append(row)
            if draw < 0.35:
                row.adopted_at = at
                due = timezone.make_aware(datetime.combine(yesterday, chance.choice(HOURS)))
                post = _make_post_of_kit(version, kit, staff, due, row)
                pieces.append(year.Piece(staff, post, due, [pages[staff.unit.pk]]))
            elif draw < 0.42:
                row.declined_at, row.reason = at, Declined.DONE_ALREADY
    Adoption.objects.bulk_create(adoptions)
    return pieces


def _make_post_of_kit(
    version: KitVersion, kit: Kit, staff: Staff, due: datetime, adoption: Adoption
) -> Post:
    adoption.values = {row["name"]: row["example"] for row in version.placeholders}
    text = version.text.format(don_vi=staff.unit.name, **adoption.values)
    body = samples.to_html(text)
    search = fold(f"{version.title} {to_plain_text(body)}")
    wording = year.Wording(version.title, body, search, kit.topic, "")
    post = year.make_post(wording, staff, due)
    post.title, post.search = version.title, search
    post.campaign, post.adoption = kit.campaign, adoption
    return post
