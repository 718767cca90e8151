import json
import uuid
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from accounts.permissions import Role
from audit.models import Entry
from publishing.calendar import queries as calendar_queries
from publishing.models import Delivery
from publishing.states import State
from tests import factories
from tests.publishing.calendar.conftest import in_days, scheduled, sign_in

pytestmark = pytest.mark.django_db


def feed(client, *, days=30, **filters):
    window = {"start": in_days(-1).isoformat(), "end": in_days(days - 1).isoformat()}
    return client.get(reverse("publishing:calendar_feed"), {**window, **filters})


def titles(response):
    return [event["title"] for event in response.json()["events"]]


# --- The feed -------------------------------------------------------------------------------------


def test_a_post_that_goes_out_on_three_channels_at_one_time_is_one_event(client, unit, officer):
    rows = scheduled(unit, in_days(2), "facebook", "zalo", "telegram")

    (event,) = feed(client).json()["events"]

    assert event["where"] == "3 channels: Facebook, Zalo OA, Telegram"
    assert event["url"] == reverse("publishing:post", args=[rows[0].post.public_id])
    assert sorted(event["movable"]) == sorted(str(row.public_id) for row in rows)


def test_an_event_shows_the_worst_of_its_channels_and_stays_where_it_is(client, unit, officer):
    _first, second = scheduled(unit, in_days(2), "facebook", "zalo")
    Delivery.objects.filter(pk=second.pk).update(state=State.FAILED, error_code="refused")

    (event,) = feed(client).json()["events"]

    assert (event["tone"], event["icon"], event["state"], event["movable"]) == (
        "red",
        "circle-x",
        "Not published 1/2 · 1 scheduled",
        [],
    )


def test_the_feed_holds_the_own_unit_and_nothing_else(client, unit, officer):
    mine = scheduled(unit, in_days(2))[0]
    scheduled(factories.UnitFactory(parent=unit.parent), in_days(2))

    assert titles(feed(client)) == [mine.post.title]


def test_a_province_sees_its_units_but_can_move_nothing(client, unit):
    mine = scheduled(unit, in_days(2))[0]
    scheduled(factories.UnitFactory(), in_days(2))
    sign_in(client, Role.OVERSEER, unit.parent)

    (event,) = feed(client).json()["events"]

    assert (event["title"], event["movable"]) == (mine.post.title, [])


def test_the_feed_gives_what_lies_in_the_window(client, unit, officer):
    inside = scheduled(unit, in_days(5))[0]
    scheduled(unit, in_days(20))

    assert titles(feed(client, days=10)) == [inside.post.title]


@pytest.mark.parametrize("days", [0, 63, 400])
def test_a_window_that_is_too_long_or_turned_round_is_refused(client, officer, days):
    assert feed(client, days=days).status_code == 400


def test_a_window_that_is_no_date_is_refused(client, officer):
    address = reverse("publishing:calendar_feed")

    assert client.get(address, {"start": "x", "end": ""}).status_code == 400


def test_more_rows_than_the_limit_are_cut_off_and_it_is_said(client, unit, officer, monkeypatch):
    monkeypatch.setattr(calendar_queries, "MOST_ROWS", 2)
    for day in (1, 2, 3):
        scheduled(unit, in_days(day))

    body = feed(client).json()

    assert (len(body["events"]), body["more"]) == (2, True)


def test_cancelled_deliveries_stay_out_unless_they_are_asked_for(client, unit, officer):
    scheduled(unit, in_days(1), state=State.CANCELLED)
    live = scheduled(unit, in_days(2))[0]

    assert titles(feed(client)) == [live.post.title]
    assert len(titles(feed(client, state="ended"))) == 1


def test_the_feed_filters_by_state_channel_and_campaign(client, unit, officer):
    campaign = factories.CampaignFactory(unit=unit)
    plain = scheduled(unit, in_days(1))[0]
    failed = scheduled(unit, in_days(2), state=State.FAILED, error_code="refused")[0]
    failed.post.campaign = campaign
    failed.post.save()

    assert titles(feed(client, state="attention")) == [failed.post.title]
    assert titles(feed(client, channel=plain.channel.public_id)) == [plain.post.title]
    assert titles(feed(client, campaign=campaign.public_id)) == [failed.post.title]


