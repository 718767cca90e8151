"""The same text in the same minute on the same channel is warned of, and a campaign spreads what is
due at once.
"""

import threading
from datetime import datetime, timedelta
from types import SimpleNamespace

import pytest
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from accounts.permissions import Role
from campaigns.kits.models import Kit
from campaigns.models import Campaign
from core.errors import Refused
from posts.states import PostState
from publishing.models import Delivery
from publishing.presenters.scheduling import same_minute_warnings, spread_sentence
from publishing.presenters.text import page_name
from publishing.scheduling import scheduling
from publishing.scheduling.conflicts import find_same_minute
from publishing.states import State
from tests import factories
from units.models import Unit

pytestmark = [pytest.mark.django_db, pytest.mark.clock("2030-11-25 08:00")]
SEVEN = timezone.make_aware(datetime(2030, 12, 2, 7, 0))
SAME = {"title": "Cảnh giác cuộc gọi giả danh", "body": "<p>Gọi 113.</p>"}


@pytest.fixture
def unit():
    return factories.UnitFactory()


@pytest.fixture
def officer(unit):
    return factories.person(Role.OFFICER, unit, language="en")


@pytest.fixture
def official(unit):
    return factories.ChannelFactory(unit=unit)


@pytest.fixture
def post_of(unit, official):
    """An approved post for the page; the same text as all others unless told otherwise."""
    return lambda **fields: factories.approved(unit=unit, channels=[official], **{**SAME, **fields})


def beside(post, official, at=SEVEN):
    others = find_same_minute(post, post.approved_revision, {official: at})
    return [(other.delivery.post_id, other.same_text) for other in others]


def test_one_sentence_names_all_pages_of_a_post(unit, post_of):
    channels = [
        factories.ChannelFactory(unit=unit, platform=x, name="Phường")
        for x in ("facebook", "threads")
    ]
    other, post = (factories.approved(unit=unit, channels=channels, **SAME) for _n in range(2))
    for channel in channels:
        factories.delivery(other, channel, due_at=SEVEN)

    found = find_same_minute(post, post.approved_revision, dict.fromkeys(channels, SEVEN))

    (words,) = same_minute_warnings(found)
    assert words.count("same minute") == 1
    assert all(page_name(channel) in words for channel in channels)


# --- what is found --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "state", [State.SCHEDULED, State.CLAIMED, State.VERIFYING, State.MANUAL, State.PUBLISHED]
)
def test_the_same_text_in_the_same_minute_is_found_in_whatever_live_state(official, post_of, state):
    other = post_of()
    live = (
        {"lease_until": SEVEN, "remote_id": "1", "published_at": SEVEN}
        if state != State.SCHEDULED
        else {}
    )
    factories.delivery(other, official, due_at=SEVEN + timedelta(seconds=59), state=state, **live)

    assert beside(post_of(), official) == [(other.pk, True)]


def test_another_text_in_the_same_minute_is_distinguished_and_comes_behind(official, post_of):
    different, same = post_of(title="Bài khác"), post_of()
    factories.delivery(different, official, due_at=SEVEN)
    factories.delivery(same, official, due_at=SEVEN)

    assert beside(post_of(), official) == [(same.pk, True), (different.pk, False)]


def test_neither_another_minute_nor_another_channel_nor_what_ended_counts(unit, official, post_of):
    factories.delivery(post_of(), official, due_at=SEVEN + timedelta(minutes=1))
    factories.delivery(post_of(), official, due_at=SEVEN - timedelta(seconds=1))
    factories.delivery(post_of(), official, due_at=SEVEN, state=State.CANCELLED)
    factories.delivery(factories.approved(unit=unit, **SAME), due_at=SEVEN)

    assert beside(post_of(), official) == []


def test_an_article_with_another_title_is_another_text(unit):
    zalo = factories.ChannelFactory(unit=unit, platform="zalo")
    first, second = (
        factories.approved(unit=unit, channels=[zalo], **{**SAME, "title": t})
        for t in ("Một", "Hai")
    )
    factories.delivery(first, zalo, due_at=SEVEN)

    assert beside(second, zalo) == [(first.pk, False)]


