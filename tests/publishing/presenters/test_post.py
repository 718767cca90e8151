"""The status of a post: one badge from all its deliveries, and the tab of the list that it is
in.
"""

from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import Notice
from accounts.permissions import Role
from channels.states import Health, Lifecycle
from posts.models import Post
from posts.states import PostState
from publishing.models import Delivery
from publishing.post_list.queries import group_counts, post_groups, unscheduled_posts
from publishing.presenters import post as post_presenters
from publishing.presenters.post import next_step, post_status
from publishing.review import approval_and_time
from publishing.scheduling import scheduling
from publishing.states import OPEN, PostGroup, State
from tests import factories

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
PAST = datetime(2026, 1, 5, tzinfo=UTC)  # any clock
LEFT = {"error_code": "paused", "left_unpublished_at": PAST}
STANDS = {"state": State.PUBLISHED, "remote_id": "1_1"}


def put(post, channel=None, **fields):
    """Make a delivery with what its state asks for beside it; what is scheduled is for later."""
    now = timezone.now()
    if "state" not in fields:
        fields = {"due_at": now + HOUR, "fire_at": now + HOUR, **fields}
    if fields.get("remote_id"):
        fields.setdefault("published_at", now)
    if fields.get("state") in (State.CLAIMED, State.COMMITTING, State.STAGED):
        fields["lease_until"] = now + HOUR
    if fields.get("state") in (State.VERIFYING, State.PROCESSING, State.RECALLING):
        fields["verify_at"] = now
    return factories.delivery(post, channel, **fields)


def group(post, now=None):
    """Return the tab in which the database puts the post; empty where it puts it in none."""
    now = now or timezone.now()
    groups, counts = post_groups(now), group_counts(Post.objects.filter(pk=post.pk), now=now)
    found = [
        name for name, which in groups.items() if Post.objects.filter(which, pk=post.pk).exists()
    ]
    assert len(found) <= 1
    assert counts.numbers == {**dict.fromkeys(groups, 0), **dict.fromkeys(found, 1), "": 1}
    return found[0] if found else ""


def status(post):
    rows = Delivery.objects.filter(post=post).select_related("channel", "unit", "post")
    return post_status(Post.objects.get(pk=post.pk), rows)