def test_the_feed_filters_by_unit(client, unit):
    mine = scheduled(unit, in_days(1))[0]
    scheduled(factories.UnitFactory(parent=unit.parent), in_days(1))
    sign_in(client, Role.OVERSEER, unit.parent)

    assert titles(feed(client, unit=unit.key)) == [mine.post.title]


def test_the_feed_costs_as_many_queries_with_three_events_as_with_one(
    client, unit, officer, django_assert_max_num_queries
):
    def cost():
        with django_assert_max_num_queries(30) as seen:
            feed(client)
        return len(seen)

    feed(client)  # the first request of a session also writes it down
    scheduled(unit, in_days(1), "facebook", "zalo")
    one = cost()
    scheduled(unit, in_days(2), "facebook", "zalo")
    scheduled(unit, in_days(3), "facebook", "zalo")

    assert cost() == one


def test_a_window_of_many_units_is_read_in_the_order_of_an_index(
    client, unit, django_assert_max_num_queries
):
    scheduled(unit, in_days(1))
    sign_in(client, Role.OVERSEER, unit.parent)
    with django_assert_max_num_queries(30) as seen:
        assert len(titles(feed(client))) == 1
    # Before it the window is counted, up to a few hundred.
    read = [q["sql"] for q in seen if 'FROM "publishing_delivery"' in q["sql"]]
    window = next(sql for sql in read if "ORDER BY" in sql)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_sort = off")
        cursor.execute(f"EXPLAIN {window}")
        assert "Index Scan using delivery_due_at" in str(cursor.fetchall())


def test_an_administrator_has_no_calendar(client, unit):
    sign_in(client, Role.ADMINISTRATOR, unit.parent)

    assert client.get(reverse("publishing:calendar")).status_code == 403
    assert feed(client).status_code == 403


def page(client, **asked):
    return client.get(reverse("publishing:calendar"), asked)


# --- Of many units --------------------------------------------------------------------------------


@pytest.fixture
def crowd(monkeypatch, client, unit):
    """Return an overseer of a place where more goes out than is drawn one by one."""
    monkeypatch.setattr(calendar_queries, "MOST_DRAWN", 2)
    for place in (unit, factories.UnitFactory(parent=unit.parent)):
        rows = scheduled(place, in_days(2), "facebook", "zalo")
    Delivery.objects.filter(pk=rows[0].pk).update(state=State.FAILED, error_code="refused")
    scheduled(factories.UnitFactory(), in_days(2), "facebook")
    return sign_in(client, Role.OVERSEER, unit.parent)


def counts(response):
    marks = [mark for mark in response.json()["marks"] if mark["kind"] == "count"]
    return [(mark["start"], mark["title"], mark["url"]) for mark in marks]


def test_where_more_goes_out_than_is_drawn_the_days_show_numbers_by_platform(client, unit, crowd):
    day = timezone.localdate(in_days(2)).isoformat()
    to_day = f"{reverse('publishing:calendar')}?view=day&date={day}"
    to_trouble = f"{reverse('publishing:calendar')}?state=attention&view=day&date={day}"

    answer = feed(client)

    assert answer.json()["events"] == []
    assert answer.json()["more"] is False
    assert counts(answer) == [
        (day, "4 publications", to_day),
        (day, "1 needs attention", to_trouble),
        (day, "Facebook: 2", to_day),
        (day, "Zalo OA: 2", to_day),
    ]


def test_the_numbers_lead_to_the_day_as_the_filters_narrow_it(client, unit, crowd):
    (_all, _trouble, _facebook, zalo) = counts(feed(client, unit=unit.parent.key, state=""))

    assert zalo[2].partition("?")[2].split("&")[0] == f"unit={unit.parent.key}"


def test_a_unit_has_its_own_events_however_many(client, unit, crowd):
    scheduled(unit, in_days(3), "facebook", "zalo")
    assert (len(titles(feed(client, unit=unit.key))), counts(feed(client, unit=unit.key))) == (
        2,
        [],
    )

    sign_in(client, Role.OFFICER, unit)
    assert (len(titles(feed(client))), counts(feed(client))) == (2, [])


def test_few_events_of_many_units_are_drawn_one_by_one(client, unit, crowd, monkeypatch):
    monkeypatch.setattr(calendar_queries, "MOST_DRAWN", 4)

    assert (len(titles(feed(client))), counts(feed(client))) == (2, [])


