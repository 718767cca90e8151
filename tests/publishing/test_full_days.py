"""A day that would hold more posts than the platform takes is said before it is filled."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.permissions import Role
from channels.connectors import CONNECTORS
from publishing import queries
from publishing.states import State
from tests import factories

pytestmark = pytest.mark.django_db
SEVEN = timezone.make_aware(datetime(2030, 12, 2, 7, 0))


@pytest.fixture
def unit():
    return factories.UnitFactory()


@pytest.fixture
def account(unit):
    return factories.ChannelFactory(unit=unit, platform="threads")


def most(monkeypatch, platform, **limits):
    """What the platform takes a day."""
    connector = CONNECTORS[platform]
    monkeypatch.setattr(connector, "facts", replace(connector.facts, **{"per_page_day": 0, "per_app_day": 0} | limits))


def planned(channel, *, at=SEVEN, **fields):
    return factories.delivery(factories.approved(unit=channel.unit, channels=[channel]), channel, due_at=at, **fields)


def full(channel, *, at=SEVEN, post=None):
    post = post or factories.approved(unit=channel.unit, channels=[channel])
    return [(day.channel, day.day, day.most, day.of_app) for day in queries.full_days(post, {channel: at})]


def test_a_pages_day_is_full_with_one_more_than_it_takes(monkeypatch, account):
    most(monkeypatch, "threads", per_page_day=2)
    planned(account, at=SEVEN.replace(hour=0))
    assert full(account) == []
    planned(account, at=SEVEN.replace(hour=23, minute=59))
    assert full(account) == [(account, SEVEN.date(), 2, False)]
    assert full(account, at=SEVEN + timedelta(days=1)) == []


def test_the_days_of_all_units_together_fill_that_of_the_application(monkeypatch, account):
    most(monkeypatch, "threads", per_app_day=2)
    for _ in range(2):
        planned(factories.ChannelFactory(unit=factories.UnitFactory(), platform="threads"))
    assert full(account) == [(account, SEVEN.date(), 2, True)]


def test_what_is_out_or_over_and_the_post_itself_take_no_room(monkeypatch, account):
    most(monkeypatch, "threads", per_page_day=1)
    planned(account, state=State.PUBLISHED, remote_id="1", published_at=SEVEN)
    planned(account, state=State.CANCELLED)
    moved = planned(account)
    assert full(account, at=SEVEN + timedelta(hours=2), post=moved.post) == []


def test_it_is_said_where_the_time_is_chosen_moved_and_approved(client, monkeypatch, unit, account):
    most(monkeypatch, "threads", per_page_day=1)
    planned(account)
    words = "has a limit of 1 a day, and on 02/12/2030 more posts are planned"
    client.force_login(factories.person(Role.APPROVER, unit, language="en"))
    post = factories.approved(unit=unit, channels=[account])
    given = {"channels": [account.public_id], "due_at": "2030-12-02T09:00"}
    address = reverse("publishing:schedule", args=[post.public_id])

    assert words in client.get(address, given, headers={"HX-Request": "true"}).content.decode()
    assert words in client.post(address, given, follow=True).content.decode()
    (moved,) = post.deliveries.all()
    move = reverse("publishing:move", args=[moved.public_id])
    assert words in client.post(move, {"due_at": "2030-12-02T10:00"}, follow=True).content.decode()
    drag = {"deliveries": [str(moved.public_id)], "due_at": "2030-12-02T04:00:00Z"}
    said = client.post(reverse("publishing:calendar_move"), drag, content_type="application/json").json()["said"]
    assert words in said
    waiting = factories.submitted(unit=unit, channels=[account], wanted_at=SEVEN + timedelta(hours=4))
    assert words in client.get(reverse("publishing:review", args=[waiting.public_id])).content.decode()
