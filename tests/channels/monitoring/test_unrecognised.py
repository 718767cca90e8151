"""Posts on a page that the portal did not make: which are noticed, who is told, what is kept, and
who decides.
"""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import Notice
from accounts.permissions import Role
from audit.models import Entry
from channels.models import Channel, UnrecognisedPost
from channels.monitoring import unrecognised
from channels.states import Health, Verdict
from channels.tasks import check_for_unrecognised_posts
from core.errors import NotAllowed, Refused
from platforms.messages import LivePost
from platforms.registry import CONNECTORS
from publishing.states import State
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)
LISTING = sorted(name for name, connector in CONNECTORS.items() if connector.facts.lists_posts)


@pytest.fixture
def watched(simulator):
    """Pages on a platform that are watched since a minute ago, and whose turn has come."""

    def make(platform, n=1):
        channels = [factories.connected(simulator, platform) for _ in range(n)]
        since = timezone.now() - timedelta(minutes=1)
        Channel.objects.update(watched_since=since, check_at=since)
        return channels if n > 1 else channels[0]

    return make


def write(simulator, channel, text="Ai đó viết trên trang", **more):
    """Write on the page as somebody does in the platform's own app."""
    media = {"zalo": {"images": 1}, "instagram": {"images": 1}}.get(channel.platform, {})
    if channel.platform in ("tiktok", "youtube"):
        media = {"videos": 1}
    return simulator.post(
        channel.platform, channel.external_id, text, **{"by": "person", **media, **more}
    )


def look(platform, *, after=timedelta(0)):
    return unrecognised.check_pages(platform=platform, now=timezone.now() + after)


def kinds(person):
    return [notice.kind for notice in Notice.objects.filter(user=person)]


# --- noticing -------------------------------------------------------------------------------------


@pytest.mark.parametrize("platform", LISTING)
def test_a_post_that_somebody_wrote_on_the_page_is_noticed_and_its_words_are_not_kept(
    platform, simulator, watched
):
    channel = watched(platform)
    leader, officer = (
        factories.person(role, channel.unit) for role in (Role.APPROVER, Role.OFFICER)
    )
    write(simulator, channel, "Trúng thưởng xe máy")

    check_for_unrecognised_posts(platform=platform)

    post = UnrecognisedPost.objects.get()
    assert (post.channel, post.verdict, bool(post.permalink)) == (channel, Verdict.OPEN, True)
    assert (kinds(leader), kinds(officer)) == (["foreign_post"], [])
    rows = str(list(UnrecognisedPost.objects.values())) + str(list(Notice.objects.values("facts")))
    assert "Trúng thưởng" not in rows + str(list(Entry.objects.values("data", "object_label")))


def test_a_post_is_noticed_once_however_often_its_page_is_looked_at(simulator, watched):
    channel = watched("facebook")
    leader = factories.person(Role.APPROVER, channel.unit)
    write(simulator, channel)

    found = [look("facebook", after=timedelta(minutes=9 * n)) for n in range(3)]

    assert (found, UnrecognisedPost.objects.count(), kinds(leader)) == (
        [1, 0, 0],
        1,
        ["foreign_post"],
    )


def test_what_was_there_before_the_page_was_connected_is_recognised(simulator):
    channel = factories.connected(simulator, "facebook")
    write(simulator, channel, "Bài cũ")
    Channel.objects.update(
        watched_since=timezone.now() + timedelta(seconds=2), check_at=timezone.now()
    )

    assert look("facebook") == 0


def test_news_of_what_was_there_before_the_page_was_connected_is_recognised_too():
    now = timezone.now()
    channel = factories.ChannelFactory(watched_since=now)

    assert (
        unrecognised.store_unrecognised(
            {channel: [LivePost("1", "", now - timedelta(seconds=1))]}, now=now
        )
        == 0
    )
    assert unrecognised.store_unrecognised({channel: [LivePost("2", "", now)]}, now=now) == 1