def test_the_numbers_of_a_nation_are_counted_once_a_minute_for_each_scope_and_filter(
    client, unit, crowd, monkeypatch
):
    monkeypatch.setattr(calendar_queries, "MOST_DRAWN", 1)
    nation = unit.parent.parent
    start, end = in_days(1), in_days(9)

    def numbers(place, **chosen):
        rows = Delivery.objects.filter(
            unit__path__startswith=place.path, due_at__gte=start, due_at__lt=end, **chosen
        )
        counts = calendar_queries.day_counts(rows, place)
        return counts and sum(day.n for day in counts)

    before = numbers(nation)
    narrowed = numbers(nation, platform="nowhere")
    Delivery.objects.update(due_at=end, fire_at=end, not_after=end + timedelta(hours=1))

    assert before > 2
    assert narrowed is None
    assert numbers(nation) == before
    assert numbers(unit.parent) is None
    cache.clear()
    assert numbers(nation) is None


def test_the_agenda_of_many_units_shows_numbers_too(client, unit, crowd):
    day = timezone.localdate(in_days(2))
    found = page(client, date=f"{day:%Y-%m-%d}")

    (card,) = [card for card in found.context["days"] if card.counts]
    assert (card.day, card.events) == (day, [])
    assert [chip.label for chip in card.counts] == [
        "4 publications",
        "1 needs attention",
        "Facebook: 2",
        "Zalo OA: 2",
    ]
    assert f'href="{card.counts[0].address.replace("&", "&amp;")}"' in found.content.decode()


def test_a_day_of_many_units_is_a_list_with_pages_of_whole_events(client, unit, crowd, monkeypatch):
    monkeypatch.setattr("publishing.calendar.views.pages.PAGE", 1)
    day = timezone.localdate(in_days(2))

    shown_pages = [page(client, view="day", date=f"{day:%Y-%m-%d}", page=n) for n in (1, 2)]

    shown = [
        event for page in shown_pages for card in page.context["days"] for event in card.events
    ]
    assert [len(event["event"].deliveries) for event in shown] == [2, 2]
    assert len({event["title"] for event in shown}) == 2
    assert [page.context["page_obj"].paginator.num_pages for page in shown_pages] == [2, 2]
    assert 'id="calendar"' not in shown_pages[0].content.decode()


def test_a_day_of_many_units_on_which_nothing_goes_out_says_so(client, unit, crowd):
    day = timezone.localdate(in_days(9))
    found = page(client, view="day", date=f"{day:%Y-%m-%d}")

    assert 'id="calendar"' not in found.content.decode()
    assert [card for card in found.context["days"] if card.events] == []


@pytest.mark.parametrize("view", ["month", "day"])
def test_the_calendar_of_many_units_asks_as_much_of_ten_times_as_many(
    client, unit, crowd, django_assert_max_num_queries, view
):
    def cost():
        with django_assert_max_num_queries(20) as seen:
            page(client, view=view, date=f"{timezone.localdate(in_days(2)):%Y-%m-%d}")
        return len(seen)

    cost()
    few = cost()
    for _each in range(20):
        scheduled(unit, in_days(2), "facebook")

    assert cost() == few


# --- The agenda -----------------------------------------------------------------------------------


def agenda(client, **asked):
    days = page(client, **asked).context["days"]
    return [event["title"] for day in days for event in day.events]


@pytest.mark.clock("2030-11-25 08:00")
def test_the_agenda_shows_the_month_of_the_address_without_any_script(client, unit, officer):
    december = timezone.make_aware(timezone.datetime(2030, 12, 5, 7, 0))
    mine = scheduled(unit, december)[0]
    scheduled(unit, december + timedelta(days=40))

    assert agenda(client, date="2030-12-20") == [mine.post.title]
    assert agenda(client, date="2030-11-20") == []


@pytest.mark.clock("2030-11-25 08:00")
def test_the_agenda_shows_the_week_of_the_address(client, unit, officer):
    monday = timezone.make_aware(timezone.datetime(2030, 12, 2, 0, 0))
    sunday = timezone.make_aware(timezone.datetime(2030, 12, 8, 23, 59))
    first, last = scheduled(unit, monday)[0], scheduled(unit, sunday)[0]
    scheduled(unit, monday - timedelta(minutes=1))
    scheduled(unit, sunday + timedelta(minutes=1))

    assert agenda(client, view="week", date="2030-12-04") == [first.post.title, last.post.title]


