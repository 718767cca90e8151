"""A day that would hold more posts than the platform takes is said before it is filled."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.permissions import Role
from channels.presenters import describe_limits
from platforms.registry import CONNECTORS
from publishing.presenters.scheduling import full_day_warning
from publishing.receivers import channels
from publishing.scheduling.conflicts import full_days
from publishing.states import State
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.clock("2030-11-25 08:00")]
SEVEN = timezone.make_aware(datetime(2030, 12, 2, 7, 0))


@pytest.fixture
def unit():
    return factories.UnitFactory()


@pytest.fixture
def account(unit):
    return factories.ChannelFactory(unit=unit, platform="threads")


def most(monkeypatch, platform, **limits):
    """Limit what the platform takes a day."""
    connector = CONNECTORS[platform]
    monkeypatch.setattr(
        connector,
        "facts",
        replace(connector.facts, **{"per_page_day": 0, "per_app_day": 0} | limits),
    )


def planned(channel, *, at=SEVEN, **fields):
    return factories.delivery(
        factories.approved(unit=channel.unit, channels=[channel]), channel, due_at=at, **fields
    )


def full(channel, *, at=SEVEN, post=None):
    post = post or factories.approved(unit=channel.unit, channels=[channel])
    return [(day.channel, day.day, day.most, day.of_app) for day in full_days(post, {channel: at})]


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


@pytest.fixture
def reel(monkeypatch, unit):
    """Plan a post for a page that takes two Reels a day, and as many other posts as one likes."""
    connector = CONNECTORS["facebook"]
    formats = [
        replace(form, per_page_day=2 if form.name == "reel" else 0)
        for form in connector.facts.formats
    ]
    monkeypatch.setattr(connector, "facts", replace(connector.facts, formats=formats))
    page = factories.ChannelFactory(unit=unit)

    def plan(form="reel", *, planned=True):
        post = factories.PostFactory(unit=unit, channels=[page])
        post.targets.update(format=form)
        factories.approved(post)
        if planned:
            factories.delivery(post, page, due_at=SEVEN)
        return post

    return plan


def test_a_day_may_be_full_for_one_format_alone(reel):
    reel(), reel("post"), reel("post")
    third = reel(planned=False)
    page = third.targets.get().channel
    assert full_days(third, {page: SEVEN}) == []
    reel()

    (day,) = full_days(third, {page: SEVEN})

    assert (day.most, day.format, full_days(reel("post", planned=False), {page: SEVEN})) == (
        2,
        "reel",
        [],
    )
    assert "2 posts of the format “Reel” a day" in full_day_warning(day)


def test_channels_with_too_many_of_a_format_are_reported_ahead(reel):
    posts = [reel(), reel(), reel("post")]
    now, page = SEVEN - timedelta(hours=5), posts[0].targets.get().channel
    assert channels.find_overbooked_channels(now=now, days=2) == set()
    reel()

    assert channels.find_overbooked_channels(now=now, days=2) == {page.pk}


def test_a_full_day_of_the_application_is_reported_for_each_of_its_channels(monkeypatch):
    most(monkeypatch, "threads", per_app_day=2)
    pages = [factories.ChannelFactory(platform="threads") for _ in range(4)]
    now = SEVEN - timedelta(hours=8)
    planned(pages[0]), planned(pages[1])
    for page in (pages[2], pages[3]):
        planned(page, at=SEVEN + timedelta(days=1))
    assert channels.find_overbooked_channels(now=now, days=3) == set()
    planned(pages[2])

    assert channels.find_overbooked_channels(now=now, days=3) == {page.pk for page in pages[:3]}


@pytest.mark.parametrize("platform", ["facebook", "instagram"])
def test_thirty_reels_a_day_is_a_fact(platform):
    facts = CONNECTORS[platform].facts
    assert facts.format("reel").per_page_day == 30
    assert any("30" in sentence and "Reel" in sentence for sentence in describe_limits(facts))


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
    asked = client.post(
        reverse("publishing:calendar_move"), drag, content_type="application/json"
    ).json()["ask"]
    assert words in asked
    waiting = factories.submitted(
        unit=unit, channels=[account], requested_time=SEVEN + timedelta(hours=4)
    )
    assert (
        words in client.get(reverse("publishing:review", args=[waiting.public_id])).content.decode()
    )