def test_it_is_one_query_however_many_channels(unit, post_of, django_assert_num_queries):
    channels = [factories.ChannelFactory(unit=unit) for _ in range(3)]
    posts = [factories.approved(unit=unit, channels=channels, **SAME) for _ in range(3)]
    for channel in channels:
        for other in posts[1:]:
            factories.delivery(other, channel, due_at=SEVEN)

    with django_assert_num_queries(1):
        found = find_same_minute(
            posts[0], posts[0].approved_revision, dict.fromkeys(channels, SEVEN)
        )

    assert [other.same_text for other in found] == [True] * 6


# --- what is done about it ------------------------------------------------------------------------


def test_scheduling_refuses_the_same_text_until_somebody_says_that_it_is_meant(
    official, post_of, officer
):
    scheduling.schedule(post_of(), by=officer, due_at=SEVEN)
    again = post_of()

    with pytest.raises(Refused, match="shows the same text"):
        scheduling.schedule(again, by=officer, due_at=SEVEN)
    scheduling.schedule(again, by=officer, due_at=SEVEN, same_text=True)

    assert Delivery.objects.filter(due_at=SEVEN).count() == 2


def test_another_text_in_the_same_minute_is_not_refused(post_of, officer):
    scheduling.schedule(post_of(), by=officer, due_at=SEVEN)

    scheduling.schedule(post_of(title="Bài khác"), by=officer, due_at=SEVEN)

    assert Delivery.objects.count() == 2


def test_moving_refuses_it_too(official, post_of, officer):
    scheduling.schedule(post_of(), by=officer, due_at=SEVEN)
    row = scheduling.schedule(post_of(), by=officer, due_at=SEVEN + timedelta(hours=1))[0]

    with pytest.raises(Refused, match="shows the same text"):
        scheduling.reschedule(row, by=officer, due_at=SEVEN)
    scheduling.reschedule(row, by=officer, due_at=SEVEN, same_text=True)

    assert Delivery.objects.filter(due_at=SEVEN).count() == 2


def test_moving_within_its_own_minute_does_not_meet_itself(post_of, officer):
    row = scheduling.schedule(post_of(), by=officer, due_at=SEVEN)[0]

    scheduling.reschedule(row, by=officer, due_at=SEVEN + timedelta(seconds=30))

    assert Delivery.objects.get().due_at == SEVEN + timedelta(seconds=30)


