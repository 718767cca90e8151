"""One form moves a post on all its channels to another time."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.permissions import Role
from audit.models import Entry
from publishing.models import Delivery
from publishing.states import State
from tests import factories
from tests.pages import one_line

pytestmark = pytest.mark.django_db
PLATFORMS = ("facebook", "zalo", "telegram")


# Read once: a minute may pass within a test.
NOW = timezone.now().replace(second=0, microsecond=0)


def in_days(n):
    return NOW + timedelta(days=n)


@pytest.fixture
def unit():
    return factories.UnitFactory()


@pytest.fixture
def officer(client, unit):
    user = factories.person(Role.OFFICER, unit, language="en")
    client.force_login(user)
    return user


@pytest.fixture
def rows(unit):
    channels = [factories.ChannelFactory(unit=unit, platform=name) for name in PLATFORMS]
    post = factories.approved(unit=unit, channels=channels)
    return [factories.delivery(post, c, due_at=in_days(n + 1)) for n, c in enumerate(channels)]


def send(client, post, due_at):
    local = timezone.localtime(due_at).strftime("%Y-%m-%dT%H:%M")
    return client.post(reverse("publishing:move_all", args=[post.public_id]), {"due_at": local})


def times(rows):
    found = Delivery.objects.filter(pk__in=[row.pk for row in rows]).order_by("pk")
    return list(found.values_list("due_at", flat=True))


def test_all_channels_move_at_once_and_each_is_on_record(client, officer, rows):
    page = client.get(reverse("publishing:post", args=[rows[0].post.public_id]))
    assert reverse("publishing:move_all", args=[rows[0].post.public_id]) in one_line(
        page.content.decode()
    )

    send(client, rows[0].post, in_days(9))

    assert times(rows) == [in_days(9)] * 3
    assert Entry.objects.filter(action="delivery.moved").count() == 3


def test_what_is_published_stays_and_the_others_move(client, officer, rows):
    published = {"state": State.PUBLISHED, "remote_id": "1_1", "published_at": timezone.now()}
    Delivery.objects.filter(pk=rows[0].pk).update(**published)

    send(client, rows[0].post, in_days(9))

    assert times(rows) == [in_days(1), in_days(9), in_days(9)]


@pytest.mark.parametrize("why", ["past", "blackout of one channel"])
def test_when_one_channel_cannot_none_does(client, officer, rows, why):
    factories.pause(
        rows[1].unit,
        channel=rows[1].channel,
        is_blackout=True,
        started_at=in_days(8),
        ended_at=in_days(10),
    )
    answer = send(client, rows[0].post, in_days(-1) if why == "past" else in_days(9))

    assert (answer.status_code, list(answer.context["form"].errors)) == (422, ["due_at"])
    assert times(rows) == [in_days(1), in_days(2), in_days(3)]


def test_a_post_without_anything_to_move_says_so(client, officer, unit):
    post = factories.approved(unit=unit)

    page = client.get(reverse("publishing:move_all", args=[post.public_id]), follow=True)

    assert "Nothing of this post can be moved any more." in one_line(page.content.decode())


def test_one_channel_alone_has_its_own_form_and_no_second(client, officer, unit):
    post = factories.delivery(factories.approved(unit=unit), due_at=in_days(1)).post

    page = client.get(reverse("publishing:post", args=[post.public_id]))

    assert reverse("publishing:move_all", args=[post.public_id]) not in one_line(
        page.content.decode()
    )


def test_what_goes_out_beside_is_named_before_anything_moves(client, officer, rows, unit):
    post = rows[0].post
    other = factories.approved(unit=unit, title="Họp dân")
    factories.delivery(other, rows[1].channel, due_at=in_days(9) + timedelta(minutes=10))
    address = reverse("publishing:move_all", args=[post.public_id])

    asked = send(client, post, in_days(9))

    assert asked.status_code == 422
    assert "“Họp dân” goes out on" in one_line(asked.content.decode())
    assert times(rows) == [in_days(1), in_days(2), in_days(3)]
    # Another time is asked about again.
    said_of = asked.context["form"]["said_of"].value()
    later = timezone.localtime(in_days(9) + timedelta(minutes=5)).strftime("%Y-%m-%dT%H:%M")
    anew = client.post(address, {"due_at": later, "said_of": said_of})
    assert anew.status_code == 422
    local = timezone.localtime(in_days(9)).strftime("%Y-%m-%dT%H:%M")
    moved = client.post(address, {"due_at": local, "said_of": said_of})
    assert moved.status_code == 302
    assert times(rows) == [in_days(9)] * 3


def test_a_free_time_or_the_chosen_one_is_taken_by_one_tap(client, officer, rows, unit):
    post, other = rows[0].post, factories.approved(unit=unit, title="Họp dân")
    factories.delivery(other, rows[1].channel, due_at=in_days(9))

    asked = send(client, post, in_days(9))

    chips = asked.context["instead"]
    at = [in_days(9) + timedelta(minutes=15 * n) for n in (1, 2, 0)]
    assert [chip.times["due_at"] for chip in chips] == at
    # What the form holds already comes along; the button decides.
    form = asked.context["form"]
    typed = {f"due_at_{n}": value for n, value in enumerate(form["due_at"].value()[:2])}
    said_of = {"said_of": form["said_of"].value()}
    address = reverse("publishing:move_all", args=[post.public_id])
    assert client.post(address, {**typed, **said_of, "due_at": chips[0].value}).status_code == 302
    assert times(rows) == [at[0]] * 3
    assert client.post(address, {**typed, **said_of, "due_at": chips[2].value}).status_code == 302
    assert times(rows) == [in_days(9)] * 3