CASES = {
    # What one delivery is in, its channel, the group of the post and the badge.
    "scheduled": ({}, {}, "upcoming", "Scheduled"),
    "due this second": ({"due_at": PAST, "fire_at": PAST}, {}, "upcoming", "Going out"),
    "going out": ({"state": State.COMMITTING}, {}, "upcoming", "Going out"),
    "verified": ({"state": State.VERIFYING}, {}, "upcoming", "Being verified"),
    "by hand": ({"state": State.MANUAL}, {}, "upcoming", "By hand"),
    "published": (STANDS, {}, "published", "Published"),
    "failed": ({"state": State.FAILED}, {}, "trouble", "Not published"),
    "too late": ({"state": State.EXPIRED}, {}, "trouble", "Too late"),
    "held back by a pause": (
        {"state": State.EXPIRED, "error_code": "paused"},
        {},
        "trouble",
        "Please decide",
    ),
    "left unpublished": ({"state": State.EXPIRED, **LEFT}, {}, "", "Left unpublished"),
    "in doubt": ({"state": State.NEEDS_PERSON}, {}, "trouble", "Please look"),
    "cancelled": ({"state": State.CANCELLED}, {}, "unscheduled", "Approved, no time set"),
    "taken down": ({**STANDS, "state": State.RECALLED}, {}, "", "Taken down"),
    "being taken down": ({**STANDS, "state": State.RECALLING}, {}, "upcoming", "Being taken down"),
    "not taken down": (
        {**STANDS, "state": State.RECALLING},
        {"health": Health.LOST},
        "trouble",
        "Waiting for the connection",
    ),
    "channel lost": ({}, {"health": Health.LOST}, "trouble", "Connection lost"),
    "access refused": ({"error_code": "access"}, {}, "trouble", "Connection lost"),
    "later, by hand": ({}, {"health": Health.MANUAL}, "upcoming", "Scheduled, by hand"),
    "page to be confirmed": (
        {},
        {"lifecycle": Lifecycle.FROZEN},
        "trouble",
        "Waiting for the page",
    ),
    "page to be confirmed by a second person": (
        {},
        {"confirmed_at": None},
        "trouble",
        "Channel to be confirmed",
    ),
    "page in other hands": ({}, {"lifecycle": Lifecycle.TAKEN_OVER}, "trouble", "Kept back"),
    "page rests": (
        {},
        {"lifecycle": Lifecycle.PAUSED, "health": Health.LOST},
        "upcoming",
        "Kept back",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_the_tab_and_the_badge_of_a_post_say_the_same(case):
    fields, channel, expected, label = CASES[case]
    post = factories.approved()
    row = put(post, **fields)
    type(row.channel).objects.filter(pk=row.channel_id).update(**channel)

    assert (group(post), status(post).label) == (expected, label)
    assert (status(post).tone == "red") is (expected == PostGroup.TROUBLE)


def test_a_page_handed_to_another_unit_is_trouble():
    post = factories.approved()
    row = put(post)
    type(row.channel).objects.filter(pk=row.channel_id).update(unit=factories.UnitFactory())

    assert (group(post), status(post).label) == ("trouble", "Kept back")


def test_a_mixed_result_says_what_is_published_and_then_the_worst():
    unit = factories.UnitFactory()
    channels = [factories.ChannelFactory(unit=unit) for _ in range(5)]
    post = factories.approved(unit=unit, channels=channels)
    for number, channel in enumerate(channels[:2]):
        put(post, channel, state=State.PUBLISHED, remote_id=f"1_{number}")
    put(post, channels[2], state=State.FAILED)
    put(post, channels[3])
    type(channels[4]).objects.filter(pk=channels[4].pk).update(health=Health.LOST)
    put(post, channels[4])

    found = status(post)

    assert found.label == "Published 2/5 · 1 not published · 1 connection lost · 1 scheduled"
    assert (found.tone, group(post)) == ("red", "trouble")


def test_all_channels_alike_are_counted_once():
    unit = factories.UnitFactory()
    channels = [factories.ChannelFactory(unit=unit) for _ in range(2)]
    post = factories.approved(unit=unit, channels=channels)
    for number, channel in enumerate(channels):
        put(post, channel, state=State.PUBLISHED, remote_id=f"1_{number}")

    assert (status(post).label, status(post).tone, group(post)) == (
        "Published 2/2",
        "green",
        "published",
    )


def test_only_the_newest_delivery_of_a_channel_counts():
    post = factories.approved()
    put(post, state=State.FAILED)
    assert group(post) == "trouble"
    put(post, **STANDS)

    assert (group(post), status(post).label) == ("published", "Published")


@pytest.mark.parametrize(
    ("state", "expected", "label"),
    [
        (PostState.DRAFT, "drafts", "Draft"),
        (PostState.CHANGES_REQUESTED, "drafts", "Returned for revision"),
        (PostState.IN_REVIEW, "review", "Awaiting approval"),
        (PostState.WITHDRAWN, "", "Withdrawn"),
        (PostState.ARCHIVED, "", "Archived"),
    ],
)
def test_before_approval_and_after_its_end_the_posts_own_state_is_said(state, expected, label):
    post = factories.PostFactory(state=state)
    assert (group(post), status(post).label) == (expected, label)


def test_a_withdrawn_post_that_is_still_live_is_not_said_to_be_gone():
    post = factories.approved()
    put(post, state=State.NEEDS_PERSON, remote_id="1_1", error_code="withdraw_failed")
    Post.objects.filter(pk=post.pk).update(state=PostState.WITHDRAWN, approved_revision=None)

    assert (group(post), status(post).label, status(post).tone) == (
        "trouble",
        "Withdrawn · please look",
        "red",
    )


def test_what_is_approved_anew_waits_for_a_time_whatever_became_of_the_older_text():
    post = factories.approved()
    put(post, **{**STANDS, "state": State.RECALLED})
    assert group(post) == ""
    post.state, post.approved_revision, post.title = PostState.DRAFT, None, "Bản hai"
    post = factories.approved(post)

    assert group(post) == "unscheduled"


def test_an_approved_post_without_a_time_waits_for_one_while_it_is_valid():
    now = timezone.now()
    post = factories.approved(valid_until=now + HOUR)

    assert (group(post, now), status(post).label) == ("unscheduled", "Approved, no time set")
    assert group(post, now + 2 * HOUR) == ""


def test_unscheduled_posts_are_found_for_who_may_schedule_them_and_nobody_else():
    post = factories.approved()
    put(factories.approved(unit=post.unit))
    factories.approved(unit=factories.UnitFactory(parent=post.unit.parent))
    now = timezone.now()

    def found(role, unit):
        return list(unscheduled_posts(factories.person(role, unit), now=now))

    assert found(Role.OFFICER, post.unit) == [post]
    assert found(Role.OVERSEER, post.unit.parent) == []


@pytest.mark.parametrize("scheduled", [False, True], ids=["no time", "with a time"])
def test_the_writers_are_informed_of_the_approval_and_of_what_is_next(scheduled):
    post = factories.submitted()
    due_at = timezone.now() + HOUR if scheduled else None

    approval_and_time.approve_and_schedule(
        post,
        post.current_revision,
        by=factories.person(Role.APPROVER, post.unit),
        proof=factories.proof(),
        due_at=due_at,
    )

    notice = Notice.objects.get(user=post.author)
    page = "publishing:post" if scheduled else "publishing:schedule"
    assert notice.address == reverse(page, args=[post.public_id])
    assert notice.kind == ("post_approved" if scheduled else "post_to_schedule")


def test_the_notice_that_asks_for_a_time_is_read_once_somebody_chose_it():
    post = factories.submitted()
    approver = factories.person(Role.APPROVER, post.unit)
    approval_and_time.approve_and_schedule(
        post, post.current_revision, by=approver, proof=factories.proof(), due_at=None
    )
    asking = Notice.objects.get(kind="post_to_schedule")
    Notice.objects.create(user=approver, kind=asking.kind, address=asking.address)
    other = Notice.objects.create(user=asking.user, kind=asking.kind, address="/posts/other/")

    scheduling.schedule(
        post, by=factories.person(Role.APPROVER, post.unit), due_at=timezone.now() + HOUR
    )

    assert list(Notice.objects.filter(kind=asking.kind, read_at=None)) == [other]


# --- the next step, in a sentence -----------------------------------------------------------------

NO_TIME = "Approved, with no time set. Next: schedule it or publish it now."
NEXT_STEPS = {
    State.SCHEDULED: "Going out",  # these are due
    State.CLAIMED: "Going out",
    State.STAGED: "Going out",
    State.COMMITTING: "Going out",
    State.PROCESSING: "Going out",
    State.VERIFYING: "Going out",
    State.RECALLING: "Going out",
    State.NEEDS_PERSON: "Please look",
    State.MANUAL: "By hand",
    State.PUBLISHED: "Published",
    State.FAILED: "Not published",
    State.EXPIRED: "Not published",
    State.RECALLED: "Approved",
    State.CANCELLED: "Approved",
}


def step(post):
    rows = list(Delivery.objects.filter(post=post).select_related("channel", "unit", "post"))
    return next_step(Post.objects.get(pk=post.pk), rows, now=timezone.now())


@pytest.mark.parametrize("state", State)
def test_each_state_of_a_delivery_has_its_next_step(state):
    post = factories.approved()
    fields = {"remote_id": "1_1"} if state in (State.PUBLISHED, State.RECALLING) else {}
    put(post, state=state, **fields)

    found = step(post)

    assert found.label == NEXT_STEPS[state]
    assert bool(found.sentence)
    assert (found.sentence == NO_TIME) == (state in (State.CANCELLED, State.RECALLED))


@pytest.mark.parametrize("state", PostState)
def test_each_state_of_a_post_has_a_badge_and_a_next_step(state):
    post = factories.PostFactory(state=state)
    post.submitted_at = timezone.now()

    found = next_step(post, [], now=timezone.now(), reason="Sai số")

    assert found.label.startswith(str(state.label)[:4].capitalize())
    assert found.sentence


def test_what_is_left_unpublished_on_one_channel_and_cancelled_on_another_has_no_time():
    unit = factories.UnitFactory()
    pages = [factories.ChannelFactory(unit=unit) for _ in range(2)]
    post = factories.approved(unit=unit, channels=pages)
    put(post, pages[0], state=State.EXPIRED, **LEFT)
    put(post, pages[1], state=State.CANCELLED)

    assert step(post).sentence == NO_TIME


def test_what_is_open_is_never_said_to_have_no_time():
    assert all(
        post_presenters._step_without_time not in post_presenters._STEPS[state] for state in OPEN
    )
    assert set(post_presenters._STEPS) == set(State)
    said = {step for steps in post_presenters._STEPS.values() for step in steps}
    assert said == set(post_presenters._IN_ORDER)