def test_without_a_date_the_agenda_begins_today(client, unit, officer):
    response = client.get(reverse("publishing:calendar"))

    assert response.context["start"] == timezone.localdate()


def test_a_filter_that_names_another_units_channel_is_refused_in_words(client, unit, officer):
    factories.ChannelFactory(unit=unit)
    foreign = factories.ChannelFactory()

    response = client.get(reverse("publishing:calendar"), {"channel": foreign.public_id})

    assert list(response.context["form"].errors) == ["channel"]


# --- Dragging -------------------------------------------------------------------------------------


def drag(client, rows, due_at, **more):
    names = [str(row.public_id) for row in rows]
    body = {"deliveries": names, "due_at": due_at.isoformat(), **more}
    return client.post(
        reverse("publishing:calendar_move"), json.dumps(body), content_type="application/json"
    )


def times(rows):
    return list(
        Delivery.objects.filter(pk__in=[r.pk for r in rows])
        .order_by("pk")
        .values_list("due_at", flat=True)
    )


def test_dragging_an_event_moves_all_its_channels(client, unit, officer):
    rows = scheduled(unit, in_days(2), "facebook", "zalo")

    assert drag(client, rows, in_days(4)).status_code == 200
    assert times(rows) == [in_days(4), in_days(4)]


def test_a_drop_into_the_past_is_refused_with_the_reason(client, unit, officer):
    rows = scheduled(unit, in_days(2))

    response = drag(client, rows, in_days(-1))

    assert (response.status_code, response.json()["error"]) == (
        409,
        "The time of publication must be later than now.",
    )
    assert times(rows) == [in_days(2)]


def test_when_one_channel_can_no_longer_be_moved_none_is(client, unit, officer):
    rows = scheduled(unit, in_days(2), "facebook", "zalo")
    lease = {"state": State.COMMITTING, "lease_until": in_days(1), "committing_at": timezone.now()}
    Delivery.objects.filter(pk=rows[1].pk).update(**lease)

    assert drag(client, rows, in_days(4)).status_code == 409
    assert times(rows) == [in_days(2), in_days(2)]


def test_a_drop_beyond_the_posts_validity_is_refused(client, unit, officer):
    rows = scheduled(unit, in_days(2))
    rows[0].post.valid_until = in_days(3)
    rows[0].post.save()

    assert drag(client, rows, in_days(4)).status_code == 409


def test_another_units_event_is_not_found_and_not_moved(client, officer):
    rows = scheduled(factories.UnitFactory(), in_days(2))

    assert drag(client, rows, in_days(4)).status_code == 404
    assert times(rows) == [in_days(2)]


def test_an_overseer_may_not_drag(client, unit):
    rows = scheduled(unit, in_days(2))
    sign_in(client, Role.OVERSEER, unit.parent)

    assert drag(client, rows, in_days(4)).status_code == 403


def test_another_post_at_that_time_is_named_before_anything_moves(client, unit, officer):
    rows = scheduled(unit, in_days(2))
    other = factories.approved(unit=unit, title="Họp dân")
    factories.delivery(other, rows[0].channel, due_at=in_days(4) + timedelta(minutes=10))

    answer = drag(client, rows, in_days(4))

    assert answer.status_code == 409
    assert answer.json()["ask"].startswith("Same slot as “Họp dân” (")
    assert times(rows) == [in_days(2)]
    assert not Entry.objects.filter(action="delivery.moved").exists()
    for not_agreed in ("yes", 1, None):
        assert drag(client, rows, in_days(4), anyway=not_agreed).status_code == 409
    assert "Họp dân" not in drag(client, rows, in_days(4), anyway=True).json()["said"]
    assert times(rows) == [in_days(4)]


def test_who_may_not_move_a_post_is_not_told_what_lies_beside(client, unit):
    rows = scheduled(unit, in_days(2))
    factories.delivery(factories.approved(unit=unit), rows[0].channel, due_at=in_days(4))
    sign_in(client, Role.SUPERVISOR, unit)

    assert drag(client, rows, in_days(4)).status_code == 403