def test_what_the_portal_published_is_recognised_whatever_it_is_known_by(watched):
    channel = watched("facebook")
    now = timezone.now()

    def published(**fields):
        post = factories.approved(unit=channel.unit, channels=[channel])
        factories.delivery(post, state=State.PUBLISHED, published_at=now, **fields)

    published(remote_id="1_10", permalink="https://facebook.com/10")
    published(receipt_source="posted", permalink="https://facebook.com/20")
    live_posts = [
        LivePost("1_10", "", now),
        LivePost("1_20", "https://facebook.com/20", now),
        LivePost("1_40", "", now, ours=True),
        LivePost("1_50", "https://facebook.com/50", now),
        LivePost("1_51", "", now),
    ]

    assert unrecognised.store_unrecognised({channel: live_posts}, now=now) == 2
    assert set(UnrecognisedPost.objects.values_list("external_id", flat=True)) == {"1_50", "1_51"}


@pytest.mark.parametrize(
    ("platform", "reference", "listed"),
    [
        ("telegram", {"remote_id": "30,31,32"}, "31"),
        ("tiktok", {"remote_id": "photo/77"}, "77"),
        ("zalo", {"draft_ref": "a1/v2"}, "a1"),
        ("facebook", {"draft_ref": '{"kind":"reel","id":"77"}'}, "77"),
        (
            "youtube",
            {"draft_ref": '{"key":"k","video":"dQw4w9WgXcQ","short":false}'},
            "dQw4w9WgXcQ",
        ),
    ],
)
def test_what_the_portal_published_is_known_by_a_reference_that_its_connector_reads(
    platform, reference, listed
):
    now = timezone.now()
    channel = factories.ChannelFactory(platform=platform, watched_since=now - timedelta(hours=1))
    post = factories.approved(unit=channel.unit, channels=[channel])
    factories.delivery(
        post, channel, state=State.PUBLISHED, published_at=now, **{"remote_id": "1", **reference}
    )
    live_posts = [LivePost(listed, "", now), LivePost("somebody's", "", now)]

    assert unrecognised.store_unrecognised({channel: live_posts}, now=now) == 1
    assert UnrecognisedPost.objects.get().external_id == "somebody's"


def test_another_units_post_with_the_same_number_makes_it_no_less_foreign(watched):
    one, other = watched("facebook", 2)
    now = timezone.now()
    post = factories.approved(unit=other.unit, channels=[other])
    factories.delivery(post, state=State.PUBLISHED, remote_id="1_10", published_at=now)

    assert (
        unrecognised.store_unrecognised(
            {one: [LivePost("1_10", "", now)], other: [LivePost("1_10", "", now)]}, now=now
        )
        == 1
    )
    assert UnrecognisedPost.objects.get().channel == one


# --- beside a post of ours with an unknown outcome ------------------------------------------------


def sent(channel, state, begun, **fields):
    """Make a delivery that was begun at ``begun``, and nobody knows yet what became of it."""
    post = factories.approved(unit=channel.unit, channels=[channel])
    return factories.delivery(
        post, channel, state=state, due_at=begun, committing_at=begun, **fields
    )


def test_what_may_be_ours_is_called_unrecognised_once_it_is_known_what_became_of_ours(watched):
    channel = watched("zalo")
    now = timezone.now()
    row = sent(channel, State.VERIFYING, now - timedelta(seconds=30), verify_at=now)
    live_posts = {
        channel: [LivePost("new", "", now), LivePost("old", "", now - timedelta(minutes=5))]
    }
    Channel.objects.update(watched_since=now - timedelta(hours=1))
    channel.refresh_from_db()

    first = unrecognised.store_unrecognised(live_posts, now=now)
    type(row).objects.filter(pk=row.pk).update(
        **factories.in_state(State.PUBLISHED, remote_id="another", published_at=now)
    )
    second = unrecognised.store_unrecognised(live_posts, now=now)

    assert (first, second) == (1, 1)
    assert list(UnrecognisedPost.objects.order_by("pk").values_list("external_id", flat=True)) == [
        "old",
        "new",
    ]


@pytest.mark.parametrize(
    ("state", "minutes", "unrecognised_at_once"),
    [
        (State.VERIFYING, 1, 0),
        (State.VERIFYING, 10, 1),
        (State.NEEDS_PERSON, 1, 0),
        (State.NEEDS_PERSON, 10, 1),
        (State.PROCESSING, 10, 0),  # the platform may take its time, or a person in its app
    ],
)
def test_a_call_that_is_long_over_explains_no_new_post(
    watched, state, minutes, unrecognised_at_once
):
    channel = watched("zalo")
    now = timezone.now()
    begun = now - timedelta(hours=3)
    Channel.objects.update(watched_since=now - timedelta(days=1))
    channel.refresh_from_db()
    sent(channel, state, begun, verify_at=now)

    found = unrecognised.store_unrecognised(
        {channel: [LivePost("new", "", begun + timedelta(minutes=minutes))]}, now=now
    )

    assert found == unrecognised_at_once


