"""Items of official pages: read once a day, said by people where no platform tells."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.permissions import Role
from audit.models import Entry
from channels.completeness import queries, reading
from channels.completeness.presenters import check_of, describe_items
from channels.models import Channel, PageCheck
from channels.states import Health, Lifecycle
from channels.tasks import read_pages
from core.errors import NotAllowed, Refused
from platforms.facts import PROFILE
from tests import factories

WHOLE = {
    "picture": True,
    "cover": True,
    "verified": True,
    "description": "Trang của Công an phường",
    "address": "12 Trần Phú",
    "phone": "0236 3822 300",
    "hours": {"mon_1_open": "07:30"},
    "website": "",
}


def states(channel):
    """Return what is known of the channel's page, by item."""
    items = describe_items(channel, check_of(channel), now=timezone.now())
    return {item.name: item.there for item in items}


@pytest.mark.django_db(transaction=True)
def test_a_page_is_read_once_a_day_and_an_error_empties_nothing(simulator, settings):
    settings.REGISTER_URL = "https://cong.example/trang"
    page = factories.connected(simulator, "facebook")
    factories.unrecognised_post(page, published_at=timezone.now() - timedelta(days=40))
    simulator.profile("facebook", page.external_id, **WHOLE)

    read_pages(platform="facebook")
    read_pages(platform="facebook")

    first = {name: True for name in PROFILE if name not in ("register", "pinned", "recent")}
    assert states(page) == {**first, "register": False, "pinned": None, "recent": False}
    assert simulator.requests()["facebook"]["connect"] == 1

    # The next day the picture is gone, and a person has said that a post is pinned.
    person = factories.person(Role.OFFICER, page.unit)
    reading.record_seen(page, by=person, seen={"pinned": True})
    simulator.profile(
        "facebook", page.external_id, picture=False, website="Xem cong.example/trang/"
    )
    simulator.fault("facebook", "error_before", times=1)
    for _try in ("fails", "answers"):
        PageCheck.objects.update(due_at=timezone.now())
        read_pages(platform="facebook")
        found = states(page)
        assert (found["picture"], found["pinned"]) == (_try == "fails", True)
    assert found["register"] is True
    assert PageCheck.objects.get().due_at > timezone.now() + timedelta(hours=23)


@pytest.mark.django_db(transaction=True)
def test_a_page_by_hand_is_asked_of_people_and_again_after_90_days():
    page = factories.ChannelFactory(health=Health.MANUAL, platform="zalo")
    person = factories.person(Role.OFFICER, page.unit)
    read_pages(platform="zalo")
    asked = queries.items_asked_of_people(page, check_of(page))

    reading.record_seen(page, by=person, seen={"phone": True, "cover": False, "picture": None})

    assert asked == [name for name in queries.items_of("zalo") if name != "recent"]
    found = states(page)
    assert (found["phone"], found["cover"], found["picture"]) == (True, False, None)
    assert Entry.objects.filter(action="channel.page_seen").count() == 1

    old = (timezone.localdate() - timedelta(days=91)).isoformat()
    check = check_of(page)
    PageCheck.objects.update(
        confirmed_on={**check.confirmed_on, "phone": old}, due_at=timezone.now()
    )
    read_pages(platform="zalo")

    found = states(page)
    assert (found["phone"], found["cover"]) == (None, False)


@pytest.mark.django_db
def test_nobody_says_what_the_platform_tells_nor_of_another_units_page():
    page = factories.ChannelFactory(platform="facebook")
    PageCheck.objects.create(channel=page, told=["phone"], read_at=timezone.now())
    person = factories.person(Role.OFFICER, page.unit)

    with pytest.raises(Refused):
        reading.record_seen(page, by=person, seen={"phone": True})
    with pytest.raises(Refused):
        reading.record_seen(page, by=person, seen={"pinned": None})
    with pytest.raises(NotAllowed):
        reading.record_seen(page, by=factories.person(Role.OFFICER), seen={"pinned": True})


@pytest.mark.django_db
def test_an_item_that_a_platform_does_not_have_counts_nowhere(settings):
    settings.REGISTER_URL = ""
    page = factories.ChannelFactory(platform="telegram")
    factories.ChannelFactory(platform="facebook", lifecycle=Lifecycle.TAKEN_OVER)
    PageCheck.objects.create(channel=page, picture=True, pinned=False)
    pages = queries.counted_pages(Channel.objects.all())

    totals = queries.count_totals(pages)

    # Telegram has neither telephone nor address; nobody knows of the description.
    lacks = {name for name in PROFILE if totals[name]}
    assert lacks == {"description", "pinned", "recent"}
    assert (totals["pages"], totals["there"], totals["possible"]) == (1, 1, 4)
    assert [pages.filter(queries.match_missing(n)).count() for n in ("pinned", "phone")] == [1, 0]
    (scored,) = queries.with_scores(pages)
    assert (scored.there, scored.possible) == (1, 4)


@pytest.mark.django_db
def test_a_person_sees_what_to_do_and_says_what_the_page_has(client):
    page = factories.ChannelFactory(platform="facebook")
    PageCheck.objects.create(channel=page, picture=True, cover=False, read_at=timezone.now())
    other = factories.ChannelFactory(platform="facebook", unit=factories.UnitFactory())
    person = factories.person(Role.OFFICER, page.unit, language="en")
    client.force_login(person)
    profile = reverse("channels:profile", args=[page.public_id])

    shown = client.get(profile).content.decode()
    listed = client.get(reverse("channels:completeness"), {"missing": "cover"})
    empty = client.post(profile, {})
    said = client.post(profile, {"pinned": "yes"})

    assert "Set a cover picture of the unit" in shown
    assert "Set the police emblem" not in shown
    assert [row.pk for row in listed.context["page_obj"]] == [page.pk]
    assert (empty.status_code, said.status_code) == (409, 302)
    assert states(page)["pinned"] is True
    card = client.get(reverse("channels:channel", args=[page.public_id])).content.decode()
    assert "2/10" in card
    assert client.get(reverse("channels:profile", args=[other.public_id])).status_code == 404


@pytest.mark.django_db
def test_the_list_costs_the_same_for_one_page_and_for_many(client):
    province = factories.ProvinceFactory()
    client.force_login(factories.person(Role.OVERSEER, province))
    costs = []
    client.get(reverse("channels:completeness"))
    for n in (1, 12):
        while Channel.objects.count() < n:
            page = factories.ChannelFactory(unit=factories.UnitFactory(parent=province))
            PageCheck.objects.create(channel=page, picture=True)
        with CaptureQueriesContext(connection) as captured:
            client.get(reverse("channels:completeness"))
        costs.append(len(captured))

    assert costs[0] == costs[1] <= 20