@pytest.mark.parametrize(
    "body",
    [
        "",
        "[]",
        "{}",
        '{"deliveries": [], "due_at": "2030-01-01T00:00:00Z"}',
        '{"deliveries": ["x"], "due_at": "2030-01-01T00:00:00Z"}',
        '{"deliveries": [5], "due_at": "2030-01-01T00:00:00Z"}',
        json.dumps({"deliveries": [str(uuid.uuid4())], "due_at": "2030-01-01T00:00:00"}),
        json.dumps({"deliveries": [str(uuid.uuid4())], "due_at": "tomorrow"}),
        json.dumps({"deliveries": [str(uuid.uuid4())] * 21, "due_at": "2030-01-01T00:00:00Z"}),
    ],
)
def test_a_move_that_makes_no_sense_is_refused(client, officer, body):
    response = client.post(
        reverse("publishing:calendar_move"), body, content_type="application/json"
    )

    assert response.status_code == 400


def test_a_move_from_another_site_is_refused(unit):
    from django.test import Client

    client = Client(enforce_csrf_checks=True)
    sign_in(client, Role.OFFICER, unit)
    rows = scheduled(unit, in_days(2))

    assert drag(client, rows, in_days(4)).status_code == 403
    assert times(rows) == [in_days(2)]


# --- Two posts of a page close together -----------------------------------------------------------


def two_close_posts(unit, minutes, at=None):
    channel = factories.ChannelFactory(unit=unit, platform="facebook")
    at = at or in_days(2)
    for title, due_at in (("Bài một", at), ("Bài hai", at + timedelta(minutes=minutes))):
        post = factories.approved(unit=unit, channels=[channel], title=title)
        factories.delivery(post, channel, due_at=due_at)
    return channel


@pytest.mark.parametrize(("minutes", "clashes"), [(0, True), (14, True), (15, False)])
def test_an_event_names_the_post_that_goes_out_beside_it(client, unit, officer, minutes, clashes):
    two_close_posts(unit, minutes)

    one, two = feed(client).json()["events"]

    when = f"{timezone.localtime(in_days(2)):%H:%M}"
    assert two["clash"] == (f"Same slot as “Bài một” ({when}, Facebook)" if clashes else "")
    assert bool(one["clash"]) is clashes


def test_a_filter_hides_no_clash(client, unit, officer):
    two_close_posts(unit, 5)
    campaign = factories.CampaignFactory(unit=unit)
    Delivery.objects.first().post.__class__.objects.filter(title="Bài một").update(
        campaign=campaign
    )

    (event,) = feed(client, campaign=campaign.public_id).json()["events"]

    assert "“Bài hai”" in event["clash"]


@pytest.mark.parametrize("fields", [{"state": "cancelled"}, {"due_at": in_days(-1)}])
def test_what_is_cancelled_or_gone_by_clashes_with_nothing(client, unit, officer, fields):
    two_close_posts(unit, 0)
    Delivery.objects.update(**fields)

    assert not any(event["clash"] for event in feed(client).json()["events"])


def test_other_pages_of_the_unit_do_not_clash(client, unit, officer):
    scheduled(unit, in_days(2), "facebook")
    scheduled(unit, in_days(2), "zalo")

    assert [event["clash"] for event in feed(client).json()["events"]] == ["", ""]


@pytest.mark.parametrize("view", ["month", "week", "day", "list", "board"])
def test_each_view_says_in_words_what_clashes(client, unit, officer, view):
    two_close_posts(unit, 5)
    asked = {"view": view, "date": f"{timezone.localdate(in_days(2)):%Y-%m-%d}"}

    html = client.get(reverse("publishing:calendar"), asked).text

    assert "Same slot as “Bài hai”" in html


@pytest.mark.clock("2030-11-30 08:00")
@pytest.mark.parametrize(("view", "last"), [("", "2030-12-27"), ("week", "2030-12-06")])
def test_at_the_end_of_a_month_or_week_the_agenda_still_shows_one(client, officer, view, last):
    page = client.get(reverse("publishing:calendar"), {"view": view} if view else {})

    assert page.context["start"].isoformat() == "2030-11-30"
    assert page.context["last"].isoformat() == last