@pytest.mark.django_db(transaction=True)
def test_of_two_people_who_schedule_the_same_text_at_once_one_is_refused(unit, post_of, officer):
    posts = [post_of(), post_of()]
    barrier, refused = threading.Barrier(2), []

    def press(post):
        barrier.wait()
        try:
            scheduling.schedule(post, by=officer, due_at=SEVEN)
        except Refused:
            refused.append(post)
        finally:
            connection.close()

    threads = [threading.Thread(target=press, args=[post]) for post in posts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert (len(refused), Delivery.objects.count()) == (1, 1)


def test_approving_many_refuses_it_with_the_sentence_and_approves_nothing_of_it(
    client, unit, official
):
    chief = factories.person(Role.APPROVER, unit, language="en")
    client.force_login(chief)
    soon = (timezone.now() + timedelta(days=1)).replace(second=0, microsecond=0)
    first, second = (
        factories.submitted(unit=unit, channels=[official], requested_time=soon, **SAME)
        for _ in range(2)
    )
    chosen = [str(post.current_revision.public_id) for post in (first, second)]

    mark = factories.queue_mark(chief, first.current_revision, second.current_revision)
    client.post(reverse("publishing:approve_many"), {"revision": chosen, "mark": mark})

    result = client.get(reverse("publishing:review_queue")).context["result"]
    assert [row["title"] for row in result["approved"]] == [str(first)]
    assert "shows the same text" in result["refused"][0]["words"]
    second.refresh_from_db()
    assert (second.state, Delivery.objects.count()) == (PostState.IN_REVIEW, 1)


# --- the forms ------------------------------------------------------------------------------------


def local(moment):
    return timezone.localtime(moment).strftime("%Y-%m-%dT%H:%M")


def test_the_form_warns_before_and_publishes_with_a_tick(client, official, post_of, officer):
    client.force_login(officer)
    first, again = post_of(), post_of()
    scheduling.schedule(first, by=officer, due_at=SEVEN)
    address = reverse("publishing:schedule", args=[again.public_id])
    asked = {"due_at": local(SEVEN), "channels": [str(official.public_id)]}

    preview = client.get(address, asked, headers={"HX-Request": "true"}).content.decode()
    untold = client.post(address, asked)
    response = client.post(address, {**asked, "anyway": "on"})

    assert (f"“{first}” shows the same text" in preview, 'name="anyway"' in preview) == (True, True)
    assert (untold.status_code, 'name="anyway"' in untold.content.decode()) == (409, True)
    assert response.status_code == 302
    assert Delivery.objects.filter(post=again).count() == 1


def test_the_form_mentions_another_post_in_the_minute_and_asks_for_no_tick(
    client, official, post_of, officer
):
    client.force_login(officer)
    scheduling.schedule(post_of(title="Bài khác"), by=officer, due_at=SEVEN)
    address = reverse("publishing:schedule", args=[post_of().public_id])
    asked = {"due_at": local(SEVEN), "channels": [str(official.public_id)]}

    preview = client.get(address, asked, headers={"HX-Request": "true"}).content.decode()

    assert ("Another post, “Bài khác”" in preview, 'name="anyway"' in preview) == (True, False)
    assert client.post(address, asked).status_code == 302


def test_the_move_form_asks_for_the_tick(client, post_of, officer):
    client.force_login(officer)
    scheduling.schedule(post_of(), by=officer, due_at=SEVEN)
    row = scheduling.schedule(post_of(), by=officer, due_at=SEVEN + timedelta(hours=1))[0]
    address = reverse("publishing:move", args=[row.public_id])

    assert 'name="anyway"' not in client.get(address).content.decode()
    untold = client.post(address, {"due_at": local(SEVEN)})
    response = client.post(address, {"due_at": local(SEVEN), "anyway": "on"})

    assert (
        untold.status_code,
        'name="anyway"' in untold.content.decode(),
        response.status_code,
    ) == (
        409,
        True,
        302,
    )


def test_dragging_in_the_calendar_does_not_go_round_it(client, post_of, officer):
    client.force_login(officer)
    scheduling.schedule(post_of(), by=officer, due_at=SEVEN)
    row = scheduling.schedule(post_of(), by=officer, due_at=SEVEN + timedelta(hours=1))[0]
    asked = {"deliveries": [str(row.public_id)], "due_at": SEVEN.isoformat()}

    response = client.post(
        reverse("publishing:calendar_move"), asked, content_type="application/json"
    )

    assert (response.status_code, "shows the same text" in response.json()["error"]) == (409, True)


# --- a campaign spreads ---------------------------------------------------------------------------


@pytest.fixture
def campaign(unit):
    return factories.CampaignFactory(unit=unit.parent, spread_minutes=60)


def in_campaign(campaign, **fields):
    unit = fields.pop("unit", None) or factories.UnitFactory(parent=campaign.unit)
    return factories.approved(unit=unit, campaign=campaign, **fields)


def test_a_spread_keeps_its_place_within_the_minutes_at_every_repeat(unit, campaign):
    first, second = (
        scheduling.spread_time(in_campaign(campaign, unit=unit), SEVEN) for _ in range(2)
    )

    assert SEVEN <= first < SEVEN + timedelta(minutes=60)
    assert first == second
    assert scheduling.spread_time(
        in_campaign(campaign, unit=unit), SEVEN + timedelta(days=7)
    ) - first == timedelta(days=7)


def test_units_are_spread_evenly():
    """A third of many units falls into each third of the minutes, give or take what chance
    allows.
    """
    spread = SimpleNamespace(public_id="a-campaign", spread_minutes=60)
    posts = [
        SimpleNamespace(
            campaign=spread, adoption=None, ends_at=None, unit=SimpleNamespace(key=f"k{n}")
        )
        for n in range(900)
    ]

    places = [scheduling.spread_time(post, SEVEN) for post in posts]

    by_third = [
        sum(1 for at in places if (at - SEVEN).total_seconds() // 1200 == n) for n in range(3)
    ]
    assert sum(by_third) == 900
    assert all(240 <= n <= 360 for n in by_third)


def test_without_a_spread_the_time_stands(unit):
    plain = factories.approved(unit=unit)
    none = factories.approved(unit=unit, campaign=factories.CampaignFactory(unit=unit.parent))

    assert [scheduling.spread_time(post, SEVEN) for post in (plain, none)] == [SEVEN, SEVEN]


def test_a_spread_never_passes_the_posts_validity(campaign):
    until = SEVEN + timedelta(minutes=2)
    times = [
        scheduling.spread_time(in_campaign(campaign, valid_until=until), SEVEN) for _ in range(8)
    ]

    assert all(SEVEN <= at < until for at in times)


def test_scheduling_for_a_common_moment_spreads_and_for_times_of_their_own_does_not(
    unit, campaign, officer
):
    channels = [factories.ChannelFactory(unit=unit) for _ in range(2)]
    common, own = (in_campaign(campaign, unit=unit, channels=channels) for _ in range(2))

    scheduling.schedule(common, by=officer, due_at=SEVEN)
    scheduling.schedule(own, by=officer, times=dict.fromkeys(channels, SEVEN + timedelta(days=1)))

    assert {row.due_at for row in common.deliveries.all()} == {
        scheduling.spread_time(common, SEVEN)
    }
    assert {row.due_at for row in own.deliveries.all()} == {SEVEN + timedelta(days=1)}


def test_publishing_now_and_moving_are_not_spread(unit, campaign, officer):
    post = in_campaign(campaign, unit=unit)

    (row,) = scheduling.schedule(post, by=officer)
    assert row.due_at <= timezone.now()
    scheduling.reschedule(row, by=officer, due_at=SEVEN)

    assert Delivery.objects.get().due_at == SEVEN


def test_the_form_shows_the_time_that_comes_of_it_and_why(client, unit, campaign, officer):
    client.force_login(officer)
    post = in_campaign(campaign, unit=unit)
    at = scheduling.spread_time(post, SEVEN)
    address = reverse("publishing:schedule", args=[post.public_id])
    asked = {"due_at": local(SEVEN), "channels": [str(post.targets.get().channel.public_id)]}

    preview = client.get(address, asked, headers={"HX-Request": "true"})
    client.post(address, asked)

    assert timezone.localtime(at).strftime("%H:%M") in preview.context["will"]
    assert f"the turn of {unit} is {timezone.localtime(at):%H:%M:%S}" in preview.content.decode()
    assert Delivery.objects.get().due_at == at


def test_a_channel_with_a_time_of_its_own_keeps_it_beside_the_spread(
    client, unit, campaign, officer
):
    client.force_login(officer)
    first, second = (factories.ChannelFactory(unit=unit) for _ in range(2))
    post = in_campaign(campaign, unit=unit, channels=[first, second])
    own = SEVEN + timedelta(hours=5)
    asked = {"due_at": local(SEVEN), "channels": [str(first.public_id), str(second.public_id)]}

    client.post(
        reverse("publishing:schedule", args=[post.public_id]),
        {**asked, f"at_{second.public_id}": local(own)},
    )

    times = dict(Delivery.objects.values_list("channel", "due_at"))
    assert times == {first.pk: scheduling.spread_time(post, SEVEN), second.pk: own}


def test_approving_and_scheduling_spreads_and_says_when(client, unit, campaign):
    chief = factories.person(Role.APPROVER, unit, language="en")
    client.force_login(chief)
    soon = (timezone.now() + timedelta(days=1)).replace(second=0, microsecond=0)
    post = factories.submitted(unit=unit, campaign=campaign, requested_time=soon)
    at = scheduling.spread_time(post, soon)

    coming = client.get(reverse("publishing:review", args=[post.public_id])).context["coming"]
    data = {
        "revision": [str(post.current_revision.public_id)],
        "mark": factories.queue_mark(chief, post.current_revision),
    }
    client.post(reverse("publishing:approve_many"), data)

    said = client.get(reverse("publishing:review_queue")).context["result"]["approved"][0]["words"]
    assert (coming, Delivery.objects.get().due_at) == (at, at)
    assert timezone.localtime(at).strftime("%H:%M") in said


def test_what_spreads_a_post_is_named_with_its_own_minutes():
    kit = Kit(name="Khóa gas")
    adoption = SimpleNamespace(kit=kit, version=SimpleNamespace(spread_minutes=30))
    campaign = Campaign(name="Bình yên", spread_minutes=0)
    unit = Unit(name="Công an phường Hải Châu", key="2yde32rj")
    post = SimpleNamespace(campaign=campaign, adoption=adoption, ends_at=None, unit=unit)

    for spread in (post, SimpleNamespace(**{**vars(post), "campaign": None})):
        sentence = spread_sentence(spread, SEVEN, [scheduling.spread_time(spread, SEVEN)])
        assert sentence.startswith("The kit “Khóa gas” spreads its posts over 30 minutes")
