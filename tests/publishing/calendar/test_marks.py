"""Events of a calendar's days besides posts: occasions, campaigns, blackouts, free slots."""

from datetime import date, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.permissions import Role
from publishing.models import Slot
from tests import factories
from tests.pages import one_line
from tests.publishing.calendar.conftest import in_days, sign_in

pytestmark = [pytest.mark.django_db, pytest.mark.clock("2030-11-25 08:00")]
MONDAY = timezone.make_aware(datetime(2030, 12, 2))


def slot(unit, weekday=0, at="19:30"):
    channel = factories.ChannelFactory(unit=unit)
    return Slot.objects.create(unit=unit, channel=channel, weekday=weekday, at=at)


def feed(client, start=MONDAY, days=7):
    window = {"start": start.isoformat(), "end": (start + timedelta(days=days)).isoformat()}
    return client.get(reverse("publishing:calendar_feed"), window).json()


def marks(client, kind, **asked):
    return [mark for mark in feed(client, **asked)["marks"] if mark["kind"] == kind]


def agenda(client, view="day", day="2030-12-02"):
    return client.get(reverse("publishing:calendar"), {"view": view, "date": day})


def test_days_to_write_of_stand_in_the_calendar_and_in_the_agenda(client, officer):
    tet = timezone.make_aware(datetime(2030, 2, 1))

    (mark,) = marks(client, "holiday", start=tet)
    days = agenda(client, "month", "2030-02-10").context["days"]

    assert (mark["title"], mark["start"], mark["end"]) == (
        "Lunar New Year",
        "2030-02-02",
        "2030-02-05",
    )
    assert [day.day.day for day in days if "Lunar New Year" in day.occasions] == [2, 3, 4]


def test_months_of_action_and_campaigns_are_said_once_above(client, unit, officer):
    factories.CampaignFactory(
        unit=unit.parent, name="Phòng cháy", starts_on=date(2030, 12, 5), ends_on=date(2030, 12, 20)
    )
    factories.CampaignFactory(
        name="Nơi khác", starts_on=date(2030, 12, 5), ends_on=date(2030, 12, 20)
    )

    said = feed(client)["long"]

    assert said == [
        "National Action Month against HIV/AIDS (10/11 – 10/12/2030)",
        "Action Month for Gender Equality (15/11 – 15/12/2030)",
        "Campaign “Phòng cháy” (05/12 – 20/12/2030)",
    ]
    assert agenda(client, "week").context["long"] == said


def test_a_blackout_of_the_unit_or_above_marks_each_of_its_days(client, unit, officer):
    times = {"started_at": MONDAY + timedelta(hours=8), "is_blackout": True}
    times["ended_at"] = MONDAY + timedelta(days=2)
    factories.pause(unit.parent, reason="Quốc tang", **times)
    factories.pause(factories.UnitFactory(parent=unit.parent), reason="Nơi khác", **times)
    factories.pause(unit, reason="Tạm dừng thường", **{**times, "is_blackout": False})

    (mark,) = marks(client, "blackout")
    days = agenda(client, "week").context["days"]

    assert (mark["title"], mark["start"], mark["end"]) == (
        "Blackout: Quốc tang.",
        "2030-12-02",
        "2030-12-04",
    )
    assert [day.day.day for day in days if day.blackouts] == [2, 3]


def test_free_slots_lead_to_a_new_post_at_their_time(client, unit, officer):
    slot(unit)

    (mark,) = marks(client, "free")
    (day,) = agenda(client).context["days"]

    assert mark["url"] == f"{reverse('posts:new')}?at=2030-12-02T19%3A30"
    assert [chip.value for chip in day.free] == ["2030-12-02T19:30"]
    assert "Free slot: 19:30 Monday 02/12/2030 (Facebook)" in one_line(
        agenda(client).content.decode()
    )
    assert [day.free for day in agenda(client, "month").context["days"] if day.free] == []


def test_who_writes_no_posts_is_offered_none(client, unit):
    slot(unit)
    sign_in(client, Role.SUPERVISOR, unit)

    assert marks(client, "free") == []
    assert reverse("publishing:compose_on") not in agenda(client).content.decode()
    assert client.get(reverse("publishing:compose_on"), {"day": "2030-12-02"}).status_code == 403


def test_the_day_shows_what_goes_out_on_it_alone(client, unit, officer):
    channel = factories.ChannelFactory(unit=unit)
    for hours in (-1, 9, 24):
        post = factories.approved(unit=unit, channels=[channel])
        factories.delivery(post, channel, due_at=MONDAY + timedelta(hours=hours))

    (day,) = agenda(client).context["days"]

    assert [event["event"].due_at for event in day.events] == [MONDAY + timedelta(hours=9)]


# --- a post begins from a day ---------------------------------------------------------------------


def begun(client, day):
    answer = client.get(reverse("publishing:compose_on"), {"day": day})
    return parse_qs(urlsplit(answer.url).query).get("at")


def test_a_post_begins_at_the_days_free_slot_or_at_eight(client, unit, officer):
    slot(unit)

    assert begun(client, "2030-12-02") == ["2030-12-02T19:30"]
    assert begun(client, "2030-12-03") == ["2030-12-03T08:00"]


@pytest.mark.parametrize("day", ["2020-01-01", "x", "", "9999-99-99"])
def test_a_day_that_has_gone_by_or_is_none_gives_no_time(client, officer, day):
    assert begun(client, day) is None


@pytest.mark.parametrize("at", ["", "x", "0001-01-01T00:00", "2026-13-01T00:00"])
def test_the_composer_asks_for_the_time_of_the_address_if_it_is_one(client, officer, at):
    wanted = in_days(3)
    right = f"{timezone.localtime(wanted):%Y-%m-%dT%H:%M}"

    def asked(at):
        return (
            client.get(reverse("posts:new"), {"at": at}).context["form"]["requested_time"].value()
        )

    assert asked(right) == wanted
    assert asked(at) is None
