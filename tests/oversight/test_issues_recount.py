"""Issues of the units of a province, counted once more from the rows."""

import random
from collections import Counter
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.permissions import Role
from campaigns.kits.models import Adoption, Kit
from channels.models import Channel, UnrecognisedPost
from channels.states import Health, Lifecycle, Verdict
from oversight.kinds import FINE, KINDS
from oversight.matters.models import Matter
from publishing.models import Delivery
from publishing.states import Reason, State
from tests import factories
from units.models import Unit

pytestmark = pytest.mark.django_db
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
UNITS = 30


@pytest.fixture
def province():
    return factories.ProvinceFactory()


@pytest.fixture
def overseer(client, province):
    overseer = factories.person(Role.OVERSEER, province)
    client.force_login(overseer)
    return overseer


def add_page(unit, dice, now):
    page = factories.ChannelFactory(unit=unit, platform=dice.choice(["facebook", "zalo"]))
    Channel.objects.filter(pk=page.pk).update(
        health=dice.choice([Health.CONNECTED] * 4 + [Health.LOST, Health.DISCONNECTED]),
        lifecycle=dice.choice([Lifecycle.ACTIVE] * 5 + [Lifecycle.FROZEN, Lifecycle.PAUSED]),
        confirmed_at=dice.choice([now] * 5 + [None]),
        expires_at=dice.choice([None, now + 13 * DAY, now + 15 * DAY]),
    )
    return page


def add_delivery(page, *, at, **fields):
    post = factories.approved(factories.PostFactory(unit=page.unit, channels=[page]))
    return factories.delivery(post, page, due_at=at, **fields)


def fill(province, dice):
    """Give each unit of the province what chance says."""
    now = timezone.now()
    kits = [
        factories.kit(province, state="issued", window_until=timezone.localdate() + n * DAY)
        for n in (1, 3, 4)
    ]
    writer = factories.UserFactory()
    for number in range(UNITS):
        unit = factories.UnitFactory(parent=province)
        pages = [add_page(unit, dice, now) for _number in range(dice.choice([0, 1, 1, 2]))]
        for page in pages[:1]:
            ago = dice.choice([HOUR, 13 * DAY, 15 * DAY])
            if dice.random() < 0.8:
                published = {"state": State.PUBLISHED, "published_at": now - ago}
                add_delivery(page, at=now - ago, remote_id=f"r{number}", **published)
            for reason in dice.choice([[], [], [Reason.LEAK], [Reason.REFUSED] * 2]):
                add_delivery(page, at=now - HOUR, state=State.FAILED, error_code=reason)
            for verdict in dice.choice(
                [[], [], [Verdict.OPEN], ["ours", Verdict.OPEN, Verdict.OPEN]]
            ):
                factories.unrecognised_post(page, verdict=verdict)
        for late in dice.choice([[], [], [1], [1, 0], [-1]]):
            factories.matter(
                unit,
                deadline=timezone.localdate() - late * DAY,
                state=dice.choice(["open", "reopened", "answered"]),
            )
        for kit in kits:
            act = dice.choice([None, "opened_at", "adopted_at", "declined_at"])
            if act:
                given = {act: now, "reason": "other" if act == "declined_at" else ""}
                Adoption.objects.create(kit=kit, version=kit.current, unit=unit, by=writer, **given)


def recount(unit) -> Counter[str]:
    """Count what a unit needs with Python alone."""
    now, today = timezone.now(), timezone.localdate()
    found: Counter[str] = Counter()
    pages = [page for page in unit.channels.all() if page.health != Health.DISCONNECTED]
    for page in pages:
        works = page.health == Health.CONNECTED and page.lifecycle == Lifecycle.ACTIVE
        is_lost = page.health == Health.LOST and page.lifecycle == Lifecycle.ACTIVE
        if is_lost or page.lifecycle == Lifecycle.FROZEN or (works and not page.confirmed_at):
            found["dead"] += 1
        elif works and page.expires_at and page.expires_at < now + 14 * DAY:
            found["dying"] += 1
    found["unrecognised"] = sum(
        post.verdict == Verdict.OPEN for post in UnrecognisedPost.objects.filter(channel__unit=unit)
    )
    deliveries = list(Delivery.objects.filter(unit=unit))
    failed = [row.error_code for row in deliveries if row.state == State.FAILED]
    found["blocked"] = failed.count(Reason.LEAK)
    found["late"] = len(failed) - failed.count(Reason.LEAK)
    found["matter"] = sum(
        matter.state != "answered" and matter.deadline < today
        for matter in Matter.objects.filter(unit=unit)
    )
    decided = {
        row.kit_id
        for row in Adoption.objects.filter(unit=unit)
        if row.adopted_at or row.declined_at
    }
    ending = [
        kit
        for kit in Kit.objects.select_related("current")
        if kit.current.window_until - today <= 3 * DAY
    ]
    found["kit"] = sum(kit.pk not in decided for kit in ending)
    posts = [row.published_at for row in deliveries if row.published_at]
    if not pages:
        found["pageless"] = 1
    elif not posts or max(posts) < now - 14 * DAY:
        found["silent"] = 1
    return +found


@pytest.mark.parametrize("seed", [1, 2])
def test_the_board_shows_of_each_unit_what_a_count_by_hand_finds(client, province, overseer, seed):
    fill(province, random.Random(seed))
    expected = {unit: recount(unit) for unit in Unit.objects.filter(parent=province)}
    assert {kind for counts in expected.values() for kind in counts} == set(KINDS)

    board = client.get(reverse("oversight:board"))

    shown = {row.unit: row for row, _kind in board.context["tiles"]}
    assert {unit: +row.counts for unit, row in shown.items()} == expected
    order = list(KINDS)
    for unit, counts in expected.items():
        worst = min(counts, key=order.index, default=FINE.key)
        assert shown[unit].worst.key == worst
    filters = {kind.key: n for kind, n in board.context["filters"]}
    by_kind = Counter(kind for counts in expected.values() for kind in counts)
    by_kind[FINE.key] = sum(not counts for counts in expected.values())
    assert filters == +by_kind


def test_the_page_of_each_unit_says_the_same_as_its_tile(client, province, overseer):
    fill(province, random.Random(3))

    for row, _kind in client.get(reverse("oversight:board")).context["tiles"]:
        page = client.get(reverse("oversight:issues", args=[row.unit.key]))
        found = [(issue.kind.key, issue.n) for issue in page.context["issues"]]
        assert found == [(kind.key, n) for kind, n in row.found]


def test_a_unit_of_another_province_has_no_page_and_is_not_reminded(client, overseer):
    foreign = factories.UnitFactory()

    page = client.get(reverse("oversight:issues", args=[foreign.key]))
    sent = client.post(reverse("oversight:remind", args=[foreign.key]), {"kind": "pageless"})

    assert (page.status_code, sent.status_code) == (404, 404)
