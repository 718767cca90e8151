from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from icalendar import Calendar

from accounts.permissions import Role
from audit.models import Entry
from publishing.calendar_links import feed_links, queries
from publishing.calendar_links.views import READS_A_MINUTE
from publishing.models import CalendarLink
from publishing.scheduling.scheduling import reschedule
from tests import factories

pytestmark = pytest.mark.django_db
NOW = timezone.now().replace(second=0, microsecond=0)


@pytest.fixture
def unit():
    return factories.UnitFactory()


@pytest.fixture
def officer(unit):
    return factories.person(Role.OFFICER, unit, language="en")


@pytest.fixture
def link(officer, unit):
    return factories.calendar_link(officer, unit)


def read(client, link, secret="abc"):
    return client.get(reverse("publishing:calendar_subscribed", args=[link.public_id, secret]))


def events(response):
    assert response.status_code == 200
    found = Calendar.from_ical(response.content).walk("VEVENT")
    return {str(event["summary"]): event for event in found}


def planned_draft(unit, **fields):
    return factories.PostFactory(
        unit=unit,
        title="Sắp bắt giữ nhóm lừa đảo",
        body="<p>Chi tiết chưa công bố</p>",
        requested_time=NOW + timedelta(days=3),
        **fields,
    )


# --- What a calendar shows ------------------------------------------------------------------------


def test_a_scheduled_post_stands_with_title_time_channels_and_state(client, unit, link):
    channels = [
        factories.ChannelFactory(unit=unit, platform=name, name="Trang")
        for name in ("zalo", "facebook")
    ]
    post = factories.approved(unit=unit, channels=channels, title="Cảnh giác; lừa đảo, qua mạng")
    rows = [
        factories.delivery(post, channel, due_at=NOW + timedelta(days=2)) for channel in channels
    ]

    (event,) = events(read(client, link)).values()

    assert str(event["summary"]) == "Cảnh giác; lừa đảo, qua mạng"
    assert event.decoded("dtstart") == rows[0].due_at
    assert event["dtstart"].to_ical().endswith(b"Z")
    assert str(event["uid"]) == f"{rows[0].public_id}@localhost"
    assert str(event["description"]) == "State: Scheduled 2/2\nChannels: Facebook, Zalo OA"


@pytest.mark.parametrize("state", ["draft", "in_review", "changes_requested"])
def test_what_nobody_approved_is_a_draft_without_words(client, unit, link, state):
    planned_draft(unit, state=state)

    response = read(client, link)

    assert list(events(response)) == ["Draft"]
    for words in ("bắt giữ", "công bố"):
        assert words not in response.content.decode().replace("\r\n ", "")


def test_a_title_that_changed_after_publication_is_not_shown(client, unit, link):
    row = factories.live_delivery(unit=unit)
    post, approved_title = row.post, row.revision.content["title"]
    type(post).objects.filter(pk=post.pk).update(
        state="draft", approved_revision=None, title="Đính chính chưa duyệt"
    )

    assert list(events(read(client, link))) == [approved_title]


def test_a_failed_post_whose_approval_ended_is_a_draft(client, unit, link):
    post = factories.approved(unit=unit)
    factories.delivery(post, state="expired", error_code="expired")
    type(post).objects.filter(pk=post.pk).update(state="draft", approved_revision=None)

    assert list(events(read(client, link))) == ["Draft"]


def test_a_moved_post_keeps_its_name_and_rises_in_sequence(client, unit, link):
    row = factories.delivery(factories.approved(unit=unit), due_at=NOW + timedelta(days=2))
    (before,) = events(read(client, link)).values()

    reschedule(row, by=factories.person(Role.OFFICER, unit), due_at=NOW + timedelta(days=4))

    (after,) = events(read(client, link)).values()
    assert after["uid"] == before["uid"]
    assert after["sequence"] > before["sequence"]
    assert after.decoded("dtstart") == NOW + timedelta(days=4)


def test_a_link_to_own_posts_leaves_out_those_of_others(client, unit, officer):
    link = factories.calendar_link(officer, unit, own_posts=True)
    own = planned_draft(unit, author=officer, last_editor=officer)
    planned_draft(unit)

    (event,) = Calendar.from_ical(read(client, link).content).walk("VEVENT")
    assert str(event["uid"]).startswith(str(own.public_id))


