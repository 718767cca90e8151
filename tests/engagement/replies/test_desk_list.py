"""The list of the reply desk: it leads to no desk that refuses, and leaves out none that opens."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.permissions import Role
from channels.models import Channel
from channels.states import Health, Lifecycle
from engagement.models import CommentCount, Measurement, ReplyAllowance
from engagement.replies import services as replies
from publishing.models import Delivery
from publishing.states import ReceiptSource, State
from tests import factories
from units.models import Unit

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def unit():
    unit = factories.UnitFactory()
    ReplyAllowance.objects.create(
        unit=unit.parent, allowed_by=factories.UserFactory(), reason="Có người trực"
    )
    return unit


@pytest.fixture
def officer(client, unit):
    officer = factories.person(Role.OFFICER, unit)
    client.force_login(officer)
    return officer


def post(unit, platform="facebook", *, on=None, **fields) -> Delivery:
    """Publish a post on a page of its own, which is changed afterwards by ``on``."""
    page = factories.ChannelFactory(unit=unit, platform=platform)
    given = {"receipt_source": ReceiptSource.PLATFORM, **fields}
    row = factories.live_delivery(page, **given)
    Channel.objects.filter(pk=page.pk).update(**on or {})
    return Delivery.objects.select_related("channel", "unit").get(pk=row.pk)


def find_listed(officer) -> set[Delivery]:
    return set(replies.find_desk_deliveries(officer, now=timezone.now()))


SHOWN = {
    "usual": {},
    "a page that rests": {"on": {"lifecycle": Lifecycle.PAUSED}},
    "a page that nobody has confirmed": {"on": {"confirmed_at": None}},
    "two months less a day": {"published_at": timezone.now() - 59 * DAY},
}
REFUSED = {
    "taken down": {"state": State.RECALLED},
    "posted by a person": {"receipt_source": ReceiptSource.POSTED, "remote_id": ""},
    "a platform that shows no comments": {"platform": "telegram"},
    "a lost page": {"on": {"health": Health.LOST}},
    "a page that was left": {"on": {"health": Health.DISCONNECTED}},
    "a page with another name": {"on": {"lifecycle": Lifecycle.FROZEN}},
    "a page in other hands": {"on": {"lifecycle": Lifecycle.TAKEN_OVER}},
}


def test_each_post_of_the_list_has_a_desk_and_the_others_say_why_not(unit, officer):
    shown = {name: post(unit, **fields) for name, fields in SHOWN.items()}
    refused = {name: post(unit, **fields) for name, fields in REFUSED.items()}

    assert find_listed(officer) == set(shown.values())
    assert {name: replies.explain_refusal(row) for name, row in shown.items()} == dict.fromkeys(
        SHOWN, ""
    )
    assert all(replies.explain_refusal(row) for row in refused.values())


def test_the_posts_of_a_page_that_was_handed_over_are_not_listed(client, unit, officer):
    other = factories.UnitFactory(parent=unit.parent)
    row = post(unit, on={"unit": other})
    assert replies.explain_refusal(row)

    page = client.get(reverse("engagement:desks"))

    assert find_listed(officer) == set()
    assert page.context["posts"] == []


def test_a_unit_that_ended_and_what_is_too_old_are_not_listed(unit, officer):
    post(unit, published_at=timezone.now() - 61 * DAY)
    row = post(unit)
    assert find_listed(officer) == {row}

    Unit.objects.filter(pk=unit.pk).update(valid_to=timezone.localdate())

    row = Delivery.objects.select_related("channel", "unit").get(pk=row.pk)
    assert find_listed(officer) == set()
    assert replies.explain_refusal(row)


@pytest.mark.parametrize(
    ("role", "place"),
    [
        (Role.OFFICER, "neighbour"),
        (Role.SUPERVISOR, "province"),
        (Role.ADMINISTRATOR, "province"),
    ],
)
def test_nobody_else_finds_the_posts_of_the_unit(unit, role, place):
    post(unit)
    where = factories.UnitFactory(parent=unit.parent) if place == "neighbour" else unit.parent

    assert find_listed(factories.person(role, where)) == set()


@pytest.mark.parametrize(
    ("measured", "seen", "waiting"),
    [
        (None, None, 0),
        (7, None, 7),
        (None, {"answered": 2, "unanswered": 3, "hidden": 1}, 3),
        (6, {"answered": 2, "unanswered": 3, "hidden": 1}, 3),
        (9, {"answered": 2, "unanswered": 3, "hidden": 1}, 6),
        (2, {"answered": 2, "unanswered": 3, "hidden": 1}, 3),
        (5, {"answered": 5, "unanswered": 0, "hidden": 0}, 0),
    ],
)
def test_comments_that_wait_are_those_that_were_seen_or_have_come_since(
    unit, measured, seen, waiting
):
    row = post(unit)
    if measured is not None:
        Measurement.objects.create(delivery=row, taken_at=timezone.now(), comments=measured)
    if seen:
        CommentCount.objects.create(delivery=row, taken_at=timezone.now(), **seen)

    (found,) = replies.count_waiting(Delivery.objects.filter(pk=row.pk))

    assert found.waiting == waiting


def test_the_post_with_most_that_waits_stands_first(client, unit, officer):
    rows = [post(unit, published_at=timezone.now() - n * DAY) for n in range(4)]
    for row, n in zip(rows, (0, 3, 9, 3), strict=True):
        Measurement.objects.create(delivery=row, taken_at=timezone.now(), comments=n)

    posts = client.get(reverse("engagement:desks")).context["posts"]

    assert [deliveries[0] for deliveries in posts] == [rows[2], rows[1], rows[3], rows[0]]
