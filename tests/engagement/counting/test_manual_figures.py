"""Figures that people enter where a platform tells none: marked as such, summed, and empty is never
0.
"""

import csv
import io

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.permissions import Role
from audit.models import Entry
from channels.states import Health
from core.errors import NotAllowed, Refused
from core.periods import Period
from engagement.counting import post_claims, schedule
from engagement.counting import services as counting
from engagement.dashboards import queries
from engagement.models import Count, Measurement
from publishing.models import Delivery
from publishing.states import State
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def unit():
    return factories.UnitFactory()


@pytest.fixture
def officer(unit):
    return factories.person(Role.OFFICER, unit, language="en")


@pytest.fixture
def campaign(unit):
    return factories.CampaignFactory(unit=unit.parent)


@pytest.fixture
def posted(unit, campaign, publish):
    channel = factories.ChannelFactory(unit=unit, health=Health.MANUAL)
    delivery = publish(unit=unit, channel=channel, campaign=campaign)
    Delivery.objects.filter(pk=delivery.pk).update(receipt_source="posted", remote_id="")
    delivery.refresh_from_db()
    return delivery


def page(client, delivery):
    return client.get(reverse("engagement:post_counts", args=[delivery.post.public_id]))


def enter(client, delivery, **figures):
    return client.post(reverse("engagement:enter_figures", args=[delivery.public_id]), figures)


def test_what_is_entered_stands_with_its_source_and_time_and_empty_is_not_measured(
    client, posted, officer
):
    client.force_login(officer)

    enter(client, posted, views="1200", shares="0")

    count = Count.objects.get()
    assert (count.source, count.views, count.shares, count.reach) == ("hand", 1200, 0, None)
    html = page(client, posted).content.decode()
    assert "entered by hand" in html
    assert ("1,200" in html, "not measured" in html) == (True, True)
    entry = Entry.objects.get(action="delivery.counted")
    assert (entry.actor_name, entry.data["figures"]) == (str(officer), {"views": 1200, "shares": 0})


def test_a_second_entry_keeps_what_it_leaves_empty(posted, officer):
    counting.enter_figures(posted, by=officer, figures={"views": 100, "reactions": 7})
    counting.enter_figures(posted, by=officer, figures={"views": 150})

    newest = Measurement.objects.get()
    assert (newest.views, newest.reactions, newest.reach) == (150, 7, None)
    assert list(Count.objects.order_by("taken_at").values_list("views", "reactions")) == [
        (100, 7),
        (150, None),
    ]


def test_sums_include_them_and_say_how_many_they_are(posted, officer, campaign, publish, unit):
    publish(unit=unit, campaign=campaign, views=30)
    counting.enter_figures(posted, by=officer, figures={"views": 12})
    boss = factories.person(Role.OVERSEER, unit.parent)

    total = queries.sum_totals(queries.find_published(boss, campaign, Period.last_days(2)))

    assert (total["views"], total["views_of"], total["reach"], total["manual"]) == (42, 2, None, 1)


def test_the_export_names_the_source_of_each_figure(
    client, posted, officer, campaign, publish, unit
):
    publish(unit=unit, campaign=campaign, views=30)
    counting.enter_figures(posted, by=officer, figures={"views": 12})
    client.force_login(factories.person(Role.OVERSEER, unit.parent, language="en"))

    content = client.get(
        reverse("engagement:campaign_export", args=[campaign.public_id]), {"format": "csv"}
    ).content

    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    assert sorted((row[7], row[-1]) for row in rows[1:]) == [
        ("12", "entered by hand"),
        ("30", "told by the platform"),
    ]


@pytest.mark.parametrize(
    ("given", "errors"),
    [
        ({"views": "-1"}, {"views": ["A total cannot be below 0."]}),
        ({"views": "12.5"}, {"views": ["Please enter a whole number, without dots."]}),
        ({"reach": "9" * 12}, {"reach": ["This number is too large. Please look again."]}),
        ({}, {"__all__": ["Please enter at least one total. Leave empty what you do not know."]}),
    ],
)
def test_what_is_no_total_is_refused_and_kept_on_the_screen(client, posted, officer, given, errors):
    client.force_login(officer)

    response = enter(client, posted, **given)

    assert (response.status_code, response.context["form"].errors) == (422, errors)
    assert not Count.objects.exists()


def test_nothing_is_entered_where_the_platform_reports_it_nor_where_nothing_is_live(
    posted, officer, publish, unit
):
    result = publish(unit=unit)
    with pytest.raises(Refused, match="tells the figures of this post itself"):
        counting.enter_figures(result, by=officer, figures={"views": 1})

    posted.state = State.RECALLED
    with pytest.raises(Refused, match="stands on the page"):
        counting.enter_figures(posted, by=officer, figures={"views": 1})


def test_only_who_may_schedule_enters_them_and_is_offered_to(client, posted, unit, officer):
    boss = factories.person(Role.OVERSEER, unit.parent, language="en")
    with pytest.raises(NotAllowed):
        counting.enter_figures(posted, by=boss, figures={"views": 1})
    address = reverse("engagement:enter_figures", args=[posted.public_id])

    offered = {}
    for user in (boss, officer):
        client.force_login(user)
        offered[user] = address in page(client, posted).content.decode()

    assert offered == {boss: False, officer: True}


def test_the_collector_leaves_them_alone(posted, officer):
    counting.enter_figures(posted, by=officer, figures={"views": 12})

    schedule.schedule_new_posts(now=timezone.now())

    assert post_claims.claim_due_posts(now=timezone.now()) == []
    assert Measurement.objects.get().source == "hand"