def test_after_a_restore_a_call_may_have_left_as_late_as_it_was_due(watched):
    channel = watched("zalo")
    now = timezone.now()
    Channel.objects.update(watched_since=now - timedelta(days=1))
    channel.refresh_from_db()
    sent(
        channel,
        State.VERIFYING,
        now - timedelta(hours=3),
        fire_at=now - timedelta(hours=1),
        verify_at=now,
    )

    assert (
        unrecognised.store_unrecognised(
            {channel: [LivePost("new", "", now - timedelta(minutes=59))]}, now=now
        )
        == 0
    )


def test_what_the_platform_itself_says_is_not_ours_is_never_an_unknown_outcome(watched):
    channel = watched("facebook")
    now = timezone.now()
    sent(channel, State.PROCESSING, now - timedelta(seconds=30), verify_at=now)

    assert (
        unrecognised.store_unrecognised(
            {channel: [LivePost("1", "", now, ours=False), LivePost("2", "", now)]}, now=now
        )
        == 1
    )
    assert UnrecognisedPost.objects.get().external_id == "1"


def test_a_post_with_an_unknown_outcome_is_judged_however_long_it_takes_a_person_to_decide(
    simulator, watched
):
    channel = watched("zalo")
    row = sent(channel, State.NEEDS_PERSON, timezone.now())
    write(simulator, channel)

    found = [look("zalo", after=timedelta(hours=20 * n)) for n in range(5)]
    type(row).objects.update(
        **factories.in_state(State.PUBLISHED, remote_id="another", published_at=timezone.now())
    )
    found.append(look("zalo", after=timedelta(hours=100)))

    assert found == [0, 0, 0, 0, 0, 1]


# --- politely -------------------------------------------------------------------------------------


def test_a_page_is_asked_once_in_eight_minutes_and_again_within_ten(simulator, watched):
    watched("facebook")
    asked = []
    for minutes in (0, 3, 7, 9):
        look("facebook", after=timedelta(minutes=minutes))
        asked.append(sum(simulator.requests()["facebook"].values()))

    once = asked[0]
    assert asked == [once, once, once, 2 * once]
    assert once > 0


def test_after_an_outage_pages_are_asked_in_a_row_and_not_in_a_crowd(watched, monkeypatch):
    channels = watched("facebook", 12)
    monkeypatch.setattr(unrecognised, "_BATCH", 2)
    turns = []
    for minute in range(12):
        look("facebook", after=timedelta(minutes=minute))
        looked = Channel.objects.filter(last_checked_at__isnull=False).count()
        turns.append(looked)

    assert turns[:7] == [2, 4, 6, 8, 10, 12, 12]
    assert len(channels) == 12


def test_two_that_look_at_once_share_the_pages(simulator, watched):
    watched("facebook")
    now = timezone.now()
    rows = list(Channel.objects.all())

    unrecognised._check_batch("facebook", rows, now=now)
    once = simulator.requests()["facebook"]
    unrecognised._check_batch("facebook", rows, now=now)

    assert simulator.requests()["facebook"] == once


def test_a_platform_that_asks_to_wait_is_left_alone_for_so_long_and_a_dead_token_loses_the_channel(
    simulator, watched
):
    busy, dead = watched("facebook", 2)
    simulator.fault("facebook", "rate_limit", page=busy.external_id, times=0)
    simulator.kill_tokens("facebook", page=dead.external_id)
    now = timezone.now()

    unrecognised.check_pages(platform="facebook", now=now)

    busy.refresh_from_db()
    dead.refresh_from_db()
    assert busy.check_at > now + timedelta(minutes=8)
    assert (busy.health, dead.health) == (Health.CONNECTED, Health.LOST)


def test_what_was_missed_while_nobody_looked_is_found_afterwards(simulator, watched):
    channel = watched("facebook")
    simulator.fault("facebook", "error_before", page=channel.external_id, times=0)
    write(simulator, channel)
    missed = look("facebook")
    simulator.clear_faults()

    assert (missed, look("facebook", after=timedelta(hours=20))) == (0, 1)