def test_posts_of_another_unit_are_not_shown(client, link):
    factories.delivery(factories.approved(unit=factories.UnitFactory()))

    assert events(read(client, link)) == {}


def test_what_is_left_out_is_said(client, unit, link, monkeypatch):
    monkeypatch.setattr(queries, "MOST_DRAFTS", 1)
    planned_draft(unit)
    planned_draft(unit)

    assert sorted(events(read(client, link))) == [
        "Draft",
        "There is more than this calendar holds: open the portal.",
    ]


@pytest.mark.parametrize("n", [1, 3])
def test_the_number_of_queries_does_not_grow(client, unit, link, n, django_assert_num_queries):
    for _each in range(n):
        factories.delivery(factories.approved(unit=unit))
        planned_draft(unit, channels=[factories.ChannelFactory(unit=unit)])

    with django_assert_num_queries(14):
        read(client, link)


def test_the_answer_sets_no_cookie_and_is_kept_by_no_shared_cache(client, link):
    response = read(client, link)

    assert response["Cache-Control"] == "private, max-age=300"
    assert not response.cookies
    assert response["Content-Type"] == "text/calendar; charset=utf-8"


# --- Who reads ------------------------------------------------------------------------------------


def test_a_wrong_secret_opens_nothing(client, link):
    assert read(client, link, "abd").status_code == 404


def test_the_secret_is_stored_as_a_hash_and_shown_once(client, officer):
    client.force_login(officer)

    shown = client.post(reverse("publishing:calendar_links"), {"shows": "unit"})

    link = CalendarLink.objects.get()
    secret = shown.context["address"].rsplit("/", 1)[1].removesuffix(".ics")
    assert link.secret_hash == CalendarLink.hash_of(secret)
    assert shown.context["address"] in shown.content.decode()
    assert secret not in client.get(reverse("publishing:calendar_links")).content.decode()
    client.logout()
    assert read(client, link, secret).status_code == 200


@pytest.mark.parametrize("loss", ["disabled", "position ended"])
def test_a_link_dies_for_good_with_its_owners_right(client, officer, link, loss):
    posts = officer.appointments.all()
    if loss == "disabled":
        officer.is_active = False
        officer.save()
    else:
        posts.update(valid_to=timezone.localdate() - timedelta(days=1))

    assert read(client, link).status_code == 404

    posts.update(valid_to=None)
    type(officer).objects.update(is_active=True)
    assert read(client, link).status_code == 404
    assert Entry.objects.filter(action="calendar_link.ended").count() == 1


def test_a_link_is_read_so_often_a_minute(client, link, monkeypatch):
    monkeypatch.setattr(
        "core.quotas._find_window_end", lambda now, seconds: NOW + timedelta(days=1)
    )
    for _each in range(READS_A_MINUTE):
        assert read(client, link).status_code == 200

    refused = read(client, link)

    assert refused.status_code == 429
    assert int(refused["Retry-After"]) > 0


def test_a_renewed_link_has_another_address_and_the_old_one_is_dead(client, officer, link):
    client.force_login(officer)

    shown = client.post(reverse("publishing:calendar_link_renew", args=[link.public_id]))

    new = CalendarLink.objects.get(revoked_at=None)
    assert str(new.public_id) in shown.context["address"]
    assert read(client, link).status_code == 404


def test_a_revoked_link_is_dead_and_both_acts_are_on_record(client, officer, unit):
    client.force_login(officer)
    client.post(reverse("publishing:calendar_links"), {"shows": "own"})
    link = CalendarLink.objects.get()

    client.post(reverse("publishing:calendar_link_revoke", args=[link.public_id]))

    assert not CalendarLink.objects.filter(revoked_at=None).exists()
    acts = Entry.objects.filter(object_id=str(link.public_id)).order_by("pk")
    assert [(act.action, act.actor_id) for act in acts] == [
        ("calendar_link.made", officer.pk),
        ("calendar_link.revoked", officer.pk),
    ]


def test_a_person_has_so_many_links_and_the_page_says_so(client, officer, unit):
    for _each in range(feed_links.MOST_LINKS):
        factories.calendar_link(officer, unit)
    client.force_login(officer)

    refused = client.post(reverse("publishing:calendar_links"), {"shows": "unit"})

    assert refused.status_code == 409
    assert CalendarLink.objects.count() == feed_links.MOST_LINKS