def test_looking_costs_the_same_queries_for_one_page_and_for_many(watched):
    channels = watched("facebook", 6)
    costs = []
    for few in (channels[:1], channels):
        turn = timezone.now() - timedelta(minutes=1)
        Channel.objects.filter(pk__in=[c.pk for c in few]).update(check_at=turn)
        with CaptureQueriesContext(connection) as queries:
            look("facebook")
        costs.append(len(queries))
        Channel.objects.update(check_at=timezone.now() + timedelta(hours=1))

    assert costs[0] == costs[1]


def test_a_platform_that_lists_no_posts_is_not_asked(simulator):
    factories.connected(simulator, "telegram")
    Channel.objects.update(check_at=timezone.now())

    assert look("telegram") == 0
    assert simulator.requests()["telegram"] == {}
    assert {"facebook", "zalo", "youtube", "instagram", "threads", "tiktok"} == set(LISTING)


# --- deciding -------------------------------------------------------------------------------------


def test_not_ours_alarms_the_province_and_stays_on_record(client):
    channel = factories.ChannelFactory()
    leader, overseer = (
        factories.person(Role.APPROVER, channel.unit),
        factories.person(Role.OVERSEER, channel.unit.parent),
    )
    post = factories.unrecognised_post(channel)
    client.force_login(leader)

    answer = client.post(
        reverse("channels:decide", args=[post.public_id]),
        {"verdict": "not_ours", "note": "Quảng cáo lạ"},
        follow=True,
    )

    post.refresh_from_db()
    assert (post.verdict, post.decided_by, post.note) == (Verdict.NOT_OURS, leader, "Quảng cáo lạ")
    assert kinds(overseer) == ["foreign_not_ours"]
    assert Entry.objects.get(action="channel.foreign_not_ours").actor_id == leader.pk
    assert "change the passwords" in str(next(iter(answer.context["messages"])))


def test_ours_is_noted_and_alarms_nobody():
    channel = factories.ChannelFactory()
    leader, overseer = (
        factories.person(Role.APPROVER, channel.unit),
        factories.person(Role.OVERSEER, channel.unit.parent),
    )

    unrecognised.acknowledge(factories.unrecognised_post(channel), by=leader, ours=True)

    assert (UnrecognisedPost.objects.get().verdict, kinds(overseer)) == (Verdict.OURS, [])


def test_it_is_decided_once_and_by_who_keeps_the_channel():
    channel = factories.ChannelFactory()
    post, leader = (
        factories.unrecognised_post(channel),
        factories.person(Role.APPROVER, channel.unit),
    )

    with pytest.raises(NotAllowed):
        unrecognised.acknowledge(post, by=factories.person(Role.OFFICER, channel.unit), ours=True)
    unrecognised.acknowledge(post, by=leader, ours=True)
    with pytest.raises(Refused):
        unrecognised.acknowledge(UnrecognisedPost.objects.get(), by=leader, ours=False)


def test_the_list_shows_ones_own_ground_and_costs_the_same_for_one_and_for_many(client):
    province = factories.ProvinceFactory()
    own = factories.ChannelFactory(unit=factories.UnitFactory(parent=province), name="Trang nhà")
    factories.unrecognised_post(factories.ChannelFactory(name="Trang nơi khác"))
    factories.unrecognised_post(own)
    client.force_login(factories.person(Role.OVERSEER, province))
    address = reverse("channels:unrecognised_posts")
    client.get(address)
    costs = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as queries:
            page = client.get(address).content.decode()
        costs.append(len(queries))
        for _more in range(5):
            factories.unrecognised_post(
                factories.ChannelFactory(unit=factories.UnitFactory(parent=province))
            )

    assert ("Trang nhà" in page, "Trang nơi khác" in page) == (True, False)
    assert costs[0] == costs[1]


def test_the_channels_page_offers_the_decision_to_its_keepers_alone(client):
    post = factories.unrecognised_post(factories.ChannelFactory())
    page, act = (
        reverse("channels:channel", args=[post.channel.public_id]),
        reverse("channels:decide", args=[post.public_id]),
    )
    offered = []
    for role in (Role.APPROVER, Role.OFFICER):
        client.force_login(factories.person(role, post.channel.unit))
        offered.append(act in client.get(page).content.decode())

    assert offered == [True, False]
